#include "audit/source/python.h"

#include "audit/source/address_tokens.h"
#include "audit/source/believed_addresses.h"
#include "audit/source/blind_guards.h"
#include "audit/source/booked_dates.h"
#include "audit/source/cached_answers.h"
#include "audit/source/cancelled_sales.h"
#include "audit/source/charged_again.h"
#include "audit/source/checkout_terms.h"
#include "audit/source/compared_secrets.h"
#include "audit/source/confused_conditions.h"
#include "audit/source/counted_first.h"
#include "audit/source/dead_guards.h"
#include "audit/source/debug_doors.h"
#include "audit/source/decided_states.h"
#include "audit/source/django_allauth.h"
#include "audit/source/django_authors.h"
#include "audit/source/django_named.h"
#include "audit/source/django_purchases.h"
#include "audit/source/django_shown.h"
#include "audit/source/django_sums.h"
#include "audit/source/django_takers.h"
#include "audit/source/django_told.h"
#include "audit/source/dropped_tables.h"
#include "audit/source/early_sessions.h"
#include "audit/source/easy_passes.h"
#include "audit/source/event_marks.h"
#include "audit/source/event_metadata.h"
#include "audit/source/event_order.h"
#include "audit/source/guessed_codes.h"
#include "audit/source/half_checked.h"
#include "audit/source/idempotency.h"
#include "audit/source/idle_guards.h"
#include "audit/source/kept_endings.h"
#include "audit/source/kept_tokens.h"
#include "audit/source/lasting_sessions.h"
#include "audit/source/lasting_tokens.h"
#include "audit/source/loose_matches.h"
#include "audit/source/made_admins.h"
#include "audit/source/mail_links.h"
#include "audit/source/mailed_passwords.h"
#include "audit/source/members_of_nothing.h"
#include "audit/source/missing_exports.h"
#include "audit/source/missing_members.h"
#include "audit/source/model_texts.h"
#include "audit/source/model_tools.h"
#include "audit/source/money_map.h"
#include "audit/source/named_limits.h"
#include "audit/source/named_members.h"
#include "audit/source/new_passwords.h"
#include "audit/source/open_keys.h"
#include "audit/source/paid_by_mail.h"
#include "audit/source/paid_files.h"
#include "audit/source/passwords.h"
#include "audit/source/pretended_payments.h"
#include "audit/source/promised.h"
#include "audit/source/proxied_limits.h"
#include "audit/source/python_admins.h"
#include "audit/source/python_bounds.h"
#include "audit/source/python_catalogue.h"
#include "audit/source/python_children.h"
#include "audit/source/python_contact.h"
#include "audit/source/python_directories.h"
#include "audit/source/python_everybodys.h"
#include "audit/source/python_factors.h"
#include "audit/source/python_foreign_tables.h"
#include "audit/source/python_header_tenants.h"
#include "audit/source/python_hung.h"
#include "audit/source/python_indexes.h"
#include "audit/source/python_inputs.h"
#include "audit/source/python_layers.h"
#include "audit/source/python_names.h"
#include "audit/source/python_one_time.h"
#include "audit/source/python_owners.h"
#include "audit/source/python_provider_ids.h"
#include "audit/source/python_quantities.h"
#include "audit/source/python_replies.h"
#include "audit/source/python_services.h"
#include "audit/source/python_spends.h"
#include "audit/source/python_standing.h"
#include "audit/source/python_standstills.h"
#include "audit/source/python_state.h"
#include "audit/source/python_sweeps.h"
#include "audit/source/python_tokens.h"
#include "audit/source/python_told.h"
#include "audit/source/races.h"
#include "audit/source/raw_uploads.h"
#include "audit/source/receipts.h"
#include "audit/source/records_by_mail.h"
#include "audit/source/refunds.h"
#include "audit/source/refusals.h"
#include "audit/source/removed_names.h"
#include "audit/source/repeated_steps.h"
#include "audit/source/script_notes.h"
#include "audit/source/second_purchases.h"
#include "audit/source/served_papers.h"
#include "audit/source/settings_twice.h"
#include "audit/source/shaped_quantities.h"
#include "audit/source/shown_serializers.h"
#include "audit/source/sign_ups.h"
#include "audit/source/signature_compares.h"
#include "audit/source/signed_uploads.h"
#include "audit/source/spent_later.h"
#include "audit/source/spent_uses.h"
#include "audit/source/stand_ins.h"
#include "audit/source/steps.h"
#include "audit/source/subscription_ends.h"
#include "audit/source/taken_over.h"
#include "audit/source/told_settings.h"
#include "audit/source/torn_writes.h"
#include "audit/source/unasked_status.h"
#include "audit/source/undefined_names.h"
#include "audit/source/unheld_limits.h"
#include "audit/source/unknown_fields.h"
#include "audit/source/unlearned_payments.h"
#include "audit/source/unread_marks.h"
#include "audit/source/usual_request.h"
#include "audit/source/webhook.h"
#include "audit/source/webhook_keys.h"
#include "audit/source/webhook_losses.h"
#include "audit/source/webhook_silences.h"

