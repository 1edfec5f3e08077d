#include "controls/startup/judge.h"

#include <unistd.h>

#include <algorithm>
#include <bitset>

#include "base/text.h"

namespace gatehouse::controls::startup {
namespace {

using conf::SecretRef;
using conf::Severity;

constexpr std::size_t kShortest = 16;

bool is_pem(std::string_view s) { return s.find("-----BEGIN ") != s.npos; }

// Words that stand in examples. Each is long enough not to turn up in random text.
bool placeholder(std::string_view secret) {
  std::string s = text::to_lower(secret);
  if (s.front() == '<' && s.back() == '>') return true;
  for (std::string_view word :
       {"changeme",    "change-me",   "change_me",   "placeholder",  "replaceme",    "replace-me",      "replace_me",
        "your-secret", "your_secret", "yoursecret",  "your-key",     "your_key",     "django-insecure", "insecure",
        "example",     "password",    "supersecret", "super-secret", "super_secret", "secretkey",       "secret-key",
        "secret_key",  "mysecret",    "my-secret",   "my_secret",    "notsecret",    "not-secret",      "do-not-use",
        "do_not_use",  "xxxxxxxx",    "letmein",     "qwertyui"})
    if (s.find(word) != s.npos) return true;
  return false;
}

std::size_t distinct(std::string_view s) {
  std::bitset<256> seen;
  for (char c : s) seen.set(static_cast<unsigned char>(c));
  return seen.count();
}

// The same few characters over and over: "abcabcabcabcabcabc".
bool periodic(std::string_view s) {
  for (std::size_t period = 1; period <= s.size() / 2; ++period)
    if (s.substr(period) == s.substr(0, s.size() - period)) return true;
  return false;
}

// Mostly steps of one: "0123456789abcdef", "zyxwvutsrqponmlk".
bool counting(std::string_view s) {
  std::size_t steps = 0;
  for (std::size_t i = 1; i < s.size(); ++i) steps += std::abs(s[i] - s[i - 1]) == 1 ? 1 : 0;
  return steps * 3 > s.size() * 2;
}

// "route[2].jwt.secret" -> "jwt.secret": what a secret is for, wherever it is used.
std::string purpose(std::string_view key) {
  std::string plain;
  bool index = false;
  for (char c : key) {
    if (c == '[') index = true;
    if (!index) plain += c;
    if (c == ']') index = false;
  }
  std::size_t last = plain.rfind('.');
  if (last == plain.npos || last == 0) return plain;
  std::size_t before = plain.rfind('.', last - 1);
  return before == plain.npos ? plain : plain.substr(before + 1);
}

bool wants_private_key(std::string_view key) { return key == "tls.key" || key.starts_with("tls.more["); }

class Judge {
 public:
  Judge(const Policy& policy, const SecretSource& source, conf::Findings& findings)
      : policy_(policy), source_(source), findings_(findings) {}

  void run() {
    for (const SecretRef& ref : policy_.references) one(ref);
    const gate::TlsConfig& tls = policy_.config.tls;
    readable(tls.certificate, tls.key.place, "tls.certificate");
    for (const auto& extra : tls.more) readable(extra.certificate, extra.key.place, "tls.more");
    for (const auto& u : policy_.config.upstreams) readable(u.ca_file, {}, "upstream." + u.name + ".ca_file");
  }

 private:
  struct Known {
    const SecretRef* ref;
    Secret bytes;
  };

  void say(Severity severity, std::string_view code, const SecretRef& ref, std::string message, std::string remedy) {
    findings_.add({severity, std::string(code), ref.place, ref.key, std::move(message), std::move(remedy)});
  }

  void one(const SecretRef& ref) {
    auto held = source_.read(ref);
    if (!held) {
      say(Severity::error, "missing_secret", ref, held.error().detail,
          ref.kind == SecretRef::Kind::env ? "set it before gatehouse starts; there is no default"
                                           : "create it, readable by gatehouse alone (chmod 600)");
      return;
    }
    std::string_view value = held->bytes.reveal();
    std::string name = ref.kind == SecretRef::Kind::env ? "the variable " + ref.name : "the file " + ref.name;
    if (held->mode && (*held->mode & 077) != 0)
      say(Severity::warning, "file_permission", ref, name + " can be read or written by others on this machine",
          "chmod 600 " + text::printable(ref.name, 300));
    if (wants_private_key(ref.key)) {
      if (value.find("PRIVATE KEY-----") == value.npos)
        say(Severity::error, "weak_secret", ref, name + " holds no private key in PEM",
            "name the file of the key itself");
      else if (value.find("ENCRYPTED") != value.npos)
        say(Severity::error, "weak_secret", ref, name + " holds a key that needs a passphrase",
            "remove the passphrase (openssl pkey) and protect the file by chmod 600");
    } else {
      strength(ref, name, value);
    }
    reuse(ref, std::move(held->bytes));
  }

