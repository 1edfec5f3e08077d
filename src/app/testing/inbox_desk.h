// The inbox of a gatehouse that runs, without its sockets, and the commands that ask it: for their tests.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "app/admin_client.h"
#include "app/cli.h"
#include "base/testing/temporary_folder.h"
#include "net/reactor.h"
#include "net/resolver.h"
#include "net/worker_pool.h"
#include "services/webhooks/inbox_api.h"
#include "store/memory/memory_fast.h"
#include "store/sqlite/sqlite_db.h"

namespace gatehouse::app::testing {

class InboxDesk : public ::testing::Test {
 protected:
  using State = services::webhooks::State;

  InboxDesk() {
    auto opened = store::open_sqlite({.file = folder.at("t.db")});
    EXPECT_TRUE(opened);
    db = std::move(*opened);
    auto made = services::webhooks::Inbox::open({*db, fast, clock, system, reactor, resolver, folder.path()});
    EXPECT_TRUE(made);
    inbox = std::move(*made);
  }
  ~InboxDesk() override {
    reactor.drop_tasks();
    db->settle();
    inbox.reset();
  }
  InboxDesk(const InboxDesk&) = delete;
  InboxDesk& operator=(const InboxDesk&) = delete;

  // One endpoint of that name and provider, which signs with a secret that a test does not read.
  void serve(const std::string& name, kit::webhook::Provider provider, gate::Mode mode = gate::Mode::production) {
    services::webhooks::Config config;
    services::webhooks::EndpointConfig& e = config.endpoints.emplace_back();
    e.name = name;
    e.path = "/webhooks/" + name;
    e.scheme.provider = provider;
    e.scheme.secrets = {conf::SecretRef{}};
    if (provider == kit::webhook::Provider::twilio) e.scheme.public_url = "https://app.example.com/webhooks/twilio?a=1";
    auto prepared = inbox->prepare(
        config, mode, [](const conf::SecretRef&) -> Result<std::string> { return "whsec_0123456789abcdef0123456789"; },
        {});
    ASSERT_TRUE(prepared) << prepared.error().text();
    inbox->adopt(std::move(*prepared));
  }
  // Stores an event as the door would, at the clock's time; its number.
  std::int64_t came(const std::string& id, State state = State::pending, const std::string& type = "order.paid",
                    const std::string& body = "{}", const std::string& user = "") {
    services::webhooks::NewEvent e;
    e.endpoint = "shop", e.id = id, e.type = type, e.content_type = "application/json";
    e.digest = std::string(32, 'd');
    e.digest.replace(0, std::min<std::size_t>(id.size(), 32), id.substr(0, 32));
    e.received = clock.unix_seconds() * 1000;
    e.remember = e.received + 1'000'000;
    e.state = state, e.body = body, e.size = body.size();
    if (!user.empty()) e.user_key = user;
    auto added = db->write_now([&](Transaction& t) { return services::webhooks::InboxStore::add(t, e); });
    EXPECT_TRUE(added);
    return ++events_;
  }
  std::optional<State> state(std::int64_t seq) {
    auto found = db->read_now([&](Transaction& t) { return services::webhooks::InboxStore::find(t, seq); });
    EXPECT_TRUE(found);
    return *found ? std::optional((*found)->state) : std::nullopt;
  }

  // What the commands ask with: the real answers, unless `down` or `instead` say otherwise.
  AskAdmin ask() {
    return [this](const AdminAddress&, std::string_view method, std::string_view path,
                  const std::string& body) -> Result<AdminAnswerText> {
      asked.push_back(std::string(method) + " " + std::string(path) + (body.empty() ? "" : " " + body));
      if (down) return fail(Source::origin, "connect", "refused");
      if (instead) return *instead;
      const std::size_t mark = std::min(path.find('?'), path.size());
      const auto a = services::webhooks::inbox_api(*inbox, method, path.substr(0, mark),
                                                   path.substr(std::min(mark + 1, path.size())), body, entropy);
      return AdminAnswerText{a.status, a.body};
    };
  }
  int run(const std::vector<Command>& commands, std::vector<std::string> words) {
    asked.clear();
    std::istringstream in;
    std::ostringstream said, complained;
    World world{in, said, complained, false, [](std::string_view) { return std::nullopt; }, clock, entropy};
    words.insert(words.begin(), "webhooks");
    const int code = dispatch(commands, words, world);
    out = said.str(), err = complained.str();
    return code;
  }

  const TemporaryFolder folder;
  ManualClock clock{1'700'000'000};
  SystemEntropy system;
  CountingEntropy entropy;
  net::Reactor reactor{clock};
  net::WorkerPool pool{1};
  net::Resolver resolver{reactor, pool};
  store::MemoryFast fast{clock, system};
  std::unique_ptr<Db> db;
  std::shared_ptr<services::webhooks::Inbox> inbox;
  bool down = false;
  std::optional<AdminAnswerText> instead;
  std::vector<std::string> asked;
  std::string out, err;

 private:
  std::int64_t events_ = 0;
};

}  // namespace gatehouse::app::testing
