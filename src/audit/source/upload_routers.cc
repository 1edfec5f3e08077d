#include "audit/source/upload_routers.h"

#include "audit/source/script.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// The function that a name or an expression stands for, in this file.
Node function_meant(const File& file, Node n) {
  n = unwrap(n);
  if (is_function(n)) return n;
  if (!n.is("identifier")) return {};
  if (const Node v = unwrap(value_of(file, n)); is_function(v)) return v;
  for (const Node f : file.tree.all("function_declaration"))
    if (f.child("name").text() == n.text()) return f;
  return {};
}

// async () => ({}), async ({ req }) => ({ at: Date.now() }): it asks nobody. What it calls of other files may.
bool asks_nobody(const File& file, Node middleware) {
  const Node f = function_meant(file, middleware);
  if (!f || asks_identity(f.code())) return false;
  for (const Call* c : file.calls_in(body(f)))
    if (!c->name.starts_with("console.") && !c->name.starts_with("Date") && !c->name.starts_with("new Date"))
      return false;
  return !icontains_any(f.code(), {"throw", "user", "session", "token", "auth"});
}

// const user = auth(); if (!user) throw …: Clerk gives an object to everybody, signed in or not.
void judge_empty_question(File& file) {
  bool clerk = false;
  for (const auto& [local, full] : file.imports) clerk = clerk || (local == "auth" && icontains(full, "@clerk/"));
  if (!clerk) return;
  for (const Node d : file.tree.all("variable_declarator")) {
    const auto c = as_call(unwrap(d.child("value")));
    if (!c || c->name != "auth" || !d.child("name").is("identifier")) continue;
    const std::string name(d.child("name").text());
    const Node f = function_around(d);
    if (!f || contains(f.code(), name + ".") || contains(f.code(), name + "?.")) continue;
    for (const Node branch : f.all("if_statement")) {
      const Node asked = unwrap(branch.child("condition"));
      if (!asked.is("unary_expression") || !asked.has_token("!") || unwrap(asked.child("argument")).text() != name)
        continue;
      // Stops: strangers behind a question that nobody fails.
      auto& found = file.hit("EX-024", branch);
      found.title = "auth() gives an object to strangers too: this question refuses nobody";
      found.fix = "Ask for its userId: const { userId } = await auth().";
      return;
    }
  }
}

}  // namespace

void judge_upload_routers(File& file) {
  if (!icontains(file.code(), "auth") && !file.imports_from("uploadthing")) return;
  judge_empty_question(file);
  if (!file.imports_from("uploadthing")) return;
  for (const Call& c : file.calls) {
    if (last(c.name) != "onUploadComplete") continue;
    bool made = false, asked = false, open = false;
    for (Node n = unwrap(c.node.child("function").child("object")); n.is("call_expression");
         n = unwrap(n.child("function").child("object"))) {
      const Node callee = n.child("function");
      if (callee.is("identifier")) {
        const auto maker = as_call(unwrap(value_of(file, callee)));
        made = maker && icontains(maker->name, "uploadthing");
        break;
      }
      if (callee.child("property").text() != "middleware") continue;
      const auto m = as_call(n);
      asked = true;
      open = m && asks_nobody(file, m->arg(0));
    }
    if (!made || (asked && !open)) continue;
    // Stops: strangers who fill the store, and publish what they like under its name.
    auto& f = file.hit("NX-002", c.node);
    f.title = "Files are taken from strangers";
    f.fix = "Ask in .middleware() who is sending, and throw when it is nobody.";
  }
}

}  // namespace gatehouse::audit::source
