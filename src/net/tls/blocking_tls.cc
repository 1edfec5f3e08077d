#include "net/tls/blocking_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace gatehouse::net::tls {

Result<std::unique_ptr<Session>> probe_session(int fd, const std::string& server_name, const ProbeOptions& options) {
  if (options.verify && options.offer == Offer::usual) {
    auto context = ClientContext::make(options.ca_file);
    if (!context) return fail(std::move(context.error()));
    return (*context)->connect(fd, server_name);
  }
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  bool able = true;
  if (options.offer == Offer::old_versions)
    able = SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context.get(), "ALL:@SECLEVEL=0") == 1;
  if (options.offer == Offer::weak_suites)
    able = SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context.get(), "kRSA:aNULL:eNULL:@SECLEVEL=0") == 1;
  if (!able) return fail(Source::us, "tls", "this build of OpenSSL cannot offer that");
  SSL* ssl = SSL_new(context.get());  // holds the context
  SSL_set_connect_state(ssl);
  // An address is no server name (RFC 6066 §3).
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), server_name.c_str()) != 1) {
    ERR_clear_error();
    SSL_set_tlsext_host_name(ssl, server_name.c_str());
  }
  return std::make_unique<Session>(ssl, fd);
}

}  // namespace gatehouse::net::tls
