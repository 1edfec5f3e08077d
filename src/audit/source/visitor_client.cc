#include "audit/source/visitor_client.h"

#include "audit/source/data.h"
#include "audit/source/script.h"
#include "audit/source/supabase_clients.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Is the client behind this call made of the request's cookies?
bool of_visitor(const File& file, const Touch& t) {
  const auto call = as_call(t.call);
  if (!call || !t.by_rules) return false;
  const std::string variable = call->name.substr(0, call->name.find('.'));
  return client_rights(file, variable, t.call) == ClientRights::caller;
}

}  // namespace

// Stops: a table of subscriptions that everybody may write, because the webhook could not write it otherwise.
void judge_visitor_writes(File& file, Node handler) {
  std::vector<Touch> all;
  for (const Node f : handler_and_helpers(file, handler))
    for (Touch& t : touches(file, body(f))) all.push_back(std::move(t));
  for (const Touch& t : all) {
    if ((t.kind != Touch::Kind::create && t.kind != Touch::Kind::change) || !of_visitor(file, t)) continue;
    auto& f = file.hit("AZ-006", t.call);
    f.title = "The webhook writes with the rights of a visitor";
    f.impact =
        "Who sends events has no session here: either the policies refuse and nothing that is paid for is kept, "
        "or the table must be open to everybody.";
    f.fix = "Write with a client of the service key, in this handler only, after the signature was verified.";
    f.severity = proof::Severity::high;
    f.confidence = proof::Confidence::medium;
    return;
  }
}

// Stops: a list of all customers, had with the public key, because one page shows one of them to strangers.
void judge_visitor_page(File& file, Node page) {
  if (asks_identity(file.code())) return;
  for (const Touch& t : touches(file, body(page))) {
    if ((t.kind != Touch::Kind::one && t.kind != Touch::Kind::list) || !of_visitor(file, t)) continue;
    if (!icontains_any(t.condition, {"\"user_id\"", "'user_id'", "'owner_id'", "\"owner_id\""})) continue;
    bool chosen = icontains_any(t.condition, {"searchparams", "params."});
    for (const Node d : body(page).all("variable_declarator"))
      chosen = chosen || (d.child("name").is("identifier") && has_token(t.condition, d.child("name").text()) &&
                          icontains_any(d.child("value").code(), {"searchparams", "params"}));
    if (!chosen) continue;
    auto& f = file.hit("AZ-006", t.call);
    f.title = "A page shows strangers somebody's row, so the table must be open to them";
    f.impact = "With the public key anybody reads the rows of all the others as well.";
    f.fix = "Read it on the server with the service key and name the columns, or show a view of what may be seen.";
    f.severity = proof::Severity::medium;
    f.confidence = proof::Confidence::medium;
    return;
  }
}

}  // namespace gatehouse::audit::source
