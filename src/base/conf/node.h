// A TOML text as a plain tree that remembers its places. Only toml.cc knows the library that reads it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/conf/finding.h"

namespace gatehouse::conf {

struct Entry;

struct Node {
  enum class Kind : unsigned char { table, list, string, integer, real, boolean, time } kind = Kind::table;
  Place place;       // of the key, or of the element of a list
  std::string text;  // strings
  std::int64_t integer = 0;
  bool boolean = false;
  std::optional<WallTime> time;  // a date (midnight UTC) or a date-time with offset, from 1970 to 2199
  std::vector<Entry> entries;    // tables: in the order of the text
  std::vector<Node> items;       // lists

  const Node* find(std::string_view name) const;
  bool list_of_tables() const;
};

struct Entry {
  std::string name;
  Node node;
};

std::string_view text(Node::Kind kind);  // "a table"

// At most 1 MiB. A fault is one finding, and nothing comes back.
std::optional<Node> parse_toml(std::string_view text, const std::string& file, Findings& findings);

}  // namespace gatehouse::conf
