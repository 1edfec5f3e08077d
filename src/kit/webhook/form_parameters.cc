#include "kit/webhook/form_parameters.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::kit::webhook {
namespace {

tl::unexpected<Refused> malformed(std::string why) {
  return tl::unexpected<Refused>(Refused{Reason::form_malformed, std::move(why)});
}

std::optional<std::string> decode(std::string_view raw) {
  // Stops: parameters that only some readers see (a ';' separates for them), and bytes that readers repair differently.
  if (raw.find(';') != raw.npos) return std::nullopt;
  std::string spaced(raw);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  auto decoded = text::percent_decode(spaced);
  if (!decoded || !text::is_utf8(*decoded) || decoded->find('\0') != decoded->npos) return std::nullopt;
  return decoded;
}

}  // namespace

Read<FormParameters> FormParameters::read(std::string_view body) {
  FormParameters form;
  if (body.empty()) return malformed("no parameters");
  for (;;) {
    const std::size_t end = body.find('&');
    const std::string_view piece = body.substr(0, end);
    const std::size_t equals = piece.find('=');
    if (equals == piece.npos || equals == 0) return malformed("a piece is no name=value");
    auto name = decode(piece.substr(0, equals)), value = decode(piece.substr(equals + 1));
    if (!name || !value) return malformed("a name or value is not strictly encoded");
    if (form.pairs_.size() == kMaxFormParameters) return malformed("more than 512 parameters");
    form.pairs_.emplace_back(std::move(*name), std::move(*value));
    if (end == body.npos) break;
    body.remove_prefix(end + 1);
  }
  std::sort(form.pairs_.begin(), form.pairs_.end());
  form.pairs_.erase(std::unique(form.pairs_.begin(), form.pairs_.end()), form.pairs_.end());
  return form;
}

std::string FormParameters::joined() const {
  std::string out;
  for (const auto& [name, value] : pairs_) out.append(name).append(value);
  return out;
}

std::optional<std::string_view> FormParameters::get(std::string_view name) const {
  std::optional<std::string_view> found;
  for (const auto& [n, value] : pairs_) {
    if (n != name) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

}  // namespace gatehouse::kit::webhook
