#include "app/init_command.h"

#include <filesystem>
#include <ostream>

#include "app/audit_output.h"
#include "app/control_findings.h"
#include "app/text_file.h"
#include "audit/audit.h"
#include "audit/init.h"
#include "base/json.h"
#include "base/text.h"

namespace gatehouse::app {
namespace {

// What was written where (`path` null: nowhere but here), and which findings the text answers.
void tell_as_json(const std::string& path, const std::string& policy, const proof::Report& report,
                  const conf::Findings& open, std::ostream& out) {
  json::Array answers;
  for (const proof::Finding& f : report.findings) {
    if (policy.find(f.id) == std::string::npos) continue;
    const proof::Location where = f.locations.empty() ? proof::Location{} : f.locations.front();
    answers.push_back(json::Object{{"id", f.id}, {"path", where.path}, {"line", where.line}});
  }
  json::Array decisions;
  for (const conf::Finding& f : open.all())
    if (f.severity != conf::Severity::note)
      decisions.push_back(json::Object{{"line", f.place.line}, {"what", f.message}, {"remedy", f.remedy}});
  out << json::write(json::Object{{"path", path == "-" ? json::Value() : json::Value(path)},
                                  {"answers", std::move(answers)},
                                  {"open", std::move(decisions)},
                                  {"policy", policy}},
                     2)
      << "\n";
}

// What the source does not say stays open: `check` asks for it until somebody writes it down.
void tell(const std::string& path, const conf::Findings& open, World& world) {
  std::size_t count = 0;
  for (const conf::Finding& f : open.all()) count += f.severity == conf::Severity::note ? 0 : 1;
  world.out << "wrote " << path << "; put in your own names, then run: gatehouse check --config " << path << "\n";
  if (count == 0) return;
  world.out << count << (count == 1 ? " thing" : " things")
            << " the source does not tell and you must; `gatehouse check` asks until it is written:\n";
  for (const conf::Finding& f : open.all())
    if (f.severity != conf::Severity::note)
      world.out << "  line " << f.place.line << ": " << text::printable(f.message, 300) << "\n    "
                << text::printable(f.remedy, 300) << "\n";
}

int init(const Arguments& arguments, World& world) {
  const std::string format = arguments.value_or("format", "text");
  if (format != "text" && format != "json") {
    world.err << "gatehouse init: no format '" << text::printable(format) << "'; there are text and json\n";
    return kUsage;
  }
  const std::string folder = arguments.words().empty() ? "." : arguments.words().front();
  auto files = audit::open_folder(folder);
  if (!files) {
    world.err << "gatehouse init: cannot open " << text::printable(folder) << ": " << files.error().detail
              << "\n  remedy: name the project's folder: gatehouse init DIR\n";
    return kUsage;
  }
  const std::string path = arguments.value_or("output", folder + "/gatehouse.toml");
  if (path != "-" && read_text_file(path) && !arguments.has("force")) {
    world.err << "gatehouse init: " << text::printable(path) << " is there already; --force writes over it\n";
    return kUsage;
  }
  audit::Shape shape;
  audit::AuditOptions options;
  options.now = world.clock.unix_seconds();
  options.progress = progress_line(world, "files");
  options.seen = [&shape](const audit::Project& p) { shape = audit::shape_of(p); };
  const proof::Report report = audit::audit_source(**files, audit::source_pack(), options);
  shape.name = std::filesystem::weakly_canonical(folder).filename().string();
  const std::string policy = audit::draft_policy(report, shape);
  const conf::Findings open = judged(policy, path, world.clock);
  if (path != "-" && !replace_text_file(path, policy)) {
    world.err << "gatehouse init: cannot write " << text::printable(path) << kUnwritable << "\n";
    return kUsage;
  }
  if (format == "json")
    tell_as_json(path, policy, report, open, world.out);
  else if (path == "-")
    world.out << policy;
  else
    tell(path, open, world);
  return kOk;
}

}  // namespace

Command init_command() {
  return {.name = "init",
          .summary = "Write a first gatehouse.toml for a project",
          .words = "[DIR]",
          .min_words = 0,
          .max_words = 1,
          .options = {{"output", 'o', "FILE", "where to write (default DIR/gatehouse.toml; - for the terminal)"},
                      {"format", 'f', "text|json", "what is told; text when not given"},
                      {"force", 0, "", "write over a file that is there"}},
          .help =
              "Audits the project and writes a policy that closes what can be closed at the edge; each part "
              "names the findings\n"
              "it answers. Host names cannot be read from a source tree: put in your own. Whose a record is the code "
              "alone\n"
              "knows: what `gatehouse check` will ask is told with its line.\n\n"
              "Exit codes: 0 written, 2 it could not be written or the folder not read.",
          .run = init};
}

}  // namespace gatehouse::app
