#include "app/audit_close.h"

#include <algorithm>
#include <csignal>
#include <limits>
#include <ostream>
#include <thread>

#include "app/audit_site.h"
#include "app/sections.h"
#include "app/text_file.h"
#include "audit/catalog.h"
#include "audit/close/policy_line.h"
#include "audit/live/run.h"
#include "base/text.h"
#include "controls/catalog.h"
#include "controls/policy.h"
#include "net/http/url.h"

namespace gatehouse::app {
namespace {

using audit::live::Site;
using proof::Holds;

struct Seen {
  Holds holds = Holds::unknown;
  std::vector<std::string> evidence;
  std::string mitigation, path;
};

Seen look(Site& site, const proof::Probe& probe, std::string_view id) {
  Seen out;
  proof::Observation o = probe.run(site);
  out.holds = o.holds;
  for (const proof::Finding& f : o.findings) {
    if (f.id != id && probe.id != id) continue;
    const std::string url = f.locations.empty() ? "" : f.locations.front().url;
    for (const std::string& e : f.evidence) out.evidence.push_back((url.empty() ? "" : url + ": ") + e);
    out.mitigation = f.mitigation;
    if (const auto parsed = http::Url::parse(url)) out.path = parsed->target.substr(0, parsed->target.find('?'));
  }
  // The probe found others of its family, but not this one.
  if (o.holds == Holds::no && out.evidence.empty()) out.holds = Holds::yes;
  if (out.evidence.empty()) out.evidence = o.positives;
  if (!o.not_checked.empty()) out.evidence.push_back(o.not_checked);
  return out;
}

std::string_view word(Holds h) { return h == Holds::yes ? "closed" : h == Holds::no ? "open" : "unknown"; }

void tell(World& world, std::string_view when, const Seen& seen) {
  world.out << when << ": " << word(seen.holds) << "\n";
  for (const std::string& e : seen.evidence) world.out << "  " << text::printable(e, 400) << "\n";
}

// What the id stands for: a rule's finding, or a control's card. Nothing when nobody knows it.
std::optional<proof::Finding> finding_called(const std::string& id, std::span<const proof::Probe> probes) {
  if (const audit::Rule* r = audit::rule(id)) return r->finding;
  for (const proof::Probe& p : probes)
    if (p.id == id)
      for (const auto& c : controls::catalog())
        if (c->card().id == p.control) return proof::from_card(c->card(), id);
  return std::nullopt;
}

// The probe that sees it; for what only the source shows, one of the control that closes it: rather one that is about
// the same requirement, and one that sends no writes unless writes are allowed.
const proof::Probe* probe_of(const proof::Finding& f, std::span<const proof::Probe> probes, bool active) {
  if (const proof::Probe* p = audit::live::probe_for(probes, f.id)) return p;
  const proof::Probe* best = nullptr;
  int most = -1;
  for (const proof::Probe& p : probes) {
    if (f.control.empty() || p.control != f.control || (p.active && !active)) continue;
    const auto probed = finding_called(std::string(p.id), probes);
    const bool same =
        probed && std::find_first_of(f.requirements.begin(), f.requirements.end(), probed->requirements.begin(),
                                     probed->requirements.end()) != f.requirements.end();
    // Of equals the one that writes: it was allowed, and shows more.
    if (const int worth = (same ? 2 : 0) + (p.active ? 1 : 0); worth > most) most = worth, best = &p;
  }
  return best;
}

// What the loader says against this text.
conf::Findings errors_of(const std::string& text, const std::string& file, const Clock& clock) {
  conf::Findings findings, errors;
  ServiceConfigs services;
  const auto catalog = controls::catalog();
  (void)controls::load(text, file, catalog, clock, findings, sections(services));
  for (const conf::Finding& f : findings.all())
    if (f.severity == conf::Severity::error) errors.add(f);
  return errors;
}

// Into the file, or kOk with a word why not. Nothing is written that the loader would refuse.
int apply(const audit::PolicyLine& line, const std::string& path, const std::string& id, const std::string& file,
          bool dry, World& world) {
  const auto text = read_text_file(file);
  if (!text) {
    world.err << "gatehouse audit: cannot read " << text::printable(file) << "\n";
    return kUsage;
  }
  const auto edit = audit::put_line(line, path, id, *text, file);
  if (!edit) {
    world.err << "gatehouse audit: " << edit.error().detail << "\n";
    return kUsage;
  }
  if (edit->diff.empty()) {
    world.out << "  " << text::printable(file) << " says so already\n";
    return kOk;
  }
  const conf::Findings errors = errors_of(edit->text, file, world.clock);
  if (errors.has_errors() && !errors_of(*text, file, world.clock).has_errors()) {
    world.err << "gatehouse audit: with this line the file would not be accepted, so it stays as it is:\n"
              << edit->diff << conf::render_text(errors, world.colour);
    return kUsage;
  }
  world.out << edit->diff;
  if (dry) return kOk;
  if (!replace_text_file(file, edit->text)) {
    world.err << "gatehouse audit: cannot write " << text::printable(file) << kUnwritable << "\n";
    return kUsage;
  }
  return kOk;
}

std::string said(const Seen& seen) {
  std::string out(word(seen.holds));
  for (const std::string& e : seen.evidence) out += "; " + e;
  return out;
}

}  // namespace

int close_finding(const Arguments& arguments, World& world, proof::Report& report, audit::report::Closing& closing) {
  const std::string id = *arguments.value("close");
  const auto probes = audit::live::all_probes();
  auto finding = finding_called(id, probes);
  if (!finding) {
    world.err << "gatehouse audit: no finding is called " << text::printable(id)
              << "; the report and gatehouse explain name them\n";
    return kUsage;
  }
  closing.id = id;
  closing.title = finding->title;
  closing.mitigation = finding->mitigation;
  const bool prove = arguments.has("prove");
  const auto url = arguments.value("url");
  const proof::Probe* probe = probe_of(*finding, probes, arguments.has("active"));
  if (prove && probe == nullptr) {
    world.err << "gatehouse audit: " << id << " cannot be seen from outside, so no probe can prove it closed; see "
              << "gatehouse explain " << id << "\n";
    return kUsage;
  }
  if (prove && !url) {
    world.err << "gatehouse audit: --prove needs --url to see whether it is closed\n";
    return kUsage;
  }
  if (prove && probe->active && !arguments.has("active")) {
    world.err << "gatehouse audit: the probe of " << id << " sends writes; add --active\n";
    return kUsage;
  }

  std::unique_ptr<Site> site;
  Seen before;
  if (prove) {
    auto opened = open_site(arguments, world, *url);
    if (!opened) {
      world.err << "gatehouse audit: " << opened.error().detail << "\n";
      return kIncomplete;
    }
    site = std::move(*opened);
    audit::live::discover(*site);
    before = look(*site, *probe, probe->id);
    tell(world, "before", before);
    closing.looks.push_back({std::string(site->url()), std::string(word(before.holds)), before.evidence});
    if (before.holds == Holds::yes) {
      world.out << id << " is closed at " << site->url() << " already.\n";
      report.positives.push_back(id + " is closed at " + std::string(site->url()) + ": " + said(before));
      return kOk;
    }
  }

  const std::string& mitigation = before.mitigation.empty() ? finding->mitigation : before.mitigation;
  if (mitigation.empty()) {
    world.out << "No policy line closes " << id << ": only the code can. " << finding->fix << "\n";
    return kFindings;
  }
  closing.mitigation = mitigation;
  const auto line = audit::policy_line(mitigation);
  world.out << "policy:\n" << (line ? line->text() : mitigation + "\n");
  if (arguments.has("config") && !line) {
    world.out << "That is no line that could be put into " << text::printable(*arguments.value("config"))
              << "; it stays as it is.\n";
    if (!prove) return kFindings;
  }
  if (const auto config = arguments.value("config"); config && line) {
    const std::string path = arguments.value_or("route", before.path);
    if (const int code = apply(*line, path, id, *config, arguments.has("dry-run"), world); code != kOk) return code;
  }
  if (!prove) return kOk;

  // The same site after a reload, or the same application seen through the gateway.
  const std::string second = arguments.value_or("behind", *url);
  auto wait = conf::parse_duration(arguments.value_or("wait", arguments.has("behind") ? "0s" : "20s"));
  if (!wait) {
    world.err << "gatehouse audit: --wait takes a duration such as 20s\n";
    return kUsage;
  }
  if (auto pid = arguments.value("reload")) {
    // Stops: a number that wraps around to 0 or -1, which would signal everybody.
    auto number = text::parse_u64(*pid);
    constexpr std::uint64_t kMost = std::numeric_limits<pid_t>::max();
    if (!number || *number < 2 || *number > kMost || ::kill(static_cast<pid_t>(*number), SIGHUP) != 0) {
      world.err << "gatehouse audit: cannot ask process " << text::printable(*pid) << " to reload\n";
      return kUsage;
    }
  }
  Seen after;
  for (const SteadyTime end = world.clock.steady() + *wait;;) {
    auto again = open_site(arguments, world, second);
    if (again) {
      // The same questions: what was discovered at the first site is asked at the second.
      for (const char* kind : {"protected", "sign_in", "write", "webhook", "page", "api"})
        for (const std::string& path : site->paths(kind)) (*again)->add_path(kind, path);
      after = look(**again, *probe, probe->id);
    } else {
      after = {Holds::unknown, {again.error().text()}, {}, {}};
    }
    if (after.holds == Holds::yes || world.clock.steady() >= end) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
  tell(world, "after", after);
  closing.looks.push_back({second, std::string(word(after.holds)), after.evidence});
  if (after.holds == Holds::yes) {
    world.out << id << " is closed: the same probe cannot reproduce it.\n";
    report.positives.push_back(id + " (" + finding->title + ") is closed by: " + mitigation + ". Before, at " +
                               std::string(site->url()) + ": " + said(before) + ". After, at " + second + ": " +
                               said(after) + ".");
    return kOk;
  }
  world.out << id << (after.holds == Holds::no ? " is still open.\n" : " could not be judged.\n");
  finding->locations = {{"", 0, 0, second + after.path}};
  finding->evidence = {"before: " + said(before), "after: " + said(after)};
  report.findings.push_back(std::move(*finding));
  report.complete = after.holds == Holds::no;
  return after.holds == Holds::no ? kFindings : kIncomplete;
}

}  // namespace gatehouse::app
