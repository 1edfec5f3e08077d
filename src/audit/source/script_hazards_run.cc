// What a server runs: SQL, commands of a shell, programs; chosen by a client, or by a language model.
#include <algorithm>

#include "audit/source/script.h"
#include "audit/source/script_hazards.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool is_upper(std::string_view name) {
  return std::none_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

Node built_sql(Node n) {
  n = unwrap(n);
  if (!holes(n).empty()) return n;
  if (n.is("identifier"))
    if (const Node f = function_around(n))
      for (const Node d : f.all("variable_declarator"))
        if (d.child("name").text() == n.text() && d.begin() < n.begin() && !holes(d.child("value")).empty())
          return d.child("value");
  return {};
}

// Text that this program chose: SORT[req.query.sort] || "id", a ? "asc" : "desc", ids.map((_, i) => `$${i}`).join(",")
bool chosen_here(const File& file, Node n, int depth = 0) {
  n = unwrap(n);
  if (!n || depth > 4) return false;
  if (literal(n) || n.is("number")) return true;
  if (n.any_of("binary_expression")) {
    const Node left = unwrap(n.child("left")), right = unwrap(n.child("right"));
    return (n.has_token("||") || n.has_token("??")) && chosen_here(file, left, depth + 1) &&
           chosen_here(file, right, depth + 1);
  }
  if (n.is("ternary_expression"))
    return chosen_here(file, n.child("consequence"), depth + 1) && chosen_here(file, n.child("alternative"), depth + 1);
  if (n.is("subscript_expression")) {
    const Node object = unwrap(n.child("object"));
    return !from_client(file, object) && (value_of(file, object).is("object") || is_upper(object.text()));
  }
  if (const auto c = as_call(n)) {
    const std::string_view f = last(c->name);
    if (f == "join" && icontains_any(n.code(), {".map(", ".fill("}) &&
        icontains_any(n.code(), {"`$$", "'?'", "\"?\"", "`?"}))
      return true;
    return f == "Number" || f == "parseInt" || f == "format" || f == "escapeId" || f == "escapeIdentifier" ||
           f == "escape";
  }
  if (n.is("identifier"))
    if (const Node v = value_of(file, n); !(v == n)) return chosen_here(file, v, depth + 1);
  return false;
}

// const sql = completion.choices[0].message.content
bool written_by_model(const File& file, Node n) {
  n = unwrap(n);
  for (int i = 0; i < 4 && n; ++i) {
    if (icontains_any(n.code(), {"choices[0]", ".message.content", "output_text", "generatecontent", "generatetext(",
                                 ".content[0].text", "response.text()"}))
      return true;
    if (n.is("identifier")) {
      const Node v = value_of(file, n);
      if (v == n) return false;
      n = v;
      continue;
    }
    if (const auto c = as_call(n)) {
      n = unwrap(n.child("function").child("object"));
      continue;
    }
    if (n.is("binary_expression")) {
      n = unwrap(n.child("left"));
      continue;
    }
    return false;
  }
  return false;
}

// Stops: a sentence in a document or a chat that makes the model write what runs here.
void tell_model(File& file, Node at, std::string_view title) {
  auto& found = file.hit("EX-014", at);
  found.title = title;
  found.severity = proof::Severity::high;
  found.fix = "Let the model choose among calls of your own; run its SQL as a reader of the caller's rows only.";
}

