#include "kit/webhook/rules.h"

#include "net/http/url.h"

namespace gatehouse::kit::webhook {

std::size_t digest_size(HmacAlgorithm algorithm) {
  switch (algorithm) {
    case HmacAlgorithm::sha1:
      return 20;
    case HmacAlgorithm::sha256:
      return 32;
    case HmacAlgorithm::sha384:
      return 48;
    case HmacAlgorithm::sha512:
      break;
  }
  return 64;
}

std::vector<std::string> port_spellings(std::string_view url) {
  std::vector<std::string> out{std::string(url)};
  const std::size_t host = url.find("://") + 3;
  const std::size_t path = std::min(url.find('/', host), url.size());
  const std::string_view authority = url.substr(host, path - host);
  const std::size_t colon = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
  const std::string head(url.substr(0, host)), tail(url.substr(path));
  if (colon == authority.npos)
    out.push_back(head + std::string(authority) + (url.starts_with("https") ? ":443" : ":80") + tail);
  else
    out.push_back(head + std::string(authority.substr(0, colon)) + tail);
  return out;
}

Result<Rules> resolve(const SchemeConfig& config, std::span<const Secret> secrets) {
  const auto bad = [](std::string why) { return fail(Source::us, "bad_scheme", std::move(why)); };
  Rules rules;
  rules.config = config;
  auto keys = keys_of(config, secrets);
  if (!keys) return fail(std::move(keys.error()));
  rules.keys = std::move(*keys);

  const auto asked = std::chrono::duration_cast<std::chrono::seconds>(config.tolerance);
  rules.tolerance = (asked.count() > 0 ? asked : traits(config.provider).tolerance).count();
  if (!config.public_url.empty()) {
    if (auto url = http::Url::parse(config.public_url); !url) return bad("public_url: " + url.error().detail);
    const std::size_t mark = config.public_url.find('?');
    rules.urls = port_spellings(std::string_view(config.public_url).substr(0, mark));
    if (mark != std::string::npos) rules.url_query = config.public_url.substr(mark + 1);
  }
  if (config.provider == Provider::twilio && rules.urls.empty()) return bad("twilio signs the address: set public_url");
  if (config.provider == Provider::generic_hmac) {
    auto content = SignedContent::parse(config.content);
    if (!content) return bad("content: " + content.error().detail);
    rules.content = std::move(*content);
    if (config.header.empty()) return bad("generic-hmac needs header: where the signature stands");
    using Kind = SignedContent::Piece::Kind;
    if (rules.content.has(Kind::timestamp) != !config.timestamp_header.empty())
      return bad("{timestamp} in content and timestamp_header go together");
    if (rules.content.has(Kind::id) && config.id_header.empty()) return bad("{id} in content needs id_header");
    if (rules.content.has(Kind::url) && rules.urls.empty()) return bad("{url} in content needs public_url");
  }
  return rules;
}

}  // namespace gatehouse::kit::webhook
