// What is kept wrongly: passwords in clear, limits in one process, users in a file.
#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Passwords looked up or compared as they were typed are stored as they were typed.
void judge_plain_passwords(File& file) {
  if (client_file(file)) return;
  const auto told = [&](Node at) {
    auto& found = file.hit("DJ-030", at);
    found.title = "Passwords are stored in clear";
    found.severity = proof::Severity::critical;
  };
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f != "findOne" && f != "findFirst" && f != "findUnique" && f != "where" && f != "find") continue;
    for (const Node p : c.node.child("arguments").all("pair"))
      if (p.child("key").text() == "password" &&
          (from_client(file, p.child("value")) || (last(dotted(unwrap(p.child("value")))) == "password" &&
                                                   function_name(function_around(p)) == "authorize")) &&
          !icontains_any(p.child("value").code(), {"hash", "bcrypt", "crypt"})) {
        told(p);
        return;
      }
  }
  for (const Node b : file.tree.all("binary_expression")) {
    if (!b.has_token("===") && !b.has_token("==") && !b.has_token("!==") && !b.has_token("!=")) continue;
    const std::string left = dotted(unwrap(b.child("left"))), right = dotted(unwrap(b.child("right")));
    const bool stored = last(left) == "password" && left.find('.') != std::string::npos && !left.starts_with("req.");
    const bool typed = (last(right) == "password" && right != left) && !icontains_any(right, {"confirm", "hash"});
    // const expected = { username: "admin", password: "…" }: nothing is stored, it is written here.
    Node fixed;
    if (stored)
      for (const Node d : file.tree.all("variable_declarator"))
        if (d.child("name").text() == std::string_view(left).substr(0, left.find('.')) &&
            literal(member(unwrap(d.child("value")), "password")))
          fixed = d;
    if (fixed) {
      file.hit("SEC-017", fixed, redacted(quote(file.tree.line_text(fixed.line())))).title =
          "A name and a password that open a door stand in the code";
      continue;
    }
    if (stored && typed &&
        !icontains_any(left, {"form", "values", "body", "confirm", "state", "data", "errors", "props"}))
      told(b);
  }
}

// client.user.create({ data: { name, password: "12345678" } }) in the middle of a server
void judge_fixed_passwords(File& file) {
  if (client_file(file) || has_word(file.path, {"seed", "seeds", "seeder", "test", "tests", "spec", "example"})) return;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if ((f != "create" && f != "createUser" && f != "insert" && f != "insertOne" && f != "upsert" && f != "signUp") ||
        !(has_word(c.name, {"user", "users", "account", "admin", "auth", "customer"}) || f == "createUser"))
      continue;
    for (const Node p : c.node.child("arguments").all("pair")) {
      if (p.child("key").text() != "password") continue;
      Node value = unwrap(p.child("value"));
      if (const auto hashed = as_call(value); hashed && has_word(last(hashed->name), {"hash"}))
        value = unwrap(hashed->arg(0));
      const auto said = literal(value);
      if (!said || said->size() < 3 || said->size() > 40 || said->starts_with("$2")) continue;
      auto& told = file.hit("SEC-017", p, redacted(quote(file.tree.line_text(p.line()))));
      told.title = "Accounts are made with a password that stands in the code";
      return;
    }
  }
}

// seed.ts: create({ email, role: "ADMIN", password: await hash("123456", 10) })
void judge_seeds(File& file) {
  if (client_file(file) || contains(file.path, "client/") || contains(file.code(), "setState")) return;
  const std::string_view name = file.path.substr(file.path.rfind('/') == file.path.npos ? 0 : file.path.rfind('/') + 1);
  if (!has_word(file.path, {"seed", "seeds", "seeder", "seeders", "seeding"}) &&
      !has_word(name, {"setup", "bootstrap", "createadmin", "populate"}))
    return;
  const auto known = [](Node n) {
    n = unwrap(n);
    if (const auto c = as_call(n); c && has_word(last(c->name), {"hash", "hashsync", "encrypt", "hashpassword"}))
      n = unwrap(c->arg(0));
    const auto said = literal(n);
    return said && said->size() > 2 && said->size() < 40 && !said->starts_with("$2");
  };
  const auto tell = [&](Node at) {
    auto& f = file.hit("SEC-017", at, redacted(quote(file.tree.line_text(at.line()))));
    f.title = "Accounts are made with a password that stands in the code";
    f.severity =
        icontains_any(file.code(), {"admin", "superuser", "owner"}) ? proof::Severity::high : proof::Severity::medium;
  };
  for (const Node p : file.tree.all("pair"))
    if (has_word(p.child("key").text(), {"password", "passwordhash", "hashedpassword"}) && known(p.child("value")))
      return tell(p);
  for (const Node d : file.tree.all("variable_declarator"))
    if (has_word(d.child("name").text(), {"password", "hash", "hashed", "pw", "passwordhash"}) &&
        known(d.child("value")))
      return tell(d);
}

