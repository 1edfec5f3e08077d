#include "net/tls/session.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/text.h"

namespace gatehouse::net::tls {

namespace {

std::string openssl_error() {
  unsigned long e = ERR_get_error();
  ERR_clear_error();
  if (!e) return "connection lost";
  char buffer[256];
  ERR_error_string_n(e, buffer, sizeof buffer);
  return buffer;
}

struct Free {
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(GENERAL_NAMES* p) const { GENERAL_NAMES_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

// Session tickets are sealed with the context's own keys, which OpenSSL makes at random; a fresh context (restart,
// certificate reload) therefore rotates them.
void common(SSL_CTX* c) {
  SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(c, 1);
  SSL_CTX_set_options(c, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                             SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
  // Stops: downgrade to suites without forward secrecy or authenticated encryption (RFC 9325 §4.2).
  SSL_CTX_set_cipher_list(c, "ECDHE+AESGCM:ECDHE+CHACHA20");
  std::string groups = "X25519:P-256:P-384";  // OpenSSL's macro casts const away
  SSL_CTX_set1_groups_list(c, groups.data());
}

}  // namespace

// OpenSSL's own socket BIO cannot tell a drained socket from a full read, nor send without SIGPIPE. This one can.
struct WireBio {
  static int read(BIO* b, char* p, int n) {
    auto* wire = static_cast<Session::Wire*>(BIO_get_data(b));
    BIO_clear_retry_flags(b);
    ssize_t r = ::recv(wire->fd, p, static_cast<std::size_t>(n), 0);
    wire->drained = r < n;
    if (r < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(b);
    return static_cast<int>(r);
  }
  static int write(BIO* b, const char* p, int n) {
    auto* wire = static_cast<Session::Wire*>(BIO_get_data(b));
    BIO_clear_retry_flags(b);
    ssize_t r = ::send(wire->fd, p, static_cast<std::size_t>(n), MSG_NOSIGNAL);
    if (r < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(b);
    return static_cast<int>(r);
  }
  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }
  static BIO_METHOD* method() {
    static const std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)> made = [] {
      BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
      BIO_meth_set_read(m, &read);
      BIO_meth_set_write(m, &write);
      BIO_meth_set_ctrl(m, &control);
      return std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)>(m, BIO_meth_free);
    }();
    return made.get();
  }
};

Session::Session(ssl_st* ssl, int fd) : ssl_(ssl) {
  wire_.fd = fd;
  BIO* bio = BIO_new(WireBio::method());
  BIO_set_data(bio, &wire_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
}
Session::~Session() {
  SSL_free(ssl_);
  ERR_clear_error();
}

long Session::judge(int r) {
  int e = SSL_get_error(ssl_, r);
  if (e == SSL_ERROR_WANT_READ) return kWantRead;
  if (e == SSL_ERROR_WANT_WRITE) return kWantWrite;
  if (e == SSL_ERROR_ZERO_RETURN) return 0;
  error_ = openssl_error();
  return -1;
}

long Session::handshake() {
  int r = SSL_do_handshake(ssl_);
  if (r == 1) return 1;
  long j = judge(r);
  if (j == 0) return -1;
  if (j == -1) {
    long verify = SSL_get_verify_result(ssl_);
    if (verify != X509_V_OK) error_ = X509_verify_cert_error_string(verify);
  }
  return j;
}

long Session::read(char* p, std::size_t n) {
  int r = SSL_read(ssl_, p, static_cast<int>(std::min<std::size_t>(n, 1 << 20)));
  return r > 0 ? r : judge(r);
}

long Session::write(std::span<const iovec> v) {
  // Small pieces travel in one record: a head and its body are one write. The copy is rebuilt from the same pieces
  // when OpenSSL asks for a retry, so it is the same bytes.
  constexpr std::size_t kRecord = 16 * 1024;
  if (v.size() == 1 || v.front().iov_len >= kRecord) {
    int r = SSL_write(ssl_, v.front().iov_base, static_cast<int>(std::min<std::size_t>(v.front().iov_len, 1 << 20)));
    return r > 0 ? r : judge(r);
  }
  char joined[kRecord];
  std::size_t n = 0;
  for (const iovec& piece : v) {
    std::size_t take = std::min(piece.iov_len, kRecord - n);
    if (take) std::memcpy(joined + n, piece.iov_base, take);
    n += take;
    if (n == kRecord) break;
  }
  int r = SSL_write(ssl_, joined, static_cast<int>(n));
  return r > 0 ? r : judge(r);
}

bool Session::has_pending() const { return SSL_has_pending(ssl_) == 1; }
void Session::close_notify() {
  if (SSL_is_init_finished(ssl_)) SSL_shutdown(ssl_);
  ERR_clear_error();
}
std::string_view Session::version() const { return SSL_get_version(ssl_); }
std::string_view Session::suite() const { return SSL_get_cipher_name(ssl_); }
bool Session::resumed() const { return SSL_session_reused(ssl_) == 1; }
std::string Session::error() const { return error_; }

struct ServerContext::Impl {
  struct Named {
    std::vector<std::string> names;  // lower case; "*.example.com" matches one label
    std::shared_ptr<SSL_CTX> context;
  };
  std::vector<Named> all;

  static int choose(SSL* ssl, int*, void* self) {
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (!name) return SSL_TLSEXT_ERR_NOACK;
    std::string wanted = text::to_lower(name);
    auto dot = wanted.find('.');
    std::string wild = dot == std::string::npos ? std::string() : "*" + wanted.substr(dot);
    for (const Named& n : static_cast<Impl*>(self)->all) {
      for (const auto& have : n.names) {
        if (have != wanted && have != wild) continue;
        SSL_set_SSL_CTX(ssl, n.context.get());
        return SSL_TLSEXT_ERR_OK;
      }
    }
    return SSL_TLSEXT_ERR_NOACK;  // the default certificate; routing judges the host later
  }

  static int alpn(SSL*, const unsigned char** out, unsigned char* out_n, const unsigned char* in, unsigned n, void*) {
    static const unsigned char kHttp11[] = "\x08http/1.1";
    auto* chosen = const_cast<unsigned char**>(out);
    if (SSL_select_next_proto(chosen, out_n, kHttp11, 9, in, n) == OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_OK;
    return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301 §3.2: no protocol in common
  }
};

ServerContext::ServerContext() : impl_(std::make_unique<Impl>()) {}
ServerContext::~ServerContext() = default;

Result<std::shared_ptr<ServerContext>> ServerContext::make(const ServerOptions& options) {
  if (options.identities.empty()) return fail(Source::us, "tls_config", "no certificate");
  std::shared_ptr<ServerContext> made(new ServerContext);
  unsigned char sid[16];
  if (RAND_bytes(sid, sizeof sid) != 1) return fail(Source::us, "tls_config", "no randomness");
  for (const Identity& id : options.identities) {
    std::shared_ptr<SSL_CTX> c(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    common(c.get());
    if (!options.tls12) SSL_CTX_set_min_proto_version(c.get(), TLS1_3_VERSION);
    SSL_CTX_set_session_cache_mode(c.get(), SSL_SESS_CACHE_OFF);  // tickets only: no state a thread must share
    SSL_CTX_set_num_tickets(c.get(), 1);
    SSL_CTX_set_session_id_context(c.get(), sid, sizeof sid);
    SSL_CTX_set_alpn_select_cb(c.get(), &Impl::alpn, nullptr);

    Owned<BIO> chain(BIO_new_mem_buf(id.chain_pem.data(), static_cast<int>(id.chain_pem.size())));
    Owned<X509> leaf(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
    if (!leaf) return fail(Source::us, "tls_config", "the certificate file has no PEM certificate");
    if (SSL_CTX_use_certificate(c.get(), leaf.get()) != 1) return fail(Source::us, "tls_config", openssl_error());
    while (X509* next = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)) {
      if (SSL_CTX_add0_chain_cert(c.get(), next) != 1) {
        X509_free(next);
        return fail(Source::us, "tls_config", openssl_error());
      }
    }
    ERR_clear_error();
    auto key_text = id.key_pem.reveal();
    Owned<BIO> key_bio(BIO_new_mem_buf(key_text.data(), static_cast<int>(key_text.size())));
    Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
    if (!key) return fail(Source::us, "tls_config", "the key is no PEM private key");
    if (SSL_CTX_use_PrivateKey(c.get(), key.get()) != 1)
      return fail(Source::us, "tls_config", "the key does not belong to the certificate");

    std::tm end{};
    ASN1_TIME_to_tm(X509_get0_notAfter(leaf.get()), &end);
    std::int64_t expires = timegm(&end);
    if (!made->expires_ || expires < made->expires_) made->expires_ = expires;

    Impl::Named named;
    Owned<GENERAL_NAMES> names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf.get(), NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
      const GENERAL_NAME* n = sk_GENERAL_NAME_value(names.get(), i);
      if (n->type != GEN_DNS) continue;
      const auto* s = ASN1_STRING_get0_data(n->d.dNSName);
      named.names.push_back(text::to_lower(
          {reinterpret_cast<const char*>(s), static_cast<std::size_t>(ASN1_STRING_length(n->d.dNSName))}));
    }
    named.context = std::move(c);
    made->impl_->all.push_back(std::move(named));
  }
  if (made->impl_->all.size() > 1) {
    SSL_CTX* first = made->impl_->all.front().context.get();
    SSL_CTX_set_tlsext_servername_callback(first, &Impl::choose);
    SSL_CTX_set_tlsext_servername_arg(first, made->impl_.get());
  }
  return made;
}

std::unique_ptr<Session> ServerContext::accept(int fd) const {
  SSL* ssl = SSL_new(impl_->all.front().context.get());
  SSL_set_accept_state(ssl);
  return std::make_unique<Session>(ssl, fd);
}

ClientContext::~ClientContext() = default;

Result<std::shared_ptr<ClientContext>> ClientContext::make(const std::string& ca_file) {
  std::shared_ptr<ClientContext> made(new ClientContext);
  made->context_.reset(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX* c = made->context_.get();
  common(c);
  SSL_CTX_set_verify(c, SSL_VERIFY_PEER, nullptr);
  int loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(c)
                               : SSL_CTX_load_verify_locations(c, ca_file.c_str(), nullptr);
  if (loaded != 1) return fail(Source::us, "tls_config", "cannot read CA file " + ca_file + ": " + openssl_error());
  return made;
}

std::unique_ptr<Session> ClientContext::connect(int fd, const std::string& server_name) const {
  SSL* ssl = SSL_new(context_.get());
  SSL_set_connect_state(ssl);
  // Stops: a man in the middle with some other valid certificate. Name or address must be in the certificate.
  X509_VERIFY_PARAM* param = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(param, server_name.c_str()) != 1) {
    ERR_clear_error();
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(ssl, server_name.c_str());
    SSL_set_tlsext_host_name(ssl, server_name.c_str());
  }
  return std::make_unique<Session>(ssl, fd);
}

}  // namespace gatehouse::net::tls