namespace gatehouse::audit::source {

namespace {

class PythonReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override { return entry.kind == Kind::python && entry.role == Role::product; }

  void read(const Source& source, Project& project, Sink& sink) override {
    if (source.patterns_only()) return;
    const auto usual = with_usual_request(source.text());
    const std::string_view told = usual ? std::string_view(*usual) : source.text();
    const auto named = with_named_members(told);
    const auto tree =
        syntax::Tree::parse(syntax::Language::python, named ? std::string_view(*named) : told, source.text());
    if (!tree) {
      sink.gave_up({std::string(source.path()), tree.error().detail});
      return;
    }
    if (tree->error_share() > 0.5) {
      sink.gave_up({std::string(source.path()), "more than half of it is no Python that could be read"});
      return;
    }
    File file(source, *tree, project, sink);
    auto& notes = project.notes<PythonNotes>();
    if (file.path.find("/migrations/") != std::string_view::npos) {
      in_turn(file, {[&] { read_django(file, notes); }, [&] { read_made_accounts(file); }});
      return;
    }
    in_turn(file, {[&] { read_django(file, notes); },
                   [&] { read_settings(file, notes); },
                   [&] { read_python_routes(file, notes); },
                   [&] { read_flask(file, notes); },
                   [&] { read_python_start(file, notes); },
                   [&] { read_undefined_python(file); },
                   [&] { read_exports_python(file); },
                   [&] { read_missing_members(file); },
                   [&] { read_removed_python(file); },
                   [&] { read_python_replies(file); },
                   [&] { read_fields_python(file); },
                   [&] { read_promised(file); },
                   [&] { read_debug_doors_python(file); },
                   [&] { read_mail_links(file); },
                   [&] { read_booked_dates(file); },
                   [&] { read_settings_twice(file); },
                   [&] { read_python_signup(file, notes); },
                   [&] { read_sign_ups(file); },
                   [&] { read_lasting_tokens(file); },
                   [&] { read_lasting_sessions(file); },
                   [&] { read_early_sessions(file); },
                   [&] { read_blind_guards(file); },
                   [&] { read_guessed_codes(file); },
                   [&] { read_python_factors(file); },
                   [&] { read_records_by_mail(file); },
                   [&] { read_taken_over(file); },
                   [&] { read_django_told(file); },
                   [&] { read_python_told(file); },
                   [&] { read_half_checked(file); },
                   [&] { read_names(file, notes); },
                   [&] { read_tables(file, notes); },
                   [&] { read_layers(file, notes); },
                   [&] { read_python_spends(file, notes); },
                   [&] { read_python_tokens(file, notes); },
                   [&] { read_verifiers(file); },
                   [&] { read_webhook_services(file); },
                   [&] { read_subscribing(file); },
                   [&] { read_python_webhooks(file); },
                   [&] {
                     for (const syntax::Call& c : file.calls) {
                       const std::string_view f = syntax::last(c.name);
                       if ((f == "execute" || f == "fetchrow" || f == "fetch" || f == "fetchval") &&
                           c.args.size() > 1 && syntax::literal(c.arg(0)))
                         notes.parameters_used = true;
                     }
                   },
                   [&] { read_python_guards(file); },
                   [&] { read_open_keys(file); },
                   [&] { read_unasked_status(file); },
                   [&] { read_compared_secrets(file); },
                   [&] { read_easy_passes(file); },
                   [&] { read_body_texts(file); },
                   [&] { read_raw_uploads(file); },
                   [&] { read_address_tokens(file); },
                   [&] { read_signed_uploads(file); },
                   [&] { read_model_tools(file); },
                   [&] { read_loose_matches(file); },
                   [&] { read_told_settings(file); },
                   [&] { read_named_limits(file); },
                   [&] { read_new_passwords(file); },
                   [&] { read_cached_answers(file); },
                   [&] { read_python_writes(file, notes); },
                   [&] { read_python_hazards(file); },
                   [&] { read_python_uploads(file, notes); },
                   [&] { read_python_fetches(file); },
                   [&] { read_python_ranks(file); },
                   [&] { read_python_leaks(file); },
                   [&] { read_named_settings(file); },
                   [&] { read_django_purchases(file); },
                   [&] { read_django_sums(file); },
                   [&] { read_django_authors(file); },
                   [&] { read_django_shown(file); },
                   [&] { read_python_contact(file); },
                   [&] { read_python_quantities(file); },
                   [&] { read_python_admins(file); },
                   [&] { read_python_directories(file); },
                   [&] { read_python_everybodys(file); },
                   [&] { read_python_sweeps(file); },
                   [&] { read_python_made_admins(file); },
                   [&] { read_repeated_steps(file); },
                   [&] { read_python_idle_guards(file); },
                   [&] { read_python_hung(file); },
                   [&] { read_django_takers(file); },
                   [&] { read_shown_serializers(file); },
                   [&] { read_python_catalogue(file); },
                   [&] { read_python_children(file); },
                   [&] { read_refusals(file); },
                   [&] { read_members_of_nothing(file); },
                   [&] { read_torn_writes(file); },
                   [&] { read_idempotency(file); },
                   [&] { read_provider_ids(file); },
                   [&] { read_unread_marks(file); },
                   [&] { read_mailed_passwords(file); },
                   [&] { read_confused_conditions(file); },
                   [&] { read_python_claims(file); },
                   [&] { read_python_payments(file); },
                   [&] { read_python_codes(file, notes); },
                   [&] { read_python_accounts(file, notes); },
                   [&] { read_allauth(file); },
                   [&] { read_python_proofs(file); },
                   [&] { read_python_passwords(file); },
                   [&] { read_python_oauth(file); },
                   [&] { read_python_limits(file, notes); },
                   [&] { read_python_money(file); },
                   [&] { read_python_receipts(file); },
                   [&] { read_python_standing(file); },
                   [&] { read_python_prices(file); },
                   [&] { read_python_checkout(file); },
                   [&] { read_python_cookies(file); },
                   [&] { read_python_balances(file); },
                   [&] { read_races(file); },
                   [&] { read_spent_later(file); },
                   [&] { read_paid_by_mail(file); },
                   [&] { read_receipts(file); },
                   [&] { read_money_map(file); },
                   [&] { read_shaped_quantities(file); },
                   [&] { read_unheld_limits(file); },
                   [&] { judge_counted_first(file); },
                   [&] { read_checkout_terms(file); },
                   [&] { read_stand_ins(file); },
                   [&] { read_refunds(file); },
                   [&] { read_cancelled_sales(file); },
                   [&] { read_event_order(file); },
                   [&] { read_silences(file); },
                   [&] { read_second_purchases(file); },
                   [&] { read_unlearned_payments(file); },
                   [&] { read_event_metadata(file); },
                   [&] { read_event_marks(file); },
                   [&] { read_signature_compares(file); },
                   [&] { read_spent_uses(file); },
                   [&] { read_kept_tokens(file); },
                   [&] { read_pretended_payments(file); },
                   [&] { read_believed_addresses(file); },
                   [&] { read_dropped_tables(file); },
                   [&] { read_kept_endings(file); },
                   [&] { read_proxied_limits(file); },
                   [&] { judge_webhook_keys(file); },
                   [&] { read_decided_states(file); },
                   [&] { read_python_queries(file, notes); },
                   [&] {
                     if (!file.imports_from("django")) read_passwords(file, notes.passwords);
                   },
                   [&] { read_python_state(file); },
                   [&] { read_python_served_papers(file); },
                   [&] { read_python_inputs(file); },
                   [&] { read_python_bounds(file); },
                   [&] { read_python_services(file); },
                   [&] { read_python_standstills(file); },
                   [&] { read_dead_guards(file); },
                   [&] { read_charged_again(file); },
                   [&] { read_python_indexes(file); },
                   [&] { read_header_tenants(file); },
                   [&] { read_foreign_tables(file); },
                   [&] { read_python_one_time(file); },
                   [&] { read_paid_files(file); },
                   [&] { read_unpaid(file, notes.unpaid); },
                   [&] { read_subscription_ends(file); }});
  }
};

class PythonCheck final : public Check {
 public:
  void look(const Project& project, Sink& sink) const override {
    const auto& notes = project.notes<PythonNotes>();
    judge_settings(notes, project, sink);
    judge_django(notes, project, sink);
    judge_writable(notes, sink);
    judge_django_sums(project, sink);
    judge_open_keys(project, sink);
    judge_python_routes(project, notes, sink);
    judge_flask(notes, sink);
    judge_python_start(notes, project, sink);
    judge_python_signup(notes, sink);
    judge_python_uploads(notes, sink);
    judge_raw_uploads(project, sink);
    judge_python_writes(notes, sink);
    judge_python_accounts(notes, sink);
    judge_address_tokens(project, true, sink);
    judge_signed_uploads(project, true, sink);
    // Django has validators of its own, which are asked for elsewhere.
    judge_passwords(notes.passwords, notes.settings.empty() ? sign_up_of(project.notes<SignUps>(), true) : nullptr,
                    sink);
    judge_subscription_ends(project, sink);
    judge_unpaid(notes.unpaid, {}, sink);
    judge_paid_by_mail(project, sink);
    judge_python_codes(notes, sink);
    judge_body_calls(notes, sink);
    judge_python_environment(notes, sink);
    judge_compared_secrets(project, sink);
    judge_python_tenants(project, sink);
    judge_python_proofs(project, sink);
    judge_python_queries(notes, sink);
    judge_python_receipts(project, sink);
    judge_python_cookies(project, sink);
    judge_python_standstills(project, sink);
    judge_python_indexes(project, sink);
    judge_header_tenants(project, sink);
    judge_foreign_tables(project, sink);
    judge_python_standing(project, sink);
    judge_python_fetches(notes, project, sink);
    judge_python_inputs(project, sink);
    judge_python_bounds(project, sink);
    judge_python_ranks(project, sink);
    judge_django_purchases(notes, project, sink);
    judge_python_everybodys(project, sink);
    judge_python_sweeps(project, sink);
    judge_python_hung(project, sink);
    judge_django_takers(project, sink);
    judge_shown_serializers(project, sink);
    judge_django_shown(notes, project, sink);
    judge_fields(project, sink);
    judge_booked_dates(project, sink);
    judge_python_contact(project, sink);
    judge_blind_guards(project, sink);
    judge_python_factors(project, sink);
    judge_python_quantities(project, sink);
    if (notes.makes_tokens && !notes.forgets_tokens) {
      const auto& forgetful = project.notes<ScriptNotes>().client_sign_outs;
      if (!notes.sign_outs.empty())
        sink.find("JWT-009", notes.sign_outs.front().first, notes.sign_outs.front().second);
      else if (!forgetful.empty() && !project.notes<ScriptNotes>().makes_tokens)
        sink.find("JWT-009", forgetful.front().at, forgetful.front().shown);
    }
    judge_undated_tokens(project, sink);
    judge_pending_webhooks(project, sink);
    judge_webhook_services(project, sink);
    judge_subscribing(project, sink);
    judge_event_order(project, sink);
    judge_second_purchases(project, sink);
    judge_python_webhooks(project, sink);
    const auto built = [&] {
      for (const auto& f : sink.findings())
        if (f.id == "FA-017" || f.id == "DJ-025") return true;
      return false;
    }();
    if (notes.parameters_used && !built) sink.positive("SQL queries hand their values over as parameters.");
  }
};

}  // namespace

std::unique_ptr<Reader> python_reader() { return std::make_unique<PythonReader>(); }
std::unique_ptr<Check> python_check() { return std::make_unique<PythonCheck>(); }

}  // namespace gatehouse::audit::source
