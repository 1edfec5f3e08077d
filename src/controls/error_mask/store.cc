#include "controls/error_mask/store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "gate/request_id.h"

namespace gatehouse::controls::error_mask {

namespace fs = std::filesystem;

bool BodyStore::keep(std::string_view id, std::string_view body) {
  if (!gate::is_request_id(id)) return false;
  if (mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) return false;
  constexpr std::int64_t kMinute = 60;
  if (std::int64_t now = clock_.unix_seconds(); now >= next_sweep_.load(std::memory_order_relaxed)) {
    next_sweep_.store(now + kMinute, std::memory_order_relaxed);
    sweep();
  }
  std::string path = folder_ + "/" + std::string(id) + ".txt";
  // Stops: a planted link that makes us write elsewhere, and readers of other accounts.
  int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  bool good = true;
  while (good && !body.empty()) {
    ssize_t n = write(fd, body.data(), body.size());
    good = n > 0;
    if (good) body.remove_prefix(static_cast<std::size_t>(n));
  }
  close(fd);
  if (!good) unlink(path.c_str());  // half a body helps nobody
  return good;
}

std::size_t BodyStore::sweep() {
  struct Kept {
    std::time_t written;
    fs::path path;
  };
  std::vector<Kept> kept;
  std::size_t removed = 0;
  std::int64_t oldest =
      clock_.unix_seconds() -
      std::chrono::duration_cast<std::chrono::seconds>(keep_for_.load(std::memory_order_relaxed)).count();
  std::error_code failed;
  for (fs::directory_iterator it(folder_, failed), end; !failed && it != end; it.increment(failed)) {
    struct stat s{};
    if (it->path().extension() != ".txt" || lstat(it->path().c_str(), &s) != 0 || !S_ISREG(s.st_mode)) continue;
    if (s.st_mtime < oldest) {
      removed += unlink(it->path().c_str()) == 0;
    } else {
      kept.push_back({s.st_mtime, it->path()});
    }
  }
  if (kept.size() >= kMaxFiles) {
    std::sort(kept.begin(), kept.end(), [](const Kept& a, const Kept& b) { return a.written < b.written; });
    for (std::size_t i = 0; i <= kept.size() - kMaxFiles; ++i) removed += unlink(kept[i].path.c_str()) == 0;
  }
  return removed;
}

}  // namespace gatehouse::controls::error_mask
