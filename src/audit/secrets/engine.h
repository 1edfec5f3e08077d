// The multi-pattern pass: one look at every byte, candidates to the judge.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "audit/secrets/judge.h"
#include "base/result.h"

namespace gatehouse::audit::secrets {

// Not shared between threads: it holds scratch memory. About 1 MiB.
class Engine {
 public:
  // Loads the database built with the program. Problem "no_engine" when this CPU cannot run it.
  static Result<Engine> create();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;
  ~Engine();

  // What stands in `text`, in the order of the text; overlapping hits are settled to the one that knows most.
  std::vector<Hit> scan(std::string_view text, Kind kind) const;

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Finds given values verbatim, all at once: secrets of an environment file in what was built for browsers.
class ValueFinder {
 public:
  // Values shorter than 8 characters are left out by the caller. Problem "no_engine" when they cannot be compiled.
  static Result<ValueFinder> create(const std::vector<std::string>& values);
  ValueFinder(ValueFinder&&) noexcept;
  ValueFinder& operator=(ValueFinder&&) noexcept;
  ~ValueFinder();

  struct Found {
    std::size_t value;  // index into what create() was given
    std::size_t begin;
  };
  std::vector<Found> scan(std::string_view text) const;  // the first place of each value

 private:
  struct Impl;
  explicit ValueFinder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::audit::secrets
