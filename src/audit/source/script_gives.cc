// What an expression hands on of the records that are kept: a person's row as it is, or what another function gives.
#include <algorithm>

#include "audit/source/data_firestore.h"
#include "audit/source/joined_people.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/script_layers.h"
#include "audit/source/told_contacts.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// find(filter, { password: 0 }), select("-password"), attributes: { exclude: ["password"] }, { password: false }
bool leaves_out(std::string_view query) {
  return icontains_any(query, {"exclude", "-password", "password: 0", "password:0", "password: false", "password:false",
                               "passwordhash: 0", "passwordhash: false", "hashed_password: 0", "omit:"});
}

constexpr int kDeepest = 8;  // of one expression
constexpr std::size_t kMostGives = 12;

// serialize(user), toDto(user), users.map(…): what comes out is not the row.
bool reshapes(std::string_view name) {
  return has_word(
      name,
      {"omit",      "pick",    "sanitize",  "sanitise", "sanitized", "dto",     "serialize", "serializer", "public",
       "safe",      "exclude", "transform", "map",      "format",    "without", "strip",     "clean",      "filter",
       "count",     "to",      "sign",      "token",    "compare",   "hash",    "view",      "mapper",     "present",
       "presenter", "plain",   "generate",  "reduce",   "length",    "some",    "every",     "select",     "profile"});
}

bool wraps(std::string_view name) {  // success(user), new ApiResponse(200, user)
  return has_word(name,
                  {"response", "responses", "success", "result", "api", "reply", "resolve", "ok", "body", "send"});
}

// SELECT * FROM users, RETURNING *
bool every_column(const Code& code) {
  const std::string low = text::to_lower(code);
  for (const std::string_view mark : {"select *", "returning *", "select u.*", "select users.*"})
    if (contains(low, mark)) return true;
  return false;
}

// Without what is said of the records that are joined: .populate({ path, select }), include: { … }.
std::string without_joins(const Code& code) {
  std::string out(code);
  for (const std::string_view mark : {"populate(", "include: {", "include:{", "include: ["})
    for (std::size_t at = out.find(mark); at != std::string::npos; at = out.find(mark, at + 1)) {
      const std::size_t open = at + mark.size() - 1;
      int depth = 0;
      std::size_t end = open;
      for (; end < out.size(); ++end) {
        if (out[end] == '(' || out[end] == '{' || out[end] == '[') ++depth;
        if ((out[end] == ')' || out[end] == '}' || out[end] == ']') && --depth == 0) break;
      }
      out.erase(open + 1, end > open ? end - open - 1 : 0);
    }
  return out;
}

// The columns are named: select: { id: true }, .select("name"), { attributes: […] }; select() and select("*") name
// none.
bool chooses(const Code& code) {
  std::string low;
  for (const char c : text::to_lower(code))
    if (c != ' ' && c != '\n' && c != '"' && c != '\'') low += c;
  for (const std::string_view all : {"select()", "select(*)", "select(+password)", "returning()", "returning(*)"})
    for (std::size_t at = low.find(all); at != std::string::npos; at = low.find(all)) low.erase(at, all.size());
  return icontains_any(low, {"select", "omit", "attributes", "projection", "tojson", "columns:", "count(", ".map("});
}

struct Search {
  const File& file;
  Node function;
  std::vector<Give>& out;

  // user.password = undefined; a new password that is set is no empty one.
  bool emptied(std::string_view name) const {
    const std::string n(name);
    const Code code = function.code();
    if (contains(code, "delete " + n + ".")) return true;
    for (const std::string_view column : {".password", ".passwordHash"})
      for (std::size_t at = code.find(n + std::string(column)); at != code.npos;
           at = code.find(n + std::string(column), at + 1)) {
        std::string_view rest = text::trim(code.substr(at + n.size() + column.size(), 24));
        if (!rest.starts_with('=') || rest.starts_with("==")) continue;
        rest = text::trim(rest.substr(1));
        for (const std::string_view none : {"undefined", "null", "''", "\"\"", "``", "void 0"})
          if (rest.starts_with(none)) return true;
        if (rest.starts_with('\'') || rest.starts_with('"')) return true;  // "***"
      }
    return false;
  }

  // post.author.password = undefined
  bool empties_joined() const {
    return icontains_any(function.code(), {".password = undefined", ".password = null", ".password;", "omit("});
  }

  void add(Give g) {
    if (out.size() < kMostGives) out.push_back(std::move(g));
  }

