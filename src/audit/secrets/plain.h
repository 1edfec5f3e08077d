// Secrets without quotes: properties, YAML, shell, notes. Lines of name and value, each judged by its words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/check.h"

namespace gatehouse::audit::secrets {

struct PlainSecret {
  std::string name, value;
  int line = 0;
  bool local = false;  // of a store on the same machine
};
// At most one a line; nothing of what is quoted, which the pattern pass reads.
std::vector<PlainSecret> plain_secrets(std::string_view text, Kind kind);

class PlainReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override;
  void read(const Source& source, Project& project, Sink& sink) override;
};

}  // namespace gatehouse::audit::secrets
