// Environment files: NAME=value lines as the common loaders read them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/check.h"

namespace gatehouse::audit {

struct EnvLine {
  std::string name, value;
  int line = 0;
};

// Comments, blank lines and lines without '=' are passed over; `export` and quotes are taken off; a '#' after a blank
// ends an unquoted value.
std::vector<EnvLine> parse_env(std::string_view text);

// Collects Project::env.
class EnvReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override { return entry.kind == Kind::env; }
  void read(const Source& source, Project& project, Sink& sink) override;
};

}  // namespace gatehouse::audit
