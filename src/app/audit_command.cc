#include "app/audit_command.h"

#include <filesystem>
#include <ostream>
#include <sstream>

#include "app/audit_bar.h"
#include "app/audit_close.h"
#include "app/audit_database.h"
#include "app/audit_output.h"
#include "app/audit_site.h"
#include "app/explain_command.h"
#include "app/finding_ids.h"
#include "app/init_command.h"
#include "app/text_file.h"
#include "audit/audit.h"
#include "audit/baseline.h"
#include "audit/report/render.h"
#include "audit/rules/matcher.h"
#include "audit/rules/read.h"
#include "base/text.h"

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

With --close, 0 means told, put in, or (--prove) closed; 1 still open, or no line closes it; 2 there is no such finding
or the file cannot take the line, and stays as it is; 3 it could not be judged.

Exit codes: 0 nothing at or over the bar (high, unless --fail-on says otherwise); 1 findings at or over the bar;
2 the command line cannot be used; 3 nothing at or over the bar, and something that was asked for was not read to its
end or not reached, so nobody can say that it is clean (GAP-001, "Not checked"). With findings over the bar it is 1;
the report says in both cases what is missing, and "complete" of --format json is false.)";

// The user's own rules, when --rules names a folder of them.
std::vector<audit::Rule> own_rules(const Arguments& arguments, conf::Findings& faults) {
  const auto folder = arguments.value("rules");
  return folder ? audit::read_folder(*folder, faults) : std::vector<audit::Rule>{};
}

// --close: one finding, and the report of it when --output or --format asks for one.
int close_one(const Arguments& arguments, World& world) {
  const std::string format = audit_format(arguments);
  if (!known_audit_format(format, world)) return kUsage;
  // With a form and no file the report takes the place of the words.
  std::ostringstream unsaid;
  const bool instead = arguments.has("format") && format != "text" && !arguments.has("output");
  World quiet{
      world.in,     instead ? unsaid : world.out, world.err, world.colour, world.variable, world.clock, world.entropy,
      world.watched};
  proof::Report report;
  audit::report::Context context;
  const int code = close_finding(arguments, quiet, report, context.closing.emplace());
  if (code == kUsage || (!instead && !arguments.has("output"))) return code;
  report.version = kVersion;
  report.target = arguments.value_or("url", *arguments.value("close"));
  report.not_checked.push_back("anything but " + *arguments.value("close"));
  context.date = today(world.clock);
  context.host = arguments.value_or("behind", arguments.value_or("url", ""));
  while (context.host.ends_with("/")) context.host.pop_back();
  context.self_signed = context.host.starts_with("https://127.") || context.host.starts_with("https://localhost");
  if (const auto paths = arguments.values("protected"); !paths.empty()) context.protected_path = paths.front();
  if (const auto paths = arguments.values("sign-in"); !paths.empty()) context.sign_in_path = paths.front();
  return deliver(report, format, context, arguments, world) ? code : kUsage;
}

// --baseline: what was known before. Nothing, and a word on `err`, when it cannot be used.
std::optional<audit::Baseline> baseline_of(const Arguments& arguments, const Bar& bar, World& world) {
  const auto baseline = arguments.value("baseline");
  if (!baseline && bar.only_new) {
    world.err << "gatehouse audit: --fail-on …,new needs --baseline FILE to know what is new\n";
    return std::nullopt;
  }
  if (!baseline && arguments.has("update-baseline")) {
    world.err << "gatehouse audit: --update-baseline needs --baseline FILE to know where to write\n";
    return std::nullopt;
  }
  if (!baseline || arguments.has("update-baseline")) return audit::Baseline{};
  const auto text = read_text_file(*baseline);
  if (!text) {
    world.err << "gatehouse audit: cannot read the baseline " << text::printable(*baseline)
              << "; write it first with --update-baseline\n";
    return std::nullopt;
  }
  auto known = audit::parse_baseline(*text);
  if (!known) {
    world.err << "gatehouse audit: " << text::printable(*baseline) << ": " << known.error().detail
              << "\n  remedy: name the file that --update-baseline wrote, or write it anew with --update-baseline\n";
    return std::nullopt;
  }
  return std::move(*known);
}

// What else is asked for and looked for: the user's own rules, and ids that mean something. Nothing, and words on
// `err`, when they cannot be used.
struct Wanted {
  std::vector<audit::Rule> rules;  // outlive `own`, which points into them
  std::shared_ptr<const audit::Patterns> own;
  std::string only;
};
std::optional<Wanted> wanted(const Arguments& arguments, World& world) {
  conf::Findings faults;
  Wanted out{own_rules(arguments, faults), nullptr, arguments.value_or("only", "")};
  if (faults.empty() && !out.rules.empty()) out.own = audit::Patterns::compile(out.rules, faults);
  if (!faults.empty()) {
    world.err << conf::render_text(faults, world.colour);
    return std::nullopt;
  }
  std::vector<std::string> ids;
  for (const audit::Rule& r : out.rules) ids.push_back(r.finding.id);
  if (const auto fault = fault_of_ids(out.only, ids)) {
    world.err << "gatehouse audit: " << *fault << "\n";
    return std::nullopt;
  }
  return out;
}

