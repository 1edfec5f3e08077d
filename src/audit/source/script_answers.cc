// Answers that say too much: secrets, private fields, rows as the database has them.
#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

bool answers(const Call& c) {
  const std::string_view f = last(c.name);
  if (f == "json" || f == "send" || f == "end" || f == "text" || f == "render")
    return icontains_any(c.name, {"res.", "reply.", "response.", "c.", "ctx.", "status()", "nextresponse", "code()"}) &&
           !c.name.starts_with("JSON");
  return c.name == "new Response" || c.name == "new NextResponse" || c.name == "createError";
}

namespace {

constexpr std::string_view kJoined = "The owner's whole record is sent along with what is his";

// sign(payload, process.env.SECRET): the call uses it, and what it gives is not the secret.
bool used_by_call(Node secret, Node args) {
  for (Node p = secret.parent(); p && !(p == args); p = p.parent())
    if (p.any_of("call_expression", "new_expression") && !contains(p.code().substr(0, 16), "String(")) return true;
  return false;
}

// Secrets and private fields that leave with an answer.
void judge_answers(File& file) {
  if (client_file(file)) return;
  for (const Call& c : file.calls) {
    if (!answers(c)) continue;
    const Node args = c.node.child("arguments");
    for (const char* type : {"pair", "shorthand_property_identifier"})
      for (const Node p : args.all(type)) {
        const std::string_view key = p.is("pair") ? p.child("key").text() : p.text();
        if (key == "privateMetadata" || key == "private_metadata") file.hit("AZ-004", p);
      }
    for (const Node a : c.args)
      if (unwrap(a).code() == "process.env" || contains(a.code(), "...process.env")) {
        file.hit("SEC-018", c.node).title = "The whole environment is sent in an answer";
        break;
      }
    for (const Node m : args.all("member_expression"))
      if (const auto name = env_name(m); name && secret_name(*name) && !contains(*name, "PUBLIC") &&
                                         !m.parent().is("unary_expression") && !used_by_call(m, args) &&
                                         !m.above("ternary_expression").inside(args)) {
        file.hit("SEC-018", m);
        break;
      }
  }
}

// The columns are chosen, or the row is emptied of what is secret before it leaves.
bool chosen(std::string_view query, std::string_view function, std::string_view name) {
  if (icontains_any(query, {"select", "omit", "attributes", "projection", "tojson", "columns:"})) return true;
  const std::string n(name);
  for (const std::string_view emptied :
       {".password = undefined", ".password = null", ".password = \"\"", ".password = ''"})
    if (contains(function, n + std::string(emptied))) return true;
  return contains(function, "delete " + n + ".") || icontains_any(function, {"exclude(", "omit(", "sanitize"}) ||
         contains(function, "password, ...") || contains(function, "password: _");
}

// .populate("user") where the schema itself is not in sight: the name says who it is.
bool populates_person(const Schema& schema, const Code& code) {
  for (std::size_t at = code.find("populate("); at != std::string_view::npos; at = code.find("populate(", at + 1)) {
    const std::string_view rest = code.substr(at + 9, 40);
    if (rest.size() < 3 || (rest.front() != '"' && rest.front() != '\'')) continue;
    const std::size_t end = rest.find(rest.front(), 1);
    if (end == std::string_view::npos || end + 1 >= rest.size() || rest[end + 1] != ')') continue;
    const Record* who = schema.of(rest.substr(1, end - 1));
    if (who != nullptr && who->person && !who->hides && secret_column(*who)) return true;
  }
  return false;
}

// The names under which what a record points to is asked for: "userId" and "user".
std::set<std::string> joins_of(const Record& r) {
  std::set<std::string> out = r.owners;
  for (const std::string& o : r.owners)
    for (const std::string_view tail : {"Id", "_id", "ID"})
      if (o.ends_with(tail) && o.size() > tail.size()) out.insert(o.substr(0, o.size() - tail.size()));
  return out;
}

// res.json(user) where `user` is the row as the database has it.
void judge_whole_rows(File& file, ScriptNotes& notes) {
  if (client_file(file)) return;
  const Schema& schema = file.project.notes<Schema>();
  for (const Call& c : file.calls) {
    if (!answers(c)) continue;
    const Node function = function_around(c.node);
    const Node first = unwrap(c.arg(0));
    if (!function) continue;
    bool row = false;
    const Spot here{place(file.path, c.line()), file.shown(c.node)};
    for (const Node a : c.args) {
      for (Give& g : gives_of(file, function, a)) {
        if (!g.person) {
          notes.answers.push_back({std::move(g), here});
        } else if (!row) {
          row = true;
          auto& f = file.hit("FA-005", c.node);
          if (g.mild) f.severity = proof::Severity::medium;
          if (!g.joined) continue;
          f.title = std::string(kJoined);
          f.locations.push_back(g.at.at);
          f.evidence.push_back(g.at.shown);
        }
      }
      // res.json(req.user), res.json({ user: req.user })
      std::vector<Node> leaves{unwrap(a)};
      for (const auto& [key, value] : members(unwrap(a))) leaves.push_back(unwrap(value));
      for (const Node leaf : leaves)
        if (leaf.is("member_expression") &&
            (leaf.child("object").text() == "req" || leaf.child("object").text() == "request"))
          notes.attached_answers.emplace_back(std::string(leaf.child("property").text()), here);
    }
    if (row) continue;
    std::vector<Node> said;
    if (first.is("identifier")) said.push_back(first);
    for (const auto& [key, value] : members(first))
      if (unwrap(value).any_of("identifier", "shorthand_property_identifier")) said.push_back(unwrap(value));
    bool told = false;
    for (const Node name : said)
      for (const Node d : function.all("variable_declarator")) {
        if (told || d.child("name").text() != name.text() || d.begin() > c.node.begin()) continue;
        const Node value = d.child("value");
        if (is_function(unwrap(value))) continue;
        for (const Touch& t : touches(file, value)) {
          if (t.whole.begin() > unwrap(value).begin() || told) continue;
          if (chosen(t.whole.code(), function.code(), name.text())) continue;
          const Record* r = schema.of(t.record);
          const bool person = r != nullptr ? r->person : people(t.record);
          if (r == nullptr && !person && populates_person(schema, t.whole.code())) {
            file.hit("FA-005", d).title = std::string(kJoined);
            told = true;
          } else if (r != nullptr && !person) {
            // Order.find().populate("user"), include: { author: true }
            for (const std::string& up : r->belongs) {
              const Record* who = schema.of(up);
              if (who == nullptr || !who->person || who->hides || !secret_column(*who)) continue;
              for (const std::string& column : joins_of(*r)) {
                const Code code = t.whole.code();
                if (!contains(code, "populate('" + column + "')") && !contains(code, "populate(\"" + column + "\")") &&
                    !contains(code, column + ": true"))
                  continue;
                if (!contains(code, "populate") && !contains(code, "include")) continue;
                if (!told) file.hit("FA-005", d).title = std::string(kJoined);
                told = true;
              }
            }
          }
        }
      }
  }
}

// The thing that answers go into, as parameters and arguments are called.
bool answer_name(std::string_view name) {
  return name == "res" || name == "response" || name == "reply" || name == "ctx" || name == "context";
}

// ok(res, data), sendToken(user, 200, res), ApiResponse.success(res, "…", user): a function of the project's own that
// answers with what it is handed.
void read_answerers(const File& file, ScriptNotes& notes) {
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const auto parameters = parameters_of(f);
      if (parameters.size() < 2 || parameters.size() > 8 || request_name(parameters.front().text())) continue;
      if (std::none_of(parameters.begin(), parameters.end(), [](Node p) { return answer_name(p.text()); })) continue;
      const std::string name = function_name(f);
      if (name.empty()) continue;
      for (const Said& answer : answers_in(file, body(f)))
        for (const Node a : answer.values()) {
          std::vector<Node> leaves{unwrap(a)};
          for (const auto& [key, value] : members(unwrap(a))) leaves.push_back(unwrap(value));
          for (const Node leaf : leaves)
            for (std::size_t i = 0; i < parameters.size(); ++i)
              if (leaf.any_of("identifier", "shorthand_property_identifier") && leaf.text() == parameters[i].text() &&
                  !answer_name(leaf.text()))
                notes.answerers.emplace(name, i);
        }
    }
}

