#include "audit/source/missing_exports.h"

#include <algorithm>
#include <map>
#include <set>

#include "audit/source/recurring.h"
#include "audit/source/script.h"
#include "audit/source/undefined_names.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostTaken = 8000;  // of one project
constexpr std::size_t kMostPlaces = 12;   // named in one finding

using Names = std::set<std::string, std::less<>>;

struct Exports {
  Names names;
  bool open = false;  // more may leave the module than is seen here
  Names members;      // of what the module is as a whole: module.exports = { … }, export default new X()
  bool members_open = true;
};

struct TakenName {
  std::string module, name;
  Spot at;
  bool member = false;  // auth.guard, where auth is the module as a whole
};

struct ExportNotes {
  std::map<std::string, Exports, std::less<>> scripts;  // module_of(file) ->
  std::map<std::string, Exports, std::less<>> python;   // path ->
  std::vector<TakenName> taken, python_taken;
};

void object_names(Node object, Names& names, bool& open) {
  for (const Node part : object.children()) {
    if (part.is("pair"))
      names.emplace(literal(part.child("key")).value_or(std::string(part.child("key").text())));
    else if (part.is("shorthand_property_identifier"))
      names.emplace(part.text());
    else if (part.is("method_definition"))
      names.emplace(part.child("name").text());
    else if (!part.is("comment"))
      open = true;
  }
}

// What an instance of a class has, or the class itself; false when a base may bring more.
bool class_members(const File& file, std::string_view name, bool instance, Names& out) {
  for (const Node cls : file.tree.all("class_declaration")) {
    if (cls.child("name").text() != name) continue;
    for (const Node part : cls.children())
      if (part.is("class_heritage")) return false;
    for (const char* type : {"method_definition", "field_definition", "public_field_definition"})
      for (const Node m : body(cls).all(type)) {
        if (!(m.parent() == body(cls))) continue;
        if (m.has_token("static") == instance) continue;
        out.emplace((m.child("name") ? m.child("name") : m.child("property")).text());
      }
    for (const Node a : cls.all("assignment_expression"))
      if (const std::string left = dotted(a.child("left")); left.starts_with("this.")) out.insert(left.substr(5));
    return !contains(cls.code(), "Object.assign(this") && !contains(cls.code(), "this[");
  }
  return false;
}

void whole_members(const File& file, Node value, Exports& out) {
  value = unwrap(value);
  bool open = false;
  if (value.is("identifier"))  // const controller = { … }; module.exports = controller;
    for (const Node d : file.tree.all("variable_declarator"))
      if (d.child("name").text() == value.text() && !function_around(d) && unwrap(d.child("value")).is("object")) {
        const std::string prefix = std::string(value.text()) + ".";
        for (const Node a : file.tree.all("assignment_expression"))
          if (const std::string left = dotted(a.child("left")); left.starts_with(prefix))
            out.members.insert(left.substr(prefix.size()));
        value = unwrap(d.child("value"));
        break;
      }
  if (value.is("object")) {
    object_names(value, out.members, open);
    out.members_open = open;
  } else if (value.is("identifier")) {
    out.members_open = !class_members(file, value.text(), false, out.members);
  } else if (const auto made = as_call(value); made && made->name.starts_with("new ")) {
    out.members_open = !class_members(file, std::string_view(made->name).substr(4), true, out.members);
  }
}

void declared_names(Node declaration, Exports& out) {
  if (const Node name = declaration.child("name")) {
    out.names.emplace(name.text());
    return;
  }
  bool any = false;
  for (const Node d : declaration.children())
    if (d.is("variable_declarator")) {
      any = true;
      if (d.child("name").is("identifier"))
        out.names.emplace(d.child("name").text());
      else
        out.open = true;
    }
  out.open = out.open || !any;
}

