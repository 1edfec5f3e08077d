#include "audit/source/told_contacts.h"

#include <algorithm>

#include "audit/source/script_request.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// A person who owns something, and no shop that wants to be written to.
bool somebodys(std::string_view relation) {
  return has_word(relation, {"user", "owner", "seller", "vendor", "author", "creator", "host", "customer", "member",
                             "userid", "ownerid", "sellerid", "student", "tutor", "landlord", "poster", "by"}) &&
         !has_word(relation, {"company", "shop", "store", "organization"});
}

bool reaches(std::string_view columns) {
  if (contains(columns, "-email")) return false;
  return has_word(columns, {"email", "phone", "mobile", "telephone"});
}

bool in_words(std::string_view columns) {
  for (const std::string_view column : text::split(columns, ' '))
    if (reaches(column)) return true;
  return false;
}

bool reaching_column(const Record& r) {
  return std::any_of(r.columns.begin(), r.columns.end(), [](const std::string& c) {
    return reaches(c) && !has_word(c, {"verified", "token", "at", "confirmed", "otp"});
  });
}

// The rows of those who belong to the caller: of his company, those he follows.
bool of_a_circle(std::string_view condition) {
  return icontains_any(condition,
                       {"req.user", "session", "compan", "tenant", "organi", "team", "workspace", "follow", "friend",
                        "userid", "user.id", "clinic", "school", "member", "group", "params", "parent", "email"});
}

// The row that a call brings, through the functions it calls.
const Give* contact_of(const Flows& flows, const Give& give, bool many, int depth) {
  if (give.contact) return !many || give.many ? &give : nullptr;
  if (give.person || give.any || depth >= 3 || --flows.credit < 0) return nullptr;
  for (const Flow* f : meant_by(flows, give.callee))
    for (const Give& inner : f->gives)
      if (give.part.empty() || inner.key == give.part)
        if (const Give* found = contact_of(flows, inner, many, depth + 1)) return found;
  return nullptr;
}

const Give* contact_of(const Flows& flows, const Flow& flow, bool many) {
  for (const Give& g : flow.answered)
    if (const Give* found = contact_of(flows, g, many, 0)) return found;
  return nullptr;
}

bool told_already(const Sink& sink, const proof::Location& at) {
  return std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
    return f.id == "FA-005" && std::any_of(f.locations.begin(), f.locations.end(), [&](const proof::Location& l) {
             return l.path == at.path && l.line == at.line;
           });
  });
}

const Spot* deeply(const Flows& flows, const Flow& flow, int depth) {
  if (flow.contacts) return &*flow.contacts;
  if (depth >= 2) return nullptr;
  for (const Step& s : flow.steps)
    if (!s.touch && --flows.credit > 0)
      for (const Flow* f : meant_by(flows, s.callee))
        if (f != &flow)
          if (const Spot* at = deeply(flows, *f, depth + 1)) return at;
  return nullptr;
}

}  // namespace

std::optional<Spot> contacts_asked(const File& file, Node code) {
  const Code all = code.code();
  if (!all.may_hold("populate") && !all.may_hold("include")) return std::nullopt;
  if (!icontains_any(all, {"email", "phone", "mobile"})) return std::nullopt;
  const auto spot = [&](Node at) { return Spot{place(file.path, at.line()), file.shown(at)}; };
  for (const Call* c : file.calls_in(code)) {
    if (last(c->name) != "populate") continue;
    const Node first = unwrap(c->arg(0));
    const auto relation = literal(first.is("object") ? member(first, "path") : first);
    const auto columns = literal(first.is("object") ? member(first, "select") : c->arg(1));
    if (relation && columns && somebodys(last(*relation)) && in_words(*columns)) {
      const Node name = c->node.child("function").child("property");
      return spot(name ? name : c->node);
    }
  }
  // include: { owner: { select: { name: true, email: true } } }
  for (const Node p : code.all("pair")) {
    if (p.child("key").text() != "include") continue;
    for (const auto& [relation, joined] : members(unwrap(p.child("value")))) {
      if (!somebodys(relation)) continue;
      for (const auto& [column, taken] : members(unwrap(member(unwrap(joined), "select"))))
        if (unwrap(taken).is("true") && reaches(column)) return spot(taken);
    }
  }
  return std::nullopt;
}

