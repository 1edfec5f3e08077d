#include "services/billing/form.h"

#include "base/text.h"

namespace gatehouse::services::billing {
namespace {

void add(std::string& out, const std::string& name, const json::Value& v) {
  if (v.is_object()) {
    for (const auto& [key, inner] : v.object()) add(out, name + "[" + text::percent_encode(key) + "]", inner);
    return;
  }
  if (v.is_array()) {
    std::size_t i = 0;
    for (const json::Value& inner : v.array()) add(out, name + "[" + std::to_string(i++) + "]", inner);
    return;
  }
  if (!out.empty()) out += '&';
  out += name + "=";
  if (v.is_string())
    out += text::percent_encode(*v.string());
  else if (v.is_number())
    out += text::percent_encode(v.number_text());
  else if (v.is_bool())
    out += *v.boolean() ? "true" : "false";
}

}  // namespace

std::string encode_form(const json::Value& object) {
  std::string out;
  for (const auto& [key, v] : object.object()) add(out, text::percent_encode(key), v);
  return out;
}

}  // namespace gatehouse::services::billing
