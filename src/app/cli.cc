#include "app/cli.h"

#include <algorithm>
#include <ostream>

#include "base/text.h"

#ifndef GATEHOUSE_VERSION
#define GATEHOUSE_VERSION "0.1.0"
#endif

namespace gatehouse::app {
namespace {

constexpr Option kHelp{"help", 'h', "", "Print this help", false};

std::string spelled(const Option& o) {
  std::string s = o.letter ? std::string("-") + o.letter + ", --" : "    --";
  s += o.name;
  if (!o.value.empty()) s += " " + std::string(o.value);
  return s;
}

constexpr std::size_t kColumns = 80, kLeft = 26;  // what stands left of a column at most; more gets a line of its own

std::size_t columns_of(std::string_view s) {
  return static_cast<std::size_t>(std::count_if(s.begin(), s.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// Words in lines of at most `width` columns; a word is never cut.
std::vector<std::string> wrapped(std::string_view words, std::size_t width) {
  std::vector<std::string> lines(1);
  for (std::string_view word : text::split(words, ' ')) {
    if (word.empty()) continue;
    if (!lines.back().empty() && columns_of(lines.back()) + 1 + columns_of(word) > width) lines.emplace_back();
    if (!lines.back().empty()) lines.back() += ' ';
    lines.back() += word;
  }
  return lines;
}

void print_aligned(std::ostream& out, std::string_view left, std::string_view right, std::size_t width) {
  const std::size_t column = std::min(width, kLeft);
  out << "  " << left;
  bool first = left.size() <= column;
  if (!first) out << "\n";
  for (const std::string& line : wrapped(right, kColumns - column - 4)) {
    out << std::string(first ? column - left.size() + 2 : column + 4, ' ') << line << "\n";
    first = false;
  }
}

// Sentences flow into lines of a terminal; what is indented or set in columns (examples, tables) stays as it is.
void print_prose(std::ostream& out, std::string_view help) {
  std::string paragraph;
  const auto flush = [&] {
    if (!paragraph.empty())
      for (const std::string& line : wrapped(paragraph, kColumns)) out << line << "\n";
    paragraph.clear();
  };
  for (std::string_view line : text::split(help, '\n')) {
    if (line.empty() || line.front() == ' ' || (line.ends_with(':') && line.size() <= kLeft) ||
        line.find("  ") != std::string_view::npos) {
      flush();
      out << line << "\n";
    } else {
      paragraph.append(paragraph.empty() ? "" : " ").append(line);
    }
  }
  flush();
}

void print_command_help(const Command& c, std::ostream& out) {
  for (const std::string& line : wrapped(std::string(c.summary) + ".", kColumns)) out << line << "\n";
  out << "\nusage: gatehouse " << c.name << (c.options.empty() ? "" : " [options]") << (c.words.empty() ? "" : " ")
      << c.words << "\n\n";
  std::vector<Option> options = c.options;
  options.push_back(kHelp);
  std::size_t width = 0;
  for (const Option& o : options) width = std::max(width, spelled(o).size());
  out << "options:\n";
  for (const Option& o : options)
    print_aligned(out, spelled(o), std::string(o.doc) + (o.repeats ? " (may be repeated)" : ""), width);
  if (c.help.empty()) return;
  out << "\n";
  print_prose(out, c.help.ends_with('\n') ? c.help.substr(0, c.help.size() - 1) : c.help);
}

// The commands whose name begins with `prefix` (a whole word), or all.
void print_list(std::span<const Command> commands, std::string_view prefix, std::ostream& out) {
  if (prefix.empty())
    out << "gatehouse " GATEHOUSE_VERSION
           ": a security gateway in front of any backend, and the audit that proves it.\n\n";
  out << "usage: gatehouse " << prefix << (prefix.empty() ? "" : " ") << "COMMAND [options]\n\ncommands:\n";
  std::size_t width = 0;
  for (const Command& c : commands) width = std::max(width, c.name.size());
  for (const Command& c : commands)
    if (prefix.empty() || c.name.starts_with(std::string(prefix) + " ")) print_aligned(out, c.name, c.summary, width);
  out << "\n`gatehouse COMMAND --help` explains one of them, with examples and exit codes.\n";
}

const Command* named(std::span<const Command> commands, std::string_view name) {
  auto it = std::find_if(commands.begin(), commands.end(), [&](const Command& c) { return c.name == name; });
  return it == commands.end() ? nullptr : &*it;
}

bool is_help(std::string_view word) { return word == "--help" || word == "-h" || word == "help"; }

std::string quoted(std::string_view s) { return "`" + text::printable(s, 80) + "`"; }

}  // namespace

// Reads the words after a command's name.
class Reader {
 public:
  Reader(const Command& command, std::span<const std::string> words) : command_(command), words_(words) {}

  // Nothing when fine; else one sentence.
  std::string read() {
    bool only_words = false;
    while (at_ < words_.size()) {
      const std::string& w = words_[at_++];
      std::string fault;
      if (only_words || w == "-" || !w.starts_with('-')) {
        arguments_.words_.push_back(w);
      } else if (w == "--") {
        only_words = true;
      } else {
        fault = w.starts_with("--") ? long_option(std::string_view(w).substr(2)) : short_option(w);
      }
      if (!fault.empty()) return fault;
      if (help_) return {};
    }
    return count_words();
  }
  bool help() const { return help_; }
  Arguments take() { return std::move(arguments_); }

 private:
  std::string count_words() const {
    auto n = static_cast<int>(arguments_.words_.size());
    if (n < command_.min_words) return std::string(command_.words) + " is missing";
    if (n <= command_.max_words) return {};
    const std::string& extra = arguments_.words_[static_cast<std::size_t>(command_.max_words)];
    std::string fault = quoted(extra) + " is one word too many";
    const bool takes_a_file = std::any_of(command_.options.begin(), command_.options.end(),
                                          [](const Option& o) { return o.name == "config"; });
    if (takes_a_file && extra.ends_with(".toml")) fault += "; a configuration is named by --config " + quoted(extra);
    return fault;
  }
  std::string long_option(std::string_view spelling) {
    std::size_t equals = spelling.find('=');
    std::string_view name = spelling.substr(0, equals);
    if (name == kHelp.name) return help_ = true, std::string();
    for (const Option& o : command_.options) {
      if (o.name != name) continue;
      if (equals == spelling.npos) return take_value(o);
      if (o.value.empty()) return "--" + std::string(name) + " takes no value";
      return add(o, std::string(spelling.substr(equals + 1)));
    }
    std::vector<std::string_view> names{kHelp.name};
    for (const Option& o : command_.options) names.push_back(o.name);
    auto near = text::nearest(name, names);
    return "unknown option " + quoted("--" + std::string(name)) +
           (near ? "; did you mean --" + std::string(*near) + "?" : "");
  }
  std::string short_option(const std::string& w) {
    if (w == "-h") return help_ = true, std::string();
    for (const Option& o : command_.options)
      if (o.letter && w[1] == o.letter && w.size() == 2) return take_value(o);
    return "unknown option " + quoted(w);
  }
  std::string take_value(const Option& o) {
    if (o.value.empty()) return add(o, "");
    if (at_ == words_.size()) return "--" + std::string(o.name) + " needs a value (" + std::string(o.value) + ")";
    return add(o, words_[at_++]);
  }
  std::string add(const Option& o, std::string value) {
    if (!o.repeats && arguments_.has(o.name)) return "--" + std::string(o.name) + " is given twice";
    arguments_.options_.emplace_back(o.name, std::move(value));
    return {};
  }

  const Command& command_;
  std::span<const std::string> words_;
  std::size_t at_ = 0;
  bool help_ = false;
  Arguments arguments_;
};

bool Arguments::has(std::string_view option) const {
  return std::any_of(options_.begin(), options_.end(), [&](const auto& o) { return o.first == option; });
}

std::optional<std::string> Arguments::value(std::string_view option) const {
  std::optional<std::string> found;
  for (const auto& [name, v] : options_)
    if (name == option) found = v;
  return found;
}

std::string Arguments::value_or(std::string_view option, std::string_view otherwise) const {
  return value(option).value_or(std::string(otherwise));
}

std::vector<std::string> Arguments::values(std::string_view option) const {
  std::vector<std::string> all;
  for (const auto& [name, v] : options_)
    if (name == option) all.push_back(v);
  return all;
}

int dispatch(std::span<const Command> commands, std::span<const std::string> words, World& world) {
  if (words.empty()) {
    print_list(commands, "", world.err);
    return kUsage;
  }
  const std::string& first = words[0];
  if (first == "--version") {
    world.out << "gatehouse " GATEHOUSE_VERSION "\n";
    return kOk;
  }
  if (is_help(first)) {
    if (words.size() == 1) {
      print_list(commands, "", world.out);
      return kOk;
    }
    std::vector<std::string> turned(words.begin() + 1, words.end());  // "help check" is "check --help"
    turned.emplace_back("--help");
    return dispatch(commands, turned, world);
  }
  const Command* command = named(commands, first);
  std::size_t used = 1;
  if (!command && words.size() > 1) {
    command = named(commands, first + " " + words[1]);
    used = 2;
  }
  if (!command) {
    bool group = std::any_of(commands.begin(), commands.end(),
                             [&](const Command& c) { return c.name.starts_with(first + " "); });
    if (group && (words.size() == 1 || is_help(words[1]))) {
      print_list(commands, first, words.size() == 1 ? world.err : world.out);
      return words.size() == 1 ? kUsage : kOk;
    }
    std::string wanted = group ? first + " " + words[1] : first;
    std::vector<std::string_view> names;
    for (const Command& c : commands) names.push_back(c.name);
    auto near = text::nearest(wanted, names);
    world.err << "gatehouse: unknown command " << quoted(wanted);
    if (near) world.err << "; did you mean `" << *near << "`?";
    world.err << "\n`gatehouse --help` lists the commands.\n";
    return kUsage;
  }
  Reader reader(*command, words.subspan(used));
  std::string fault = reader.read();
  if (reader.help()) {
    print_command_help(*command, world.out);
    return kOk;
  }
  if (!fault.empty()) {
    world.err << "gatehouse " << command->name << ": " << fault << "\n`gatehouse " << command->name
              << " --help` explains it.\n";
    return kUsage;
  }
  return command->run(reader.take(), world);
}

}  // namespace gatehouse::app
