#include "app/fetch.h"

#include "net/address.h"
#include "net/http/blocking_client.h"

namespace gatehouse::app {

Result<std::string> fetch_document(std::string_view url, const Clock& clock) {
  const auto parsed = http::Url::parse(url);
  if (!parsed) return fail(parsed.error());
  const auto address = net::Address::parse(parsed->host);
  // Stops: somebody on the way replacing the keys that all tokens are verified with.
  if (!parsed->tls && parsed->host != "localhost" && !(address && address->loopback()))
    return fail(Source::us, "bad_url", "only https is believed from another machine");
  http::BlockingOptions options;
  options.connect = options.silence = options.total = std::chrono::seconds(5);
  options.max_body = 256 * 1024;
  auto answer = http::BlockingClient(clock, options).get(url);
  if (!answer) return fail(std::move(answer.error()));
  if (answer->status != 200)
    return fail(Source::origin, "bad_response", std::string(url) + " answered " + std::to_string(answer->status));
  return std::move(answer->body);
}

}  // namespace gatehouse::app
