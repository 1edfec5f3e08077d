#include "app/admin_token.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/text.h"

namespace gatehouse::app {
namespace {

constexpr std::size_t kBytes = 32, kLetters = 43;

// Stops: a token that somebody else on this machine read, or chose.
bool ours_alone(const std::string& path) {
  struct stat st{};
  return ::lstat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == ::geteuid() && (st.st_mode & 077) == 0;
}

}  // namespace

Result<std::string> admin_token(const std::string& folder, Entropy& entropy) {
  const std::string path = folder + "/admin-token";
  if (ours_alone(path)) {
    std::ifstream in(path);
    std::string token;
    if (in >> token && token.size() == kLetters && text::unbase64url(token)) return token;
  }
  const auto bytes = entropy.bytes<kBytes>();
  std::string token = text::base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  const std::string line = token + "\n";
  // A new file, whatever stood there: neither its mode nor a link in its place is inherited.
  ::unlink(path.c_str());
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  const bool good = fd >= 0 && ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const std::string why = good ? "" : std::strerror(errno);
  if (fd >= 0) ::close(fd);
  if (!good) return fail(Source::us, "state_dir", path + ": cannot write: " + why);
  return token;
}

}  // namespace gatehouse::app
