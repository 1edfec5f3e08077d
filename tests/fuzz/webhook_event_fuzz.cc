// Whatever body a provider signs: what we sign is accepted, id and type are plain, and one more byte is refused.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/text.h"
#include "kit/webhook/scheme.h"

namespace {

using namespace gatehouse::kit::webhook;  // NOLINT: a test program
using gatehouse::Secret;

constexpr std::int64_t kNow = 1700000000;

Scheme make(Provider provider) {
  SchemeConfig c;
  c.provider = provider;
  c.public_url = provider == Provider::twilio ? "https://example.com/in" : "";
  if (provider == Provider::generic_hmac) {
    c.header = "X-Sig";
    c.content = "{id}|{body}";
    c.id_header = "X-Id";
    c.type_field = "a.b";
  }
  std::vector<Secret> secrets;
  secrets.emplace_back("whsec_" + gatehouse::text::base64("0123456789abcdefghijklmn"));
  auto built = Scheme::build(c, std::move(secrets));
  if (!built) std::abort();
  return std::move(*built);
}

const std::vector<Scheme>& schemes() {
  static const std::vector<Scheme> all = [] {
    std::vector<Scheme> made;
    for (const auto& t : all_providers()) made.push_back(make(t.provider));
    return made;
  }();
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Scheme& scheme = schemes()[data[0] % schemes().size()];
  const std::string body(reinterpret_cast<const char*>(data + 1), size - 1);
  const bool form = scheme.provider() == Provider::twilio && (data[0] & 0x80) != 0;
  const std::string_view type = form ? "application/x-www-form-urlencoded" : "application/json";
  const auto made = scheme.sign({"msg_1", "order.created", kNow, body, type});
  if (!made) {
    if (form) return 0;  // no form
    std::abort();
  }
  gatehouse::Arena arena;
  gatehouse::http::Fields fields(arena);
  for (const auto& [name, value] : made->headers) fields.add(name, value);
  fields.add(gatehouse::http::FieldName("content-type"), type);
  const Verdict verdict = scheme.verify({fields, made->query, body, kNow});
  const auto* accepted = std::get_if<Accepted>(&verdict);
  if (accepted == nullptr || accepted->id.empty() || accepted->id.size() > 256 || accepted->type.size() > 256)
    std::abort();
  for (const char c : accepted->id)
    if (c <= ' ' || c >= 0x7f) std::abort();
  for (const char c : accepted->type)
    if (static_cast<unsigned char>(c) < 0x20) std::abort();
  if (!gatehouse::text::is_utf8(accepted->type)) std::abort();
  const std::string longer = body + "&a=b";
  if (std::holds_alternative<Accepted>(scheme.verify({fields, made->query, longer, kNow}))) {
    // A form may name what it has already.
    if (!form || ("&" + body + "&").find("&a=b&") == std::string::npos) std::abort();
  }
  return 0;
}
