#include "net/tls/blocking_tls.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <thread>

#include "base/testing/temporary_folder.h"
#include "net/http/blocking_client.h"

namespace gatehouse::net::tls {
namespace {

std::string pem(const std::function<void(BIO*)>& write) {
  BIO* b = BIO_new(BIO_s_mem());
  write(b);
  char* data = nullptr;
  long n = BIO_get_mem_data(b, &data);
  std::string out(data, static_cast<std::size_t>(n));
  BIO_free(b);
  return out;
}

// A certificate for "site.test" that signs itself.
Identity self_signed() {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  X509* x = X509_new();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
  X509_gmtime_adj(X509_getm_notBefore(x), -60);
  X509_gmtime_adj(X509_getm_notAfter(x), 3600);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("site.test"), -1, -1, 0);
  X509_set_issuer_name(x, X509_get_subject_name(x));
  X509_set_pubkey(x, key);
  X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:site.test");
  X509_add_ext(x, names, -1);
  X509_EXTENSION_free(names);
  X509_sign(x, key, EVP_sha256());
  Identity id{pem([&](BIO* b) { PEM_write_bio_X509(b, x); }),
              Secret(pem([&](BIO* b) { PEM_write_bio_PrivateKey(b, key, nullptr, nullptr, 0, nullptr, nullptr); }))};
  X509_free(x);
  EVP_PKEY_free(key);
  return id;
}

// A socket that listens on a free port of this machine.
int listening(std::uint16_t* port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t n = sizeof a;
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&a), n), 0);
  EXPECT_EQ(::listen(fd, 8), 0);
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&a), &n), 0);
  *port = ntohs(a.sin_port);
  return fd;
}

// Answers `times` connections with one fixed response.
class TlsServer {
 public:
  TlsServer(const Identity& id, int times) {
    ServerOptions options;
    options.identities.push_back({id.chain_pem, id.key_pem.clone()});
    context_ = ServerContext::make(options).value();
    fd_ = listening(&port);
    thread_ = std::thread([this, times] {
      for (int i = 0; i < times; ++i) {
        int c = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
        auto session = context_->accept(c);
        char block[4096];
        if (session->handshake() == 1 && session->read(block, sizeof block) > 0) {
          std::string reply = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
          iovec v{reply.data(), reply.size()};
          session->write({&v, 1});
        }
        session.reset();
        ::close(c);
      }
    });
  }
  ~TlsServer() {
    thread_.join();
    ::close(fd_);
  }
  std::uint16_t port = 0;

 private:
  std::shared_ptr<ServerContext> context_;
  int fd_ = -1;
  std::thread thread_;
};

TEST(BlockingTls, ChecksChainAndNameUnlessToldNotTo) {
  Identity id = self_signed();
  const TemporaryFolder folder;
  const std::string file = folder.at("ca.pem");
  std::ofstream(file) << id.chain_pem;
  TlsServer server(id, 4);
  SystemClock clock;
  http::BlockingOptions options;
  options.connect_host = "127.0.0.1";
  options.connect_port = server.port;

  auto unknown = http::BlockingClient(clock, options).get("https://site.test/");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, "tls");

  options.ca_file = file;
  auto known = http::BlockingClient(clock, options).get("https://site.test/");
  ASSERT_TRUE(known) << known.error().text();
  EXPECT_EQ(known->body, "secret");
  EXPECT_EQ(known->tls_version, "TLSv1.3");

  auto other = http::BlockingClient(clock, options).get("https://other.test/");
  ASSERT_FALSE(other) << "the certificate names another site";
  EXPECT_EQ(other.error().code, "tls");

  options.verify = false;
  options.ca_file.clear();
  auto blind = http::BlockingClient(clock, options).get("https://other.test/");
  ASSERT_TRUE(blind) << blind.error().text();
  EXPECT_EQ(blind->body, "secret");
}

// A server as old as it gets: TLS 1.0 upwards, suites of every kind. Answers one handshake after the other.
class OldServer {
 public:
  OldServer(const Identity& id, int times) : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context_.get(), "ALL:aNULL:eNULL:@SECLEVEL=0");
    const std::unique_ptr<BIO, decltype(&BIO_free)> chain(
        BIO_new_mem_buf(id.chain_pem.data(), static_cast<int>(id.chain_pem.size())), BIO_free);
    const std::unique_ptr<X509, decltype(&X509_free)> x(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr),
                                                        X509_free);
    SSL_CTX_use_certificate(context_.get(), x.get());
    const std::string_view key = id.key_pem.reveal();
    const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())),
                                                         BIO_free);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> k(
        PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context_.get(), k.get()), 1);
    fd_ = listening(&port);
    thread_ = std::thread([this, times] {
      for (int i = 0; i < times; ++i) {
        const int c = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
        const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context_.get()), SSL_free);
        SSL_set_fd(ssl.get(), c);
        SSL_accept(ssl.get());
        ::close(c);
      }
    });
  }
  ~OldServer() {
    thread_.join();
    ::close(fd_);
  }
  std::uint16_t port = 0;

 private:
  std::shared_ptr<SSL_CTX> context_;
  int fd_ = -1;
  std::thread thread_;
};

TEST(BlockingTls, OffersWhatIsOldOrWeakAndTellsWhetherItWasTaken) {
  const Identity id = self_signed();
  SystemClock clock;
  const auto agreed = [&](std::uint16_t port, Offer offer) {
    http::BlockingOptions options;
    options.connect_host = "127.0.0.1";
    options.connect_port = port;
    options.offer = offer;
    return http::BlockingClient(clock, options).handshake(http::Url::parse("https://site.test/").value());
  };
  {
    OldServer old(id, 2);
    auto version = agreed(old.port, Offer::old_versions);
    ASSERT_TRUE(version) << version.error().text();
    EXPECT_TRUE(version->starts_with("TLSv1.1 ")) << *version;
    auto suite = agreed(old.port, Offer::weak_suites);
    ASSERT_TRUE(suite) << suite.error().text();
    EXPECT_TRUE(suite->starts_with("TLSv1.2 ")) << *suite;
  }
  TlsServer ours(id, 2);
  for (const Offer offer : {Offer::old_versions, Offer::weak_suites}) {
    auto refused = agreed(ours.port, offer);
    ASSERT_FALSE(refused) << *refused;
    EXPECT_EQ(refused.error().code, "tls");
    EXPECT_EQ(refused.error().source, Source::origin);
  }
}

}  // namespace
}  // namespace gatehouse::net::tls
