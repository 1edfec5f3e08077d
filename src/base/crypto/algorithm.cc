#include "base/crypto/algorithm.h"

#include <array>

namespace gatehouse::crypto {
namespace {

struct Row {
  Algorithm algorithm;
  std::string_view name;
  KeyKind kind;
};
constexpr std::array<Row, kAlgorithms> kRows{{
    {Algorithm::rs256, "RS256", KeyKind::rsa},
    {Algorithm::rs384, "RS384", KeyKind::rsa},
    {Algorithm::rs512, "RS512", KeyKind::rsa},
    {Algorithm::ps256, "PS256", KeyKind::rsa},
    {Algorithm::ps384, "PS384", KeyKind::rsa},
    {Algorithm::ps512, "PS512", KeyKind::rsa},
    {Algorithm::es256, "ES256", KeyKind::p256},
    {Algorithm::es384, "ES384", KeyKind::p384},
    {Algorithm::es512, "ES512", KeyKind::p521},
    {Algorithm::eddsa, "EdDSA", KeyKind::ed25519},
    {Algorithm::hs256, "HS256", KeyKind::secret},
    {Algorithm::hs384, "HS384", KeyKind::secret},
    {Algorithm::hs512, "HS512", KeyKind::secret},
}};

}  // namespace

std::string_view name(Algorithm a) { return kRows[static_cast<std::size_t>(a)].name; }

std::optional<Algorithm> algorithm_of(std::string_view s) {
  for (const Row& row : kRows)
    if (row.name == s) return row.algorithm;
  if (s == "Ed25519") return Algorithm::eddsa;
  return std::nullopt;
}

KeyKind kind_of(Algorithm a) { return kRows[static_cast<std::size_t>(a)].kind; }

std::string_view name(KeyKind k) {
  switch (k) {
    case KeyKind::rsa:
      return "RSA";
    case KeyKind::p256:
      return "P-256";
    case KeyKind::p384:
      return "P-384";
    case KeyKind::p521:
      return "P-521";
    case KeyKind::ed25519:
      return "Ed25519";
    case KeyKind::secret:
      return "shared secret";
  }
  return "unknown";
}

AlgorithmSet AlgorithmSet::of(KeyKind kind) {
  AlgorithmSet set;
  for (const Row& row : kRows)
    if (row.kind == kind) set.add(row.algorithm);
  return set;
}

std::string AlgorithmSet::text() const {
  std::string out;
  for (const Row& row : kRows) {
    if (!has(row.algorithm)) continue;
    if (!out.empty()) out += ' ';
    out += row.name;
  }
  return out;
}

}  // namespace gatehouse::crypto