void read_script_exports(const File& file, Exports& out) {
  for (const Node a : file.tree.all("assignment_expression")) {
    const std::string left = dotted(a.child("left"));
    std::string_view name = left;
    if (left == "module.exports" || left == "exports") {
      const Node value = unwrap(a.child("right"));
      // const api = module.exports = { … }: more may come under the other name.
      if (value.is("object") && a.parent().is("expression_statement")) {
        object_names(value, out.names, out.open);
        whole_members(file, value, out);
      } else {
        out.open = true;
        if (a.parent().is("expression_statement")) whole_members(file, value, out);
      }
      continue;
    }
    if (name.starts_with("module.")) name.remove_prefix(7);
    if (!name.starts_with("exports.")) continue;
    name.remove_prefix(8);
    out.names.emplace(name.substr(0, name.find('.')));
  }
  for (const Node e : file.tree.all("export_statement")) {
    if (e.has_token("default")) {
      out.names.emplace("default");
      whole_members(file, e.child("value") ? e.child("value") : e.first(), out);
    } else if (const Node declaration = e.child("declaration")) {
      declared_names(declaration, out);
    } else {
      bool listed = false;
      for (const Node clause : e.children()) {
        if (!clause.is("export_clause")) continue;
        listed = true;
        for (const Node s : clause.children())
          if (const Node name = s.child("alias") ? s.child("alias") : s.child("name")) out.names.emplace(name.text());
      }
      out.open = out.open || !listed;  // export * from "./more"
    }
  }
  // Handed to something that fills it.
  for (const Call& c : file.calls)
    for (const Node a : c.args)
      if (const auto named = dotted(unwrap(a)); named == "exports" || named == "module.exports" || named == "module")
        out.open = out.members_open = true;
  for (const Node s : file.tree.all("subscript_expression"))
    if (const auto named = dotted(s.child("object")); named == "exports" || named == "module.exports")
      out.open = out.members_open = true;
  // What was exported one by one is there on the whole, too.
  if (out.members.empty() && !out.names.empty() && !out.names.contains("default") && !out.open) {
    out.members = out.names;
    out.members_open = false;
  } else if (!out.members_open) {
    out.members.insert(out.names.begin(), out.names.end());
  }
}

void take(const File& file, std::vector<TakenName>& all, std::string module, std::string_view name, Node at,
          bool member) {
  if (module.empty() || name.empty() || all.size() >= kMostTaken) return;
  all.push_back({std::move(module), std::string(name), {place(file.path, at.line()), file.shown(at)}, member});
}

bool own_module(std::string_view m) {
  return m.starts_with('.') && !m.ends_with(".json") && !m.ends_with(".css") && !m.ends_with(".vue") &&
         !m.ends_with(".svg") && !m.ends_with(".node");
}

// Declared once, where it is brought in, and nowhere else.
bool one_meaning(const File& file, std::string_view name) {
  int declared = 0;
  for (const Node n : file.tree.all("identifier")) {
    if (n.text() != name) continue;
    const Node p = n.parent();
    if ((p.is("variable_declarator") && p.child("name") == n) ||
        p.any_of("formal_parameters", "required_parameter", "optional_parameter", "import_clause", "namespace_import",
                 "catch_clause", "assignment_pattern", "array_pattern") ||
        (p.is("assignment_expression") && p.child("left") == n) ||
        (p.is("arrow_function") && p.child("parameter") == n))
      ++declared;
  }
  for (const Node n : file.tree.all("shorthand_property_identifier_pattern")) declared += n.text() == name;
  return declared == 1;
}

