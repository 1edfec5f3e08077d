// Environment files: whether they are where git and images take them along, what they hold, and whether a value of
// theirs stands in what was built for browsers.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audit/check.h"
#include "audit/secrets/engine.h"

namespace gatehouse::audit::secrets {

// Of a signing secret in an example that works when it is copied: told, though the file is an example.
inline constexpr std::string_view kCopiedSecret =
    "The example gives a signing secret that works and that everybody can guess";

class EnvironmentValues {
 public:
  // An environment file of the product; others are passed over.
  void read(const Engine& engine, const Source& source, Project& project, Sink& sink);
  // Finds the values read so far in a bundle. Environment files come before bundles in the order of reading.
  void find_in(const Source& source, Sink& sink);
  bool told(std::string_view value) const { return in_bundle_.contains(value); }

 private:
  struct Value {
    std::string name, value, path;
    int line;
  };
  std::vector<Value> values_;
  std::optional<ValueFinder> finder_;
  std::set<std::string, std::less<>> in_bundle_;
};

}  // namespace gatehouse::audit::secrets
