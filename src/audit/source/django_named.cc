// Which settings module a Django project really starts with: one that is hardened and that nothing names protects
// nobody.
#include "audit/source/django_named.h"

#include <algorithm>

#include "audit/source/python.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct NamedSettings {
  std::set<std::string> modules;  // of manage.py, wsgi.py and their like
  bool computed = false;          // some name is made at run time
};

constexpr std::string_view kVariable = "DJANGO_SETTINGS_MODULE";

// "config/settings/production.py" of "config.settings.production"
bool is_module(std::string_view path, std::string_view module) {
  std::string want(module);
  std::replace(want.begin(), want.end(), '.', '/');
  want += ".py";
  return path == want || path.ends_with("/" + want);
}

bool says_module(const Entry& e) {
  const std::string_view path = e.path;
  return path.ends_with(".sh") || path.ends_with(".md") || path.ends_with(".yml") || path.ends_with(".yaml") ||
         path.ends_with(".toml") || path.ends_with(".cfg") || path.ends_with(".ini") || path.ends_with(".service") ||
         path.ends_with(".conf") || path.ends_with(".json") || contains(path, "Dockerfile") ||
         contains(path, "Procfile") || contains(path, "Makefile") || contains(path, ".env") || contains(path, "env.") ||
         path.ends_with(".py") || path.ends_with(".txt") ||
         path.find('.', path.rfind('/') + 1) == std::string_view::npos;
}

}  // namespace

void read_named_settings(File& file) {
  if (!contains(file.code(), kVariable)) return;
  auto& notes = file.project.notes<NamedSettings>();
  for (const Call& c : file.calls) {
    if (last(c.name) != "setdefault" || literal(c.arg(0)) != kVariable) continue;
    if (const auto module = literal(c.arg(1)))
      notes.modules.insert(*module);
    else
      notes.computed = true;
  }
  for (const Node a : file.tree.all("assignment"))
    if (const Node left = a.child("left"); left.is("subscript") && literal(left.child("subscript")) == kVariable) {
      if (const auto module = literal(a.child("right")))
        notes.modules.insert(*module);
      else
        notes.computed = true;
    }
}

void drop_unnamed_settings(const PythonNotes& python, const Project& project, std::set<std::string>& paths) {
  const auto& notes = project.notes<NamedSettings>();
  if (notes.modules.empty() || notes.computed) return;
  std::set<std::string> hardened;
  for (const SettingsFile& f : python.settings)
    if (f.profile == SettingsFile::Profile::production && paths.contains(f.path)) hardened.insert(f.path);
  if (hardened.empty() || hardened.size() == paths.size()) return;
  for (const std::string& module : notes.modules) {
    const auto named = std::find_if(python.settings.begin(), python.settings.end(),
                                    [&](const SettingsFile& f) { return is_module(f.path, module); });
    if (named == python.settings.end() || named->profile != SettingsFile::Profile::common) return;
  }
  for (const std::string& path : hardened) {
    const std::string_view stem = std::string_view(path).substr(0, path.size() - 3);
    const std::size_t slash = stem.rfind('/');
    const std::string_view folder = slash == std::string_view::npos ? stem : stem.substr(0, slash);
    std::string name(folder.substr(folder.rfind('/') == std::string_view::npos ? 0 : folder.rfind('/') + 1));
    if (slash != std::string_view::npos) name += "." + std::string(stem.substr(slash + 1));
    for (const EnvVariable& v : project.env)
      if (v.name == kVariable && contains(v.value, name)) return;
    for (const Entry& e : project.entries()) {
      if (!says_module(e) || paths.contains(e.path)) continue;
      const auto source = project.open(e.path);
      if (source && contains(source->text(), name)) return;
    }
  }
  for (const std::string& path : hardened) paths.erase(path);
}

}  // namespace gatehouse::audit::source
