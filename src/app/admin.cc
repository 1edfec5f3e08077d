#include "app/admin.h"

#include <array>

#include "app/admin_guard.h"
#include "gate/revocations_api.h"
#include "net/http/listener.h"
#include "services/webhooks/inbox_api.h"

namespace gatehouse::app {

namespace {

constexpr std::size_t kMostBody = 64 * 1024;

struct Answer {
  int status = 200;
  std::string type = "application/json";
  std::string body;
};

Answer problem(int status, std::string_view code, std::string_view message) {
  json::Value error;
  error.set("code", code).set("message", message);
  json::Value whole;
  whole.set("error", std::move(error));
  return {status, "application/json", json::write(whole) + "\n"};
}

}  // namespace

// Answers on the admin thread. Nothing here is on the way of a client's request.
class Admin::Desk final : public http::Handler {
 public:
  explicit Desk(Setup setup) : setup_(std::move(setup)) {}

  Task<void> serve(http::ServerExchange& t) override {
    std::string body;
    bool whole = !t.request.body;
    while (!whole && body.size() <= kMostBody) {
      auto reading = t.request.body->read();
      auto piece = co_await reading;
      if (!piece) break;
      whole = piece->empty();
      body.append(*piece);
    }
    // Stops: the beginning of a request, which breaks off or goes on, being done as if it were the whole.
    Answer a = t.malformed               ? problem(400, "bad_request", "This request could not be read.")
               : body.size() > kMostBody ? problem(413, "too_large", "The admin listener takes no more than 64 KiB.")
               : !whole                  ? problem(400, "bad_request", "The body broke off.")
                                         : answer(t.request, body);
    http::Response response(t.arena);
    response.status = a.status;
    response.fields.add(http::FieldName("Content-Type"), t.arena.copy(a.type));
    response.fields.add(http::FieldName("Cache-Control"), "no-store");
    response.fields.add(http::FieldName("X-Content-Type-Options"), "nosniff");
    response.bytes = t.arena.copy(a.body);
    auto sending = t.send(response);
    co_await sending;
  }
  void abandoned(http::ServerExchange&) noexcept override {}

 private:
  Answer answer(const http::Request& r, const std::string& body) {
    if (!asks_from_this_machine(r))
      return problem(403, "forbidden", "The admin listener answers programs on this machine only.");

    if (r.path == "/.gatehouse/live") return {200, "application/json", "{\"live\":true}\n"};
    if (r.path == "/.gatehouse/ready") {
      bool ready = setup_.server.gate() && !setup_.server.draining();
      return {ready ? 200 : 503, "application/json", ready ? "{\"ready\":true}\n" : "{\"ready\":false}\n"};
    }
    if (r.path == "/metrics") return {200, "text/plain; version=0.0.4", setup_.server.metrics().render()};

    if (!bears_admin_token(r, setup_.token))
      return problem(401, "unauthenticated", "Send the token of the admin-token file as a Bearer token.");

    if (r.path == "/.gatehouse/reload") {
      if (r.method != http::Method::post) return problem(405, "method_not_allowed", "POST reloads.");
      auto done = setup_.reload();
      if (!done) return problem(409, done.error().code, done.error().detail);
      json::Value v;
      v.set("reloaded", true).set("message", *done);
      return {200, "application/json", json::write(v) + "\n"};
    }
    if (r.path == "/revocations") {
      auto a = gate::revocations_api(setup_.wire.revocations(), r.method_name, body, setup_.wire.setup().clock);
      return {a.status, "application/json", a.body + "\n"};
    }
    if (r.path.starts_with("/webhooks/")) {
      auto inbox = setup_.wire.backstage().inbox();
      if (!inbox) return problem(404, "not_found", "No webhook endpoint is configured.");
      auto a = services::webhooks::inbox_api(*inbox, r.method_name, r.path, r.query, body, setup_.wire.setup().entropy);
      return {a.status, "application/json", a.body + "\n"};
    }
    return problem(404, "not_found", "There is nothing here.");
  }
  Setup setup_;
};

Admin::Admin() = default;

Result<std::unique_ptr<Admin>> Admin::open(Setup setup, const conf::ListenUrl& url) {
  std::unique_ptr<Admin> a(new Admin);
  const Clock& clock = setup.wire.setup().clock;
  a->listening_ = url;
  if (auto free = http::nobody_listens(url); !free) return fail(std::move(free.error()));
  auto fd = http::open_listener(url);
  if (!fd) return fail(std::move(fd.error()));
  if (url.scheme != "unix") {
    a->listening_.port = http::local_port(*fd);
    a->listening_.text = "http://" + url.host + ":" + std::to_string(a->listening_.port);
  }
  a->desk_ = std::make_unique<Desk>(std::move(setup));
  a->reactor_ = std::make_unique<net::Reactor>(clock);
  a->ledger_ = std::make_unique<http::ConnectionLedger>();
  http::ServerLimits limits;
  limits.connections = 256;
  auto exempt = [](const net::Address&) { return true; };
  a->server_ =
      std::make_unique<http::Server>(http::Server::Setup{*a->reactor_, *a->desk_, *a->ledger_, exempt, true}, limits);
  a->server_->listen(*fd, nullptr);
  net::Reactor* loop = a->reactor_.get();
  a->thread_ = std::thread([loop] { loop->run(); });
  return a;
}

Admin::~Admin() {
  if (thread_.joinable()) {
    reactor_->stop();
    thread_.join();
  }
  if (reactor_) reactor_->drop_tasks();
}

}  // namespace gatehouse::app
