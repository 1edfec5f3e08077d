#include "audit/secrets/notes.h"

#include "audit/git/repository.h"
#include "audit/readers/gitignore.h"
#include "base/crypto/digest.h"
#include "base/text.h"

namespace gatehouse::audit::secrets {

std::string value_key(std::string_view value) { return text::hex(crypto::sha256(value).view()).substr(0, 5); }

bool local_only(const Project& project, std::string_view path) {
  const auto& git = project.notes<git::GitFacts>();
  if (git.known) return !git.tracked.contains(path);
  return git_ignores(project, path);
}

std::string evidence_of(const Hit& hit, std::string_view text) {
  std::string out = hit.name.empty() ? std::string() : text::printable(hit.name) + " = ";
  if (hit.shape == Shape::pem)
    return out + "a PEM private key of " + std::to_string(hit.end - hit.begin) + " characters";
  if (hit.shape == Shape::database_url || hit.shape == Shape::web_url_password) {
    // The address without its password.
    const std::string_view url = text.substr(hit.begin, hit.end - hit.begin);
    const std::size_t mark = url.find("://"), at = url.rfind('@');
    const std::size_t colon = url.find(':', mark + 3);
    if (mark == std::string_view::npos || at == std::string_view::npos || colon > at)
      return out + "an address with a password";
    return out + text::printable(url.substr(0, colon)) + ":…@" + text::printable(url.substr(at + 1));
  }
  return out + redact(text.substr(hit.begin, hit.end - hit.begin));
}

std::string title_of(const Hit& hit) { return hit.provider.empty() ? hit.what : hit.provider + " " + hit.what; }

}  // namespace gatehouse::audit::secrets