  void strength(const SecretRef& ref, const std::string& name, std::string_view value) {
    // Stops: test keys that take real orders for nothing, and live keys that a test charges.
    bool test = value.starts_with("sk_test_") || value.starts_with("rk_test_");
    bool live = value.starts_with("sk_live_") || value.starts_with("rk_live_");
    bool production = policy_.config.mode == gate::Mode::production;
    if (production && test)
      return say(Severity::error, "key_mode", ref, name + " holds a test key, and this is production",
                 "put the live key there, or set mode = \"development\" on your own machine");
    if (!production && live)
      return say(Severity::error, "key_mode", ref, name + " holds a live key, and this is development",
                 "use a test key outside production");
    if (value.starts_with("pk_test_") || value.starts_with("pk_live_"))
      return say(Severity::error, "weak_secret", ref, name + " holds a publishable key, which everybody may know",
                 "put the secret key there");
    if (ref.key == "billing.secret_key" && !test && !live)
      return say(Severity::error, "weak_secret", ref, name + " holds no secret key of Stripe's",
                 "copy it from the dashboard; it begins with sk_test_, sk_live_, rk_test_ or rk_live_");
    if (value.front() == ' ' || value.back() == ' ' || value.back() == '\n' || value.back() == '\t')
      return say(Severity::error, "weak_secret", ref, name + " begins or ends with a blank",
                 "remove it: it would become a part of the secret");
    if (std::string why = weakness_of(value); !why.empty())
      say(Severity::error, placeholder(value) ? "placeholder" : "weak_secret", ref, name + " " + why,
          "make a new one: openssl rand -base64 32");
  }

  // Stops: one leak that opens two doors, and a signature for one purpose that passes for another.
  void reuse(const SecretRef& ref, Secret bytes) {
    for (const Known& k : known_) {
      bool same_source = k.ref->kind == ref.kind && k.ref->name == ref.name;
      if (!(k.bytes == bytes) || (same_source && purpose(k.ref->key) == purpose(ref.key))) continue;
      say(Severity::error, "reused_secret", ref,
          "this is the same secret as " + k.ref->key + " in line " + std::to_string(k.ref->place.line),
          "give each purpose its own secret");
      break;
    }
    known_.push_back({&ref, std::move(bytes)});
  }

  void readable(const std::string& path, conf::Place place, std::string key) {
    if (path.empty() || access(path.c_str(), R_OK) == 0) return;
    if (place.file.empty()) place.file = file_name();
    findings_.add({Severity::error, "missing_file", std::move(place), std::move(key),
                   "the file " + text::printable(path, 300) + " cannot be read", "create it, or name the right one"});
  }
  std::string file_name() const {
    return policy_.config.routes.empty() ? std::string() : policy_.config.routes[0].place.file;
  }

  const Policy& policy_;
  const SecretSource& source_;
  conf::Findings& findings_;
  std::vector<Known> known_;
};

}  // namespace

std::string weakness_of(std::string_view secret) {
  if (secret.empty()) return "is empty";
  if (is_pem(secret)) return {};
  if (placeholder(secret)) return "holds a placeholder that anybody can guess";
  if (secret.size() < kShortest)
    return "holds only " + std::to_string(secret.size()) + " bytes; at least " + std::to_string(kShortest) +
           " are needed";
  if (distinct(secret) < 6 || periodic(secret)) return "repeats the same few characters";
  if (counting(secret)) return "counts up or down instead of being random";
  return {};
}

void judge(const Policy& policy, const SecretSource& source, conf::Findings& findings) {
  Judge(policy, source, findings).run();
  findings.sort();
}

}  // namespace gatehouse::controls::startup
