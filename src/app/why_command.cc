#include "app/why_command.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <istream>
#include <optional>
#include <ostream>
#include <sstream>
#include <system_error>
#include <vector>

#include "base/json.h"
#include "base/text.h"
#include "gate/code.h"
#include "gate/config.h"

namespace gatehouse::app {
namespace {

constexpr std::string_view kHelp =
    "Looks for the request in the log and says what became of it: the rule that decided, the line of the configuration "
    "it came from, and the remedy. Rotated files beside the log are looked into as well. The id is in the X-Request-Id "
    "of every answer and in every error envelope.\n\n"
    "examples:\n"
    "  gatehouse why 4f1c2d9e8b7a60514f1c2d9e8b7a6051\n"
    "  journalctl -u gatehouse -o cat | gatehouse why 4f1c2d9e8b7a60514f1c2d9e8b7a6051 --log -\n\n"
    "exit codes: 0 found; 1 not in the log; 2 the command line cannot be used; 3 the log cannot be read.\n";

constexpr std::size_t kLongestLine = 1 << 20;

// Ids are printable and short (a trusted proxy may choose them), and never hold a quote.
bool is_id(std::string_view s) {
  if (s.empty() || s.size() > 200) return false;
  for (const char c : s)
    if (c <= 0x20 || c >= 0x7f || c == '"' || c == '\\') return false;
  return true;
}

// The record of the request in this line, or nothing.
std::optional<json::Value> record_in(const std::string& line, std::string_view id) {
  // Most lines are other requests': look before reading.
  if (line.size() > kLongestLine || line.find(id) == std::string::npos) return std::nullopt;
  const std::size_t brace = line.find('{');  // some collectors write a prefix
  if (brace == std::string::npos) return std::nullopt;
  auto v = json::parse(std::string_view(line).substr(brace));
  if (!v || v->string_at("id") != id) return std::nullopt;
  return std::move(*v);
}

// The last record of the id.
std::optional<json::Value> search(std::istream& in, std::string_view id) {
  std::optional<json::Value> found;
  for (std::string line; std::getline(in, line);)
    if (auto record = record_in(line, id)) found = std::move(record);
  return found;
}

// Where the record was looked for, and what else there is.
struct Looked {
  std::optional<json::Value> record;
  std::vector<std::string> files;       // read
  std::vector<std::string> compressed;  // rotated and packed: not read here
  std::string unreadable;               // a file that could not be read to its end
};

// The log, and then what rotation made of it ("access.log.1", "access.log-20261122"), the youngest first.
Looked look_in(const std::string& file, std::string_view id) {
  namespace fs = std::filesystem;
  Looked out;
  std::vector<std::pair<fs::file_time_type, std::string>> rotated;
  std::error_code failed;
  const fs::path path(file);
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const std::string name = path.filename().string();
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    const std::string other = it->path().filename().string();
    if (other.size() <= name.size() + 1 || !other.starts_with(name) ||
        (other[name.size()] != '.' && other[name.size()] != '-'))
      continue;
    std::error_code gone;
    const auto when = fs::last_write_time(it->path(), gone);
    if (gone || !it->is_regular_file(gone)) continue;
    const std::string shown = (path.has_parent_path() ? it->path() : it->path().filename()).string();
    if (other.ends_with(".gz") || other.ends_with(".xz") || other.ends_with(".zst") || other.ends_with(".bz2"))
      out.compressed.push_back(shown);
    else
      rotated.emplace_back(when, shown);
  }
  std::sort(rotated.begin(), rotated.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::sort(out.compressed.begin(), out.compressed.end());
  std::vector<std::string> all{file};
  for (auto& [when, one] : rotated) all.push_back(std::move(one));
  for (const std::string& one : all) {
    std::ifstream in(one, std::ios::binary);
    if (in) out.record = search(in, id);
    if (!in.is_open() || in.bad()) {
      out.unreadable = one;
      return out;
    }
    out.files.push_back(one);
    if (out.record) return out;
  }
  return out;
}

std::string text_at(const json::Value& r, std::string_view key) {
  const json::Value* v = r.find(key);
  if (v == nullptr) return {};
  if (auto s = v->string()) return text::printable(*s, 400);
  return v->is_number() ? v->number_text() : std::string();
}

// What decided, from the record.
struct Reason {
  const gate::CodeInfo* code = nullptr;  // null: nothing refused it
  std::string control, place, detail;
  bool observed = false;  // it would have been refused
};

Reason reason_of(const json::Value& r) {
  Reason out;
  std::string name = text_at(r, "code");
  out.observed = name.empty() && !text_at(r, "observed").empty();
  if (out.observed) name = text_at(r, "observed");
  if (const gate::Code code = gate::code_of(name); code != gate::Code::none) out.code = &gate::info(code);
  out.control = text_at(r, out.observed ? "observed_control" : "control");
  out.place = text_at(r, "place");
  out.detail = text_at(r, "detail");
  return out;
}

void line(std::ostream& out, std::string_view name, const std::string& value) {
  if (value.empty()) return;
  out << "  " << name << std::string(name.size() < 9 ? 9 - name.size() : 1, ' ') << value << "\n";
}

void print(const json::Value& r, const Reason& why, World& world) {
  const bool refused = why.code && !why.observed;
  const std::string_view strong = world.colour ? (refused ? "\x1b[31m" : "\x1b[32m") : "",
                         plain = world.colour ? "\x1b[0m" : "";
  world.out << text_at(r, "time") << "  " << text_at(r, "method") << " " << text_at(r, "path") << " -> " << strong
            << text_at(r, "status") << (why.code && !why.observed ? " " + std::string(why.code->text) : "") << plain
            << "\n";
  if (!why.code) {
    const std::string code = text_at(r, "code");
    line(world.out, "why", code.empty() ? "no rule refused it" : "code " + code + ", which this version does not know");
  } else {
    line(world.out, "why", std::string(why.code->meaning));
    if (why.observed) line(world.out, "", "the control only observes: it recorded this and let the request through");
    line(world.out, "detail", why.detail);
    line(world.out, "rule", why.control.empty() ? "the gate itself" : why.control);
    line(world.out, "place", why.place.empty() ? "a default: nothing in the configuration asks for it" : why.place);
    line(world.out, "remedy", std::string(why.code->remedy));
  }
  line(world.out, "route", text_at(r, "route"));
  line(world.out, "client", text_at(r, "client"));
  line(world.out, "user", text_at(r, "user"));
  std::string upstream = text_at(r, "upstream");
  if (!upstream.empty()) {
    if (const std::string s = text_at(r, "upstream_status"); !s.empty()) upstream += " answered " + s;
    if (const std::string ms = text_at(r, "upstream_ms"); !ms.empty()) upstream += " after " + ms + " ms";
  }
  line(world.out, "upstream", upstream);
  line(world.out, "error", text_at(r, "upstream_error"));
}

void print_json(const json::Value& r, const Reason& why, World& world) {
  json::Value v;
  v.set("found", true);
  v.set("refused", why.code != nullptr && !why.observed);
  if (why.observed) v.set("observed", true);
  if (why.code) {
    v.set("code", why.code->text);
    v.set("control", why.control);
    v.set("place", why.place);
    v.set("detail", why.detail);
    v.set("meaning", why.code->meaning);
    v.set("remedy", why.code->remedy);
  }
  v.set("record", r);
  world.out << json::write(v) << "\n";
}

// The log's file: from the option, else from the configuration; "-" is standard input.
std::string log_file(const Arguments& args) {
  if (auto given = args.value("log")) return *given;
  gate::GateConfig config;
  std::ifstream in(args.value_or("config", "gatehouse.toml"), std::ios::binary);
  if (!in) return {};
  std::ostringstream whole;
  whole << in.rdbuf();
  conf::Findings ignored;  // `check` is the command that judges
  const auto document = conf::Document::parse(whole.str(), "", ignored);
  document.read([&](conf::Form& f) { gate::describe(f, config); }, ignored);
  return config.log.file == "-" ? "" : config.log.file;
}

int run(const Arguments& args, World& world) {
  const std::string id = args.words()[0], format = args.value_or("format", "text");
  if (format != "text" && format != "json") {
    world.err << "gatehouse: --format is text or json\n";
    return kUsage;
  }
  if (!is_id(id)) {
    world.err << "gatehouse: `" << text::printable(id) << "` is no request id\n";
    return kUsage;
  }
  const std::string file = log_file(args);
  if (file.empty()) {
    world.err << "gatehouse: the log goes to standard output; name the file it was kept in by --log FILE, or pipe it "
                 "into --log -\n";
    return kUsage;
  }
  Looked looked;
  if (file == "-")
    looked.record = search(world.in, id);
  else
    looked = look_in(file, id);
  if (!looked.unreadable.empty()) {
    world.err << "gatehouse: " << looked.unreadable << " cannot be read to its end\n";
    return kIncomplete;
  }
  if (!looked.record) {
    if (format == "json") {
      world.out << "{\"found\":false}\n";
      return kFindings;
    }
    world.err << "gatehouse: no request " << id << " in ";
    if (file == "-") world.err << "what came in";
    for (std::size_t i = 0; i < looked.files.size(); ++i) world.err << (i > 0 ? ", " : "") << looked.files[i];
    world.err << "; it may be below the log's level, or in a file that is gone\n";
    for (const std::string& packed : looked.compressed)
      world.err << "  not looked into: " << packed << " (unpack it into `gatehouse why " << id << " --log -`)\n";
    return kFindings;
  }
  const Reason why = reason_of(*looked.record);
  if (format == "json")
    print_json(*looked.record, why, world);
  else
    print(*looked.record, why, world);
  return kOk;
}

}  // namespace

Command why_command() {
  return {"why",
          "Explain what became of a request",
          "REQUEST_ID",
          1,
          1,
          {{"log", 0, "FILE", "the log to look in; - reads standard input"},
           {"config", 'c', "FILE", "the configuration that names the log (gatehouse.toml)"},
           {"format", 0, "FORMAT", "text (the default) or json"}},
          kHelp,
          run};
}

}  // namespace gatehouse::app
