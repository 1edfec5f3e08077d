#include "audit/source/django_guards.h"

#include <algorithm>

#include "audit/source/python_class.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool asks(const Code& code) {
  return icontains_any(code, {"is_authenticated", "is_anonymous", "is_user_admin", "is_staff", "is_superuser"});
}

bool refuses(const Code& code) {
  return icontains_any(code, {"permissiondenied", "forbidden", "unauthorized", "401", "403", "redirect", "login_url",
                              "notauthenticated", "not_authenticated", "login_required("});
}

// "ajax" of "@rest_utils.ajax(data_required=True)" and of "@method_decorator(ajax, name='dispatch')"; nothing of one
// that is told not to ask.
std::string wrapper(std::string_view decorator) {
  if (icontains_any(decorator, {"authenticated=false", "required=false,", "login=false", "auth=false"})) return {};
  std::string_view name = text::trim(decorator);
  if (name.starts_with('@')) name.remove_prefix(1);
  if (const auto at = name.find("method_decorator("); at != std::string_view::npos) name.remove_prefix(at + 17);
  const auto end = name.find_first_of("(,) \n");
  return std::string(last(text::trim(name.substr(0, end))));
}

std::vector<std::string> wrappers(Node definition) {
  std::vector<std::string> out;
  for (const std::string& d : decorators(definition))
    if (std::string name = wrapper(d); !name.empty()) out.push_back(std::move(name));
  return out;
}

// `if request.path.startswith("/staff") and not request.user.is_authenticated` speaks for a part of the site.
bool for_a_part(Node code) {
  for (const Node i : code.all("if_statement")) {
    const Code asked = i.child("condition").code();
    if (asks(asked) && contains(asked, "startswith(") && !icontains_any(asked, {"not request.path", "not path"}))
      return true;
  }
  return false;
}

}  // namespace

void read_guards(File& file, PythonNotes& notes) {
  for (const Node f : file.tree.all("function_definition")) {
    // A decorator: a function that makes one, which refuses.
    const Node inside = body(f);
    const Code code = inside.code();
    if (asks(code) && refuses(code) && !f.above("class_definition") && !inside.all("function_definition").empty())
      notes.view_guards.insert(function_name(f));
  }
  for (const Node cls : file.tree.all("class_definition")) {
    for (const char* name : {"process_view", "process_request", "__call__"})
      if (const Node m = method(cls, name); m && asks(m.code()) && refuses(m.code()) && !for_a_part(m))
        notes.guarding_middleware.insert(std::string(cls.child("name").text()));
  }
}

bool every_view_guarded(const PythonNotes& notes) {
  for (const SettingsFile& s : notes.settings)
    for (const Setting& x : s.settings)
      if (x.name == "MIDDLEWARE" || x.name == "MIDDLEWARE_CLASSES")
        for (const std::string& item : x.value.items) {
          const std::string_view name = last(item);
          if (name == "LoginRequiredMiddleware" || notes.guarding_middleware.contains(std::string(name))) return true;
        }
  return false;
}

std::vector<std::string> stands_behind(Node view) {
  std::vector<std::string> out = wrappers(view);
  if (!view.is("class_definition")) return out;
  // On every answer, or on what hands a request to them.
  std::vector<std::string> common;
  bool first = true;
  for (const Node s : body(view).children()) {
    const Node f = s.is("decorated_definition") ? s.child("definition") : s;
    if (!f.is("function_definition")) continue;
    const std::string name = function_name(f);
    if (name != "get" && name != "post" && name != "put" && name != "patch" && name != "delete" && name != "dispatch")
      continue;
    std::vector<std::string> here = wrappers(f);
    if (name == "dispatch") {
      common = std::move(here);
      break;
    }
    if (first) {
      common = std::move(here);
      first = false;
    } else {
      std::erase_if(common, [&](const std::string& n) { return std::find(here.begin(), here.end(), n) == here.end(); });
    }
  }
  out.insert(out.end(), common.begin(), common.end());
  return out;
}

bool refused_by(const PythonNotes& notes, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& n) { return notes.view_guards.contains(n); });
}

}  // namespace gatehouse::audit::source