void read_handed_answers(const File& file, ScriptNotes& notes) {
  for (const Call& c : file.calls) {
    if (c.args.size() < 2 || c.args.size() > 8 || answers(c)) continue;
    if (std::none_of(c.args.begin(), c.args.end(), [](Node a) { return a.is("identifier") && answer_name(a.text()); }))
      continue;
    const Node function = function_around(c.node);
    if (!function) continue;
    for (std::size_t i = 0; i < c.args.size(); ++i) {
      if (answer_name(c.args[i].text()) || literal(c.args[i])) continue;
      for (Give& g : gives_of(file, function, c.args[i]))
        notes.handed_answers.push_back(
            {std::string(last(c.name)), i, {std::move(g), {place(file.path, c.line()), file.shown(c.node)}}});
    }
  }
}

// req.user = await User.findById(id): what a middleware lays down, the hash of the password with it.
void read_attached_rows(File& file, ScriptNotes& notes) {
  for (const Node a : file.tree.all("assignment_expression")) {
    const Node left = a.child("left");
    if (!left.is("member_expression") ||
        (left.child("object").text() != "req" && left.child("object").text() != "request"))
      continue;
    for (const Give& g : gives_of(file, function_around(a), a.child("right")))
      if (g.person && g.key.empty() && !g.mild)
        notes.attached_rows.emplace(std::string(left.child("property").text()),
                                    Spot{place(file.path, a.line()), file.shown(a)});
  }
}

