// Which functions of the project a call may mean.
#include <algorithm>

#include "audit/source/python_layers.h"
#include "audit/source/python_names.h"

namespace gatehouse::audit::source {

using namespace syntax;

std::vector<const PythonNotes::Layer*> layers_of(const PythonNotes& notes, const FunctionRef& ref) {
  std::vector<const PythonNotes::Layer*> all, out;
  if (const auto it = notes.layers.find(ref.name); it != notes.layers.end())
    for (const PythonNotes::Layer& l : it->second) all.push_back(&l);
  if (all.empty()) return all;
  std::string cls = ref.cls;
  if (cls.empty() && !ref.via.empty()) {
    std::vector<std::string> keys = {ref.via};
    if (const std::size_t dot = ref.via.find('.'); dot != std::string::npos) {
      keys.clear();
      for (const std::string& c : lineage(notes, ref.via.substr(0, dot))) keys.push_back(c + ref.via.substr(dot));
    }
    for (const std::string& k : keys)
      if (const auto it = notes.holders.find(k); cls.empty() && it != notes.holders.end()) cls = it->second;
    // A maker of a maker: x = get_orders(), whose class a holder names.
    if (cls.ends_with("()"))
      if (const auto it = notes.holders.find(cls); it != notes.holders.end()) cls = it->second;
  }
  if (const auto alias = notes.aliases.find(cls); alias != notes.aliases.end()) cls = alias->second;
  if (!cls.empty() && notes.classes.contains(cls)) {
    for (const std::string& c : lineage(notes, cls)) {
      for (const PythonNotes::Layer* l : all)
        if (l->cls == c) out.push_back(l);
      if (!out.empty()) return out;
    }
    for (const PythonNotes::Layer* l : all) {  // what fills an interface
      const auto up = lineage(notes, l->cls);
      if (!l->cls.empty() && std::find(up.begin(), up.end(), cls) != up.end()) out.push_back(l);
    }
    if (!out.empty()) return out;
  }
  if (!ref.module.empty()) {
    std::string module = ref.module;
    while (module.starts_with('.')) module.erase(0, 1);
    if (module.find('/') == std::string::npos) std::replace(module.begin(), module.end(), '.', '/');
    for (const PythonNotes::Layer* l : all) {
      const std::string file = l->path.substr(0, l->path.rfind('.'));
      if (file == module || file.ends_with("/" + module) || file == module + "/__init__" ||
          file.ends_with("/" + module + "/__init__"))
        out.push_back(l);
    }
    if (!out.empty()) return out;
  }
  return all;
}

}  // namespace gatehouse::audit::source
