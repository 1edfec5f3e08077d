#include "app/audit_database.h"

#include <filesystem>
#include <ostream>

#include "app/text_file.h"
#include "base/text.h"

namespace gatehouse::app {
namespace {

// Where the vulnerability database of this user stands.
std::string database_path(World& world) {
  if (auto x = world.variable("XDG_DATA_HOME"); x && !x->empty()) return *x + "/gatehouse/osv.jsonl";
  if (auto home = world.variable("HOME"); home && !home->empty()) return *home + "/.local/share/gatehouse/osv.jsonl";
  return "osv.jsonl";
}

}  // namespace

std::shared_ptr<const audit::Vulnerabilities> vulnerabilities(const Arguments& arguments, World& world) {
  const auto named = arguments.value("db");
  const std::string path = named ? *named : database_path(world);
  const auto text = read_text_file(path);
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

int update_vulnerabilities(const Arguments& arguments, World& world) {
  const auto from = arguments.value("from");
  if (!from) {
    world.err << "gatehouse audit db update: needs --from FILE, a file of OSV records (JSON, or one record a line)\n";
    return kUsage;
  }
  const auto text = read_text_file(*from);
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
  if (!replace_text_file(path, parsed->write())) {
    world.err << "gatehouse audit db update: cannot write " << text::printable(path) << kUnwritable << "\n";
    return kUsage;
  }
  world.out << parsed->size() << " records for npm and PyPI now stand in " << path << "\n";
  return kOk;
}

}  // namespace gatehouse::app
