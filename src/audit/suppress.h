// Exceptions: who hides a finding says why and until when.
//
//   key = "…"  # gatehouse: ignore ID until=2027-01-31 reason="key of the public demo"
//
// A comment of its own line covers the line below it. The file `.gatehouse-ignore` at the top of the project covers
// whole files, a line each:  SEC-017 legacy/*.py until=2027-01-31 reason="goes with the old site"
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/check.h"
#include "audit/source.h"
#include "proof/finding.h"

namespace gatehouse::audit {

struct Ignore {
  std::vector<std::string> ids;
  std::string files;  // the file it stands in, or a glob from .gatehouse-ignore
  int line = 0;       // the line it covers; 0 for the whole file
  std::string reason;
  std::optional<std::int64_t> until;  // seconds since 1970, the end of that day
  std::string path;                   // where it is written
  int written = 0;
  bool used = false;
};

// What follows the word "ignore". Nothing when it names no id.
std::optional<Ignore> parse_ignore(std::string_view words);

class Ignores {
 public:
  void scan(const Source& source);                              // comments in a file
  void add_file(std::string_view path, std::string_view text);  // .gatehouse-ignore
  // Takes out what is ignored for a good reason; says what is wrong with the rest.
  void apply(std::deque<proof::Finding>& findings, std::int64_t now, Sink& sink);
  std::size_t hidden() const { return hidden_; }

 private:
  std::vector<Ignore> ignores_;
  std::size_t hidden_ = 0;
};

}  // namespace gatehouse::audit
