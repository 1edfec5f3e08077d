// Answers that say too much: secrets, private fields, rows as the database has them.
#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
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
                                         !m.parent().is("unary_expression") &&
                                         !m.above("ternary_expression").inside(args)) {
        file.hit("SEC-018", m);
        break;
      }
  }
}

bool secret_column(const Record& r) {
  return std::any_of(r.columns.begin(), r.columns.end(), [](const std::string& c) {
    return has_word(c, {"password", "hash", "salt", "secret", "token", "passwd", "pin"});
  });
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
bool populates_person(const Schema& schema, std::string_view code) {
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

// res.json(user) where `user` is the row as the database has it.
void judge_whole_rows(File& file) {
  if (client_file(file)) return;
  const Schema& schema = file.project.notes<Schema>();
  for (const Call& c : file.calls) {
    if (!answers(c)) continue;
    const Node function = function_around(c.node);
    const Node first = unwrap(c.arg(0));
    if (!function) continue;
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
          const bool gives = t.kind != Touch::Kind::remove && t.kind != Touch::Kind::create;
          if (person && (r == nullptr || !r->hides || contains(t.whole.code(), "+password")) &&
              (gives || (r != nullptr && (r->columns.empty() || secret_column(*r))))) {
            auto& f = file.hit("FA-005", c.node);
            if (r != nullptr && !r->columns.empty() && !secret_column(*r)) f.severity = proof::Severity::medium;
            told = true;
          } else if (r == nullptr && !person && populates_person(schema, t.whole.code())) {
            file.hit("FA-005", d).title = "The owner's whole record is sent along with what is his";
            told = true;
          } else if (r != nullptr && !person) {
            // Order.find().populate("user"), include: { author: true }
            for (const std::string& up : r->belongs) {
              const Record* who = schema.of(up);
              if (who == nullptr || !who->person || who->hides || !secret_column(*who)) continue;
              for (const std::string& column : r->owners) {
                const std::string_view code = t.whole.code();
                if (!contains(code, "populate('" + column + "')") && !contains(code, "populate(\"" + column + "\")") &&
                    !contains(code, column + ": true"))
                  continue;
                if (!contains(code, "populate") && !contains(code, "include")) continue;
                if (!told) file.hit("FA-005", d).title = "The owner's whole record is sent along with what is his";
                told = true;
              }
            }
          }
        }
      }
  }
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
    for (const std::string& column : r->owners) {
      const bool whole =
          contains(flat, "populate(" + column + ")") || contains(flat, "populate({path:" + column + "})");
      const bool joined = contains(flat, column + ":true") && contains(flat, "include:");
      if (!whole && !joined) continue;
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
      file.hit("FA-005", t.call).title = "The owner's whole record is sent along with what is his";
      break;
    }
  }
}

}  // namespace

void read_answers(File& file) {
  judge_whole_rows(file);
  judge_returned_rows(file);
  judge_answers(file);
}

}  // namespace gatehouse::audit::source
