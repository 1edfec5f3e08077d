// Dockerfiles and Compose files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/check.h"

namespace gatehouse::audit {

struct DockerLine {
  std::string word;  // upper case: "FROM", "ENV"
  std::string rest;  // continued lines joined by blanks
  int line = 0;
};
std::vector<DockerLine> parse_dockerfile(std::string_view text);

// An image without a fixed version: no tag, or "latest".
bool floating_image(std::string_view image);

class DockerfileReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override { return entry.kind == Kind::dockerfile; }
  void read(const Source& source, Project& project, Sink& sink) override;
};

class ComposeReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override { return entry.kind == Kind::yaml; }
  void read(const Source& source, Project& project, Sink& sink) override;
};

}  // namespace gatehouse::audit