// What runs in the database; a text that was built is told as such, and nothing else is said of the call then.
bool judge_sql(const HazardCall& call) {
  const auto& [file, c, f, full, a, client, shells] = call;
  const bool asks =
      !client && (f == "query" || f == "execute" || f == "raw" || f == "$queryRawUnsafe" || f == "$executeRawUnsafe" ||
                  f == "unsafe" || f == "all" || f == "run" || f == "exec" || f == "get" || f == "prepare" ||
                  f == "whereRaw" || f == "orderByRaw" || f == "havingRaw" || f == "joinRaw" || f == "literal" ||
                  f == "andWhere" || f == "orWhere" || f == "rpc");
  if (!asks) return false;

  const Node sql = built_sql(a);
  if (sql) {
    const std::string said = spoken(sql);
    const std::string low = text::to_lower(said);
    const bool is_sql =
        (contains(low, "select ") && contains(low, " from ")) || contains(low, "insert into ") ||
        (contains(low, "update ") && contains(low, " set ")) || contains(low, "delete from ") ||
        contains(low, " where ") || contains(low, "order by ") ||
        ((f.ends_with("Raw") || f == "andWhere" || f == "orWhere" || f == "literal") && contains(low, "="));
    // A tagged template hands its holes over as parameters.
    const std::vector<Node> put_in = holes(sql);
    const bool constant = std::all_of(put_in.begin(), put_in.end(), [&](Node h) {
      const std::string_view t = h.text();
      return is_upper(t) || chosen_here(file, h) ||
             icontains_any(t, {"placeholders", "table", "columns.join", "quoteident", "escape"});
    });
    // What changes a schema runs once, on the project's own data.
    if (is_sql && !constant && !has_word(file.path, {"migration", "migrations"})) {
      file.hit("EX-020", sql);
      return true;
    }
  }
  if (f.ends_with("Unsafe") && a && !literal(a)) file.hit("EX-020", c.node);
  // orderByRaw(req.query.sort), pool.query(what a model wrote)
  else if ((f.ends_with("Raw") || f == "literal") && a && !sql && !chosen_here(file, a) && from_client(file, a))
    file.hit("EX-020", c.node);
  else if ((f == "query" || f == "execute" || f == "raw" || f.ends_with("Unsafe")) && written_by_model(file, a))
    tell_model(file, c.node, "What a language model answers is run as SQL");
  return false;
}

// const { stdout: branch } = await run("git branch --show-current"): what another command of ours has said.
bool said_by_command(const File& file, Node hole, const std::set<std::string, std::less<>>& shells, int depth = 0) {
  hole = unwrap(hole);
  while (const auto c = as_call(hole)) hole = unwrap(c->node.child("function").child("object"));  // .trim()
  while (hole.is("member_expression")) hole = unwrap(hole.child("object"));
  if (!hole.is("identifier") || depth > 2) return false;
  for (const Node d : file.tree.all("variable_declarator")) {
    if (!has_token(d.child("name").code(), hole.text()) || function_around(d) != function_around(hole)) continue;
    const Node value = d.child("value");
    for (const Call* c : file.calls_in(value))
      if ((shells.contains(c->name) || last(c->name) == "execSync") && literal(c->arg(0))) return true;
    if (value && said_by_command(file, value, shells, depth + 1)) return true;
  }
  return false;
}

bool judge_commands(const HazardCall& call) {
  const auto& [file, c, f, full, a, client, shells] = call;
  const std::vector<Node> put_in = holes(a);
  if (!put_in.empty() &&
      std::all_of(put_in.begin(), put_in.end(), [&](Node h) { return said_by_command(file, h, shells); }))
    return false;
  if (((contains(full, "child_process") && (f == "exec" || f == "execSync")) || shells.contains(c.name)) &&
      !literal(a) && a) {
    auto& found = file.hit("EX-014", c.node);
    if (!from_client(file, a) && holes(a).empty()) found.confidence = proof::Confidence::low;
  } else if ((f == "spawn" || f == "spawnSync") && contains(full, "child_process") &&
             contains(c.node.code(), "shell: true")) {
    file.hit("EX-014", c.node);
  } else {
    return false;
  }
  return true;
}

bool judge_programs(const HazardCall& call) {
  const auto& [file, c, f, full, a, client, shells] = call;
  if ((c.name == "eval" || c.name == "new Function" || f == "runInNewContext" || f == "runInContext") && a &&
      written_by_model(file, a)) {
    tell_model(file, c.node, "What a language model answers is run as a program");
  } else if ((c.name == "eval" || c.name == "new Function") && a && !literal(a)) {
    auto& found = file.hit("EX-014", c.node);
    if (!from_client(file, a)) {
      found.severity = client ? proof::Severity::medium : proof::Severity::high;
      found.confidence = proof::Confidence::low;
    }
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::set<std::string, std::less<>> names_of_shells(const File& file) {
  std::set<std::string, std::less<>> out;
  for (const Node d : file.tree.all("variable_declarator"))
    if (const auto made = as_call(unwrap(d.child("value"))); made && last(made->name) == "promisify") {
      const std::string what = file.full(dotted(made->arg(0)));
      if (contains(what, "child_process") && last(what) == "exec") out.emplace(d.child("name").text());
    }
  return out;
}

bool judge_run(const HazardCall& call) { return judge_sql(call) || judge_commands(call) || judge_programs(call); }

}  // namespace gatehouse::audit::source
