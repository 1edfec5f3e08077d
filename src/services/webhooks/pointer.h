// JSON pointers (RFC 6901) into the body of an event.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace gatehouse::services::webhooks {

class Pointer {
 public:
  // "" is the whole document; else "/" before each step, "~1" for "/", "~0" for "~". At most 32 steps.
  static std::optional<Pointer> parse(std::string_view s);
  const json::Value* find(const json::Value& document) const;
  // The value as a key: a text as it is, a number in its own digits, a boolean as a word. Nothing for null, an empty
  // text, lists, tables, and what is longer than 512 bytes.
  std::optional<std::string> text_in(const json::Value& document) const;

 private:
  std::vector<std::string> steps_;
};

}  // namespace gatehouse::services::webhooks
