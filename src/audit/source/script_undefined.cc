#include "audit/source/script_undefined.h"

#include <algorithm>
#include <map>
#include <set>

#include "audit/source/made_people.h"
#include "audit/source/script.h"
#include "audit/source/script_bounds.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct UndefinedProofs {
  std::multimap<std::string, std::pair<std::size_t, Spot>> waiting;  // function -> its slot, and the query
  std::set<std::pair<std::string, std::size_t>> handed;              // function and slot that a request's value goes to
};

bool proof_column(std::string_view key) {
  return has_word(key, {"token", "code", "otp", "secret", "hash", "ticket"}) &&
         !has_word(key, {"country", "zip", "postal", "currency", "promo", "coupon", "refresh", "discount"});
}

// Somebody looks whether it is there at all.
bool missed(const Code& code, std::string_view name) {
  const std::string n(name);
  for (const std::string& look : {"!" + n, "typeof " + n, n + " ==", n + ".length", n + ".trim", "if (" + n, n + " ?",
                                  "isString(" + n, n + " ??", n + " ||", n + ".split", n + ".toString", n + ".replace"})
    if (contains(code, look)) return true;
  return false;
}

// The condition stands on this one name: whatever else is asked is the same for everybody.
Node only_proof(Node where) {
  Node out;
  for (const auto& [key, value] : members(where)) {
    const Node v = unwrap(value);
    if (proof_column(key) && v.any_of("identifier", "shorthand_property_identifier", "member_expression")) {
      if (out) return {};
      out = v;
    } else if (!literal(v) && !v.any_of("true", "false", "null", "object") && !as_call(v)) {
      return {};
    }
  }
  return out;
}

void note_query(const File& file, const Call& c, UndefinedProofs& notes, Sink& sink) {
  const std::string_view f = last(c.name);
  const bool by = f == "findOneBy" || f == "findOneByOrFail";
  if (!by && f != "findOne" && f != "findFirst" && f != "findOneOrFail" && f != "findFirstOrThrow") return;
  const Node first = unwrap(c.arg(0));
  const Node where = by ? first : unwrap(member(first, "where"));
  if (!where.is("object")) return;
  const Node value = only_proof(where);
  const Node function = function_around(c.node);
  if (!value || !function) return;
  const std::string name = value.is("member_expression") ? dotted(value) : std::string(value.text());
  const Code code = function.code();
  if (missed(code, name) || looks_at_input(code)) return;
  const std::string door = function_name(function) + " " + door_name(file, function);
  if (!keeps_password(body(function).code()) &&
      !has_word(door, {"reset", "verify", "activate", "confirm", "login", "magic", "accept", "signin"}))
    return;
  const Spot at{place(file.path, c.line()), file.shown(where)};
  const auto parameters = parameters_of(function);
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (parameters[i].text() == name) notes.waiting.emplace(function_name(function), std::pair{i, at});
  const ClientData sent = client_data(file, function);
  const bool direct = body_object(name.substr(0, name.rfind('.'))) || query_object(name.substr(0, name.rfind('.')));
  if ((value.is("member_expression") && direct) ||
      std::any_of(sent.fields.begin(), sent.fields.end(), [&](const auto& field) { return field.first == name; })) {
    auto& told = sink.find("AU-006", at.at, at.shown);
    told.title = "A proof that is not sent finds the first one that is kept";
  }
}

// resetPassword(token, …) of a handler that took it with @Query('token'), or out of a body nothing has looked at.
void note_handed(const File& file, const Call& c, UndefinedProofs& notes) {
  if (c.args.empty() || c.args.size() > 6) return;
  const Node function = function_around(c.node);
  if (!function) return;
  for (std::size_t i = 0; i < c.args.size(); ++i) {
    const Node a = unwrap(c.args[i]);
    if (!a.is("identifier") || !proof_column(a.text())) continue;
    const Code code = function.code();
    if (missed(body(function).code(), a.text()) || looks_at_input(code)) continue;
    bool sent = false;
    for (const Node p : function.child("parameters").children()) {
      const Code said = p.code();
      sent = sent || (has_token(said, a.text()) &&
                      (contains(said, "@Query('") || contains(said, "@Query(\"") || contains(said, "@Body('") ||
                       contains(said, "@Body(\"")) &&
                      !contains(said, "Pipe"));
    }
    if (!sent)
      for (const auto& [field, at] : client_data(file, function).fields) sent = sent || field == a.text();
    if (sent) notes.handed.emplace(std::string(last(c.name)), i);
  }
}

}  // namespace

void read_undefined_proofs(File& file) {
  if (client_file(file) || !icontains_any(file.code(), {"token", "otp", "code"}) ||
      !(file.project.depends_on("typeorm") || file.project.depends_on("@prisma/client")))
    return;
  auto& notes = file.project.notes<UndefinedProofs>();
  const bool asks = icontains_any(file.code(), {"findone", "findfirst"});
  for (const Call& c : file.calls) {
    if (asks) note_query(file, c, notes, file.sink);
    note_handed(file, c, notes);
  }
}

// Stops: a reset without a token, which sets the password of whoever asked for a reset before.
void judge_undefined_proofs(const Project& project, Sink& sink) {
  const auto& notes = project.notes<UndefinedProofs>();
  std::set<std::pair<std::string, int>> told;
  for (const auto& [function, slot] : notes.waiting) {
    if (!notes.handed.contains({function, slot.first}) ||
        !told.emplace(slot.second.at.path, slot.second.at.line).second)
      continue;
    auto& f = sink.find("AU-006", slot.second.at, slot.second.shown);
    f.title = "A proof that is not sent finds the first one that is kept";
    f.impact = "An undefined condition is left out of the query: the first row there is, is the one that is found.";
    f.fix = "Refuse a request in which the token is missing or no text, before anything is looked up.";
  }
}

}  // namespace gatehouse::audit::source
