// YAML as a tree with lines, for Compose files, workflows and manifests. Bounded in depth, nodes and alias use.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace gatehouse::audit::yaml {

struct Node {
  enum class Kind : unsigned char { scalar, list, map } kind = Kind::scalar;
  std::string text;               // of a scalar
  bool plain = true;              // a scalar without quotes
  int line = 0;                   // from 1
  std::vector<Node> items;        // of a list, or the values of a map in the order of the text
  std::vector<std::string> keys;  // of a map: keys[i] belongs to items[i]

  // The members of a map; nothing for the others. The view lives as long as the node.
  std::vector<std::pair<std::string_view, const Node*>> members() const;
  const Node* find(std::string_view key) const;  // null when absent or no map
  // The line of a member's key (its value's line, near enough for block style).
  std::string_view text_at(std::string_view key) const;
};

// All documents of the text. Problem "bad_yaml" with the line.
Result<std::vector<Node>> parse(std::string_view text);

}  // namespace gatehouse::audit::yaml