// TypeORM: relations: ["user"], relations: { user: true }, leftJoinAndSelect("order.user", "user"). `flat` has neither
// blanks nor quotes.
bool related(const std::string& flat, const std::string& column) {
  std::string property = column;
  if (!property.empty()) property[0] = text::lower(property[0]);
  const std::size_t at = flat.find("relations:");
  if (at != std::string::npos) {
    const std::size_t end = std::min(flat.find_first_of("]}", at), flat.size());
    const std::string list = flat.substr(at, end - at) + ",";
    if (contains(list, property + ":true") || contains(list, "[" + property + ",") ||
        contains(list, "," + property + ","))
      return true;
  }
  return contains(flat, "JoinAndSelect(") && contains(flat, "." + property + ",");
}

// A service that returns what belongs to a person with the person's whole record in it.
void judge_returned_rows(File& file) {
  const Schema& schema = file.project.notes<Schema>();
  if (client_file(file) || !icontains_any(file.path, {"service", "repositor", "resolver"})) return;
  for (const Touch& t : touches(file, file.tree.root())) {
    if (t.kind != Touch::Kind::one && t.kind != Touch::Kind::list) continue;
    const Record* r = schema.of(t.record);
    if (r == nullptr || r->person) continue;
    std::string flat;
    for (const char c : t.whole.code())
      if (c != ' ' && c != '\n' && c != '"' && c != '\'') flat += c;
    for (const std::string& column : joins_of(*r)) {
      const bool whole =
          contains(flat, "populate(" + column + ")") || contains(flat, "populate({path:" + column + "})");
      const bool joined = contains(flat, column + ":true") && contains(flat, "include:");
      if (!whole && !joined && !related(flat, column)) continue;
      const bool secret = std::any_of(r->belongs.begin(), r->belongs.end(), [&](const std::string& up) {
        const Record* who = schema.of(up);
        return who != nullptr && who->person && !who->hides && secret_column(*who);
      });
      // It leaves: returned at once, or by its name.
      const Node p = t.whole.parent();
      const Node function = function_around(t.call);
      bool leaves = p.is("return_statement") || p.is("arrow_function");
      if (p.is("variable_declarator"))
        for (const Node back : function.all("return_statement"))
          leaves = leaves || unwrap(back.first()).text() == p.child("name").text();
      if (!secret || !leaves) continue;
      file.hit("FA-005", t.call).title = std::string(kJoined);
      break;
    }
  }
}

