// The patterns of some rules as one automaton.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/catalog.h"

namespace gatehouse::audit {

// Only read once made, so that many may share it.
class Patterns {
 public:
  struct Row {
    const Rule* rule;
    const Match* match;
  };

  // `rules` outlives it. A pattern that cannot be compiled is a finding, and null comes back. Takes some hundred
  // milliseconds for a hundred patterns.
  static std::shared_ptr<const Patterns> compile(std::span<const Rule> rules, conf::Findings& findings);
  // The same from bytes() of the same rules, at once. Null when they do not fit this library.
  static std::shared_ptr<const Patterns> load(std::span<const Rule> rules, std::string_view bytes);
  ~Patterns();

  std::string bytes() const;  // for any CPU of this architecture
  const std::vector<Row>& rows() const;

  // One for each thread that searches.
  class Search {
   public:
    explicit Search(std::shared_ptr<const Patterns> patterns);  // throws std::bad_alloc
    ~Search();
    // Rows whose pattern is in the fact and whose exception is not, in ascending order.
    std::vector<std::size_t> in(std::string_view fact) const;

   private:
    struct Scratch;
    std::shared_ptr<const Patterns> patterns_;
    std::unique_ptr<Scratch> scratch_;
  };

 private:
  struct Impl;
  explicit Patterns(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::audit