// const auth = require("./auth"); router.get("/", auth.guard)
void take_members(const File& file, ExportNotes& notes) {
  std::map<std::string_view, std::string> wholes;
  for (const Node d : file.tree.all("variable_declarator")) {
    if (!d.child("name").is("identifier") || function_around(d)) continue;
    const auto from = as_call(unwrap(d.child("value")));
    const auto module = from && from->name == "require" ? literal(from->arg(0)) : std::nullopt;
    if (module && own_module(*module)) wholes[d.child("name").text()] = resolve_module(file.path, *module);
  }
  for (const Node n : file.tree.all("import_statement")) {
    const auto module = literal(n.child("source"));
    if (!module || !own_module(*module)) continue;
    for (const Node clause : n.children())
      if (clause.is("import_clause") && clause.first().is("identifier"))
        wholes[clause.first().text()] = resolve_module(file.path, *module);
  }
  if (wholes.empty()) return;
  std::erase_if(wholes, [&](const auto& w) { return !one_meaning(file, w.first); });
  for (const Node m : file.tree.all("member_expression")) {
    const Node object = m.child("object");
    const auto whole = object.is("identifier") ? wholes.find(object.text()) : wholes.end();
    if (whole == wholes.end() || m.has_token("?.")) continue;
    const Node p = m.parent();
    if (p.is("arguments") || (p.is("call_expression") && p.child("function") == m))
      take(file, notes.taken, whole->second, m.child("property").text(), m, true);
  }
}

void take_named(const File& file, ExportNotes& notes) {
  for (const Node d : file.tree.all("variable_declarator")) {
    if (!d.child("name").is("object_pattern")) continue;
    const auto from = as_call(unwrap(d.child("value")));
    if (!from || from->name != "require") continue;
    const auto module = literal(from->arg(0));
    if (!module || !own_module(*module)) continue;
    for (const Node part : d.child("name").children()) {
      std::string_view name;
      if (part.is("shorthand_property_identifier_pattern"))
        name = part.text();
      else if (part.is("pair_pattern"))
        name = part.child("key").text();
      take(file, notes.taken, resolve_module(file.path, *module), name, part, false);
    }
  }
  for (const Node n : file.tree.all("import_statement")) {
    const auto module = literal(n.child("source"));
    if (!module || !own_module(*module) || n.has_token("type")) continue;
    for (const Node clause : n.children()) {
      if (!clause.is("import_clause")) continue;
      for (const Node c : clause.children()) {
        if (c.is("identifier")) take(file, notes.taken, resolve_module(file.path, *module), "default", c, false);
        if (c.is("named_imports"))
          for (const Node s : c.children())
            take(file, notes.taken, resolve_module(file.path, *module), s.child("name").text(), s, false);
      }
    }
  }
}

// The file that `from a.b import c` means: beside the importing one or from a folder above it, where no package holds
// that folder. "./" before the path means that it is exact.
const Exports* python_module(const Project& project, const ExportNotes& notes, const TakenName& t) {
  std::string_view path = t.module;
  if (path.starts_with("./")) {
    const auto at = notes.python.find(path.substr(2));
    return at == notes.python.end() ? nullptr : &at->second;
  }
  // A package of that name comes first.
  if (path.find('/') == path.npos && project.depends_on(text::to_lower(path.substr(0, path.size() - 3))))
    return nullptr;
  std::string folder = t.at.at.path;
  while (!folder.empty()) {
    const std::size_t slash = folder.rfind('/');
    folder.resize(slash == std::string::npos ? 0 : slash);
    const std::string before = folder.empty() ? "" : folder + "/";
    if (const auto at = notes.python.find(before + std::string(path)); at != notes.python.end())
      return project.entry(before + "__init__.py") == nullptr ? &at->second : nullptr;
  }
  return nullptr;
}

// One for the whole project, as one rename leaves many places behind; a guard that is not there stands for itself.
struct Teller {
  Sink& sink;
  Recurring told{kMostPlaces};
  void tell(const TakenName& t) {
    const std::string title = text::printable(t.name, 60) + " is taken from a module that does not give it away";
    if (guards_by_name(t.name)) {
      auto& f = sink.find("RUN-004", t.at.at, t.at.shown);
      f.title = title;
      f.severity = proof::Severity::high;
    } else if (auto* f = told.find(sink, "RUN-004", t.at)) {
      f->title = title;
    }
  }
};

}  // namespace