void judge_memory_limiter(File& file) {
  if (client_file(file)) return;
  for (const Node d : file.tree.all("variable_declarator")) {
    if (function_around(d)) continue;
    const Code v = d.child("value").code();
    const bool map = v.starts_with("new Map") || v == "{}";
    if (!map || !icontains_any(d.child("name").text(), {"ratelimit", "limitstore", "requests", "hits", "attempts",
                                                        "limits", "buckets", "counter", "rate", "ipstore", "store"}))
      continue;
    if (!icontains_any(file.code(), {"ratelimit", "rate limit", "resetat", "resettime", "windowms"})) continue;
    file.hit("RL-005", d);
    return;
  }
}

// private attempts = new Map() of a RateLimitGuard
void judge_memory_guard(File& file) {
  if (client_file(file) || !icontains_any(file.code(), {"limit", "throttl"})) return;
  for (const char* type : {"public_field_definition", "field_definition"})
    for (const Node m : file.tree.all(type)) {
      const Code v = m.child("value").code();
      if (!v.starts_with("new Map") && v != "{}") continue;
      const std::string_view cls = m.above("class_declaration", "class").child("name").text();
      if (!icontains_any(cls, {"ratelimit", "throttl", "limiter"})) continue;
      file.hit("RL-005", m);
      return;
    }
}

// INSERT INTO users (…, password) with what was typed; WHERE password = ? asked with it
void judge_plain_sql(File& file) {
  if (client_file(file) || icontains_any(file.code(), {"bcrypt", "argon", "scrypt", "pbkdf2", "hash", "crypt("}))
    return;
  for (const Call& c : file.calls) {
    for (const Node a : c.args) {
      const std::string low = text::to_lower(spoken(a));
      if (low.size() < 20 || low.size() > 600) continue;
      const bool asked =
          low.starts_with("select") && low.find("where") != std::string::npos &&
          icontains_any(low.substr(low.find("where")), {"password = ", "password=", "passwd = ", "pwd = "});
      const bool kept =
          low.starts_with("insert") && icontains_any(low.substr(0, low.find("values")), {"password", "passwd"});
      if (!asked && !kept) continue;
      // What is put in is called a password, and not what was made of one.
      const Node statement = c.node.above("expression_statement", "lexical_declaration", "return_statement");
      const Node around = statement ? statement : c.node;
      if (!has_token(around.code(), "password") ||
          icontains_any(around.code(), {"md5", "sha", "digest", "process.env"}))
        continue;
      auto& found = file.hit("DJ-030", c.node);
      found.title = "Passwords are stored in clear";
      found.severity = proof::Severity::critical;
      return;
    }
  }
}

void judge_json_store(File& file) {
  if (client_file(file)) return;
  bool race = false, open = false;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f != "writeFile" && f != "writeFileSync") continue;
    const Code args = c.node.child("arguments").code();
    if (!contains(args, "JSON.stringify(")) continue;
    const bool store =
        icontains_any(file.code(), {"readfile"}) &&
        (icontains_any(file.code(), {".json\"", ".json'", ".json`"}) || icontains_any(args, {"file", "path", "db"}));
    if (!store) continue;
    if (icontains_any(file.path, {"script", "seed", "generate", "build", "tool", "backup", "cache", "export"}))
      continue;
    if (!open && !contains(args, "0o600") && !contains(args, "mode")) {
      file.hit("FS-001", c.node);
      open = true;
    }
    if (!race &&
        !icontains_any(file.code(), {"lock", "mutex", "queue", "semaphore", "proper-lockfile", "write-file-atomic"})) {
      file.hit("FS-002", c.node);
      race = true;
    }
  }
}

}  // namespace

void read_stores(File& file) {
  judge_plain_passwords(file);
  judge_memory_limiter(file);
  judge_memory_guard(file);
  judge_plain_sql(file);
  judge_seeds(file);
  judge_fixed_passwords(file);
  judge_json_store(file);
}

}  // namespace gatehouse::audit::source
