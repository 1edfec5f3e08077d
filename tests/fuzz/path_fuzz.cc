// Paths: a second round changes nothing, nothing taken can be read as another place, and what the strict form takes the
// keeping form takes as well, to the same result.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "gate/canonical_path.h"

using namespace gatehouse;
using gate::canonical_path;
using gate::Opaque;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

// How a lenient server would see it: decoded again and again, backslashes as slashes, parameters dropped.
bool leaves_its_place(std::string path, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    auto once = text::percent_decode(path);
    if (!once) break;
    path = *once;
  }
  std::string_view rest = path;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    std::size_t end = rest.find_first_of("/\\");
    std::string_view segment = rest.substr(0, end);
    segment = segment.substr(0, segment.find(';'));
    if (segment == "." || segment == "..") return true;
    rest = end == rest.npos ? std::string_view{} : rest.substr(end);
  }
  return path.find('\0') != path.npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view raw(reinterpret_cast<const char*>(data), size);
  Arena arena;
  const auto strict = canonical_path(raw, Opaque::refuse, arena);
  const auto kept = canonical_path(raw, Opaque::keep, arena);
  must(strict.good() == !strict.path.empty() && kept.good() == !kept.path.empty());
  if (strict.good()) must(kept.good() && kept.path == strict.path && !kept.opaque && !strict.opaque);
  if (kept.good() && !kept.opaque) must(strict.good());
  for (const auto& p : {strict, kept}) {
    if (!p.good()) continue;
    must(p.path.starts_with('/') && p.path.find("//") == p.path.npos && p.path.size() <= raw.size());
    for (char c : p.path) must(c > 0x20 && c < 0x7f && c != '?' && c != '#' && c != '\\');
    const auto again = canonical_path(p.path, Opaque::keep, arena);
    must(again.good() && again.path == p.path && again.path.data() == p.path.data());
    auto decoded = text::percent_decode(p.path);
    must(decoded && text::is_utf8(*decoded));
    must(!leaves_its_place(std::string(p.path), 2));
    for (const auto how :
         {gate::Reading::parameters_stay, gate::Reading::parameters_to_slash, gate::Reading::parameters_to_any_slash}) {
      const auto read = gate::read_plainly(p.path, how, arena);
      must(read.starts_with('/') && read.find("//") == read.npos && read.size() <= p.path.size());
      if (!p.opaque) must(read == p.path);
    }
  }
  if (strict.good()) {
    must(strict.path.find(';') == strict.path.npos && strict.path.find("%2F") == strict.path.npos);
  }
  must(gate::query_fault(raw).empty() == (raw.find_first_of(std::string_view("#\0 ", 3)) == raw.npos && [&] {
         for (char c : raw)
           if (c <= 0x20 || c >= 0x7f) return false;
         return true;
       }()));
  return 0;
}
