#include "controls/startup/secret_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "base/text.h"

namespace gatehouse::controls::startup {
namespace {

constexpr std::size_t kLargest = 64 * 1024;

tl::unexpected<Problem> missing(std::string why) { return fail(Source::us, "missing_secret", std::move(why)); }
std::string reason(int error) { return std::generic_category().message(error); }

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

Result<Held> read_file(const std::string& path) {
  std::string shown = text::printable(path, 300);
  // O_NONBLOCK: a pipe without a writer must not hang the start.
  Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (file.fd < 0) return missing("the file " + shown + " cannot be opened: " + reason(errno));
  struct stat about{};
  if (fstat(file.fd, &about) != 0) return missing("the file " + shown + " cannot be looked at: " + reason(errno));
  if (!S_ISREG(about.st_mode)) return missing(shown + " is no file");
  std::string bytes;
  std::array<char, 4096> part;
  for (;;) {
    ssize_t n = ::read(file.fd, part.data(), part.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return missing("the file " + shown + " cannot be read: " + reason(errno));
    if (n == 0) break;
    bytes.append(part.data(), static_cast<std::size_t>(n));
    if (bytes.size() > kLargest) return missing("the file " + shown + " is larger than 64 KiB: that is no secret");
  }
  if (bytes.ends_with('\n')) bytes.pop_back();
  if (bytes.ends_with('\r')) bytes.pop_back();
  if (bytes.empty()) return missing("the file " + shown + " is empty");
  return Held{Secret(bytes), about.st_mode & 07777u};
}

}  // namespace

Result<Held> SystemSecrets::read(const conf::SecretRef& ref) const {
  if (ref.kind == conf::SecretRef::Kind::file) return read_file(ref.name);
  if (ref.kind != conf::SecretRef::Kind::env) return missing("the reference is empty");
  auto value = variable_(ref.name);
  if (!value) return missing("the variable " + ref.name + " is not set");
  if (value->empty()) return missing("the variable " + ref.name + " is empty");
  return Held{Secret(*value), std::nullopt};
}

}  // namespace gatehouse::controls::startup