proof::Finding* told_at(Sink& sink, const proof::Location& at) {
  for (proof::Finding& f : sink.findings())
    if (f.id == "FA-005" && f.title == kJoined && f.locations.front().path == at.path &&
        f.locations.front().line == at.line)
      return &f;
  return nullptr;
}

}  // namespace

void judge_given_rows(const Flows& flows, const Schema& schema, const ScriptNotes& notes, Sink& sink) {
  std::set<std::pair<std::string, int>> told;
  for (const ScriptAnswer& a : notes.answers) {
    const Give* row = person_given(flows, schema, a.give);
    if (row == nullptr || !told.emplace(a.at.at.path, a.at.at.line).second) continue;
    // Where a service's own line was told, its answer is another place of the same.
    if (proof::Finding* same = told_at(sink, row->at.at)) {
      same->locations.push_back(a.at.at);
      same->evidence.push_back(a.at.shown);
      continue;
    }
    auto& f = sink.find("FA-005", a.at.at, a.at.shown);
    f.locations.push_back(row->at.at);
    f.evidence.push_back(row->at.shown);
    if (row->mild) f.severity = proof::Severity::medium;
    if (row->joined) f.title = std::string(kJoined);
  }
  for (const auto& [name, slot, a] : notes.handed_answers) {
    if (!notes.answerers.contains({name, slot})) continue;
    const Give* row = person_given(flows, schema, a.give);
    if (row == nullptr || !told.emplace(a.at.at.path, a.at.at.line).second) continue;
    auto& f = sink.find("FA-005", a.at.at, a.at.shown);
    if (row->at.at.path != a.at.at.path || row->at.at.line != a.at.at.line) {
      f.locations.push_back(row->at.at);
      f.evidence.push_back(row->at.shown);
    }
    if (row->mild) f.severity = proof::Severity::medium;
  }
  for (const auto& [name, at] : notes.attached_answers)
    if (const auto row = notes.attached_rows.find(name); row != notes.attached_rows.end()) {
      auto& f = sink.find("FA-005", at.at, at.shown);
      f.locations.push_back(row->second.at);
      f.evidence.push_back(row->second.shown);
    }
}

void read_returned(File& file, ScriptNotes& notes, Node handler) {
  for (Give& g : returns_of(file, handler)) {
    if (!g.person) {
      notes.answers.push_back({g, g.at});
      continue;
    }
    auto& f = file.sink.find("FA-005", g.at.at, g.at.shown);
    if (g.mild) f.severity = proof::Severity::medium;
    if (g.joined) f.title = std::string(kJoined);
  }
}

// ctx.body = user of Koa
void read_koa_bodies(File& file, ScriptNotes& notes) {
  for (const auto& [at, what] : assigned_answers(file.tree.root()))
    for (Give& g : gives_of(file, function_around(at), what)) {
      if (g.person)
        file.hit("FA-005", at);
      else
        notes.answers.push_back({g, {place(file.path, at.line()), file.shown(at)}});
    }
}

void read_answers(File& file, ScriptNotes& notes) {
  read_koa_bodies(file, notes);
  read_attached_rows(file, notes);
  if (!client_file(file)) {
    read_answerers(file, notes);
    read_handed_answers(file, notes);
  }
  judge_whole_rows(file, notes);
  judge_returned_rows(file);
  judge_answers(file);
}

}  // namespace gatehouse::audit::source
