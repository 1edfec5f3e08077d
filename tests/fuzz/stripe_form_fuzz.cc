// Whatever the names and values, a form says what the object said, and no piece of it can become another parameter.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/text.h"
#include "services/billing/form.h"

namespace {

using gatehouse::json::Value;
using Leaf = std::pair<std::vector<std::string>, std::string>;

void leaves(std::vector<std::string>& path, const Value& v, std::vector<Leaf>& out) {
  if (v.is_object()) {
    for (const auto& [name, inner] : v.object()) {
      path.push_back(name);
      leaves(path, inner, out);
      path.pop_back();
    }
  } else if (v.is_array()) {
    for (std::size_t i = 0; i < v.array().size(); ++i) {
      path.push_back(std::to_string(i));
      leaves(path, v.array()[i], out);
      path.pop_back();
    }
  } else {
    std::string text;
    if (v.is_string()) text = *v.string();
    if (v.is_number()) text = v.number_text();
    if (v.is_bool()) text = *v.boolean() ? "true" : "false";
    out.emplace_back(path, std::move(text));
  }
}

std::string decoded(std::string_view s) {
  auto d = gatehouse::text::percent_decode(s);
  if (!d) std::abort();
  return *d;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace text = gatehouse::text;
  auto value = gatehouse::json::parse({reinterpret_cast<const char*>(data), size}, {16, 1 << 16, false});
  if (!value || !value->is_object()) return 0;
  const std::string form = gatehouse::services::billing::encode_form(*value);
  for (char c : form)
    if (!text::is_alpha(c) && !text::is_digit(c) && std::string_view("-._~%[]&=").find(c) == std::string_view::npos)
      std::abort();
  std::vector<Leaf> expected, got;
  std::vector<std::string> path;
  leaves(path, *value, expected);
  if (!form.empty())
    for (std::string_view pair : text::split(form, '&')) {
      const std::size_t equals = pair.find('=');
      if (equals == pair.npos || pair.find('=', equals + 1) != pair.npos) std::abort();
      std::string_view name = pair.substr(0, equals);
      Leaf leaf;
      const std::size_t open = name.find('[');
      leaf.first.push_back(decoded(name.substr(0, open)));
      for (std::string_view rest = open == name.npos ? std::string_view() : name.substr(open); !rest.empty();) {
        const std::size_t close = rest.find(']');
        if (rest.front() != '[' || close == rest.npos) std::abort();
        leaf.first.push_back(decoded(rest.substr(1, close - 1)));
        rest.remove_prefix(close + 1);
      }
      leaf.second = decoded(pair.substr(equals + 1));
      got.push_back(std::move(leaf));
    }
  if (got != expected) std::abort();
  return 0;
}
