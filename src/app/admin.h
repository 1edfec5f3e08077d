// The admin listener: health, metrics, reload and the revocation list. Loopback only, and no place for browsers.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "app/server.h"

namespace gatehouse::app {

class Admin {
 public:
  struct Setup {
    Wire& wire;
    Server& server;
    std::string token;                            // needed for everything but health and metrics
    std::function<Result<std::string>()> reload;  // says what it did, or why not
  };
  // Problem code "listen".
  static Result<std::unique_ptr<Admin>> open(Setup setup, const conf::ListenUrl& url);
  ~Admin();
  const conf::ListenUrl& listening() const { return listening_; }

 private:
  class Desk;
  Admin();
  std::unique_ptr<Desk> desk_;
  std::unique_ptr<net::Reactor> reactor_;
  std::unique_ptr<http::ConnectionLedger> ledger_;
  std::unique_ptr<http::Server> server_;
  conf::ListenUrl listening_;
  std::thread thread_;
};

}  // namespace gatehouse::app
