// Nanoseconds that the seals and cors add to one request, down and up: id and trace, HTTPS, security fields, masking.
//   seals_bench
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>

#include "controls/cors/filter.h"
#include "controls/error_mask/filter.h"
#include "controls/headers/filter.h"
#include "controls/https_only/filter.h"
#include "controls/request_id/filter.h"
#include "gate/testing/exchange_fixture.h"

using namespace gatehouse;
using namespace gatehouse::controls;

namespace {

constexpr int kRounds = 100000;

template <class F>
void measure(const char* what, F&& once) {
  double best = std::numeric_limits<double>::max();
  for (int batch = 0; batch < 20; ++batch) {
    auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kRounds; ++i) once();
    std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count() / kRounds);
  }
  std::printf("%-44s %8.1f ns\n", what, best);
}

void ask(gate::testing::ExchangeFixture& f) {
  f.arena.reset();
  f.request.fields.reset();
  f.x.id = f.x.cors_origin = {};
  for (auto [name, value] : {std::pair{"User-Agent", "Mozilla/5.0"},
                             {"Accept", "application/json"},
                             {"Accept-Language", "en"},
                             {"Accept-Encoding", "gzip, br"},
                             {"Authorization", "Bearer …"},
                             {"Referer", "https://app.example.com/"},
                             {"Cookie", "theme=dark"},
                             {"Sec-Fetch-Site", "same-origin"}})
    f.request.fields.add(std::string_view(name), value);
}

void answer(http::Response& out) {
  for (auto [name, value] : {std::pair{"Date", "Sun, 22 Nov 2026 12:00:00 GMT"},
                             {"Server", "gunicorn"},
                             {"Content-Type", "application/json"},
                             {"Vary", "Accept"},
                             {"ETag", "\"1\""}})
    out.fields.add(std::string_view(name), value);
}

}  // namespace

int main() {
  gate::GateConfig config;
  config.site.hosts = {"app.example.com"};
  request_id::RequestIdFilter id(true);
  https_only::HttpsOnlyFilter https({}, config);
  headers::HeadersFilter headers({});
  error_mask::ErrorMaskFilter mask({}, nullptr);
  cors::CorsFilter cors({}, {});
  const gate::Filter* filters[] = {&id, &https, &headers, &mask, &cors};
  const char* names[] = {"request_id", "https_only", "headers", "error_mask", "cors"};

  gate::testing::ExchangeFixture f("GET", "/api/notes");
  auto run = [&f](std::size_t from, std::size_t to, const gate::Filter* const* all) {
    ask(f);
    http::Response out(f.arena);
    for (std::size_t i = from; i < to; ++i) (void)all[i]->request(f.x).take();
    answer(out);
    for (std::size_t i = to; i-- > from;) (void)all[i]->response(f.x, out).take();
  };
  measure("an exchange without any", [&] { run(0, 0, filters); });
  for (std::size_t i = 0; i < std::size(filters); ++i) measure(names[i], [&] { run(i, i + 1, filters); });
  measure("all five", [&] { run(0, std::size(filters), filters); });
}
