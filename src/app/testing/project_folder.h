// A folder with a project in it, and the commands of the audit run over it: for their tests.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "app/audit_command.h"
#include "app/testing/variables.h"
#include "base/testing/temporary_folder.h"

namespace gatehouse::app::testing {

class ProjectFolder : public ::testing::Test {
 protected:
  ProjectFolder() { std::filesystem::create_directories(project()); }

  std::string at(const std::string& name) const { return folder_.at(name); }
  std::string project() const { return at("project"); }
  void write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories(std::filesystem::path(at(name)).parent_path());
    std::ofstream(at(name), std::ios::binary) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(at(name));
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  // The exit code; what was said is in `out` and `err`.
  int run(std::vector<std::string> words) {
    out.str("");
    err.str("");
    const Variables variables{{"HOME", at("home")}};
    World world{in, out, err, false, seen_in(variables), clock, entropy};
    const auto commands = audit_commands();
    return dispatch(commands, words, world);
  }

  const TemporaryFolder folder_;
  std::istringstream in;
  std::ostringstream out, err;
  ManualClock clock;
  CountingEntropy entropy;
};

}  // namespace gatehouse::app::testing
