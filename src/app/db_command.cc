#include "app/db_command.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <optional>
#include <ostream>
#include <sstream>

#include "base/json.h"
#include "base/text.h"
#include "gate/config.h"
#include "store/sqlite/sqlite_db.h"

namespace gatehouse::app {
namespace {

int say(World& world, int code, std::string_view what) {
  world.err << "gatehouse: " << what << "\n";
  return code;
}

std::int64_t size_of(const std::string& file) {
  struct stat st{};
  return ::stat(file.c_str(), &st) == 0 ? st.st_size : 0;
}

// The database that the configuration names; nothing when a file named by hand cannot be read.
std::optional<std::string> database(const Arguments& args) {
  gate::GateConfig config;
  if (!args.has("state-dir")) {
    std::ifstream in(args.value_or("config", "gatehouse.toml"), std::ios::binary);
    if (!in && args.has("config")) return std::nullopt;
    std::ostringstream text;
    if (in) text << in.rdbuf();
    conf::Findings ignored;  // `check` is the command that judges
    const auto document = conf::Document::parse(text.str(), "", ignored);
    document.read([&](conf::Form& f) { gate::describe(f, config); }, ignored);
  }
  const std::string folder = config.state_dir.empty() ? "gatehouse-state" : config.state_dir;
  return args.value_or("state-dir", folder) + "/gatehouse.db";
}

int exit_of(const Problem& p) {
  if (p.code == "exists") return kUsage;
  return p.code == "store_damaged" ? kFindings : kIncomplete;
}

int failed(World& world, const Problem& p, bool as_json) {
  if (as_json) {
    json::Value answer;
    answer.set("ok", false);
    answer.set("code", p.code);
    answer.set("detail", p.detail);
    world.out << json::write(answer) << "\n";
  }
  return say(world, exit_of(p), text::printable(p.text(), 600));
}

int done(World& world, const std::string& file, bool as_json, std::string_view sentence) {
  if (as_json) {
    json::Value answer;
    answer.set("ok", true);
    answer.set("file", file);
    answer.set("bytes", size_of(file));
    world.out << json::write(answer) << "\n";
  } else {
    world.out << text::printable(file, 300) << sentence << " (" << size_of(file) << " bytes)\n";
  }
  return kOk;
}

int backup(const Arguments& args, World& world, const std::string& from, bool as_json) {
  const std::string& to = args.words()[0];
  // Opening makes what is not there: an empty backup would be worse than none.
  if (::access(from.c_str(), F_OK) != 0)
    return failed(
        world,
        {Source::store, "store_missing",
         from + " does not exist; name the configuration by --config FILE or the folder by --state-dir DIR", nullptr},
        as_json);
  auto db = store::open_sqlite({.file = from, .readers = 1});
  if (!db) return failed(world, db.error(), as_json);
  if (auto copied = (*db)->backup(to); !copied) return failed(world, copied.error(), as_json);
  // Stops: a backup that nobody can restore, found out on the day it is needed.
  if (auto sound = store::check_sqlite(to); !sound) {
    for (const char* part : {"", "-wal", "-shm"}) ::unlink((to + part).c_str());
    return failed(world, sound.error(), as_json);
  }
  return done(world, to, as_json, ": copied, opened and checked");
}

int check(World& world, const std::string& file, bool as_json) {
  if (auto sound = store::check_sqlite(file); !sound) return failed(world, sound.error(), as_json);
  return done(world, file, as_json, ": sound");
}

}  // namespace

std::vector<Command> db_commands() {
  const std::vector<Option> options = {
      {"config", 'c', "FILE", "the configuration that names state_dir (gatehouse.toml)"},
      {"state-dir", 0, "DIR", "the folder of gatehouse.db, where the configuration does not say"},
      {"format", 0, "FORMAT", "text (the default) or json"}};
  auto guarded = [](std::function<int(const Arguments&, World&, const std::string&, bool)> run) {
    return [run = std::move(run)](const Arguments& args, World& world) -> int {
      const std::string format = args.value_or("format", "text");
      if (format != "text" && format != "json") return say(world, kUsage, "--format is text or json");
      const auto file = database(args);
      if (!file) return say(world, kUsage, text::printable(args.value_or("config", ""), 300) + " cannot be read");
      return run(args, world, *file, format == "json");
    };
  };
  std::vector<Command> all;
  all.push_back({"db backup", "Copy the database into a new file, and check the copy", "FILE", 1, 1, options,
                 "Events, orders and whatever else gatehouse.db holds, as of one moment, also while gatehouse runs: "
                 "nobody waits\nfor it. FILE must not exist; it gets mode 0600, and is opened and read whole before "
                 "this ends. A copy that is not\nsound is removed. To restore: stop gatehouse, put the file in place "
                 "of gatehouse.db, remove gatehouse.db-wal and\ngatehouse.db-shm, start.\n\n"
                 "example: gatehouse db backup -c /etc/gatehouse/gatehouse.toml /var/backups/gatehouse-monday.db\n\n"
                 "exit codes: 0 copied and checked; 1 the database or the copy is damaged; 2 the command line cannot "
                 "be used, or FILE\nexists; 3 the database could not be read, or FILE not written.\n",
                 guarded(backup)});
  all.push_back({"db check", "Read every page of the database and say whether it is sound", "", 0, 0, options,
                 "Also while gatehouse runs. The start itself reads a large database only as it is needed.\n\n"
                 "exit codes: 0 sound; 1 damaged; 2 the command line cannot be used; 3 it could not be read.\n",
                 guarded([](const Arguments&, World& world, const std::string& file, bool as_json) {
                   return check(world, file, as_json);
                 })});
  return all;
}

}  // namespace gatehouse::app
