#include "audit/source/told_contacts.h"

#include <algorithm>

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

void judge_contacts(const Flows& flows, const Flow& flow, Sink& sink) {
  const Spot* at = deeply(flows, flow, 0);
  if (at == nullptr) return;
  for (const auto& f : sink.findings())
    if (f.id == "FA-005" && !f.locations.empty() && f.locations.front().path == at->at.path &&
        f.locations.front().line == at->at.line)
      return;
  auto& f = sink.find("FA-005", at->at, at->shown);
  f.severity = proof::Severity::medium;
  f.title = "Strangers are given the address of whoever owns what they look at";
  f.impact = "One request after the other gathers the addresses of all of them, for whoever sends mails to them.";
  f.fix = "Leave the address out where nobody has signed in.";
}

}  // namespace gatehouse::audit::source