// The tree's side of the report. Nothing, and words on `err`, when the command cannot go on.
std::optional<proof::Report> read_tree(const Arguments& arguments, const Wanted& wanted, const std::string& folder,
                                       World& world) {
  auto files = audit::open_folder(folder);
  if (!files) {
    world.err << "gatehouse audit: cannot open " << text::printable(folder) << ": " << files.error().detail
              << "\n  remedy: name the project's folder: gatehouse audit DIR\n";
    return std::nullopt;
  }
  audit::AuditOptions options;
  options.only = wanted.only;
  options.now = world.clock.unix_seconds();
  options.progress = progress_line(world, "files");
  const bool secrets = audit::only_secrets(options.only);
  const auto database = secrets ? nullptr : vulnerabilities(arguments, world);
  auto pack = secrets ? audit::secret_pack() : audit::source_pack(database);
  if (wanted.own) pack.readers.push_back(std::make_unique<audit::PatternReader>(wanted.own));
  if (wanted.own) pack.checks.push_back(std::make_unique<audit::PackageCheck>(wanted.own));
  auto report = audit::audit_source(**files, std::move(pack), options);
  if (!secrets && arguments.has("db") && !database) {
    report.not_checked.push_back("known vulnerabilities of packages: " + *arguments.value("db") + " cannot be used");
    report.complete = false;
  }
  if (secrets && options.only.find('-') == std::string::npos)
    report.not_checked.push_back(
        "what only reading the code shows of SEC (defaults of secrets, secrets in answers): "
        "leave --only out");
  return report;
}

int audit(const Arguments& arguments, World& world) {
  if (arguments.has("close")) return close_one(arguments, world);
  for (std::string_view needs_close : {"prove", "route", "dry-run", "behind", "reload", "wait", "config"})
    if (arguments.has(needs_close)) {
      world.err << "gatehouse audit: --" << needs_close << " goes with --close ID\n";
      return kUsage;
    }
  if (arguments.words().size() == 2) {
    if (arguments.words()[0] == "db" && arguments.words()[1] == "update")
      return update_vulnerabilities(arguments, world);
    world.err << "gatehouse audit: takes one folder\n";
    return kUsage;
  }
  const std::string folder = arguments.words().empty() ? "." : arguments.words().front();
  const std::string format = audit_format(arguments);
  if (!known_audit_format(format, world)) return kUsage;
  const auto bar = parse_bar(arguments.value_or("fail-on", "high"));
  if (!bar) {
    world.err << "gatehouse audit: --fail-on takes info, low, medium, high, critical or never, and ',new' behind it\n";
    return kUsage;
  }
  const auto known = baseline_of(arguments, *bar, world);
  if (!known) return kUsage;
  const auto asked = wanted(arguments, world);
  if (!asked) return kUsage;

  const auto url = arguments.value("url");
  const bool read_source = !url || !arguments.words().empty();
  proof::Report report;
  audit::report::Context context;
  context.date = today(world.clock);
  if (read_source) {
    auto tree = read_tree(arguments, *asked, folder, world);
    if (!tree) return kUsage;
    report = std::move(*tree);
    context.name = std::filesystem::weakly_canonical(folder).filename().string();
  }
  if (url) {
    context.host = *url;
    while (context.host.ends_with("/")) context.host.pop_back();
    auto site = open_site(arguments, world, *url);
    if (!site) {
      world.err << "gatehouse audit: " << site.error().detail
                << (site.error().code == "unreachable"
                        ? "\n  remedy: start the site, or give the address at which it answers\n"
                        : "\n");
      report.not_checked.push_back("the running site " + *url + ": " + site.error().detail);
      report.complete = false;
      if (!read_source) return site.error().code == "bad_url" ? kUsage : kIncomplete;
    } else {
      audit_site(**site, arguments, world, report, context);
    }
  } else {
    report.not_checked.push_back("a running site: give --url to look at one");
  }
  report.version = kVersion;
  report.target = url ? (read_source ? folder + " and " + *url : *url) : folder;
  if (!deliver(report, format, context, arguments, world)) return kUsage;
  const auto baseline = arguments.value("baseline");
  if (baseline && arguments.has("update-baseline") && !replace_text_file(*baseline, audit::write_baseline(report))) {
    world.err << "gatehouse audit: cannot write " << text::printable(*baseline) << kUnwritable << "\n";
    return kUsage;
  }
  if (over(*bar, *known, report)) return kFindings;
  return report.complete ? kOk : kIncomplete;
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
  out.push_back(init_command());
  out.push_back(explain_command());
  return out;
}

}  // namespace gatehouse::app
