// Whatever the Cookie field, a removed cookie is gone to every reader we know of, and nothing else is made up.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "gate/cookies.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> names{"session_id", "__Host-sid"};
  Arena arena;
  http::Fields fields(arena);
  const std::size_t middle = size / 2;  // two fields, as HTTP/2 clients send them
  fields.add(std::string_view("Cookie"), input.substr(0, middle));
  fields.add(std::string_view("cookie"), input.substr(middle));
  gate::remove_cookies(fields, names);
  std::size_t left = 0;
  for (const http::Field& f : fields) left += f.value.size();
  if (left > 2 * size) std::abort();
  for (const std::string& name : names)
    if (gate::has_cookie(fields, name)) std::abort();
  if (gate::remove_cookies(fields, names) != 0) std::abort();
  return 0;
}
