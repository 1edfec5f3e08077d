#include "services/webhooks/pointer.h"

#include "base/text.h"

namespace gatehouse::services::webhooks {

std::optional<Pointer> Pointer::parse(std::string_view s) {
  Pointer p;
  if (s.empty()) return p;
  if (s[0] != '/') return std::nullopt;
  for (std::string_view step : text::split(s.substr(1), '/')) {
    std::string plain;
    for (std::size_t i = 0; i < step.size(); ++i) {
      if (step[i] != '~') {
        plain += step[i];
        continue;
      }
      if (++i == step.size() || (step[i] != '0' && step[i] != '1')) return std::nullopt;
      plain += step[i] == '0' ? '~' : '/';
    }
    p.steps_.push_back(std::move(plain));
    if (p.steps_.size() > 32) return std::nullopt;
  }
  return p;
}

const json::Value* Pointer::find(const json::Value& document) const {
  const json::Value* at = &document;
  for (const std::string& step : steps_) {
    if (at->is_array()) {
      auto index = text::parse_u64(step);
      bool padded = step.size() > 1 && step[0] == '0';
      if (!index || padded || *index >= at->array().size()) return nullptr;
      at = &at->array()[static_cast<std::size_t>(*index)];
    } else {
      at = at->find(step);
      if (!at) return nullptr;
    }
  }
  return at;
}

std::optional<std::string> Pointer::text_in(const json::Value& document) const {
  const json::Value* v = find(document);
  if (!v) return std::nullopt;
  std::string out;
  if (auto s = v->string())
    out = *s;
  else if (v->is_number())
    out = v->number_text();
  else if (auto b = v->boolean())
    out = *b ? "true" : "false";
  if (out.empty() || out.size() > 512) return std::nullopt;
  return out;
}

}  // namespace gatehouse::services::webhooks