  bool touch(Node n, const std::string& key) {
    for (const Touch& t : touches(file, n)) {
      if (!(unwrap(t.whole) == n) && !(t.call == n)) continue;
      const std::string_view f = t.call.child("function").child("property").text();
      const bool sql = !t.documents && (f == "query" || f == "execute" || f == "one" || f == "any" ||
                                        f == "oneOrNone" || f == "all" || f == "get" || f == "raw" ||
                                        f == "manyOrNone" || !t.call.child("function").is("member_expression"));
      const Code code = t.documents ? t.call.code() : t.whole.code();
      const Schema& schema = file.project.notes<Schema>();
      const Record* r = schema.of(t.record);
      if (!sql && !t.documents && t.kind != Touch::Kind::remove && !contains(code, ".map("))
        if (const auto joined = joined_person(file, schema, t); joined && !empties_joined()) {
          Give g;
          g.key = key.empty() ? joined->relation : key + "." + joined->relation;
          g.person = g.joined = true;
          g.at = {place(file.path, t.call.line()), file.shown(joined->at)};
          add(std::move(g));
        }
      if (auto reached = contact_given(file, t, r, sql)) {
        reached->key = key;
        add(std::move(*reached));
      }
      if (sql ? !every_column(code) : chooses(without_joins(code))) return true;
      if (t.kind == Touch::Kind::remove) return true;
      if (t.record == kAnyRecord) {
        Give g;
        g.key = key;
        g.any = true;
        g.at = {place(file.path, t.call.line()), file.shown(t.call)};
        if (!leaves_out(code)) add(std::move(g));
        return true;
      }
      // Nobody's row, but with a password or a key of somebody in it.
      const bool keyed =
          r != nullptr && std::any_of(r->columns.begin(), r->columns.end(), [](const std::string& column) {
            return has_word(column, {"secret", "password"}) && !has_word(column, {"client", "id", "at"});
          });
      if (!(r != nullptr ? r->person || keyed : people(t.record))) {
        // return this.bookings.save(booking): what was taken with its owner goes out with him.
        if (const auto c = as_call(t.call); c && f == "save" && unwrap(c->arg(0)).is("identifier"))
          follow(c->arg(0), key, 1);
        return true;
      }
      const bool spilt = r != nullptr && r->spills && t.kind != Touch::Kind::create;
      if (r != nullptr && r->hides && !spilt && !contains(code, "+password")) return true;
      const bool known = r != nullptr && !r->columns.empty();
      if (!known && contains(code, "select()")) return true;  // which columns these are is not in sight
      const bool secret = known && secret_column(*r);
      if (t.kind == Touch::Kind::create && (r == nullptr || (known && !secret))) return true;
      // findAll(…, { exclude: ["password"] }) of a library of one's own
      if (leaves_out(code)) return true;
      Give g;
      g.key = key;
      g.person = true;
      if (t.documents && !secret) return true;  // the provider of the sign-in keeps the passwords
      g.mild = (known && !secret) || (spilt && !contains(code, "+password"));
      g.at = {place(file.path, t.call.line()), file.shown(t.call)};
      add(std::move(g));
      return true;
    }
    return false;
  }

  void name(Node id, const std::string& key, int depth) {
    if (emptied(id.text())) return;
    Node best;
    std::string part;
    for (const Node d : function.all("variable_declarator")) {
      if (d.begin() > id.begin()) break;
      const Node n = d.child("name"), v = unwrap(d.child("value"));
      if (n.is("identifier") && n.text() == id.text()) {
        best = v;
        part.clear();
      } else if (n.is("object_pattern")) {
        for (const Node p : n.children()) {
          const bool plain = p.is("shorthand_property_identifier_pattern") && p.text() == id.text();
          const bool renamed = p.is("pair_pattern") && p.child("value").text() == id.text();
          if (!plain && !renamed) continue;
          best = v;
          part = plain ? p.text() : p.child("key").text();
        }
      } else if (n.is("array_pattern")) {
        const auto names = n.children();
        const auto made = as_call(v);
        const Node list = made && made->name == "Promise.all" ? unwrap(made->arg(0)) : Node();
        if (!list && !names.empty() && names[0].text() == id.text()) {  // const [user] = await db.select()…
          best = v;
          part.clear();
        }
        const auto values = list.children();
        for (std::size_t i = 0; i < names.size() && i < values.size(); ++i)
          if (names[i].text() == id.text()) {
            best = unwrap(values[i]);
            part.clear();
          }
      }
    }
    for (const Node a : function.all("assignment_expression"))
      if (a.begin() < id.begin() && a.child("left").text() == id.text()) {
        best = unwrap(a.child("right"));
        part.clear();
      }
    if (!best || is_function(best)) return;
    if (part.empty()) {
      follow(best, key, depth + 1);
    } else if (const auto c = as_call(best); c && !touches_here(best)) {
      Give g;
      g.key = key;
      g.part = part;
      g.callee = callee_of(file, *c, function);
      g.at = {place(file.path, c->line()), file.shown(c->node)};
      if (!reshapes(last(c->name))) add(std::move(g));
    }
  }

