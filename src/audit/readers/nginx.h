// nginx configuration as a tree of directives with lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/check.h"

namespace gatehouse::audit {

struct NginxDirective {
  std::vector<std::string> words;  // the name first
  std::vector<NginxDirective> block;
  int line = 0;
  std::string_view name() const { return words.empty() ? std::string_view{} : std::string_view(words.front()); }
};

// Bounded in depth; what cannot be read ends the reading there.
std::vector<NginxDirective> parse_nginx(std::string_view text);

class NginxReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override { return entry.kind == Kind::nginx || entry.kind == Kind::dockerfile; }
  void read(const Source& source, Project& project, Sink& sink) override;
};

// What no file of the project says.
class NginxCheck final : public Check {
 public:
  void look(const Project& project, Sink& sink) const override;
};

}  // namespace gatehouse::audit
