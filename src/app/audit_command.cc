#include "app/audit_command.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <sstream>

#include "app/audit_close.h"
#include "app/audit_site.h"
#include "audit/audit.h"
#include "audit/baseline.h"
#include "audit/catalog.h"
#include "audit/init.h"
#include "audit/report/render.h"
#include "audit/rules/matcher.h"
#include "audit/rules/read.h"
#include "audit/vulnerabilities.h"
#include "base/text.h"
#include "controls/catalog.h"

#ifndef GATEHOUSE_VERSION
#define GATEHOUSE_VERSION "0.1.0"
#endif

namespace gatehouse::app {
namespace {

constexpr std::string_view kVersion = GATEHOUSE_VERSION;

constexpr std::string_view kHelp =
    R"(Reads a project's source, configuration, environment files, built bundles and git history, and writes the report:
what is wrong, where, what follows, how to mend it, and which line of gatehouse.toml closes it at the edge. Nothing
leaves the machine unless --url names a site.

  gatehouse audit                                   this folder, for the terminal
  gatehouse audit ../shop --format md --output report.md
  gatehouse audit --format sarif --output gatehouse.sarif
  gatehouse audit --fail-on critical                only critical findings fail
  gatehouse audit --baseline known.txt --fail-on high,new
  gatehouse audit --only SEC,DJ-012
  gatehouse audit --rules ./security-rules          rules of your own beside those of the program
  gatehouse audit --url http://127.0.0.1:8080       a running site, with safe requests only
  gatehouse audit . --url https://app.example.com --active --protected /api/me --format html -o report.html
  gatehouse audit --close CORS-001 --config gatehouse.toml
  gatehouse audit --close CORS-001 --prove --url http://127.0.0.1:8000 --behind http://127.0.0.1:8080

