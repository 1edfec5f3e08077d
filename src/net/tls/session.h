// TLS over a socket by OpenSSL: contexts that are built once and sessions that never block.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

struct ssl_st;
struct ssl_ctx_st;

namespace gatehouse::net::tls {

// What a step answers when it must wait.
constexpr long kWantRead = -11, kWantWrite = -12;

class Session {
 public:
  Session(ssl_st* ssl, int fd);  // takes the former, borrows the latter
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  long handshake();                               // 1 done, kWant…, -1 failed
  long read(char* p, std::size_t n);              // > 0, 0 end, kWant…, -1
  long write(std::span<const iovec> v);           // > 0 taken (at most one record's worth), kWant…, -1
  bool has_pending() const;                       // bytes OpenSSL holds already
  bool drained() const { return wire_.drained; }  // the last look at the socket took all there was
  void close_notify();
  std::string_view version() const;  // "TLSv1.3"
  std::string_view suite() const;    // OpenSSL's name of it, "TLS_AES_128_GCM_SHA256"
  bool resumed() const;
  std::string error() const;  // why the last step failed

 private:
  friend struct WireBio;
  struct Wire {
    int fd = -1;
    bool drained = false;
  };
  long judge(int r);
  ssl_st* ssl_;
  Wire wire_;
  std::string error_;
};

// One certificate chain with its key, PEM.
struct Identity {
  std::string chain_pem;
  Secret key_pem;
};

struct ServerOptions {
  std::vector<Identity> identities;  // the first is the default; others are chosen by SNI
  bool tls12 = true;
};

// Made once, shared read-only by all threads. Ticket keys live in it: all threads resume each other's sessions.
class ServerContext {
 public:
  static Result<std::shared_ptr<ServerContext>> make(const ServerOptions& options);
  ~ServerContext();
  std::unique_ptr<Session> accept(int fd) const;
  std::int64_t expires() const { return expires_; }  // the earliest certificate's end, unix seconds

 private:
  struct Impl;
  ServerContext();
  std::unique_ptr<Impl> impl_;
  std::int64_t expires_ = 0;
};

// Verification is always on: chain and name.
class ClientContext {
 public:
  // `ca_file` empty: the system's roots.
  static Result<std::shared_ptr<ClientContext>> make(const std::string& ca_file);
  ~ClientContext();
  std::unique_ptr<Session> connect(int fd, const std::string& server_name) const;

 private:
  ClientContext() = default;
  std::shared_ptr<ssl_ctx_st> context_;
};

}  // namespace gatehouse::net::tls
