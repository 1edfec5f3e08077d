// What runs for every request must cost next to nothing: the seals and cors allocate nothing on a warm exchange.
#include <gtest/gtest.h>

#include "controls/cors/filter.h"
#include "controls/error_mask/filter.h"
#include "controls/headers/filter.h"
#include "controls/https_only/filter.h"
#include "controls/request_id/filter.h"
#include "controls/testing/counted_heap.h"
#include "gate/render.h"
#include "gate/testing/exchange_fixture.h"

namespace gatehouse::controls {
namespace {

using gate::testing::ExchangeFixture;
using testing::heap_allocations;

struct Way {
  std::string_view method = "GET", origin = {};
  bool secure = true;
  gate::Code refused = gate::Code::none;
};

// Allocations of ten thousand warm exchanges through all of them, down and up.
std::size_t allocations_of(const Way& way) {
  gate::GateConfig config;
  config.site.hosts = {"app.example.com"};
  cors::CorsSettings allowed;
  allowed.origins.push_back(*conf::WebOrigin::parse("https://shop.example.com"));
  request_id::RequestIdFilter id(true);
  https_only::HttpsOnlyFilter https({}, config);
  headers::HeadersFilter headers({});
  error_mask::ErrorMaskFilter mask({}, nullptr);
  cors::CorsFilter cors(allowed, {});
  const gate::Filter* filters[] = {&id, &https, &headers, &mask, &cors};

  ExchangeFixture f(way.method, "/api/notes?page=2");
  f.x.secure = way.secure;
  std::size_t before = 0;
  for (int i = 0; i < 10100; ++i) {
    if (i == 100) before = heap_allocations();
    f.arena.reset();
    f.request.fields.reset();
    f.x.id = f.x.cors_origin = {};
    f.x.facts = {};
    f.request.fields.add(std::string_view("Accept"), "application/json");
    f.request.fields.add(std::string_view("traceparent"), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    if (!way.origin.empty()) f.request.fields.add(std::string_view("Origin"), way.origin);
    http::Response out(f.arena);
    bool answered = false;
    for (const gate::Filter* filter : filters) {
      auto verdict = ExchangeFixture::settle(filter->request(f.x));
      if (std::holds_alternative<gate::Pass>(verdict)) continue;
      answered = true;
      if (auto* refusal = std::get_if<gate::Refusal>(&verdict)) {
        if (refusal->code != way.refused) return 1'000'000;
        f.x.facts.code = refusal->code;
        out = gate::render(f.x, *refusal);
      } else {
        out = std::move(std::get<gate::Reply>(verdict).response);
      }
      break;
    }
    if (!answered) {
      if (way.refused != gate::Code::none) return 1'000'000;
      out.fields.add(std::string_view("content-type"), "application/json");
      out.fields.add(std::string_view("server"), "gunicorn");
      out.bytes = "{}";
    }
    for (std::size_t k = std::size(filters); k-- > 0;)
      if (!ExchangeFixture::passes(filters[k]->response(f.x, out))) return 1'000'000;
    if (out.fields.count("x-request-id") != 1 || out.fields.count("x-frame-options") != 1) return 1'000'000;
  }
  return heap_allocations() - before;
}

TEST(Seals, AnOrdinaryRequestCostsNoAllocation) { EXPECT_EQ(allocations_of({}), 0u); }

TEST(Seals, ACrossOriginRequestCostsNoAllocation) {
  EXPECT_EQ(allocations_of({.method = "POST", .origin = "https://shop.example.com"}), 0u);
  EXPECT_EQ(allocations_of({.method = "POST", .origin = "https://evil.example", .refused = gate::Code::cors_origin}),
            0u);
}

TEST(Seals, PlainHttpIsTurnedAwayWithoutAllocation) {
  EXPECT_EQ(allocations_of({.secure = false}), 0u);
  EXPECT_EQ(allocations_of({.method = "POST", .secure = false, .refused = gate::Code::https_required}), 0u);
}

}  // namespace
}  // namespace gatehouse::controls
