#include "gate/revocations.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>

namespace gatehouse::gate {
namespace {

using Kind = Revocation::Kind;
constexpr std::array<Kind, 4> kKinds{Kind::session, Kind::subject, Kind::subject_before, Kind::everything};
constexpr std::array<std::string_view, 4> kNames{"session", "subject", "subject-before", "everything"};
constexpr std::size_t kLongestValue = 512, kLongestReason = 500;

std::string trouble(const std::string& what, const std::string& file) {
  return what + " " + file + ": " + std::strerror(errno);
}

// All of it, or false with errno set.
bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool read_all(int fd, std::string& out) {
  std::array<char, 64 * 1024> buffer;
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    if (n == 0) return true;
    out.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

// A new name in a folder is only there after a crash when the folder itself was written.
void sync_folder_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : file.substr(0, slash + 1);
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

std::string_view text(Kind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::optional<Kind> revocation_kind(std::string_view name) {
  for (const Kind kind : kKinds)
    if (text(kind) == name) return kind;
  return std::nullopt;
}

json::Value to_json(const Revocation& r) {
  json::Value v;
  v.set("kind", text(r.kind));
  if (!r.value.empty()) v.set("value", r.value);
  if (r.before != 0) v.set("before", r.before);
  if (r.expires != 0) v.set("expires", r.expires);
  v.set("made", r.made);
  if (!r.reason.empty()) v.set("reason", r.reason);
  return v;
}

std::optional<Revocation> revocation_from(const json::Value& v) {
  const auto kind = revocation_kind(v.string_at("kind").value_or(""));
  if (!kind) return std::nullopt;
  Revocation r;
  r.kind = *kind;
  r.value = v.string_at("value").value_or("");
  r.reason = v.string_at("reason").value_or("");
  for (auto [name, to] : {std::pair{"before", &r.before}, {"expires", &r.expires}, {"made", &r.made}})
    if (const json::Value* n = v.find(name)) {
      const auto whole = n->integer();
      if (!whole) return std::nullopt;
      *to = *whole;
    }
  return r;
}

Revocations::~Revocations() {
  if (fd_ >= 0) ::close(fd_);
}

bool Revocations::holds(Kind kind, std::string_view value, std::int64_t issued_at) const {
  const Entries& all = entries(kind);
  if (all.empty()) return false;
  auto it = all.find(value);
  if (it == all.end() || !live(it->second)) return false;
  if (kind == Kind::session || kind == Kind::subject) return true;
  // Stops: a token of the very second of the revocation living on. One that does not say when it was issued is refused.
  return issued_at <= it->second.before;
}

bool Revocations::look(const Principal& p) const {
  std::shared_lock lock(mutex_);
  return (!p.session.empty() && holds(Kind::session, p.session, 0)) || holds(Kind::subject, p.subject, 0) ||
         holds(Kind::subject_before, p.subject, p.issued_at) || holds(Kind::everything, "", p.issued_at);
}

std::size_t Revocations::size() const {
  std::size_t n = 0;
  for (const Entries& all : entries_) n += all.size();
  return n;
}

void Revocations::drop_expired() {
  for (Entries& all : entries_) std::erase_if(all, [this](const auto& e) { return !live(e.second); });
}

void Revocations::changed() {
  any_.store(size() > 0, std::memory_order_release);
  epoch_.fetch_add(1, std::memory_order_acq_rel);
}

Result<void> Revocations::add(Revocation r) {
  const bool everything = r.kind == Kind::everything;
  if (everything != r.value.empty())
    return fail(Source::client, "bad_value", everything ? "everything takes no value" : "a value is needed");
  if (r.value.size() > kLongestValue || r.reason.size() > kLongestReason)
    return fail(Source::client, "bad_value", "value or reason is too long");
  const bool timed = r.kind == Kind::subject_before || everything;
  if (timed != (r.before > 0))
    return fail(Source::client, "bad_value", timed ? "a time is needed: before" : "this kind takes no time");
  r.made = clock_.unix_seconds();
  if (r.expires != 0 && r.expires <= r.made) return fail(Source::client, "bad_value", "it would have expired already");

  // Only whoever holds `writing_` changes the entries, so reading them here needs no second lock.
  std::lock_guard writing(writing_);
  Entries& all = entries(r.kind);
  auto there = all.find(r.value);
  // Stops: a later, weaker line shortening an earlier one. Lifting is its own word.
  if (there != all.end() && live(there->second)) {
    if (r.before < there->second.before) r.before = there->second.before;
    if (there->second.expires == 0 || (r.expires != 0 && r.expires < there->second.expires))
      r.expires = there->second.expires;
  }
  if (there == all.end() && size() >= kMost) {
    std::unique_lock lock(mutex_);
    drop_expired();
    if (size() >= kMost)
      return fail(Source::store, "store_full",
                  "the list holds a million live entries; revoke by subject or everything");
  }
  if (auto written = append(json::write(to_json(r)) + "\n"); !written) return written;
  std::unique_lock lock(mutex_);
  all[r.value] = std::move(r);
  changed();
  return {};
}

Result<bool> Revocations::lift(Kind kind, std::string_view value) {
  std::lock_guard writing(writing_);
  Entries& all = entries(kind);
  auto it = all.find(value);
  if (it == all.end()) return false;
  json::Value line;
  line.set("lift", text(kind));
  line.set("value", value);
  line.set("made", clock_.unix_seconds());
  if (auto written = append(json::write(line) + "\n"); !written) return fail(written.error());
  const bool was_live = live(it->second);
  std::unique_lock lock(mutex_);
  all.erase(it);
  changed();
  return was_live;
}

std::vector<Revocation> Revocations::list() const {
  std::shared_lock lock(mutex_);
  std::vector<Revocation> out;
  for (const Entries& all : entries_)
    for (const auto& [value, r] : all)
      if (live(r)) out.push_back(r);
  return out;
}

bool Revocations::apply(std::string_view line) {
  auto v = json::parse(line);
  if (!v || !v->is_object()) return false;
  if (auto lifted = v->string_at("lift")) {
    const auto kind = revocation_kind(*lifted);
    if (!kind) return false;
    entries(*kind).erase(std::string(v->string_at("value").value_or("")));
    return true;
  }
  auto r = revocation_from(*v);
  if (!r) return false;
  if (live(*r))
    entries(r->kind)[r->value] = std::move(*r);
  else
    entries(r->kind).erase(r->value);
  return true;
}

Result<void> Revocations::append(const std::string& line) {
  if (fd_ < 0) return {};
  const off_t end = ::lseek(fd_, 0, SEEK_END);
  if (end >= 0 && write_all(fd_, line) && ::fdatasync(fd_) == 0) return {};
  std::string why = trouble("cannot write", file_);
  // Half a line must not become the beginning of the next one.
  if (end >= 0 && ::ftruncate(fd_, end) != 0) why += "; the file may hold half a line";
  return fail(Source::store, "store_unwritable", std::move(why));
}

// The live entries alone, put in place of the old file in one step.
Result<void> Revocations::rewrite() {
  const std::string temporary = file_ + ".new";
  const int fd = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return fail(Source::store, "store_unwritable", trouble("cannot make", temporary));
  std::string all;
  for (const Entries& kind : entries_)
    for (const auto& [value, r] : kind) all += json::write(to_json(r)) + "\n";
  if (::fchmod(fd, 0600) != 0 || !write_all(fd, all) || ::fsync(fd) != 0 ||
      ::rename(temporary.c_str(), file_.c_str()) != 0) {
    std::string why = trouble("cannot write", temporary);
    ::close(fd);
    return fail(Source::store, "store_unwritable", std::move(why));
  }
  sync_folder_of(file_);
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  return {};
}

Result<void> Revocations::open(const std::string& file) {
  std::lock_guard writing(writing_);
  std::unique_lock lock(mutex_);
  std::string text;
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno != ENOENT) return fail(Source::store, "store_unreadable", trouble("cannot open", file));
  if (fd >= 0) {
    const bool read = read_all(fd, text);
    const std::string why = read ? "" : trouble("cannot read", file);
    ::close(fd);
    if (!read) return fail(Source::store, "store_unreadable", why);
  }
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string::npos) break;  // cut short by a crash: add() never answered for it
    ++number;
    // Stops: a damaged list read as an empty one, which would let every revoked session back in.
    if (!apply(std::string_view(text).substr(at, end - at)))
      return fail(Source::store, "store_damaged", file + ":" + std::to_string(number) + " does not read");
    at = end + 1;
  }
  drop_expired();
  file_ = file;
  auto kept = rewrite();
  changed();
  return kept;
}

}  // namespace gatehouse::gate
