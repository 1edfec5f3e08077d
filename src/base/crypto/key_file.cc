#include "base/crypto/key_file.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/text.h"

namespace gatehouse::crypto {
namespace {

constexpr std::size_t kMaxPemBytes = 16 * 1024;

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

tl::unexpected<Problem> bad(const std::string& path, const std::string& why) {
  return fail(Source::us, "bad_key_file", path + ": " + why);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return fsync(fd) == 0;
}

}  // namespace

Result<SigningKey> read_key_file(const std::string& path) {
  // Stops: a symbolic link or a pipe put where the key is expected.
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.fd() < 0) {
    if (errno == ENOENT) return fail(Source::us, "missing", path + ": there is no such file");
    return bad(path, std::strerror(errno));
  }
  struct stat info{};
  if (fstat(file.fd(), &info) != 0 || !S_ISREG(info.st_mode)) return bad(path, "not a regular file");
  if (info.st_uid != geteuid()) return bad(path, "belongs to another user");
  // Stops: another account of the machine signing with our key.
  if ((info.st_mode & 077) != 0) return bad(path, "readable by others; run: chmod 600 " + path);
  if (static_cast<std::size_t>(info.st_size) > kMaxPemBytes) return bad(path, "too large for a key");
  std::string pem(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t got = 0;
  while (got < pem.size()) {
    const ssize_t n = read(file.fd(), pem.data() + got, pem.size() - got);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  const Secret held(std::string_view(pem).substr(0, got));
  std::fill(pem.begin(), pem.end(), '\0');
  auto key = SigningKey::from_pem(held.reveal());
  if (!key) return bad(path, key.error().detail);
  return std::move(*key);
}

Result<void> write_key_file(const std::string& path, const SigningKey& key) {
  std::array<unsigned char, 8> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) return bad(path, "no randomness");
  const std::string draft = path + "." + text::hex(random) + ".new";
  {
    const File file(open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.fd() < 0) return bad(draft, std::strerror(errno));
    const Secret pem = key.to_pem();
    if (pem.empty() || !write_all(file.fd(), pem.reveal())) {
      unlink(draft.c_str());
      return bad(draft, "cannot be written");
    }
  }
  // A link never replaces, so of two processes that race one wins and both then read the same key.
  const int linked = link(draft.c_str(), path.c_str());
  const int error = errno;
  unlink(draft.c_str());
  if (linked != 0) {
    if (error == EEXIST) return fail(Source::us, "exists", path + ": exists already");
    return bad(path, std::strerror(error));
  }
  return {};
}

Result<SigningKey> read_or_make_key_file(const std::string& path, KeyKind kind) {
  auto key = read_key_file(path);
  if (key || key.error().code != "missing") return key;
  std::error_code error;
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty() && std::filesystem::create_directories(folder, error))
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error) return bad(folder.string(), error.message());
  auto made = SigningKey::generate(kind);
  if (!made) return made;
  if (auto written = write_key_file(path, *made); !written && written.error().code != "exists")
    return fail(std::move(written.error()));
  return read_key_file(path);
}

}  // namespace gatehouse::crypto