std::optional<Give> contact_given(const File& file, const Touch& t, const Record* r, bool sql) {
  if (r == nullptr || !r->person || (t.kind != Touch::Kind::one && t.kind != Touch::Kind::list) || t.by_rules ||
      t.documents || !reaching_column(*r))
    return std::nullopt;
  std::string asked(t.whole.code());
  // What is asked about is not what is answered.
  if (const std::size_t at = t.condition.empty() ? std::string::npos : asked.find(t.condition); at != std::string::npos)
    asked.erase(at, t.condition.size());
  const std::string low = text::to_lower(asked);
  const bool leaves = icontains_any(low, {"-password", "exclude", "omit:", "password: 0", "password: false"});
  const bool chooses = !leaves && icontains_any(low, {"select", "attributes", "columns:", "projection", ": 1"});
  const bool names = has_word(low, {"email", "phone", "mobile"});
  if (icontains_any(low, {"count(", ".map(", "countdocuments", "exists("})) return std::nullopt;
  if (sql ? !names || !contains(low, "select") : leaves || chooses ? leaves == names : !r->hides) return std::nullopt;
  Give g;
  g.contact = true;
  g.many = t.kind == Touch::Kind::list && secret_column(*r) && !of_a_circle(t.condition);
  g.at = {place(file.path, t.call.line()), file.shown(t.call)};
  return g;
}

std::vector<Give> contacts_answered(const File& file, Node handler) {
  std::vector<Give> out;
  const auto take = [&](std::vector<Give> all) {
    for (Give& g : all)
      if ((g.contact || (!g.person && !g.any)) && out.size() < 20) out.push_back(std::move(g));
  };
  for (const Said& answer : answers_in(file, body(handler)))
    for (const Node value : answer.values()) take(gives_of(file, handler, value));
  take(returns_of(file, handler));
  return out;
}

void judge_address_book(const Flows& flows, const Flow& flow, Sink& sink) {
  const Give* given = contact_of(flows, flow, true);
  if (given == nullptr || told_already(sink, given->at.at)) return;
  auto& f = sink.find("FA-005", given->at.at, given->at.shown);
  f.severity = proof::Severity::medium;
  f.title = "Everybody who has an account is given the addresses of all others";
  f.impact = "One request gathers the addresses of everybody who ever signed up, for whoever sends mails to them.";
  f.fix = "Answer with names alone, or ask for the role of those who run the place.";
}

void judge_contacts(const Flows& flows, const Flow& flow, Sink& sink) {
  if (const Give* given = contact_of(flows, flow, false); given != nullptr && !told_already(sink, given->at.at)) {
    auto& f = sink.find("FA-005", given->at.at, given->at.shown);
    f.severity = proof::Severity::medium;
    f.title = "Strangers are given a person's record, address and number with it";
    f.impact = "One request after the other gathers the addresses of all of them, for whoever sends mails to them.";
    f.fix = "Name the columns that everybody may see: a name, a picture, no way to reach somebody.";
  }
  const Spot* at = deeply(flows, flow, 0);
  if (at == nullptr || told_already(sink, at->at)) return;
  auto& f = sink.find("FA-005", at->at, at->shown);
  f.severity = proof::Severity::medium;
  f.title = "Strangers are given the address of whoever owns what they look at";
  f.impact = "One request after the other gathers the addresses of all of them, for whoever sends mails to them.";
  f.fix = "Leave the address out where nobody has signed in.";
}

}  // namespace gatehouse::audit::source
