// Nanoseconds to read one head, to normalize one path and to check one chunk. Prints the best of 20 batches.
//   http_head_bench
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>
#include <string>

#include "gate/canonical_path.h"
#include "net/http/chunked.h"
#include "net/http/head_parser.h"

using namespace gatehouse;
using namespace gatehouse::http;

namespace {

template <class F>
void measure(const char* what, F&& once) {
  double best = std::numeric_limits<double>::max();
  for (int batch = 0; batch < 20; ++batch) {
    constexpr int kRounds = 20000;
    auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kRounds; ++i) once();
    std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count() / kRounds);
  }
  std::printf("%-34s %8.1f ns\n", what, best);
}

void check(bool holds) {
  if (!holds) std::abort();
}

void measure_request(const char* what, const std::string& bytes) {
  Arena arena;
  measure(what, [&] {
    arena.reset();
    Request request(arena);
    RequestFraming framing;
    ParseError why;
    HeadCursor cursor;
    check(parse_request_head(bytes, {}, request, framing, why, cursor) == ParseState::done);
  });
}

}  // namespace

int main() {
  measure_request("small request (78 B)",
                  "GET /api/items HTTP/1.1\r\nHost: app.example.com\r\nAccept: */*\r\nX-A: 1\r\n\r\n");
  std::string token(600, 'x');
  measure_request(
      "browser request with JWT (1.2 KB)",
      "GET /api/items?page=2&sort=name HTTP/1.1\r\nHost: app.example.com\r\nConnection: keep-alive\r\n"
      "sec-ch-ua: \"Chromium\";v=\"120\", \"Not A(Brand\";v=\"24\"\r\nsec-ch-ua-mobile: ?0\r\n"
      "sec-ch-ua-platform: \"Linux\"\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like "
      "Gecko) Chrome/120.0.0.0 Safari/537.36\r\nAccept: application/json, text/plain, */*\r\nAuthorization: Bearer " +
          token +
          "\r\nOrigin: https://app.example.com\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\n"
          "Sec-Fetch-Dest: empty\r\nReferer: https://app.example.com/items\r\nAccept-Encoding: gzip, deflate, br\r\n"
          "Accept-Language: en-US,en;q=0.9\r\n\r\n");
  const std::string answer =
      "HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Type: application/json\r\n"
      "Content-Length: 512\r\nVary: Accept\r\nConnection: keep-alive\r\n\r\n";
  Arena arena;
  measure("response (150 B)", [&] {
    arena.reset();
    Response response(arena);
    ResponseFraming framing;
    ParseError why;
    HeadCursor cursor;
    check(parse_response_head(answer, {}, false, response, framing, why, cursor) == ParseState::done);
  });
  for (std::string_view path : {"/api/v1/users/42/orders/today", "/api/v1/users/%34%32/caf%c3%a9"})
    measure(path.data(), [&] {
      arena.reset();
      check(gate::canonical_path(path, gate::Opaque::refuse, arena).good());
    });
  std::string chunk = "400\r\n" + std::string(1024, 'x') + "\r\n";
  ChunkedDecoder decoder;
  measure("one chunk of 1 KiB", [&] {
    std::string_view in = chunk;
    while (!in.empty()) in.remove_prefix(decoder.next(in).consumed);
  });
  return 0;
}
