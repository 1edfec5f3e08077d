#include "controls/identity_out/assertion_keys.h"

#include <algorithm>
#include <filesystem>

#include "base/crypto/jwk.h"
#include "base/crypto/key_file.h"
#include "base/text.h"

namespace gatehouse::controls::identity_out {
namespace {

constexpr std::string_view kEnding = ".pem";

std::string file_of(const std::string& folder, std::int64_t created) {
  return folder + "/" + std::to_string(created) + std::string(kEnding);
}

}  // namespace

AssertionKeys::AssertionKeys(std::string folder, Duration rotate, const Clock& clock)
    : folder_(std::move(folder)),
      rotate_(std::chrono::duration_cast<std::chrono::seconds>(rotate).count()),
      clock_(clock) {}

Result<void> AssertionKeys::open() {
  const std::lock_guard lock(mutex_);
  if (auto loaded = load(); !loaded) return loaded;
  if (keys_.empty()) return make(clock_.unix_seconds());
  return {};
}

Result<void> AssertionKeys::load() {
  std::error_code error;
  std::vector<std::shared_ptr<const Signer>> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(kEnding)) continue;
    const auto created = text::parse_u64(std::string_view(name).substr(0, name.size() - kEnding.size()));
    if (!created || *created > 253402300799u) continue;
    auto key = crypto::read_key_file(entry.path().string());
    if (!key) return fail(std::move(key.error()));
    if (key->kind() != crypto::KeyKind::ed25519)
      return fail(Source::us, "bad_key_file", entry.path().string() + ": not an Ed25519 key");
    const std::string kid = key->public_key().thumbprint();
    found.push_back(std::make_shared<const Signer>(Signer{std::move(*key), kid, static_cast<std::int64_t>(*created)}));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a->created < b->created; });
  keys_ = std::move(found);
  published_.clear();
  return {};
}

Result<void> AssertionKeys::make(std::int64_t now) {
  auto key = crypto::read_or_make_key_file(file_of(folder_, now), crypto::KeyKind::ed25519);
  if (!key) return fail(std::move(key.error()));
  const std::string kid = key->public_key().thumbprint();
  keys_.push_back(std::make_shared<const Signer>(Signer{std::move(*key), kid, now}));
  published_.clear();
  return {};
}

// The newest key that was published long enough, else the oldest.
std::size_t AssertionKeys::current(std::int64_t now) const {
  std::size_t at = 0;
  for (std::size_t i = 0; i < keys_.size(); ++i)
    if (keys_[i]->created + kLead <= now) at = i;
  return at;
}

void AssertionKeys::turn(std::int64_t now) {
  // A key that cannot be made is no reason to stop signing with the one there is; the next call tries again.
  if (keys_.back()->created + rotate_ <= now) (void)make(now);
  const std::size_t at = current(now);
  if (at == 0 || keys_[at]->created + kLead + kAfter > now) return;
  for (std::size_t i = 0; i < at; ++i) {
    std::error_code error;
    std::filesystem::remove(file_of(folder_, keys_[i]->created), error);
  }
  keys_.erase(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(at));
  published_.clear();
}

std::shared_ptr<const Signer> AssertionKeys::signer() {
  const std::lock_guard lock(mutex_);
  if (keys_.empty()) return nullptr;
  const std::int64_t now = clock_.unix_seconds();
  turn(now);
  return keys_[current(now)];
}

std::string AssertionKeys::key_set() {
  const std::lock_guard lock(mutex_);
  if (!keys_.empty()) turn(clock_.unix_seconds());
  if (!published_.empty()) return published_;
  json::Array list;
  for (const auto& k : keys_) list.push_back(crypto::publish(k->key.public_key(), k->kid, crypto::Algorithm::eddsa));
  json::Value set;
  set.set("keys", std::move(list));
  return published_ = json::write(set);
}

}  // namespace gatehouse::controls::identity_out
