// Whatever form comes: parameters are sorted, whole and few, and writing them anew and reading them again changes
// nothing.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "kit/webhook/form_parameters.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using gatehouse::kit::webhook::FormParameters;
  namespace text = gatehouse::text;
  const auto form = FormParameters::read({reinterpret_cast<const char*>(data), size});
  if (!form) return 0;
  const auto& pairs = form->pairs();
  if (pairs.empty() || pairs.size() > gatehouse::kit::webhook::kMaxFormParameters) std::abort();
  if (std::adjacent_find(pairs.begin(), pairs.end(), std::greater_equal<>()) != pairs.end()) std::abort();
  std::string again;
  for (const auto& [name, value] : pairs) {
    if (!text::is_utf8(name) || !text::is_utf8(value) || name.find('\0') != name.npos) std::abort();
    again += (again.empty() ? "" : "&") + text::percent_encode(name) + "=" + text::percent_encode(value);
  }
  const auto second = FormParameters::read(again);
  if (!second || second->pairs() != pairs || second->joined() != form->joined()) std::abort();
  return 0;
}
