#include "app/standing.h"

#include <sys/stat.h>

#include <algorithm>

namespace gatehouse::app {

std::string tls_stamp(const gate::TlsConfig& tls, std::int64_t unix_seconds) {
  std::string stamp = std::to_string(unix_seconds / (12 * 3600));
  auto add = [&stamp](const std::string& file) {
    struct stat st{};
    if (!file.empty() && ::stat(file.c_str(), &st) == 0)
      stamp += " " + std::to_string(st.st_ino) + ":" + std::to_string(st.st_mtim.tv_sec) + "." +
               std::to_string(st.st_mtim.tv_nsec);
  };
  auto add_key = [&add](const conf::SecretRef& key) {
    if (key.kind == conf::SecretRef::Kind::file) add(key.name);
  };
  add(tls.certificate);
  add_key(tls.key);
  for (const auto& more : tls.more) {
    add(more.certificate);
    add_key(more.key);
  }
  return stamp;
}

std::string needs_restart(const gate::GateConfig& before, const gate::GateConfig& after) {
  std::string keys;
  const auto note = [&keys](bool differs, std::string_view key) {
    if (!differs) return;
    if (!keys.empty()) keys += ", ";
    keys += key;
  };
  note(!std::equal(before.listen.begin(), before.listen.end(), after.listen.begin(), after.listen.end(),
                   [](const auto& x, const auto& y) { return x.text == y.text; }),
       "listen");
  note(before.admin.text != after.admin.text, "admin");
  note(before.threads != after.threads, "threads");
  note(before.state_dir != after.state_dir, "state_dir");
  note(before.log.file != after.log.file, "[log] file");
  note(before.limits.buffered_bytes != after.limits.buffered_bytes, "[limits] buffered_bytes");
  return keys;
}

}  // namespace gatehouse::app
