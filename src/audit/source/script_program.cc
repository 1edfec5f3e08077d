// What a program as a whole leaves out, whatever its routes do: headers, limits, settings that nobody checks, codes
// without an end.
#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

void judge_script_program(const ScriptNotes& notes, bool any_guard, bool costly_told, Sink& sink) {
  std::set<std::string> heads;
  for (const auto& [header, spot] : notes.identity_headers) {
    if (notes.own_headers.contains(header) || !heads.insert(spot.at.path + header).second) continue;
    sink.find("AZ-002", spot.at, spot.shown).title =
        "Who the caller is comes from a header of the request (" + header + ")";
  }
  const bool express = !notes.apps.empty();
  if (express && !notes.helmet) sink.find("EX-001", notes.apps.front().at, notes.apps.front().shown);
  if (express && !notes.any_limit && !costly_told) {
    const bool told = std::any_of(sink.findings().begin(), sink.findings().end(),
                                  [](const proof::Finding& f) { return f.id == "EX-004" || f.id == "RL-002"; });
    if (!told && notes.routes.size() > 2)
      sink.find("RL-002", notes.apps.front().at, "no rate limiter in the whole application");
  }
  if (notes.names_itself && notes.helmet) sink.find("EX-009", notes.names_itself->at, notes.names_itself->shown);
  if (notes.kept_code && !notes.codes_end)
    sink.find("AU-007", notes.kept_code->at, notes.kept_code->shown).title = "A one-time code never ends";
  if (!notes.env_validated)
    for (const Spot& s : notes.unsure_origins) {
      auto& f = sink.find("EX-002", s.at, s.shown);
      f.title = "CORS lets any origin in when the variable is missing";
      f.severity = proof::Severity::medium;
      f.confidence = proof::Confidence::medium;
    }
  if (!notes.lax_identity.empty() && !any_guard)
    sink.find("EX-024", notes.lax_identity.front().at, notes.lax_identity.front().shown);
  if (!notes.env_validated && !notes.unchecked_env.empty() && (express || notes.next_app)) {
    auto& f = sink.find("ENV-006", notes.unchecked_env.front().at, notes.unchecked_env.front().shown);
    for (std::size_t i = 1; i < notes.unchecked_env.size() && i < 6; ++i) {
      f.locations.push_back(notes.unchecked_env[i].at);
      f.evidence.push_back(notes.unchecked_env[i].shown);
    }
  }
  if (express)
    for (const Spot& s : notes.stripe_reads)
      if (has_word(s.at.path, {"routes", "route", "controllers", "controller", "handlers", "handler", "middleware",
                               "middlewares", "router", "routers", "jobs", "cron", "utils"}) &&
          !icontains(s.at.path, "stripe.service") && !contains(s.at.path, "services/"))
        sink.find("PAY-003", s.at, s.shown);
  if (!notes.next_configs.empty()) {
    if (!notes.csp) sink.find("NX-006", notes.next_configs.front().at, notes.next_configs.front().shown);
    if (!notes.hsts) sink.find("NX-008", notes.next_configs.front().at, notes.next_configs.front().shown);
    if (!notes.next_headers && !notes.helmet)
      sink.find("EX-001", notes.next_configs.front().at, notes.next_configs.front().shown).title =
          "Pages may be framed, sniffed and followed: no header of next.config forbids it";
  }
}

}  // namespace gatehouse::audit::source
