#include "audit/source/script_functions.h"

#include <algorithm>

#include "audit/source/address_secrets.h"
#include "audit/source/booked_dates.h"
#include "audit/source/browser_guards.h"
#include "audit/source/browser_payments.h"
#include "audit/source/browser_reads.h"
#include "audit/source/buyer_fields.h"
#include "audit/source/cancelled_sales.h"
#include "audit/source/charged_again.h"
#include "audit/source/checkout_terms.h"
#include "audit/source/confused_conditions.h"
#include "audit/source/dead_guards.h"
#include "audit/source/debug_doors.h"
#include "audit/source/developer_packages.h"
#include "audit/source/double_answers.h"
#include "audit/source/event_marks.h"
#include "audit/source/event_metadata.h"
#include "audit/source/event_order.h"
#include "audit/source/idempotency.h"
#include "audit/source/lasting_tokens.h"
#include "audit/source/lost_callbacks.h"
#include "audit/source/mail_links.h"
#include "audit/source/mailed_passwords.h"
#include "audit/source/members_of_nothing.h"
#include "audit/source/missing_exports.h"
#include "audit/source/missing_members.h"
#include "audit/source/mixed_pools.h"
#include "audit/source/nest_roles.h"
#include "audit/source/next_hooks.h"
#include "audit/source/page_scripts.h"
#include "audit/source/paid_files.h"
#include "audit/source/passwords.h"
#include "audit/source/promised.h"
#include "audit/source/public_twins.h"
#include "audit/source/races.h"
#include "audit/source/receipts.h"
#include "audit/source/refunds.h"
#include "audit/source/refusals.h"
#include "audit/source/removed_names.h"
#include "audit/source/schema.h"
#include "audit/source/schema_sync.h"
#include "audit/source/script_bounds.h"
#include "audit/source/script_burdens.h"
#include "audit/source/script_costs.h"
#include "audit/source/script_crashes.h"
#include "audit/source/script_factors.h"
#include "audit/source/script_identity.h"
#include "audit/source/script_inputs.h"
#include "audit/source/script_lenient.h"
#include "audit/source/script_mails.h"
#include "audit/source/script_profiles.h"
#include "audit/source/script_request.h"
#include "audit/source/script_services.h"
#include "audit/source/script_settings.h"
#include "audit/source/script_sign_up.h"
#include "audit/source/script_standing.h"
#include "audit/source/script_state.h"
#include "audit/source/script_trust.h"
#include "audit/source/second_purchases.h"
#include "audit/source/served_docs.h"
#include "audit/source/served_papers.h"
#include "audit/source/shared_answers.h"
#include "audit/source/shown_passwords.h"
#include "audit/source/sign_ups.h"
#include "audit/source/spent_later.h"
#include "audit/source/stale_lists.h"
#include "audit/source/stand_ins.h"
#include "audit/source/steps.h"
#include "audit/source/subscription_ends.h"
#include "audit/source/torn_writes.h"
#include "audit/source/undefined_names.h"
#include "audit/source/unknown_fields.h"
#include "audit/source/unlearned_payments.h"
#include "audit/source/unread_marks.h"
#include "audit/source/upload_routers.h"
#include "audit/source/webhook.h"
#include "audit/source/webhook_losses.h"
#include "audit/source/webhook_proofs.h"
#include "audit/source/webhook_silences.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// const deleteOne = (Model) => catchAsync(async (req, res) => …): the function that makes this handler.
std::string maker_of(Node handler) {
  Node p = handler.parent();
  while (p.any_of("call_expression", "arguments", "return_statement", "statement_block", "parenthesized_expression"))
    p = p.parent();
  if (!is_function(p)) return {};
  const auto parameters = parameters_of(p);
  return parameters.empty() || request_name(parameters.front().text()) ? std::string() : function_name(p);
}

// It is all that its file hands on, wrapped or not.
bool exported_alone(Node f) {
  Node p = f.parent();
  while (p.any_of("call_expression", "arguments", "parenthesized_expression")) p = p.parent();
  return p.is("export_statement") ? p.has_token("default")
                                  : p.is("assignment_expression") && p.child("left").text() == "module.exports";
}

