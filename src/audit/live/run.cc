#include "audit/live/run.h"

#include <algorithm>

#include "audit/catalog.h"
#include "audit/live/probes.h"
#include "audit/settle.h"
#include "base/text.h"
#include "controls/catalog.h"

namespace gatehouse::audit::live {

std::vector<proof::Probe> all_probes() {
  std::vector<proof::Probe> out;
  // Probes and what they name are static; the controls that hand them out need not outlive this.
  for (const auto& control : controls::catalog())
    for (const proof::Probe& p : control->probes()) out.push_back(p);
  const std::size_t theirs = out.size();
  for (std::span<const proof::Probe> list :
       {page_probes(), exposure_probes(), bundle_probes(), tls_probes(), answer_probes(), webhook_probes()})
    for (const proof::Probe& p : list)
      if (std::none_of(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(theirs),
                       [&](const proof::Probe& o) { return o.id == p.id; }))
        out.push_back(p);
  return out;
}

const proof::Probe* probe_for(std::span<const proof::Probe> probes, std::string_view id) {
  for (const proof::Probe& p : probes)
    if (p.id == id) return &p;
  // One probe may make several findings of a family: CSP-002 comes from the probe CSP-001.
  const std::string_view family = id.substr(0, id.find('-') + 1);
  for (const proof::Probe& p : probes)
    if (p.id.starts_with(family) && (family == "CSP-" || family == "CK-" || family == "ERR-")) return &p;
  return nullptr;
}

void discover(Site& site) {
  if (site.paths("page").empty()) site.add_path("page", "/");
  if (site.paths("protected").empty()) {
    for (std::string_view path : {"/api/me", "/api/users/me", "/api/me/", "/me", "/api/user", "/api/account",
                                  "/api/v1/me", "/users/me", "/api/projects/", "/api/orders"}) {
      proof::Sent s;
      s.path = path;
      auto seen = site.send(s);
      if (seen && (seen->status == 401 || seen->status == 403)) site.add_path("protected", std::string(path));
      if (seen && seen->status == 200 && seen->header("content-type").find("json") != std::string::npos)
        site.add_path("api", std::string(path));
      if (site.paths("protected").size() >= 2) break;
    }
  }
  if (site.paths("sign_in").empty()) {
    for (std::string_view path : {"/api/auth/login", "/api/login", "/auth/login", "/login", "/api/auth/sign-in/email",
                                  "/api/auth/signin", "/accounts/login/"}) {
      proof::Sent s;
      s.path = path;
      auto seen = site.send(s);
      if (!seen || seen->status == 404) continue;
      // A page for everything answers 200 to any path: only a refused method or a form is a sign-in.
      if (seen->status == 405 || seen->body.find("type=\"password\"") != std::string::npos) {
        site.add_path("sign_in", std::string(path));
        break;
      }
    }
  }
}

namespace {

// What a probe that held is evidence for: the words of its rule, else of the control that brings it.
proof::Held held(const proof::Probe& p, const controls::Catalog& catalog) {
  if (const Rule* r = rule(p.id)) return {std::string(p.id), r->finding.requirements, r->finding.owasp_2021};
  for (const auto& control : catalog)
    if (control->card().id == p.control) {
      const proof::Finding f = proof::from_card(control->card(), std::string(p.id));
      return {f.id, f.requirements, f.owasp_2021};
    }
  return {std::string(p.id), {}, {}};
}

}  // namespace

void run(Site& site, proof::Report& report, const LiveOptions& options) {
  report.looked.only = options.only;
  const auto catalog = controls::catalog();
  const auto add = [&](proof::Finding f) {
    if (selected(options.only, f.id)) report.findings.push_back(std::move(f));
  };
  discover(site);
  const auto probes = all_probes();
  const auto asked = [&](std::string_view id) {
    return std::any_of(probes.begin(), probes.end(), [&](const proof::Probe& p) { return p.id == id; });
  };
  if (!site.tls() && !site.on_this_machine() && !asked("TLS-001"))
    add(at_path("TLS-001", site, "/", "the address given is http"));
  if (!site.certificate_problem().empty() && !asked("TLS-002")) {
    // On one's own machine certificates are made on the spot; what counts is the one on the public name.
    if (site.on_this_machine())
      report.not_checked.push_back("TLS-002: the certificate of a site on this machine (" + site.certificate_problem() +
                                   ")");
    else
      add(at_path("TLS-002", site, "/", site.certificate_problem()));
  }
  if (site.tls() && site.certificate_problem().empty() && selected(options.only, "TLS-002"))
    report.positives.emplace_back("The certificate holds: chain, name and dates.");
  std::size_t done = 0;
  std::string unasked;
  for (const proof::Probe& p : probes) {
    if (options.progress) options.progress(done, probes.size());
    ++done;
    if (!options.only.empty() && !selected(options.only, p.id) &&
        !selected(options.only, std::string(p.id.substr(0, p.id.find('-'))) + "-"))
      continue;
    if (p.active && !site.may_write()) {
      report.not_checked.push_back(std::string(p.id) + " (" + std::string(p.control) +
                                   "): sends writes; run with --active");
      continue;
    }
    if (site.stopped()) {
      unasked.append(unasked.empty() ? "" : ", ").append(p.id);
      continue;
    }
    proof::Observation o = p.run(site);
    if (o.holds == proof::Holds::yes) report.looked.held.push_back(held(p, catalog));
    for (proof::Finding& f : o.findings) add(std::move(f));
    for (std::string& s : o.positives) report.positives.push_back(std::move(s));
    if (!o.not_checked.empty()) report.not_checked.push_back(std::string(p.id) + ": " + o.not_checked);
  }
  if (options.progress) options.progress(probes.size(), probes.size());
  // Stops: a site that goes away, or sends the auditor away, half-way through and passes for one that has no faults.
  if (site.stopped()) {
    report.complete = false;
    report.not_checked.push_back(std::string(site.url()) + " stopped answering" +
                                 (unasked.empty() ? "" : "; not asked any more: " + unasked));
  }
  report.sort();
}

}  // namespace gatehouse::audit::live
