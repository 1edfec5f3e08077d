// The readers of one script, and what is judged once all were read, in the order in which they run. Long, as it is one
// list.
#include "audit/source/script.h"

#include <algorithm>

#include "audit/source/address_secrets.h"
#include "audit/source/address_tokens.h"
#include "audit/source/believed_addresses.h"
#include "audit/source/booked_dates.h"
#include "audit/source/browser_credits.h"
#include "audit/source/browser_guards.h"
#include "audit/source/browser_payments.h"
#include "audit/source/browser_reads.h"
#include "audit/source/buyer_fields.h"
#include "audit/source/cached_answers.h"
#include "audit/source/cancelled_sales.h"
#include "audit/source/charged_again.h"
#include "audit/source/checkout_terms.h"
#include "audit/source/compared_secrets.h"
#include "audit/source/confirmed_payments.h"
#include "audit/source/confused_conditions.h"
#include "audit/source/contact_changes.h"
#include "audit/source/counted_first.h"
#include "audit/source/dead_functions.h"
#include "audit/source/dead_guards.h"
#include "audit/source/debug_doors.h"
#include "audit/source/decided_states.h"
#include "audit/source/developer_packages.h"
#include "audit/source/double_answers.h"
#include "audit/source/dropped_tables.h"
#include "audit/source/early_sessions.h"
#include "audit/source/easy_passes.h"
#include "audit/source/empty_secrets.h"
#include "audit/source/error_handlers.h"
#include "audit/source/event_marks.h"
#include "audit/source/event_metadata.h"
#include "audit/source/event_order.h"
#include "audit/source/event_repeats.h"
#include "audit/source/firestore_rights.h"
#include "audit/source/firestore_rules.h"
#include "audit/source/free_work.h"
#include "audit/source/given_plans.h"
#include "audit/source/guessed_codes.h"
#include "audit/source/half_checked.h"
#include "audit/source/idempotency.h"
#include "audit/source/idle_guards.h"
#include "audit/source/kept_addresses.h"
#include "audit/source/kept_endings.h"
#include "audit/source/kept_tokens.h"
#include "audit/source/lasting_sessions.h"
#include "audit/source/lasting_tokens.h"
#include "audit/source/loose_matches.h"
#include "audit/source/lost_callbacks.h"
#include "audit/source/made_admins.h"
#include "audit/source/mail_links.h"
#include "audit/source/mailed_passwords.h"
#include "audit/source/members_of_nothing.h"
#include "audit/source/missing_exports.h"
#include "audit/source/missing_members.h"
#include "audit/source/mixed_pools.h"
#include "audit/source/model_tools.h"
#include "audit/source/money_map.h"
#include "audit/source/named_limits.h"
#include "audit/source/nest_roles.h"
#include "audit/source/new_passwords.h"
#include "audit/source/next_hooks.h"
#include "audit/source/own_rights.h"
#include "audit/source/page_scripts.h"
#include "audit/source/paid_files.h"
#include "audit/source/passwords.h"
#include "audit/source/pretended_payments.h"
#include "audit/source/promised.h"
#include "audit/source/proxied_limits.h"
#include "audit/source/public_twins.h"
#include "audit/source/queue_doors.h"
#include "audit/source/races.h"
#include "audit/source/receipts.h"
#include "audit/source/records_by_mail.h"
#include "audit/source/refunds.h"
#include "audit/source/refusals.h"
#include "audit/source/removed_names.h"
#include "audit/source/repeated_steps.h"
#include "audit/source/schema.h"
#include "audit/source/schema_sync.h"
#include "audit/source/script_bounds.h"
#include "audit/source/script_burdens.h"
#include "audit/source/script_costs.h"
#include "audit/source/script_crashes.h"
#include "audit/source/script_factors.h"
#include "audit/source/script_functions.h"
#include "audit/source/script_identity.h"
#include "audit/source/script_inputs.h"
#include "audit/source/script_lenient.h"
#include "audit/source/script_limiters.h"
#include "audit/source/script_mails.h"
#include "audit/source/script_open_keys.h"
#include "audit/source/script_profiles.h"
#include "audit/source/script_request.h"
#include "audit/source/script_services.h"
#include "audit/source/script_settings.h"
#include "audit/source/script_sign_up.h"
#include "audit/source/script_standing.h"
#include "audit/source/script_state.h"
#include "audit/source/script_trust.h"
#include "audit/source/script_undefined.h"
#include "audit/source/script_waits.h"
#include "audit/source/second_purchases.h"
#include "audit/source/served_docs.h"
#include "audit/source/served_papers.h"
#include "audit/source/shaped_quantities.h"
#include "audit/source/shared_answers.h"
#include "audit/source/shown_passwords.h"
#include "audit/source/sign_ups.h"
#include "audit/source/signature_compares.h"
#include "audit/source/signed_uploads.h"
#include "audit/source/spent_later.h"
#include "audit/source/spent_uses.h"
#include "audit/source/stale_lists.h"
#include "audit/source/stand_ins.h"
#include "audit/source/steps.h"
#include "audit/source/subscription_ends.h"
#include "audit/source/taken_over.h"
#include "audit/source/told_settings.h"
#include "audit/source/torn_writes.h"
#include "audit/source/trial_doors.h"
#include "audit/source/unasked_status.h"
#include "audit/source/undefined_names.h"
#include "audit/source/unheld_limits.h"
#include "audit/source/unknown_fields.h"
#include "audit/source/unlearned_payments.h"
#include "audit/source/unread_marks.h"
#include "audit/source/unset_callers.h"
#include "audit/source/upload_routers.h"
#include "audit/source/webhook.h"
#include "audit/source/webhook_keys.h"
#include "audit/source/webhook_losses.h"
#include "audit/source/webhook_proofs.h"
#include "audit/source/webhook_silences.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Somebody else's code that was copied in: its own project audits it.
bool copied_in(std::string_view path) {
  for (const std::string_view folder : {"vendor/", "vendors/", "third_party/", "bower_components/", "libs/jquery"})
    if (path.starts_with(folder) || contains(path, "/" + std::string(folder))) return true;
  return false;
}

