#include "audit/source/django_permissions.h"

#include <algorithm>

#include "audit/source/python_class.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool only_true(Node method) {
  const auto said = method.all("return_statement");
  return !said.empty() && method.all("if_statement").empty() && method.all("raise_statement").empty() &&
         std::all_of(said.begin(), said.end(), [](Node r) { return unwrap(r.first()).is("true"); });
}

// Names and words of a list, a decorator or the code of get_permissions().
std::vector<std::string> identifiers(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ' ';
    if (text::is_alpha(c) || text::is_digit(c) || c == '_') {
      word += c;
      continue;
    }
    if (word.size() > 2 && word.front() >= 'A' && word.front() <= 'Z') out.push_back(word);
    word.clear();
  }
  return out;
}

}  // namespace

void read_permissions(File& file, PythonNotes& notes) {
  for (const Node cls : file.tree.all("class_definition")) {
    const auto bases = bases_of(cls);
    const Node h = method(cls, "has_permission"), o = method(cls, "has_object_permission");
    const bool named = std::any_of(bases.begin(), bases.end(), [](const std::string& b) {
      return last(b).ends_with("Permission") || last(b) == "IsAuthenticated" || last(b) == "IsAdminUser";
    });
    if (!named || (!h && !o)) continue;
    PermissionClass p;
    p.at = place(file.path, (h ? h : o).line());
    p.shown = file.shown(h ? h : o);
    const bool inherits =
        !std::all_of(bases.begin(), bases.end(), [](const std::string& b) { return last(b) == "BasePermission"; });
    p.object = o && !only_true(o) && contains(o.code(), "user");
    p.reading = o && contains(o.code(), "SAFE_METHODS");
    if (h) {
      const std::string_view code = body(h).code();
      p.scope = icontains_any(code, {".filter(", ".exists(", "view.kwargs", ".objects", "get_object", "request.tenant",
                                     "request.organization"});
      p.staff = icontains_any(code, {"is_staff", "is_superuser", "admin", "has_perm", "groups"}) ||
                any_base(bases, {"IsAdminUser"});
      p.open = only_true(h) && !inherits && (!o || only_true(o));
      // Asked in a way of its own: an address, a key, a header.
      if (!contains(code, "user") && !only_true(h)) p.scope = true;
    }
    notes.permissions[std::string(cls.child("name").text())] = std::move(p);
  }
}

Asked asked_by(const PythonNotes& notes, const View& view) {
  Asked out;
  if (!view.permissions) return out;
  bool anything = false;
  for (const std::string& written : *view.permissions)
    for (const std::string& name : identifiers(written)) {
      if (const auto it = notes.permissions.find(name); it != notes.permissions.end()) {
        const PermissionClass& p = it->second;
        if (p.open) {
          out.hollow = &p;
          continue;
        }
        anything = true;
        const bool staff = icontains_any(name, {"admin", "staff", "superuser"});
        if (staff && icontains(name, "readonly"))
          out.staff_writes = true;
        else if (p.staff)
          out.admin = true;
        out.rows = out.rows || p.scope;
        out.object = out.object || p.object;
        out.listed = out.listed || (p.object && !p.reading && !p.scope);
        continue;
      }
      if (name == "AllowAny" || name == "None") continue;
      if (name == "IsAuthenticatedOrReadOnly" || name == "IsAuthenticated") {
        anything = true;
        continue;
      }
      if (icontains_any(name, {"admin", "staff", "superuser"})) {
        anything = true;
        (icontains(name, "readonly") ? out.staff_writes : out.admin) = true;
      } else if (icontains_any(name, {"owner", "object", "member", "tenant", "role", "can", "seller", "has", "belongs",
                                      "permission"})) {
        anything = true;
        out.rows = out.object = true;
      }
    }
  out.nobody = out.hollow != nullptr && !anything;
  return out;
}

}  // namespace gatehouse::audit::source
