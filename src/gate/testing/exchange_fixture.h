// An exchange without a network, for the unit tests of filters.
//
//   ExchangeFixture f("POST", "/api/notes");
//   f.header("Origin", "https://evil.example");
//   EXPECT_EQ(f.refusal(filter.request(f.x)), Code::cors_origin);
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "gate/exchange.h"
#include "gate/filter.h"

namespace gatehouse::gate::testing {

// Addresses for the parts of a Worker that no filter under test may touch.
struct NoWorker {
  alignas(std::max_align_t) std::array<std::byte, 64> reactor{}, pool{};
};

class ExchangeFixture {
 public:
  explicit ExchangeFixture(std::string_view method = "GET", std::string_view path = "/") : x(request, arena, worker) {
    request.method = http::method_of(method);
    request.method_name = arena.copy(method);
    request.scheme = "https";
    request.authority = "app.example.com";
    auto question = path.find('?');
    request.target = arena.copy(path);
    request.path = request.target.substr(0, question);
    if (question != std::string_view::npos) {
      request.has_query = true;
      request.query = request.target.substr(question + 1);
    }
    x.client.address = *net::Address::parse("203.0.113.7");
    x.client.peer = x.client.address;
    x.client.text = "203.0.113.7";
    x.scheme_host = "https://app.example.com";
    x.secure = true;
    x.started = x.now = clock.steady();
    x.unix_now = clock.unix_seconds();
  }

  ExchangeFixture& header(std::string_view name, std::string_view value) {
    request.fields.add(arena.copy(name), arena.copy(value));
    return *this;
  }
  ExchangeFixture& from(std::string_view address) {
    x.client.address = x.client.peer = *net::Address::parse(address);
    x.client.text = arena.copy(address);
    return *this;
  }
  // A response of the backend, to be given to response filters.
  http::Response& answer(int status, std::string_view content_type = "text/html", std::string_view body = "") {
    response.emplace(arena);
    response->status = status;
    if (!content_type.empty()) response->fields.add(std::string_view("content-type"), arena.copy(content_type));
    response->bytes = arena.copy(body);
    return *response;
  }

  // Runs an outcome that needs no reactor (a task must finish without waiting).
  static Verdict settle(Outcome outcome) {
    if (outcome.ready()) return outcome.take();
    outcome.task().start();
    if (!outcome.task().done()) throw std::logic_error("the filter waits for something");
    return outcome.task().take();
  }
  // The code of a refusal; none for a pass or a reply.
  static Code refusal(Outcome outcome) {
    Verdict v = settle(std::move(outcome));
    return std::holds_alternative<Refusal>(v) ? std::get<Refusal>(v).code : Code::none;
  }
  static bool passes(Outcome outcome) { return std::holds_alternative<Pass>(settle(std::move(outcome))); }

  Arena arena;
  http::Request request{arena};
  std::optional<http::Response> response;
  ManualClock clock;
  CountingEntropy entropy;
  NoWorker none;
  Worker worker{reinterpret_cast<net::Reactor&>(none.reactor), reinterpret_cast<net::WorkerPool&>(none.pool), clock,
                entropy};
  Exchange x;
};

}  // namespace gatehouse::gate::testing
