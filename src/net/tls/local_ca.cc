#include "net/tls/local_ca.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

namespace gatehouse::net::tls {

namespace {

struct Free {
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

constexpr const char* kNames = "DNS:localhost,DNS:*.localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1";
constexpr const char* kConstraints =
    "critical,permitted;DNS:localhost,permitted;IP:127.0.0.0/255.0.0.0,"
    "permitted;IP:0:0:0:0:0:0:0:1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

// EVP_EC_gen is a macro that casts const away: said by its parts.
EVP_PKEY* new_key() {
  std::string curve = "P-256";
  return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve.data());
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return in ? out.str() : std::string();
}

// A private file, whole or not at all.
bool write_private(const std::string& path, std::string_view bytes) {
  std::string temporary = path + ".new";
  int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return false;
  bool ok = ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && ::fsync(fd) == 0;
  ::close(fd);
  return ok && ::rename(temporary.c_str(), path.c_str()) == 0;
}

std::string text_of(BIO* bio) {
  char* p = nullptr;
  long n = BIO_get_mem_data(bio, &p);
  return {p, static_cast<std::size_t>(n)};
}

std::string pem(X509* c) {
  Owned<BIO> b(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(b.get(), c);
  return text_of(b.get());
}

std::string pem(EVP_PKEY* k) {
  Owned<BIO> b(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(b.get(), k, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(b.get());
}

bool extend(X509* cert, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  Owned<X509_EXTENSION> e(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return e && X509_add_ext(cert, e.get(), -1) == 1;
}

Owned<X509> certificate(EVP_PKEY* key, const char* name, long days, std::int64_t now, X509* issuer,
                        EVP_PKEY* issuer_key) {
  Owned<X509> c(X509_new());
  X509_set_version(c.get(), 2);
  std::array<unsigned char, 16> serial;
  RAND_bytes(serial.data(), static_cast<int>(serial.size()));
  serial[0] &= 0x7f;
  std::unique_ptr<BIGNUM, void (*)(BIGNUM*)> number(BN_bin2bn(serial.data(), 16, nullptr), BN_free);
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(c.get()));
  ASN1_TIME_set(X509_getm_notBefore(c.get()), now - 3600);
  ASN1_TIME_set(X509_getm_notAfter(c.get()), now + days * 86400);
  X509_set_pubkey(c.get(), key);
  X509_NAME* subject = X509_get_subject_name(c.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  bool authority = issuer == nullptr;
  if (authority) issuer = c.get();
  X509_set_issuer_name(c.get(), X509_get_subject_name(issuer));
  bool ok = extend(c.get(), issuer, NID_subject_key_identifier, "hash");
  if (authority) {
    ok = ok && extend(c.get(), issuer, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
         extend(c.get(), issuer, NID_key_usage, "critical,keyCertSign") &&
         extend(c.get(), issuer, NID_name_constraints, kConstraints);
  } else {
    ok = ok && extend(c.get(), issuer, NID_basic_constraints, "critical,CA:FALSE") &&
         extend(c.get(), issuer, NID_key_usage, "critical,digitalSignature") &&
         extend(c.get(), issuer, NID_ext_key_usage, "serverAuth") &&
         extend(c.get(), issuer, NID_authority_key_identifier, "keyid") &&
         extend(c.get(), issuer, NID_subject_alt_name, kNames);
  }
  if (!ok || X509_sign(c.get(), issuer_key, EVP_sha256()) == 0) return nullptr;
  return c;
}

}  // namespace

Result<LocalIdentity> local_identity(const std::string& dir, const Clock& clock) {
  if (::mkdir(dir.c_str(), 0700) < 0 && errno != EEXIST)
    return fail(Source::us, "local_ca", dir + ": " + std::strerror(errno));
  LocalIdentity out;
  out.ca_file = dir + "/local-ca.pem";
  std::string key_file = dir + "/local-ca.key";
  std::int64_t now = clock.unix_seconds();

  Owned<EVP_PKEY> ca_key;
  Owned<X509> ca;
  if (std::string text = read_file(key_file); !text.empty()) {
    Owned<BIO> b(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    ca_key.reset(PEM_read_bio_PrivateKey(b.get(), nullptr, nullptr, nullptr));
    OPENSSL_cleanse(text.data(), text.size());
    std::string cert = read_file(out.ca_file);
    Owned<BIO> c(BIO_new_mem_buf(cert.data(), static_cast<int>(cert.size())));
    ca.reset(PEM_read_bio_X509(c.get(), nullptr, nullptr, nullptr));
    if (ca && X509_cmp_current_time(X509_get0_notAfter(ca.get())) < 0) ca.reset();
  }
  if (!ca || !ca_key || X509_check_private_key(ca.get(), ca_key.get()) != 1) {
    ca_key.reset(new_key());
    ca = certificate(ca_key.get(), "Gatehouse development CA (this machine only)", 825, now, nullptr, ca_key.get());
    if (!ca) return fail(Source::us, "local_ca", "cannot make a certificate");
    if (!write_private(key_file, pem(ca_key.get())) || !write_private(out.ca_file, pem(ca.get())))
      return fail(Source::us, "local_ca", dir + ": " + std::strerror(errno));
    out.fresh = true;
  }
  Owned<EVP_PKEY> key(new_key());
  Owned<X509> leaf = certificate(key.get(), "localhost", 90, now, ca.get(), ca_key.get());
  ERR_clear_error();
  if (!leaf) return fail(Source::us, "local_ca", "cannot make a certificate");
  out.identity.chain_pem = pem(leaf.get()) + pem(ca.get());
  out.identity.key_pem = Secret(pem(key.get()));
  return out;
}

}  // namespace gatehouse::net::tls