// "/*! jQuery v3.7.1 | …": a name and a version. A notice of copyright alone is no library's.
bool library_banner(std::string_view text) {
  if (!text.starts_with("/*!")) return false;
  const std::string_view banner = text.substr(0, std::min<std::size_t>(text.find("*/"), 400));
  for (std::size_t at = banner.find('.'); at != std::string_view::npos; at = banner.find('.', at + 1))
    if (at + 1 < banner.size() && text::is_digit(banner[at - 1]) && text::is_digit(banner[at + 1])) return true;
  return false;
}

struct CopiedIn {
  std::vector<std::string> paths;
};

// public/app.js of a server that builds nothing: written by hand, and given to browsers as it stands.
bool written_for_pages(const Entry& entry) {
  return entry.role == Role::bundle && entry.kind == Kind::javascript && entry.size < 60'000 &&
         !icontains_any(entry.name(), {"env", "config"}) &&
         (entry.path.starts_with("public/") || contains(entry.path, "/public/")) && !contains(entry.path, ".min.") &&
         !icontains_any(entry.path, {"/lib/", "/libs/", "/vendor", "/plugins/", "/build/", "/dist/", "/assets/",
                                     "jquery", "bootstrap", "sw.js", "workbox", "chunk", "bundle", "static/js"});
}

class ScriptReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override {
    const bool script = entry.kind == Kind::javascript || entry.kind == Kind::typescript || entry.kind == Kind::jsx ||
                        entry.kind == Kind::tsx;
    if (!script) return false;
    if (copied_in(entry.path)) return false;
    // Runtime configuration is served from public folders as it stands.
    const bool config =
        entry.role == Role::bundle && icontains_any(entry.name(), {"env", "config"}) && entry.size < 20'000;
    return entry.role == Role::product || config || written_for_pages(entry);
  }

  void begin(Project& project, Sink& sink) override {
    read_schema(project, project.notes<Schema>(), sink);
    read_body_identities(project, project.notes<BodyIdentities>());
    read_unverified(project, project.notes<ScriptNotes>().unverified_functions);
    for (const Entry& e : project.entries())
      if (copied_in(e.path) && language_of(e.path)) project.notes<CopiedIn>().paths.push_back(e.path);
  }

  void read(const Source& source, Project& project, Sink& sink) override {
    if (source.patterns_only()) return;
    if (source.entry().kind == Kind::javascript && library_banner(source.text())) {
      project.notes<CopiedIn>().paths.emplace_back(source.path());
      return;
    }
    const auto language = language_of(source.path());
    if (!language) return;
    const auto tree = Tree::parse(*language, source.text());
    if (!tree) {
      sink.gave_up({std::string(source.path()), tree.error().detail});
      return;
    }
    if (tree->error_share() > 0.5) {
      sink.gave_up({std::string(source.path()), "more than half of it could not be read"});
      return;
    }
    File file(source, *tree, project, sink);
    auto& notes = project.notes<ScriptNotes>();
    if (written_for_pages(source.entry())) {
      read_page(file);
      return;
    }
    in_turn(file, {[&] { read_layers(file, project.notes<Flows>()); },
                   [&] { read_express(file, notes); },
                   [&] { read_nest(file, notes); },
                   [&] { read_nest_app(file, notes); },
                   [&] { read_next(file, notes); },
                   [&] { read_graphql(file, notes); },
                   [&] { read_served(file, notes); },
                   [&] { read_client_trust(file, notes); },
                   [&] { read_browser_payments(file); },
                   [&] { read_browser_reads(file); },
                   [&] { read_browser_guards(file); },
                   [&] { judge_shown_passwords(file); },
                   [&] { read_buyer_fields(file); },
                   [&] { read_public_twins(file); },
                   [&] { read_balances(file); },
                   [&] { read_races(file); },
                   [&] { read_spent_later(file); },
                   [&] { read_receipts(file); },
                   [&] { read_money_map(file); },
                   [&] { read_shaped_quantities(file); },
                   [&] { read_unheld_limits(file); },
                   [&] { judge_counted_first(file); },
                   [&] { read_browser_credits(file); },
                   [&] { read_checkout_terms(file); },
                   [&] { read_stand_ins(file); },
                   [&] { judge_stale_lists(file); },
                   [&] { read_refunds(file); },
                   [&] { read_cancelled_sales(file); },
                   [&] { read_event_order(file); },
                   [&] { read_silences(file); },
                   [&] { read_second_purchases(file); },
                   [&] { read_unlearned_payments(file); },
                   [&] { read_paid(file, notes); },
                   [&] { read_functions(file, notes); },
                   [&] { read_made(file, notes); },
                   [&] { read_verifiers(file); },
                   [&] { read_webhook_services(file); },
                   [&] { judge_rewritten_proofs(file); },
                   [&] { read_subscribing(file); },
                   [&] { read_event_metadata(file); },
                   [&] { read_event_marks(file); },
                   [&] { read_signature_compares(file); },
                   [&] { read_spent_uses(file); },
                   [&] { read_firestore_rights(file); },
                   [&] { read_kept_tokens(file); },
                   [&] { read_pretended_payments(file); },
                   [&] { read_empty_secrets(file); },
                   [&] { read_script_open_keys(file); },
                   [&] { read_unasked_status(file); },
                   [&] { read_believed_addresses(file); },
                   [&] { read_kept_endings(file); },
                   [&] { read_proxied_limits(file); },
                   [&] { judge_webhook_keys(file); },
                   [&] { read_decided_states(file); },
                   [&] { read_script_hazards(file, notes); },
                   [&] { read_callers(file, notes); },
                   [&] { read_setup(file); },
                   [&] { read_trust(file); },
                   [&] { read_inputs(file); },
                   [&] { read_refusals(file); },
                   [&] { read_double_answers(file); },
                   [&] { read_members_of_nothing(file); },
                   [&] { read_torn_writes(file); },
                   [&] { read_next_hooks(file); },
                   [&] { read_developer_packages(file); },
                   [&] { read_sign_up(file); },
                   [&] { read_sign_ups(file); },
                   [&] { read_dead_functions(file); },
                   [&] { read_lasting_tokens(file); },
                   [&] { read_lasting_sessions(file); },
                   [&] { read_early_sessions(file); },
                   [&] { read_contact_changes(file); },
                   [&] { read_guessed_codes(file); },
                   [&] { read_records_by_mail(file); },
                   [&] { read_taken_over(file); },
                   [&] { read_undefined_proofs(file); },
                   [&] { read_half_checked(file); },
                   [&] { read_health(file); },
                   [&] { read_claims(file); },
                   [&] { read_fixed_callers(file); },
                   [&] { read_mail_markup(file); },
                   [&] { read_browser_quotas(file); },
                   [&] { read_sessions(file, notes); },
                   [&] { read_stores(file); },
                   [&] { read_answers(file, notes); },
                   [&] { read_lazy_queries(file); },
                   [&] { read_checkout(file, notes); },
                   [&] { read_environment(file, notes); },
                   [&] { read_error_texts(file); },
                   [&] { read_logs(file); },
                   [&] { read_codes(file, notes); },
                   [&] { read_script_tokens(file, notes); },
                   [&] { read_script_standing(file); },
                   [&] { read_factors(file); },
                   [&] { read_prices(file); },
                   [&] { read_quantities(file); },
                   [&] { read_uploads(file); },
                   [&] { read_costs(file); },
                   [&] { read_sockets(file, notes); },
                   [&] { read_nest_guards(file); },
                   [&] { read_keys(file, notes); },
                   [&] { read_cookies(file, notes); },
                   [&] { read_oauth(file); },
                   [&] { read_address_secrets(file); },
                   [&] { read_address_tokens(file); },
                   [&] { read_signed_uploads(file); },
                   [&] { read_kept_addresses(file); },
                   [&] { read_model_tools(file); },
                   [&] { read_loose_matches(file); },
                   [&] { read_trial_doors(file); },
                   [&] { read_schema_sync(file); },
                   [&] { read_idempotency(file); },
                   [&] { read_unread_marks(file); },
                   [&] { read_mailed_passwords(file); },
                   [&] { read_confused_conditions(file); },
                   [&] { read_secret_uses(file); },
                   [&] { read_constants(file); },
                   [&] { read_profiles(file); },
                   [&] { read_demanded(file); },
                   [&] { read_crashes(file); },
                   [&] { read_undefined_script(file); },
                   [&] { read_exports_script(file); },
                   [&] { read_missing_members(file); },
                   [&] { read_lost_callbacks(file); },
                   [&] { read_mixed_pools(file); },
                   [&] { judge_upload_routers(file); },
                   [&] { read_removed_script(file); },
                   [&] { read_fields_script(file); },
                   [&] { read_promised(file); },
                   [&] { read_debug_doors_script(file); },
                   [&] { read_booked_dates(file); },
                   [&] { read_shared_answers(file); },
                   [&] { read_standstills(file); },
                   [&] { read_dead_guards(file); },
                   [&] { read_charged_again(file); },
                   [&] { read_shared_state(file); },
                   [&] { read_served_papers(file); },
                   [&] { read_served_docs(file); },
                   [&] { read_mail_links(file); },
                   [&] { read_lenient_checks(file); },
                   [&] { read_made_admins(file); },
                   [&] { read_repeated_steps(file); },
                   [&] { read_own_rights(file); },
                   [&] { read_queue_doors(file); },
                   [&] { read_unset_callers(file); },
                   [&] { read_idle_guards(file); },
                   [&] { read_compared_secrets(file); },
                   [&] { read_easy_passes(file); },
                   [&] { read_told_settings(file); },
                   [&] { read_named_limits(file); },
                   [&] { read_new_passwords(file); },
                   [&] { read_waits(file); },
                   [&] { read_error_handlers(file); },
                   [&] { read_cached_answers(file); },
                   [&] { read_schema_bounds(file); },
                   [&] { read_script_services(file); },
                   [&] { read_burdens(file); },
                   [&] { read_header_callers(file); },
                   [&] { read_paid_files(file); },
                   [&] {
                     if (*language == Language::tsx || source.path().ends_with(".jsx")) ++notes.markup_files;
                   },
                   [&] {
                     for (const std::string_view prefix :
                          {"import.meta.env.VITE_", "process.env.NEXT_PUBLIC_", "process.env.REACT_APP_"})
                       if (contains(file.code(), prefix)) ++notes.browser_names;
                   },
                   [&] {
                     if (!client_file(file)) read_passwords(file, notes.passwords);
                   },
                   [&] {
                     if (!client_file(file)) read_unpaid(file, notes.unpaid);
                   },
                   [&] {
                     if (!client_file(file)) read_subscription_ends(file);
                   },
                   [&] { read_client(file); },
                   [&] { read_limiters(file); }});
  }
};

