// Which of two values protects more, field by field.
#include <array>
#include <span>

#include "base/text.h"
#include "controls/headers/filter.h"

namespace gatehouse::controls::headers {
namespace {

// The place in a list that goes from weak to strict; -1 for what browsers would not understand.
int rank(std::span<const std::string_view> weak_to_strict, std::string_view value) {
  for (std::size_t i = 0; i < weak_to_strict.size(); ++i)
    if (text::iequals(weak_to_strict[i], value)) return static_cast<int>(i);
  return -1;
}

constexpr std::string_view kFrame[] = {"SAMEORIGIN", "DENY"};
constexpr std::string_view kReferrer[] = {"unsafe-url",
                                          "no-referrer-when-downgrade",
                                          "origin-when-cross-origin",
                                          "origin",
                                          "strict-origin-when-cross-origin",
                                          "strict-origin",
                                          "same-origin",
                                          "no-referrer"};
constexpr std::string_view kOpener[] = {"unsafe-none", "same-origin-allow-popups", "noopener-allow-popups",
                                        "same-origin"};
constexpr std::string_view kResource[] = {"cross-origin", "same-site", "same-origin"};

// A Referrer-Policy list: the last policy that is known counts (Referrer Policy §8.1).
std::string_view effective_referrer(std::string_view list) {
  std::string_view best;
  for (;;) {
    auto comma = list.find(',');
    std::string_view one = text::trim(list.substr(0, comma));
    if (rank(kReferrer, one) >= 0) best = one;
    if (comma == std::string_view::npos) return best;
    list.remove_prefix(comma + 1);
  }
}

// The token before parameters such as report-to.
std::string_view token(std::string_view value) { return text::trim(value.substr(0, value.find(';'))); }

// One feature of a Permissions-Policy, cut off the front; empty at the end. Commas inside lists and strings stay.
std::string_view next_feature(std::string_view& rest) {
  while (!rest.empty()) {
    int depth = 0;
    bool quoted = false;
    std::size_t i = 0;
    for (; i < rest.size(); ++i) {
      char c = rest[i];
      if (c == '"') quoted = !quoted;
      if (quoted) continue;
      if (c == '(') ++depth;
      if (c == ')') --depth;
      if (c == ',' && depth <= 0) break;
    }
    std::string_view feature = text::trim(rest.substr(0, i));
    rest.remove_prefix(i < rest.size() ? i + 1 : i);
    if (!feature.empty()) return feature;
  }
  return {};
}

std::string_view feature_name(std::string_view feature) { return text::trim(feature.substr(0, feature.find('='))); }

std::string_view find_feature(std::string_view policy, std::string_view name) {
  while (!policy.empty())
    if (auto f = next_feature(policy); feature_name(f) == name && !f.empty()) return f;
  return {};
}

// Allows nobody: "camera=()".
bool closed(std::string_view feature) {
  auto equals = feature.find('=');
  if (equals == std::string_view::npos) return false;
  std::string_view list = text::trim(feature.substr(equals + 1));
  if (list.size() < 2 || list.front() != '(' || list.back() != ')') return false;
  return text::trim(list.substr(1, list.size() - 2)).empty();
}

bool key_char(char c) {
  return (c >= 'a' && c <= 'z') || text::is_digit(c) || c == '-' || c == '_' || c == '.' || c == '*';
}
bool token_char(char c) {
  return text::is_alpha(c) || text::is_digit(c) ||
         std::string_view("*-_.:/!#$%&'+^`|~").find(c) != std::string_view::npos;
}

// One token or string at the front, cut off.
bool take_item(std::string_view& s) {
  if (s.empty()) return false;
  std::size_t i = 0;
  if (s[0] == '"') {
    for (i = 1; i < s.size() && s[i] != '"'; ++i)
      if (s[i] < 0x20 || s[i] > 0x7e || s[i] == '\\') return false;
    if (i++ == s.size()) return false;
  } else {
    while (i < s.size() && token_char(s[i])) ++i;
  }
  s.remove_prefix(i);
  return i > 0;
}

// key=item or key=(item item), with parameters such as ;report-to=x (RFC 9651 §3.2).
bool is_feature(std::string_view s) {
  std::size_t key = 0;
  while (key < s.size() && key_char(s[key])) ++key;
  if (key == 0 || key == s.size() || s[key] != '=') return false;
  s.remove_prefix(key + 1);
  if (s.starts_with('(')) {
    s.remove_prefix(1);
    for (;;) {
      std::size_t blanks = 0;
      while (blanks < s.size() && s[blanks] == ' ') ++blanks;
      s.remove_prefix(blanks);
      if (s.starts_with(')')) break;
      if (!take_item(s) || (!s.starts_with(' ') && !s.starts_with(')'))) return false;
    }
    s.remove_prefix(1);
  } else if (!take_item(s)) {
    return false;
  }
  while (s.starts_with(';')) {
    s.remove_prefix(1);
    std::size_t name = 0;
    while (name < s.size() && key_char(s[name])) ++name;
    if (name == 0) return false;
    s.remove_prefix(name);
    if (!s.starts_with('=')) continue;
    s.remove_prefix(1);
    if (!take_item(s)) return false;
  }
  return s.empty();
}

// Ours, but the backend's for features that it closes, and its further features.
// Stops: one malformed feature of the backend, for which browsers would ignore the whole field, ours included.
template <class Put>
void each_merged(std::string_view ours, std::string_view theirs, Put&& put) {
  for (std::string_view rest = ours, feature; !(feature = next_feature(rest)).empty();) {
    std::string_view backend = find_feature(theirs, feature_name(feature));
    put(closed(backend) && is_feature(backend) ? backend : feature);
  }
  for (std::string_view rest = theirs, feature; !(feature = next_feature(rest)).empty();)
    if (is_feature(feature) && find_feature(ours, feature_name(feature)).empty()) put(feature);
}

std::string_view merge_permissions(std::string_view ours, std::string_view theirs, Arena& arena) {
  constexpr std::string_view kComma = ", ";
  std::size_t size = 0;
  each_merged(ours, theirs, [&](std::string_view f) { size += f.size() + (size > 0 ? kComma.size() : 0); });
  char* out = static_cast<char*>(arena.allocate(size, 1));
  std::size_t n = 0;
  each_merged(ours, theirs, [&](std::string_view f) {
    if (n > 0) n += kComma.copy(out + n, kComma.size());
    n += f.copy(out + n, f.size());
  });
  return {out, n};
}

}  // namespace

bool is_permissions_policy(std::string_view policy) {
  while (!policy.empty())
    if (auto feature = next_feature(policy); !feature.empty() && !is_feature(feature)) return false;
  return true;
}

std::string_view stricter(Compare how, std::string_view ours, std::string_view theirs, Arena& arena) {
  if (theirs.empty() || theirs == ours) return ours;
  switch (how) {
    case Compare::fixed:
      return ours;
    case Compare::frame:
      return rank(kFrame, theirs) > rank(kFrame, ours) ? theirs : ours;
    case Compare::referrer: {
      std::string_view effective = effective_referrer(theirs);
      return rank(kReferrer, effective) > rank(kReferrer, ours) ? effective : ours;
    }
    case Compare::opener:
      return rank(kOpener, token(theirs)) > rank(kOpener, ours) ? theirs : ours;
    case Compare::resource:
      return rank(kResource, theirs) > rank(kResource, ours) ? theirs : ours;
    case Compare::permissions:
      return merge_permissions(ours, theirs, arena);
    case Compare::absent:
      return theirs;
  }
  return ours;
}

}  // namespace gatehouse::controls::headers