// function soloUsuarios(req, res, next): it looks who is calling, and refuses or goes on.
bool turns_away(Node f, const std::vector<Node>& parameters, bool asks) {
  const bool koa = parameters.size() == 2 && parameters[1].text() == "next";
  if (!koa && (parameters.size() != 3 || !has_word(parameters[2].text(), {"next", "done", "cb", "siguiente"})))
    return false;
  const Code code = f.code();
  const bool session = icontains_any(code, {"!req.session", "!ctx.session", "req.session &&", "req.session?."});
  // req.get("x-internal-token") === KEY ? next() : res.sendStatus(403)
  const bool key = icontains_any(code, {"req.headers", "req.header(", "req.get(", "request.headers", "ctx.get("}) &&
                   icontains_any(code, {"===", "!==", "timingsafeequal("}) &&
                   icontains_any(code, {"key", "token", "secret", "authorization"});
  return (asks || session || key) &&
         icontains_any(code, {"401", "403", "unauthor", "forbidden", "redirect(", "throw", "next(new"});
}

}  // namespace

// Controllers whose routes stand in another file: getUser, stripeWebhook …
void read_functions(File& file, ScriptNotes& notes) {
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const auto parameters = parameters_of(f);
      if (parameters.empty() || !request_name(parameters.front().text())) continue;
      std::string name = function_name(f);
      if (name.empty()) name = maker_of(f);
      // module.exports = (req, res, next) => …: whoever takes it gives it a name of his own.
      if (exported_alone(f) && turns_away(f, parameters, asks_identity(f.code())))
        notes.functions[module_of(file.path) + "#*"].turns_away = true;
      if (name.empty()) continue;
      // asyncHandler(async (req, res) => …) is a handler, users.map((request) => …) is none.
      if (f.parent().is("arguments"))
        if (const auto around = as_call(f.parent().parent()); around && around->name.find('.') != std::string::npos)
          continue;
      const Code code = f.code();
      ScriptFunction& fact = notes.functions[module_of(file.path) + "#" + name];
      fact.guarded = asks_identity(code);
      fact.limited = asks_limit(code);
      fact.turns_away = turns_away(f, parameters, fact.guarded);
      // send(user, 201, res): another function answers.
      const bool answers =
          icontains_any(code, {"res.", "c.json", "reply.", "ctx.body", "response", ".status("}) ||
          (parameters.size() > 1 && (parameters[1].text() == "res" || parameters[1].text() == "reply"));
      const bool next_route = contains(file.path, "/route.") || contains(file.path, "pages/api");
      if (!answers || next_route) continue;
      const HandlerNames own = handler_names(file, f);
      fact.flow = flow_of(file, f, &own);
      if ((webhook_door(name) || takes_signed_events(f)) &&
          !has_word(name, {"verify", "parse", "validate", "create", "list", "register"})) {
        judge_webhook(file, f, f);
      } else if (parameters.size() > 1 || icontains_any(file.path, {"controller", "handler"})) {
        // Its route stands elsewhere; an id in the path shows in how it is read.
        const bool by_id = contains(code, "params.id") || contains(code, "req.params") || contains(code, "ctx.params");
        fact.unowned = judge_handler(file, f, by_id ? "/" + name + "/:id" : "/" + name);
      }
    }
  // module.exports = requireUser, export default requireUser
  const auto alone = [&](Node value) {
    value = unwrap(value);
    if (!value.is("identifier")) return;
    const auto it = notes.functions.find(module_of(file.path) + "#" + std::string(value.text()));
    if (it != notes.functions.end() && it->second.turns_away)
      notes.functions[module_of(file.path) + "#*"].turns_away = true;
  };
  for (const Node a : file.tree.all("assignment_expression"))
    if (a.child("left").text() == "module.exports") alone(a.child("right"));
  for (const Node e : file.tree.all("export_statement"))
    if (e.has_token("default")) alone(e.child("value"));
}

void read_made(const File& file, ScriptNotes& notes) {
  const auto keep = [&](std::string name, Node value) {
    if (auto made = made_handler(file, value)) notes.made.emplace(module_of(file.path) + "#" + name, std::move(*made));
  };
  for (const Node d : file.tree.all("variable_declarator"))
    if (d.child("name").is("identifier") && !function_around(d))
      keep(std::string(d.child("name").text()), d.child("value"));
  for (const Node a : file.tree.all("assignment_expression"))
    if (const std::string left = dotted(a.child("left"));
        left.starts_with("exports.") || left.starts_with("module.exports."))
      keep(std::string(last(left)), a.child("right"));
}

}  // namespace gatehouse::audit::source
