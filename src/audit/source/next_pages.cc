// Pages of the app folder: what they read for whom, and what of it goes into the browser.
#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/next_parts.h"
#include "audit/source/schema.h"
#include "audit/source/visitor_client.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Stops: a plan that is had by opening an address, because a page writes what its address says.
void judge_page(File& file) {
  const std::string_view name = name_of(file.path);
  if (!name.starts_with("page.") || !contains(file.code(), "searchParams") || asks_identity(file.code()) ||
      icontains_any(file.code(), {"use client", "getuser", "currentuser", "sessions.retrieve", "verify"}))
    return;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if ((f != "update" && f != "insert" && f != "upsert" && f != "delete" && f != "create") ||
        !c.node.child("function").is("member_expression"))
      continue;
    Node whole = c.node;
    for (Node p = whole.parent(); p && !p.any_of("statement_block", "expression_statement", "variable_declarator");
         p = p.parent())
      whole = p;
    if (!contains(whole.code(), "searchParams")) continue;
    file.hit("NX-003", c.node).title = "A page writes what its address says, for whoever opens it";
    return;
  }
}

// A page of the app folder that reads records is a route like another: whoever knows the address asks for it.
void read_page(File& file, ScriptNotes& notes) {
  const std::string_view name = name_of(file.path);
  const bool layout = name.starts_with("layout.");
  if ((!name.starts_with("page.") && !layout) || !contains("/" + std::string(file.path), "/app/") || client_file(file))
    return;
  const std::string folder(file.path.substr(0, file.path.size() - name.size()));
  if (layout) {
    if (asks_identity(file.code())) notes.guarded_layouts.insert(folder);
    return;
  }
  for (const Node e : file.tree.all("export_statement")) {
    if (!e.has_token("default")) continue;
    Node f = e.child("declaration") ? e.child("declaration") : unwrap(e.child("value"));
    if (f.is("identifier")) f = function_called(file, f.text());
    if (!is_function(f)) continue;
    ScriptRoute r;
    r.framework = "page";
    r.file = module_of(file.path);
    r.path = "/";
    bool inside = false;
    for (const auto part : text::split(folder, '/')) {
      if (inside && !part.empty() && part.front() != '(' && part.front() != '@')
        r.path += (r.path.size() > 1 ? "/" : "") + std::string(part);
      inside = inside || part == "app";
    }
    r.method = "get";
    r.at = place(file.path, f.line());
    r.shown = file.shown(f);
    r.guarded = asks_identity(file.code());
    const HandlerNames own = handler_names(file, f);
    judge_lost_filters(file, f);
    r.flow = flow_of(file, f, &own);
    notes.routes.push_back(std::move(r));
    judge_visitor_page(file, f);
  }
}

// Is the component written for browsers? What is handed to it is sent there.
bool client_component(const File& file, std::string_view name) {
  const auto it = file.imports.find(name);
  if (it == file.imports.end()) return false;
  std::string module = resolve_module(file.path, it->second);
  if (module.empty()) return false;
  if (const std::size_t dot = module.rfind('.'); dot != std::string::npos && dot > module.rfind('/') + 1)
    module.resize(dot);
  for (const std::string_view root : {"", "src/", "app/"})
    for (const std::string_view ending : {".tsx", ".jsx", "/index.tsx"}) {
      const auto source = file.project.open(std::string(root) + module + std::string(ending));
      if (!source) continue;
      const std::string_view head = source->text().substr(0, 200);
      return contains(head, "\"use client\"") || contains(head, "'use client'");
    }
  return false;
}

// Stops: the hash of a password in the source of the page, because a row was handed over as it came.
void judge_handed_rows(File& file) {
  if (client_file(file) || (!file.path.ends_with(".tsx") && !file.path.ends_with(".jsx"))) return;
  const Schema& schema = file.project.notes<Schema>();
  for (const Touch& t : touches(file, file.tree.root())) {
    if (t.kind != Touch::Kind::one && t.kind != Touch::Kind::list) continue;
    const Record* r = schema.of(t.record);
    const auto secret = [](const std::string& c) {
      return has_word(c, {"password", "hash", "secret", "token", "passwordhash", "otp", "apikey"}) &&
             !has_word(c, {"at"});
    };
    if (r == nullptr || r->hides || !std::any_of(r->columns.begin(), r->columns.end(), secret)) continue;
    const Node held = t.call.above("variable_declarator");
    if (!held || !held.child("name").is("identifier") ||
        icontains_any(t.whole.code(), {"select:", "omit:", "columns:"}))
      continue;
    const std::string_view name = held.child("name").text();
    for (const Node a : file.tree.all("jsx_attribute")) {
      const auto parts = a.children();
      if (parts.size() < 2 || !parts[1].is("jsx_expression")) continue;
      const Node value = unwrap(parts[1].first());
      const bool whole = value.text() == name || (value.is("object") && has_token(value.text(), name));
      if (!whole || !client_component(file, a.parent().children().front().text())) continue;
      file.hit("FA-005", a).title = "A whole row, with what is secret in it, is handed to a component of the browser";
      return;
    }
  }
}

}  // namespace

void read_next_page(File& file, ScriptNotes& notes) {
  judge_page(file);
  read_page(file, notes);
  judge_handed_rows(file);
}

}  // namespace gatehouse::audit::source