void read_exports_script(File& file) {
  auto& notes = file.project.notes<ExportNotes>();
  Exports own;
  read_script_exports(file, own);
  auto [at, fresh] = notes.scripts.try_emplace(module_of(file.path), own);
  if (!fresh) at->second.open = at->second.members_open = true;  // a.js beside a/index.js
  take_named(file, notes);
  if (!client_file(file)) take_members(file, notes);
}

void read_exports_python(File& file) {
  auto& notes = file.project.notes<ExportNotes>();
  Exports& own = notes.python[std::string(file.path)];
  own.open = !file.tree.all("wildcard_import").empty() || contains(file.code(), "globals()") ||
             contains(file.code(), "__getattr__") || contains(file.code(), "sys.modules") ||
             contains(file.code(), "exec(") || contains(file.code(), "setattr(");
  for (const auto& [local, full] : file.imports) own.names.insert(local);
  for (const char* type : {"function_definition", "class_definition"})
    for (const Node n : file.tree.all(type)) own.names.emplace(n.child("name").text());
  for (const char* type : {"assignment", "for_statement", "augmented_assignment"})
    for (const Node n : file.tree.all(type)) {
      const Node left = n.child("left");
      if (left.is("identifier")) own.names.emplace(left.text());
      for (const Node part : left.all("identifier")) own.names.emplace(part.text());
    }
  for (const char* type : {"named_expression", "global_statement", "as_pattern_target", "type_alias_statement"})
    for (const Node n : file.tree.all(type)) {
      if (const Node name = n.child("name")) own.names.emplace(name.text());
      for (const Node part : n.all("identifier")) own.names.emplace(part.text());
    }
  for (const Node n : file.tree.all("import_from_statement")) {
    const Node module = n.child("module_name");
    std::string path;
    std::string_view name = module.text();
    if (name.starts_with('.')) {
      std::string_view folder = file.path.substr(0, file.path.rfind('/') == file.path.npos ? 0 : file.path.rfind('/'));
      name.remove_prefix(1);
      for (; name.starts_with('.'); name.remove_prefix(1))
        folder = folder.substr(0, folder.rfind('/') == folder.npos ? 0 : folder.rfind('/'));
      path = "./" + std::string(folder) + (folder.empty() ? "" : "/");
    }
    if (name.empty() || n.above("try_statement")) continue;
    for (const char c : name) path += c == '.' ? '/' : c;
    path += ".py";
    for (const Node c : n.children()) {
      if (c == module) continue;
      if (c.is("aliased_import")) take(file, notes.python_taken, path, c.child("name").text(), c, false);
      if (c.is("dotted_name")) take(file, notes.python_taken, path, c.text(), c, false);
    }
  }
}

// Stops: a guard that was never there, and a server that does not start since the last rename.
void judge_exports(const Project& project, Sink& sink) {
  const auto& notes = project.notes<ExportNotes>();
  std::set<std::pair<std::string, std::string>> told;
  Teller teller{sink};
  for (const TakenName& t : notes.taken) {
    const auto from = notes.scripts.find(t.module);
    if (from == notes.scripts.end()) continue;
    const Exports& e = from->second;
    if (t.member ? e.members_open || e.members.empty() || e.members.contains(t.name)
                 : e.open || e.names.empty() || e.names.contains(t.name))
      continue;
    // TakenName as a whole from what has no default of its own: tools put one together.
    if (t.name == "default") continue;
    if (told.emplace(t.at.at.path, t.module + "#" + t.name).second) teller.tell(t);
  }
  for (const TakenName& t : notes.python_taken) {
    const Exports* from = python_module(project, notes, t);
    if (from == nullptr || from->open || from->names.empty() || from->names.contains(t.name)) continue;
    if (told.emplace(t.at.at.path, t.module + "#" + t.name).second) teller.tell(t);
  }
}

}  // namespace gatehouse::audit::source
