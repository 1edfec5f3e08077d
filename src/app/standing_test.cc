#include "app/standing.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/testing/temporary_folder.h"

namespace gatehouse::app {
namespace {

TEST(TlsStamp, ChangesWithTheFilesAndTwiceADay) {
  const TemporaryFolder folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    // As a renewal does: a new file takes the place of the old one.
    std::ofstream(folder.at("new")) << text;
    std::filesystem::rename(folder.at("new"), folder.at(name));
  };
  gate::TlsConfig tls;
  tls.certificate = folder.at("cert.pem");
  tls.key.kind = conf::SecretRef::Kind::file;
  tls.key.name = folder.at("key.pem");
  tls.more.push_back({});
  tls.more.back().certificate = folder.at("other.pem");
  const std::int64_t noon = 1700000000 / 43200 * 43200;
  std::string last = tls_stamp(tls, noon);
  EXPECT_EQ(tls_stamp(tls, noon + 43199), last);
  EXPECT_NE(tls_stamp(tls, noon + 43200), last) << "fresh ticket keys";
  for (std::string name : {"cert.pem", "key.pem", "other.pem", "cert.pem"}) {
    write(name, "another");
    const std::string now = tls_stamp(tls, noon);
    EXPECT_NE(now, last) << name;
    EXPECT_EQ(tls_stamp(tls, noon), now);
    last = now;
  }
}

TEST(NeedsRestart, NamesWhatAReloadCannotChangeAndNothingElse) {
  const gate::GateConfig before;
  EXPECT_EQ(needs_restart(before, before), "");
  gate::GateConfig after;
  after.limits.body = 1;
  after.log.level = 3;
  EXPECT_EQ(needs_restart(before, after), "") << "a reload changes these";
  after.listen.push_back({});
  after.threads = before.threads + 1;
  after.state_dir = "/elsewhere";
  after.log.file = "/elsewhere/log";
  after.limits.buffered_bytes = 1;
  after.admin.text = "http://127.0.0.1:1";
  EXPECT_EQ(needs_restart(before, after), "listen, admin, threads, state_dir, [log] file, [limits] buffered_bytes");
}

}  // namespace
}  // namespace gatehouse::app
