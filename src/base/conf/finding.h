// What is wrong with a configuration, said so that the reader can mend it.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace gatehouse::conf {

struct Place {
  std::string file;
  int line = 0;    // from 1; 0 when the whole file is meant
  int column = 0;  // from 1
};

enum class Severity : unsigned char { note, warning, error };

// One fault. `code` is stable (docs list them); `key` is the full path, for example "route[2].jwt.issuer".
struct Finding {
  Severity severity = Severity::error;
  std::string code;  // unknown_key, bad_type, bad_value, missing_key, unsafe, literal_secret, syntax, clash, …
  Place place;
  std::string key;
  std::string message;
  std::string remedy;
};

// All findings of one reading. Order is the order of the file.
class Findings {
 public:
  void add(Finding f) { all_.push_back(std::move(f)); }
  bool has_errors() const {
    for (const auto& f : all_)
      if (f.severity == Severity::error) return true;
    return false;
  }
  // Nothing that needs a hand: notes at most.
  bool clean() const {
    for (const auto& f : all_)
      if (f.severity != Severity::note) return false;
    return true;
  }
  bool empty() const { return all_.empty(); }
  const std::vector<Finding>& all() const { return all_; }
  void sort();  // by file, line, column; a finding said twice is kept once

 private:
  std::vector<Finding> all_;
};

std::string_view text(Severity s);  // "error"

// "gatehouse.toml:12:3: error: jwt.isuer: unknown key [unknown_key]\n  remedy: did you mean `issuer`?\n", each.
std::string render_text(const Findings& findings, bool colour);
// {"ok":bool,"findings":[{"severity","code","file","line","column","key","message","remedy"}]}; ok is clean().
json::Value render_json(const Findings& findings);

}  // namespace gatehouse::conf
