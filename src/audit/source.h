// A file of the audited project: what kind it is, what part it plays, and its text while somebody reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::audit {

enum class Kind : std::uint8_t {
  other,
  python,
  javascript,
  typescript,
  jsx,
  tsx,
  vue,
  html,
  css,
  json,
  yaml,
  toml,
  ini,
  env,
  dockerfile,
  nginx,
  sql,
  shell,
  markdown,
  text,
  lock,
  key,
};

// The part a file plays decides how much a find in it weighs.
enum class Role : std::uint8_t {
  product,   // what runs, or what configures what runs
  test,      // tests, fixtures, mocks
  example,   // samples and templates: .env.example, examples/
  document,  // README, docs/
  bundle,    // built for browsers: dist/, build/, public/, .next/static, static/js
};

struct Entry {
  std::string path;        // relative to the audited folder, '/' between names; may hold bytes that are not UTF-8
  std::uint64_t size = 0;  // bytes
  unsigned mode = 0;       // permission bits, 0 when unknown
  Kind kind = Kind::other;
  Role role = Role::product;

  std::string_view name() const;    // after the last '/'
  std::string_view folder() const;  // before it; empty at the top
};

Kind kind_of(std::string_view path);
Role role_of(std::string_view path);

// One file in memory, for as long as a reader looks at it.
class Source {
 public:
  Source(const Entry& entry, std::string text);

  const Entry& entry() const { return *entry_; }
  std::string_view path() const { return entry_->path; }
  std::string_view text() const { return text_; }
  // Over 1 MiB or minified: only the pattern pass reads it, parsers leave it.
  bool patterns_only() const { return patterns_only_; }
  // Lines count from 1. An offset past the end is on the last line.
  int line_at(std::size_t offset) const;
  std::string_view line(int number) const;  // without its line break; empty when there is none
  int lines() const { return static_cast<int>(starts().size()); }

 private:
  const std::vector<std::size_t>& starts() const;
  const Entry* entry_;
  std::string text_;
  bool patterns_only_ = false;
  mutable std::vector<std::size_t> starts_;  // made at the first question
};

constexpr std::size_t kParsedBytes = 1u << 20;  // larger files get patterns only

}  // namespace gatehouse::audit