// Handlers that are mounted for staff.
std::set<std::string> staff_handlers(const ScriptNotes& notes) {
  std::set<std::string> out;
  for (const ScriptRoute& r : notes.routes) {
    const bool mounted = std::any_of(notes.mounts.begin(), notes.mounts.end(), [&](const ScriptMount& m) {
      return (m.privileged || has_word(m.path, {"admin"})) && !m.target.empty() && m.target == r.file;
    });
    if (r.privileged || mounted || has_word(r.path, {"admin"})) out.insert(std::string(last(r.handler)));
  }
  return out;
}

class ScriptCheck final : public Check {
 public:
  void look(const Project& project, Sink& sink) const override {
    const auto& notes = project.notes<ScriptNotes>();
    if (const auto& copied = project.notes<CopiedIn>().paths; !copied.empty())
      sink.not_checked("scripts copied in from others, by their folder or a banner with name and version: " +
                       text::printable(copied.front()) +
                       (copied.size() > 1 ? " and " + std::to_string(copied.size() - 1) + " more" : ""));
    judge_script_routes(project, notes, sink);
    judge_sockets(notes, sink);
    judge_nest_roles(project, notes, sink);
    judge_keys(notes, sink);
    judge_oauth(project, sink);
    judge_contact_changes(project, sink);
    judge_factors(project, sink);
    judge_script_standing(project, notes.forgets_tokens, sink);
    judge_given_rows(project.notes<Flows>(), project.notes<Schema>(), notes, sink);
    judge_paid(notes, sink);
    judge_races(project, sink);
    judge_spent_later(project, sink);
    judge_secret_uses(project, sink);
    judge_constants(project, sink);
    judge_demanded(project, sink);
    judge_waits(project, sink);
    judge_error_handlers(project, sink);
    judge_crashes(project, sink);
    judge_undefined(project, sink);
    judge_exports(project, sink);
    judge_missing_members(project, sink);
    judge_lost_callbacks(project, sink);
    judge_mixed_pools(project, sink);
    judge_script_fields(project, sink);
    judge_bucket_uploads(project, sink);
    judge_address_tokens(project, false, sink);
    judge_signed_uploads(project, false, sink);
    judge_served_papers(project, sink);
    judge_passwords(notes.passwords, sign_up_of(project.notes<SignUps>(), false), sink);
    judge_subscription_ends(project, sink);
    judge_unpaid(notes.unpaid, staff_handlers(notes), sink);
    judge_receipts(project, sink);
    judge_event_repeats(project, sink);
    judge_confirmed_payments(project, sink);
    judge_free_work(project, sink);
    judge_shaped_quantities(project, sink);
    judge_unheld_limits(project, sink);
    judge_given_plans(project, sink);
    judge_named_payments(project, sink);
    judge_stand_ins(project, sink);
    judge_refunds(project, sink);
    judge_cancelled_sales(project, sink);
    judge_decided_states(project, sink);
    judge_unread_marks(project, sink);
    judge_unlearned_payments(project, sink);
    judge_event_metadata(project, sink);
    judge_proxied_limits(project, sink);
    judge_firestore_rights(project, sink);
    judge_firestore_rules(project, sink);
    judge_own_rights(project, sink);
    judge_repeated_steps(project, sink);
    judge_queue_consoles(project, sink);
    judge_unset_callers(project, sink);
    judge_kept_tokens(project, sink);
    judge_empty_secrets(project, sink);
    judge_script_open_keys(project, notes, sink);
    judge_believed_addresses(project, sink);
    judge_dropped_tables(project, sink);
    judge_kept_endings(project, sink);
    judge_checkout(notes, sink);
    judge_browser_payments(project, sink);
    judge_browser_reads(project, sink);
    judge_browser_guards(project, sink);
    judge_buyer_fields(project, sink);
    judge_public_twins(project, sink);
    const auto told = [&](std::initializer_list<std::string_view> ids) {
      for (const auto& f : sink.findings())
        for (const std::string_view id : ids)
          if (f.id == id) return true;
      return false;
    };
    if (notes.markup_files > 0 && !told({"RE-001"}))
      sink.positive("Frontend rendering avoids dangerous raw HTML sinks.");
    if (notes.browser_names > 0 && !told({"SEC-003", "SEC-004", "SEC-005", "SEC-006", "ENV-008"}))
      sink.positive("Browser code reads only variables that are public by design.");
  }
};

}  // namespace

std::unique_ptr<Reader> script_reader() { return std::make_unique<ScriptReader>(); }
std::unique_ptr<Check> script_check() { return std::make_unique<ScriptCheck>(); }

}  // namespace gatehouse::audit::source