  bool touches_here(Node n) const { return !touches(file, n).empty(); }

  void follow(Node n, const std::string& key, int depth) {
    n = unwrap(n);
    if (!n || depth > kDeepest || out.size() >= kMostGives) return;
    if (n.any_of("identifier", "shorthand_property_identifier")) return name(n, key, depth);
    if (n.is("object")) {
      bool reshaped = false;  // { ...made, user: toProfile(made.user) }
      for (const auto& [k, v] : members(n))
        if (const auto made = as_call(unwrap(v)); made && (reshapes(last(made->name)) || k == "user")) reshaped = true;
      for (const auto& [k, v] : members(n))
        if (k != "password") follow(v, key.empty() ? k : key + "." + k, depth + 1);
      for (const Node s : n.children())
        if (s.is("spread_element") && !reshaped && !contains(n.code(), "password: undefined"))
          follow(s.first(), key, depth + 1);
      return;
    }
    if (n.is("ternary_expression")) {
      follow(n.child("consequence"), key, depth + 1);
      follow(n.child("alternative"), key, depth + 1);
      return;
    }
    if (n.is("binary_expression") && (n.has_token("||") || n.has_token("??"))) {
      follow(n.child("left"), key, depth + 1);
      return;
    }
    if (n.any_of("member_expression", "subscript_expression")) {
      const Node object = unwrap(n.child("object"));
      const std::string_view property = n.is("subscript_expression") ? "0" : n.child("property").text();
      if (property == "rows" || property == "0" || property == "_doc" || property == "recordset" ||
          property == "dataValues" || property == "docs")
        return follow(object, key, depth + 1);
      if (object.is("identifier")) {
        const std::size_t before = out.size();
        name(object, {}, depth + 1);
        // Of what that name holds, only this part.
        for (std::size_t i = before; i < out.size();) {
          Give& g = out[i];
          const bool of_call = !g.person && g.key.empty() && g.part.empty();
          if (of_call) {
            g.part = std::string(property);
            g.key = key;
            ++i;
          } else if (g.key == property) {
            g.key = key;
            ++i;
          } else {
            out.erase(out.begin() + static_cast<std::ptrdiff_t>(i));
          }
        }
      }
      return;
    }
    const auto c = as_call(n);
    if (!c) return;
    if (touch(n, key)) return;
    const std::string_view f = last(c->name);
    if (const Node documents = whole_documents(*c)) return follow(documents, key, depth + 1);
    if (f == "data" && !c->arg(0)) return follow(n.child("function").child("object"), key, depth + 1);
    const bool plain = f == "get" && (!c->arg(0) || unwrap(c->arg(0)).is("object"));  // user.get({ plain: true })
    if (f == "toObject" || f == "toJSON" || plain || f == "save" || f == "exec" || f == "lean") {
      const Node object = unwrap(n.child("function").child("object"));
      const Record* r = file.project.notes<Schema>().of(object.text());
      if (r == nullptr || !r->hides) follow(object, key, depth + 1);
      return;
    }
    if (reshapes(f)) return;
    if (wraps(f) && !c->name.starts_with("res.")) {
      for (const Node a : c->args) follow(a, key, depth + 1);
      return;
    }
    Give g;
    g.key = key;
    g.callee = callee_of(file, *c, function);
    if (g.callee.module.empty() && g.callee.type.empty()) return;
    g.at = {place(file.path, c->line()), file.shown(c->node)};
    add(std::move(g));
  }
};

}  // namespace

bool secret_column(const Record& r) {
  return std::any_of(r.columns.begin(), r.columns.end(), [](const std::string& c) {
    return has_word(c, {"password", "hash", "salt", "secret", "token", "passwd", "pin", "otp"});
  });
}

std::vector<Give> gives_of(const File& file, Node function, Node value) {
  std::vector<Give> out;
  Search{file, function, out}.follow(value, {}, 0);
  return out;
}

std::vector<Give> returns_of(const File& file, Node function) {
  std::vector<Give> out;
  const Node code = body(function);
  if (!code.is("statement_block")) return gives_of(file, function, code);
  for (const Node back : code.all("return_statement")) {
    if (!(function_around(back) == function)) continue;
    Search{file, function, out}.follow(back.first(), {}, 0);
  }
  return out;
}

}  // namespace gatehouse::audit::source
