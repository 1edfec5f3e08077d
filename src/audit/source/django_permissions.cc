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
      const Code code = body(h).code();
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

namespace {

// What one expression of the list asks; `anything` when it asks anybody for something.
void ask(const PythonNotes& notes, std::string_view written, Asked& out, bool& anything) {
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
}

}  // namespace

Asked asked_by(const PythonNotes& notes, const View& view) {
  Asked out;
  if (!view.permissions) return out;
  bool anything = false;
  for (const std::string& written : *view.permissions) {
    if (!contains(written, " | ") || contains(written, "&") || contains(written, "(")) {
      ask(notes, written, out, anything);
      continue;
    }
    // AdminPermission | CustomerPermission: only what each of the ways asks is asked of everybody.
    Asked all{.admin = true, .staff_writes = true, .rows = true, .object = true, .listed = true};
    for (const std::string_view part : text::split(written, '|')) {
      Asked one;
      ask(notes, text::trim(part), one, anything);
      all.admin = all.admin && one.admin;
      all.staff_writes = all.staff_writes && (one.staff_writes || one.admin);
      all.rows = all.rows && (one.rows || one.admin);
      all.object = all.object && (one.object || one.admin);
      all.listed = all.listed && (one.listed || one.admin);
      if (one.hollow != nullptr) out.hollow = one.hollow;
    }
    out.admin = out.admin || all.admin;
    out.staff_writes = out.staff_writes || all.staff_writes;
    out.rows = out.rows || all.rows;
    out.object = out.object || all.object;
    out.listed = out.listed || all.listed;
  }
  out.nobody = out.hollow != nullptr && !anything;
  return out;
}

}  // namespace gatehouse::audit::source