  gatehouse audit db update --from osv.json         known vulnerabilities, for the next audits; no network is asked

A gateway with `[auditor] key` spares the audit its general limit and bans, when both were given the same key: in the
variable GATEHOUSE_AUDITOR_KEY, or in the file of --auditor-key. It grants nothing else.

A site that is not on this machine must show that it is yours: the command tells which line to put at
/.well-known/gatehouse-audit.txt.

Exceptions: `gatehouse: ignore ID until=2027-01-31 reason="…"` in a comment, or lines of .gatehouse-ignore.

Exit codes: 0 nothing at or over the bar (high, unless --fail-on says otherwise); 1 findings at or over the bar;
2 the command line cannot be used; 3 something could not be looked at (see "Not checked").)";

std::optional<proof::Severity> severity_of(std::string_view word) {
  for (auto s : {proof::Severity::info, proof::Severity::low, proof::Severity::medium, proof::Severity::high,
                 proof::Severity::critical})
    if (proof::text(s) == word) return s;
  return std::nullopt;
}

struct Bar {
  proof::Severity severity = proof::Severity::high;
  bool only_new = false;
  bool never = false;
};

std::optional<Bar> parse_bar(std::string_view words) {
  Bar bar;
  for (std::string_view w : text::split(words, ',')) {
    w = text::trim(w);
    if (w == "new") {
      bar.only_new = true;
    } else if (w == "never") {
      bar.never = true;
    } else if (auto s = severity_of(w)) {
      bar.severity = *s;
    } else {
      return std::nullopt;
    }
  }
  return bar;
}

std::optional<std::string> slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

// Beside the file, then over it: nobody ever reads half a report.
bool write_file(const std::string& path, const std::string& text) {
  const std::string beside = path + ".part";
  std::ofstream out(beside, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  return out && std::rename(beside.c_str(), path.c_str()) == 0;
}

// Where the vulnerability database of this user stands.
std::string database_path(World& world) {
  if (auto x = world.variable("XDG_DATA_HOME"); x && !x->empty()) return *x + "/gatehouse/osv.jsonl";
  if (auto home = world.variable("HOME"); home && !home->empty()) return *home + "/.local/share/gatehouse/osv.jsonl";
  return "osv.jsonl";
}

// The file named by --db, else the user's, else none. A file that cannot be used is said, not passed over.
std::shared_ptr<const audit::Vulnerabilities> database(const Arguments& arguments, World& world) {
  const auto named = arguments.value("db");
  const std::string path = named ? *named : database_path(world);
  const auto text = slurp(path);
  if (!text) {
    if (named)
      world.err << "gatehouse audit: cannot read " << text::printable(path) << "; vulnerabilities are not checked\n";
    return nullptr;
  }
  auto parsed = audit::Vulnerabilities::parse(*text);
  if (!parsed) {
    world.err << "gatehouse audit: " << text::printable(path) << ": " << parsed.error().text()
              << "; vulnerabilities are not checked\n";
    return nullptr;
  }
  return std::make_shared<const audit::Vulnerabilities>(std::move(*parsed));
}

// The user's own rules, when --rules names a folder of them.
std::vector<audit::Rule> own_rules(const Arguments& arguments, conf::Findings& faults) {
  const auto folder = arguments.value("rules");
  return folder ? audit::read_folder(*folder, faults) : std::vector<audit::Rule>{};
}

int update_database(const Arguments& arguments, World& world) {
  const auto from = arguments.value("from");
  if (!from) {
    world.err << "gatehouse audit db update: needs --from FILE, a file of OSV records (JSON, or one record a line)\n";
    return kUsage;
  }
  const auto text = slurp(*from);
  if (!text) {
    world.err << "gatehouse audit db update: cannot read " << text::printable(*from) << "\n";
    return kUsage;
  }
  auto parsed = audit::Vulnerabilities::parse(*text);
  if (!parsed) {
    world.err << "gatehouse audit db update: " << text::printable(*from) << ": " << parsed.error().text() << "\n";
    return kUsage;
  }
  const std::string path = arguments.value_or("db", database_path(world));
  std::error_code error;
  if (const auto folder = std::filesystem::path(path).parent_path(); !folder.empty())
    std::filesystem::create_directories(folder, error);
  if (!write_file(path, parsed->write())) {
    world.err << "gatehouse audit db update: cannot write " << text::printable(path) << "\n";
    return kUsage;
  }
  world.out << parsed->size() << " records for npm and PyPI now stand in " << path << "\n";
  return kOk;
}

std::string today(Clock& clock) {
  const auto day = std::chrono::floor<std::chrono::days>(clock.wall());
  const std::chrono::year_month_day d{day};
  char out[16];
  std::snprintf(out, sizeof out, "%04d-%02u-%02u", static_cast<int>(d.year()), static_cast<unsigned>(d.month()),
                static_cast<unsigned>(d.day()));
  return out;
}

std::string format_for(const Arguments& arguments) {
  if (auto f = arguments.value("format")) return *f;
  const std::string output = arguments.value_or("output", "");
  for (std::string_view ending : {"md", "html", "json", "sarif"})
    if (output.ends_with("." + std::string(ending))) return std::string(ending);
  return "text";
}

bool known_format(std::string_view format, World& world) {
  for (std::string_view known : {"md", "html", "json", "sarif", "text"})
    if (format == known) return true;
  world.err << "gatehouse audit: no format '" << text::printable(format)
            << "'; there are md, html, json, sarif and text\n";
  return false;
}

// The report in its form, to the file of --output or to the terminal. False when it cannot be written.
bool deliver(const proof::Report& report, std::string_view format, const audit::report::Context& context,
             const Arguments& arguments, World& world) {
  std::string out;
  if (format == "md") {
    out = audit::report::markdown(report, context);
  } else if (format == "html") {
    out = audit::report::html(report, context);
  } else if (format == "json") {
    out = json::write(proof::to_json(report), 2) + "\n";
  } else if (format == "sarif") {
    out = audit::report::sarif(report);
  } else {
    out = audit::report::terminal(report, world.colour && !arguments.has("output"));
  }
  const auto path = arguments.value("output");
  if (!path) {
    world.out << out;
  } else if (!write_file(*path, out)) {
    world.err << "gatehouse audit: cannot write " << text::printable(*path) << "\n";
    return false;
  }
  return true;
}

// --close: one finding, and the report of it when --output asks for one.
int close_one(const Arguments& arguments, World& world) {
  const std::string format = format_for(arguments);
  if (!known_format(format, world)) return kUsage;
  proof::Report report;
  const int code = close_finding(arguments, world, report);
  if (code == kUsage || !arguments.has("output")) return code;
  report.version = kVersion;
  report.target = arguments.value_or("url", *arguments.value("close"));
  report.not_checked.push_back("anything but " + *arguments.value("close"));
  audit::report::Context context;
  context.date = today(world.clock);
  context.host = arguments.value_or("url", "");
  return deliver(report, format, context, arguments, world) ? code : kUsage;
}

int audit(const Arguments& arguments, World& world) {
  if (arguments.has("close")) return close_one(arguments, world);
  if (arguments.words().size() == 2) {
    if (arguments.words()[0] == "db" && arguments.words()[1] == "update") return update_database(arguments, world);
    world.err << "gatehouse audit: takes one folder\n";
    return kUsage;
  }
  const std::string folder = arguments.words().empty() ? "." : arguments.words().front();
  const std::string format = format_for(arguments);
  if (!known_format(format, world)) return kUsage;
  const auto bar = parse_bar(arguments.value_or("fail-on", "high"));
  if (!bar) {
    world.err << "gatehouse audit: --fail-on takes info, low, medium, high, critical or never, and ',new' behind it\n";
    return kUsage;
  }
  audit::Baseline known;
  const auto baseline = arguments.value("baseline");
  if (baseline && !arguments.has("update-baseline")) {
    auto text = slurp(*baseline);
    if (!text) {
      world.err << "gatehouse audit: cannot read the baseline " << text::printable(*baseline)
                << "; write it first with --update-baseline\n";
      return kUsage;
    }
    known = audit::parse_baseline(*text);
  } else if (bar->only_new && !baseline) {
    world.err << "gatehouse audit: --fail-on …,new needs --baseline FILE to know what is new\n";
    return kUsage;
  }
  conf::Findings faults;
  const std::vector<audit::Rule> more = own_rules(arguments, faults);
  const auto patterns = faults.empty() && !more.empty() ? audit::Patterns::compile(more, faults) : nullptr;
  if (!faults.empty()) {
    world.err << conf::render_text(faults, world.colour);
    return kUsage;
  }
  const auto url = arguments.value("url");
  const bool read_source = !url || !arguments.words().empty();
  const bool show_progress = world.colour && format == "text";
  proof::Report report;
  if (read_source) {
    auto files = audit::open_folder(folder);
    if (!files) {
      world.err << "gatehouse audit: cannot open " << text::printable(folder) << ": " << files.error().detail << "\n";
      return kUsage;
    }
    audit::AuditOptions options;
    options.only = arguments.value_or("only", "");
    options.now = world.clock.unix_seconds();
    if (show_progress)
      options.progress = [&world](std::size_t done, std::size_t all) {
        world.err << "\r  " << done << " of " << all << " files\x1b[K" << (done == all ? "\r\x1b[K" : "") << std::flush;
      };
    auto pack =
        audit::only_secrets(options.only) ? audit::secret_pack() : audit::source_pack(database(arguments, world));
    if (patterns) pack.readers.push_back(std::make_unique<audit::PatternReader>(patterns));
    if (patterns) pack.checks.push_back(std::make_unique<audit::PackageCheck>(patterns));
    report = audit::audit_source(**files, std::move(pack), options);
  }
  if (url) {
    auto site = open_site(arguments, world, *url);
    if (!site) {
      world.err << "gatehouse audit: " << site.error().detail << "\n";
      report.not_checked.push_back(*url + ": " + site.error().text());
      report.complete = false;
      if (!read_source) return site.error().code == "bad_url" ? kUsage : kIncomplete;
    } else {
      audit_site(**site, arguments, world, show_progress, report);
    }
  } else {
    report.not_checked.push_back("a running site: give --url to look at one");
  }
  report.version = kVersion;
  report.target = url ? (read_source ? folder + " and " + *url : *url) : folder;

  audit::report::Context context;
  context.date = today(world.clock);
  if (url) context.host = *url;
  while (context.host.ends_with("/")) context.host.pop_back();
  if (read_source) context.name = std::filesystem::weakly_canonical(folder).filename().string();
  if (!deliver(report, format, context, arguments, world)) return kUsage;
  if (baseline && arguments.has("update-baseline") && !write_file(*baseline, audit::write_baseline(report))) {
    world.err << "gatehouse audit: cannot write " << text::printable(*baseline) << "\n";
    return kUsage;
  }
  const bool over = std::any_of(report.findings.begin(), report.findings.end(), [&](const proof::Finding& f) {
    return !bar->never && f.severity >= bar->severity && !(bar->only_new && known.contains(proof::fingerprint(f)));
  });
  if (over) return kFindings;
  return report.complete ? kOk : kIncomplete;
}

int init(const Arguments& arguments, World& world) {
  const std::string folder = arguments.words().empty() ? "." : arguments.words().front();
  auto files = audit::open_folder(folder);
  if (!files) {
    world.err << "gatehouse init: cannot open " << text::printable(folder) << ": " << files.error().detail << "\n";
    return kUsage;
  }
  const std::string path = arguments.value_or("output", folder + "/gatehouse.toml");
  if (path != "-" && slurp(path) && !arguments.has("force")) {
    world.err << "gatehouse init: " << text::printable(path) << " is there already; --force writes over it\n";
    return kUsage;
  }
  audit::Shape shape;
  audit::AuditOptions options;
  options.now = world.clock.unix_seconds();
  options.seen = [&shape](const audit::Project& p) { shape = audit::shape_of(p); };
  const proof::Report report = audit::audit_source(**files, audit::source_pack(), options);
  shape.name = std::filesystem::weakly_canonical(folder).filename().string();
  const std::string policy = audit::draft_policy(report, shape);
  if (path == "-") {
    world.out << policy;
    return kOk;
  }
  if (!write_file(path, policy)) {
    world.err << "gatehouse init: cannot write " << text::printable(path) << "\n";
    return kUsage;
  }
  world.out << "wrote " << path << "; put in your own names, then run: gatehouse check --config " << path << "\n";
  return kOk;
}

int tell(const proof::Finding& f, World& world) {
  world.out << f.id << "  " << f.title << "  (" << proof::text(f.severity) << ")\n\n"
            << "What follows:  " << f.impact << "\n\nFix:           " << f.fix << "\n";
  if (!f.mitigation.empty()) world.out << "\nAt the edge:   " << f.mitigation << "\n";
  if (!f.false_positive.empty()) world.out << "\nMay be wrong:  " << f.false_positive << "\n";
  world.out << "\nReferences:   ";
  for (int c : f.cwe) world.out << " CWE-" << c;
  world.out << "  OWASP " << f.owasp_2021 << ":2021 " << f.owasp_2025 << ":2025 ";
  for (const std::string& a : f.asvs) world.out << " ASVS " << a;
  world.out << "\n";
  return kOk;
}

int explain(const Arguments& arguments, World& world) {
  const std::string id = arguments.words().front();
  const audit::Rule* r = audit::rule(id);
  // What only a control's probe finds is explained by the control's card.
  std::vector<std::string_view> ids;
  for (const auto& control : controls::catalog())
    for (const proof::Probe& p : control->probes()) {
      ids.push_back(p.id);
      if (r == nullptr && p.id == id) return tell(proof::from_card(control->card(), id), world);
    }
  if (r == nullptr) {
    for (const audit::Rule& rule : audit::rules()) ids.push_back(rule.finding.id);
    world.err << "gatehouse explain: no finding is called " << text::printable(id);
    if (auto near = text::nearest(id, ids)) world.err << "; did you mean " << *near << "?";
    world.err << "\n";
    return kUsage;
  }
  return tell(r->finding, world);
}

}  // namespace

std::vector<Command> audit_commands() {
  std::vector<Command> out;
  std::vector<Option> options = {
      {"format", 'f', "md|html|json|sarif|text", "the form of the report; else by the ending of --output, else text"},
      {"output", 'o', "FILE", "write there instead of to the terminal"},
      {"fail-on", 0, "SEV[,new]", "the lowest severity that makes exit code 1 (default high; never)"},
      {"baseline", 0, "FILE", "findings known before"},
      {"update-baseline", 0, "", "write today's findings to the baseline file"},
      {"only", 0, "IDS", "ids or their beginnings, with commas: SEC,DJ-012"},
      {"rules", 0, "DIR", "rules of your own: a folder of *.toml, in the form of rules/ of the source"},
      {"db", 0, "FILE", "OSV records of known vulnerabilities (default: what `audit db update` stored)"},
      {"from", 0, "FILE", "with `audit db update`: the OSV records to store"},
      {"close", 0, "ID", "tell the policy line that closes this finding"},
      {"prove", 0, "", "with --close: probe before and after; exit 0 only when the second cannot reproduce it"},
      {"config", 'c', "FILE", "with --close: put the policy line into this gatehouse.toml, and show what changed"},
      {"route", 0, "PATH", "with --close: the route the line is for (default: where it was seen)"},
      {"dry-run", 0, "", "with --close --config: only show what would change"},
      {"behind", 0, "URL", "with --prove: the same application through gatehouse, for the second probe"},
      {"reload", 0, "PID", "with --prove: the gatehouse process to send SIGHUP to"},
      {"wait", 0, "TIME", "with --prove: how long the second probe is tried (default 20s)"}};
  for (Option& o : site_options()) options.push_back(o);
  out.push_back({.name = "audit",
                 .summary = "Find what is wrong in a project, and say how to close it",
                 .words = "[DIR | db update]",
                 .min_words = 0,
                 .max_words = 2,
                 .options = std::move(options),
                 .help = kHelp,
                 .run = audit});
  out.push_back({.name = "init",
                 .summary = "Write a first gatehouse.toml for a project",
                 .words = "[DIR]",
                 .min_words = 0,
                 .max_words = 1,
                 .options = {{"output", 'o', "FILE", "where to write (default DIR/gatehouse.toml; - for the terminal)"},
                             {"force", 0, "", "write over a file that is there"}},
                 .help = "Audits the project and writes a policy that closes what can be closed at the edge; each part "
                         "names the findings\n"
                         "it answers. Host names cannot be read from a source tree: put in your own.\n\n"
                         "Exit codes: 0 written, 2 it could not be written or the folder not read.",
                 .run = init});
  out.push_back(
      {.name = "explain",
       .summary = "Tell all about one finding",
       .words = "ID",
       .min_words = 1,
       .max_words = 1,
       .options = {},
       .help =
           "Prints what the finding means, what follows from it, how to mend it and how to close it at the edge.\n\n"
           "Exit codes: 0 known, 2 unknown.",
       .run = explain});
  return out;
}

}  // namespace gatehouse::app
