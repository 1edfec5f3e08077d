// The command line: one table of commands, one strict reader of options, one voice for help and mistakes.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"

namespace gatehouse::app {

// Exit codes of every command. A command's help says which it uses.
constexpr int kOk = 0;
constexpr int kFindings = 1;    // it ran, and the answer is "no": findings, a refused token …
constexpr int kUsage = 2;       // the command line or the configuration cannot be used
constexpr int kIncomplete = 3;  // it could not look at everything: an unreadable file, an unreachable site

// What a command may touch besides files and sockets. Tests make their own.
struct World {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool colour = false;  // `out` is a terminal and NO_COLOR is not set
  std::function<std::optional<std::string>(std::string_view name)> variable;  // of the process environment
  Clock& clock;
  Entropy& entropy;
  bool watched = false;  // `err` is a terminal: a line of progress may come and go there
};

struct Option {
  std::string_view name;   // "config", written --config
  char letter = 0;         // 'c', written -c; 0: none
  std::string_view value;  // what its value is called in the help ("FILE"); empty: a flag
  std::string_view doc;
  bool repeats = false;  // may be given more than once
};

// The words after the command, already checked against its options.
class Arguments {
 public:
  bool has(std::string_view option) const;
  // The last value given, or nothing.
  std::optional<std::string> value(std::string_view option) const;
  std::string value_or(std::string_view option, std::string_view otherwise) const;
  std::vector<std::string> values(std::string_view option) const;
  const std::vector<std::string>& words() const { return words_; }  // what is no option, in order

 private:
  friend class Reader;
  std::vector<std::pair<std::string, std::string>> options_;
  std::vector<std::string> words_;
};

struct Command {
  std::string_view name;     // "check", or two words: "token verify"
  std::string_view summary;  // one line, for the list
  std::string_view words;    // its plain words in the usage line, for example "REQUEST_ID" or "[PATH]"
  int min_words = 0, max_words = 0;
  std::vector<Option> options;
  std::string_view help;  // what it does, examples, exit codes
  std::function<int(const Arguments&, World&)> run;
};

// Finds the command, reads its options and runs it. `words` are those after the program's name. A mistake prints
// one line with the nearest right spelling and returns kUsage; --help prints to `out` and returns kOk.
int dispatch(std::span<const Command> commands, std::span<const std::string> words, World& world);

}  // namespace gatehouse::app
