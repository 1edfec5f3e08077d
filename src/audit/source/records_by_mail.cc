#include "audit/source/records_by_mail.h"

#include <algorithm>
#include <optional>

#include "audit/source/data.h"
#include "audit/source/early_sessions.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/sign_ups.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct RecordsByMail {
  std::optional<Spot> found;    // records found by the caller's own address
  std::optional<Spot> claimed;  // … or given to who signs up with it
  std::optional<Spot> nothing;  // an address that may be missing, where a missing one asks for everything
};

// request.user.email, current_user.email, session.user.email, req.user.email
bool callers_address(const Code& code) {
  return icontains_any(code, {"request.user.email", "current_user.email", "currentuser.email", "session.user.email",
                              "req.user.email", "session.user?.email", "req.user!.email", "ctx.user.email",
                              "user.email", "session?.user?.email", "g.user.email", "decoded.email", "token.email"}) &&
         !icontains_any(code, {"admin", "new_user.email", "newuser.email"});
}

// Papers and purchases; accounts, lists of addresses and what is sent to them are found by an address everywhere.
bool of_somebody(std::string_view record) {
  return has_word(record,
                  {"order",      "booking",  "ticket",     "invoice",      "reservation", "purchase",     "appointment",
                   "payment",    "donation", "rental",     "registration", "application", "report",       "document",
                   "enrollment", "license",  "quote",      "contract",     "voucher",     "subscription", "delivery",
                   "claim",      "request",  "submission", "result",       "certificate", "membership"});
}

void read_python(File& file, RecordsByMail& notes) {
  for (const Call& c : file.calls) {
    const std::string_view verb = last(c.name);
    if (verb != "filter" && verb != "get" && verb != "filter_by" && verb != "find" && verb != "get_object_or_404" &&
        verb != "where" && verb != "eq")
      continue;
    std::string record = c.name.substr(0, c.name.find(".objects"));
    if (verb == "get_object_or_404") record = dotted(c.arg(0));
    if (c.name.size() == record.size()) record = std::string(c.node.code().substr(0, 80));
    if (!of_somebody(record_key(last(record))) && !of_somebody(record)) continue;
    for (const auto& [key, value] : c.keywords)
      if (has_word(key, {"email"}) && callers_address(value.code()) && !notes.found)
        notes.found = Spot{place(file.path, c.line()), file.shown(c.node)};
    for (const Node a : c.args)
      if (a.is("comparison_operator") && contains(a.code(), ".email") && callers_address(a.children().back().code()) &&
          !notes.found)
        notes.found = Spot{place(file.path, c.line()), file.shown(c.node)};
  }
}

void read_script(File& file, RecordsByMail& notes) {
  if (client_file(file)) return;
  for (const Touch& t : touches(file, file.tree.root())) {
    if (!of_somebody(t.record) || !icontains(t.whole.code(), "email")) continue;
    const bool reads = t.kind == Touch::Kind::one || t.kind == Touch::Kind::list;
    if (reads && callers_address(t.condition.empty() ? std::string(t.whole.code()) : t.condition)) {
      const Spot at{place(file.path, t.call.line()), file.shown(t.call)};
      if (!notes.found) notes.found = at;
      // findMany({ where: { email: undefined } }) is findMany()
      if (!notes.nothing && t.kind == Touch::Kind::list && contains(t.call.code(), "where") &&
          icontains_any(t.condition.empty() ? std::string(t.whole.code()) : t.condition,
                        {"req.user.email", "decoded.email"}) &&
          !icontains_any(function_around(t.call).code(), {"!req.user.email", "!decoded.email", "email)", "?? "}))
        notes.nothing = at;
    }
    // What a guest ordered is given to whoever signs up with his address.
    const Node f = function_around(t.call);
    if (t.kind == Touch::Kind::change && !notes.claimed && f && sign_up_name(function_name(f)) &&
        icontains_any(t.whole.code(), {"user:", "userid", "user_id"}))
      notes.claimed = Spot{place(file.path, t.call.line()), file.shown(t.call)};
  }
}

}  // namespace

void read_records_by_mail(File& file) {
  if (!contains(file.code(), "mail") || has_word(file.path, {"test", "tests", "seed", "admin", "webhook"})) return;
  auto& notes = file.project.notes<RecordsByMail>();
  if (file.tree.python())
    read_python(file, notes);
  else
    read_script(file, notes);
}

void judge_records_by_mail(const Project& project, Sink& sink) {
  const auto& notes = project.notes<RecordsByMail>();
  const auto& doors = project.notes<SignUps>();
  // Stops: somebody without an address in his token being given the list of all.
  if (notes.nothing && project.depends_on("@prisma/client") && project.depends_on("firebase-admin")) {
    auto& f = sink.find("AZ-001", notes.nothing->at, notes.nothing->shown);
    f.title = "Whose token has no e-mail address is given everybody's records";
    f.impact = "Anonymous and phone sign-ins have none: Prisma leaves a condition on undefined out and lists all rows.";
    f.fix = "Refuse tokens without a confirmed address, or look for the account's own id.";
    f.confidence = proof::Confidence::medium;
    return;
  }
  const auto& spot = notes.found ? notes.found : notes.claimed;
  if (!spot || doors.doors.empty() || doors.confirms || asks_for_proof(project)) return;
  for (const auto& f : sink.findings())
    if (f.id == "PAY-006") return;
  // Stops: signing up with a customer's address, and reading what he ordered and where he lives.
  auto& f = sink.find("PAY-006", spot->at, spot->shown);
  f.title = "What people ordered is shown by an e-mail address that nobody confirmed";
  f.severity = proof::Severity::medium;
  f.confidence = proof::Confidence::medium;
  f.impact = "Whoever signs up with a customer's address sees what that customer ordered, booked or wrote.";
  f.fix = "Have addresses confirmed before they open anything, and tie records to the account's id.";
  f.locations.push_back(doors.doors.front().at.at);
  f.evidence.push_back(doors.doors.front().at.shown);
}

}  // namespace gatehouse::audit::source
