#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <map>

#include "base/testing/temporary_folder.h"
#include "controls/startup/card.h"
#include "controls/startup/control.h"
#include "controls/startup/judge.h"

namespace gatehouse::controls::startup {
namespace {

using conf::SecretRef;
using testing::HasSubstr;
using testing::Not;

const std::string kGood = "q7Vb2LrXw9PzKd4TnYc8MhJf5GsAe3Ru";

struct Env final : SecretSource {
  std::map<std::string, std::string> variables;
  std::optional<unsigned> mode;
  Result<Held> read(const SecretRef& ref) const override {
    auto it = variables.find(ref.name);
    if (it == variables.end()) return fail(Source::us, "missing_secret", "the variable " + ref.name + " is not set");
    return Held{Secret(it->second), mode};
  }
};

struct Case {
  Env env;
  Policy policy;
  void refer(std::string name, std::string key, std::string value) {
    policy.references.push_back(
        {SecretRef::Kind::env, name, {"g.toml", static_cast<int>(policy.references.size()) + 1, 1}, key});
    env.variables[name] = std::move(value);
  }
  std::string judged() const {
    conf::Findings f;
    judge(policy, env, f);
    return conf::render_text(f, false);
  }
};

std::string one(std::string value, gate::Mode mode = gate::Mode::production) {
  Case c;
  c.policy.config.mode = mode;
  c.refer("S", "jwt.secret", std::move(value));
  return c.judged();
}

TEST(Startup, ARandomSecretPasses) {
  EXPECT_EQ(one(kGood), "");
  EXPECT_EQ(one("0f1e9c3b7a5d2468"), "");
  EXPECT_EQ(one("sk_live_51HqT9bLmZx8RwKcVdYpNs2J"), "");
  EXPECT_EQ(one("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "");
}

TEST(Startup, EveryWeaknessHasItsName) {
  EXPECT_THAT(one("short-but-odd7!"), HasSubstr("holds only 15 bytes"));
  EXPECT_THAT(one("change-me-before-production"), HasSubstr("[placeholder]"));
  EXPECT_THAT(one("django-insecure-7x#k2m!vq9"), HasSubstr("[placeholder]"));
  EXPECT_THAT(one("<paste the key here please>"), HasSubstr("[placeholder]"));
  EXPECT_THAT(one("My-PassWord-is-long-enough-1"), HasSubstr("[placeholder]"));
  EXPECT_THAT(one("aaaaaaaaaaaaaaaaaaaaaaaa"), HasSubstr("repeats the same few characters"));
  EXPECT_THAT(one("k3v9x1k3v9x1k3v9x1k3v9x1"), HasSubstr("repeats the same few characters"));
  EXPECT_THAT(one("0123456789:;<=>?@ABCDEFGH"), HasSubstr("counts up or down"));
  EXPECT_THAT(one("pk_live_51HqT9bLmZx8RwKcVdYpNs2J"), HasSubstr("publishable key"));
  EXPECT_THAT(one(kGood + " "), HasSubstr("begins or ends with a blank"));
}

TEST(Startup, TheModeOfAKeyFitsTheModeOfTheGate) {
  EXPECT_THAT(one("sk_test_51HqT9bLmZx8RwKcVdYpNs2J"), HasSubstr("[key_mode]"));
  EXPECT_THAT(one("rk_live_51HqT9bLmZx8RwKcVdYpNs2J", gate::Mode::development), HasSubstr("[key_mode]"));
  EXPECT_EQ(one("sk_test_51HqT9bLmZx8RwKcVdYpNs2J", gate::Mode::development), "");
}

TEST(Startup, AllReasonsComeAtOnceAndNoneHoldsASecret) {
  Case c;
  c.refer("A", "jwt.secret", "hunter2hunter2hunter2");
  c.refer("B", "csrf.key", "tiny7");
  c.refer("C", "billing.key", kGood);
  c.env.variables.erase("C");
  std::string text = c.judged();
  EXPECT_THAT(text, HasSubstr("g.toml:1:1: error: jwt.secret: the variable A repeats"));
  EXPECT_THAT(text, HasSubstr("g.toml:2:1: error: csrf.key: the variable B holds only 5 bytes"));
  EXPECT_THAT(text, HasSubstr("g.toml:3:1: error: billing.key: the variable C is not set"));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(text, Not(HasSubstr("tiny7")));
}

TEST(Startup, OneSecretServesOnePurpose) {
  Case reused;
  reused.refer("A", "jwt.secret", kGood);
  reused.refer("B", "csrf.key", kGood);
  EXPECT_THAT(reused.judged(), HasSubstr("csrf.key: this is the same secret as jwt.secret in line 1 [reused_secret]"));
  Case shared;  // the same variable for the same purpose on two routes
  shared.refer("A", "jwt.secret", kGood);
  shared.refer("A", "route[2].jwt.secret", kGood);
  EXPECT_EQ(shared.judged(), "");
  Case twice;  // one variable for two purposes
  twice.refer("A", "jwt.secret", kGood);
  twice.refer("A", "webhooks[0].secret", kGood);
  EXPECT_THAT(twice.judged(), HasSubstr("[reused_secret]"));
}

TEST(Startup, ATlsKeyIsAPrivateKeyWithoutPassphrase) {
  auto tls = [](std::string value) {
    Case c;
    c.refer("K", "tls.key", std::move(value));
    return c.judged();
  };
  EXPECT_EQ(tls("-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----"), "");
  EXPECT_THAT(tls("-----BEGIN CERTIFICATE-----\nMC4C\n-----END CERTIFICATE-----"), HasSubstr("no private key"));
  EXPECT_THAT(tls("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMC4C\n"), HasSubstr("needs a passphrase"));
}

TEST(Startup, AFileThatOthersMayReadIsAWarning) {
  Case c;
  c.refer("F", "jwt.secret", kGood);
  c.env.mode = 0640;
  EXPECT_THAT(c.judged(), HasSubstr("warning: jwt.secret: the variable F can be read or written by others"));
  c.env.mode = 0600;
  EXPECT_EQ(c.judged(), "");
}

struct Folder : TemporaryFolder {
  std::string file(const std::string& name, std::string_view content, mode_t mode) const {
    std::string path = at(name);
    std::ofstream(path) << content;
    chmod(path.c_str(), mode);
    return path;
  }
};

TEST(Startup, SecretsComeFromTheEnvironmentAndFromFiles) {
  Folder folder;
  SystemSecrets source([](std::string_view name) -> std::optional<std::string> {
    if (name == "SET") return "value";
    if (name == "EMPTY") return "";
    return std::nullopt;
  });
  auto env = [&](std::string name) { return source.read({SecretRef::Kind::env, name, {}, ""}); };
  auto file = [&](std::string name) { return source.read({SecretRef::Kind::file, name, {}, ""}); };
  EXPECT_EQ(env("SET")->bytes.reveal(), "value");
  EXPECT_EQ(env("EMPTY").error().detail, "the variable EMPTY is empty");
  EXPECT_EQ(env("NONE").error().detail, "the variable NONE is not set");
  auto held = file(folder.file("key", "line\r\n", 0644));
  ASSERT_TRUE(held);
  EXPECT_EQ(held->bytes.reveal(), "line");
  EXPECT_EQ(held->mode, 0644u);
  EXPECT_THAT(file(folder.at("none")).error().detail, HasSubstr("No such file"));
  EXPECT_THAT(file(folder.path()).error().detail, HasSubstr("is no file"));
  EXPECT_THAT(file(folder.file("big", std::string(70000, 'x'), 0600)).error().detail, HasSubstr("larger than 64 KiB"));
  EXPECT_THAT(file(folder.file("empty", "\n", 0600)).error().detail, HasSubstr("is empty"));
  ASSERT_EQ(mkfifo(folder.at("pipe").c_str(), 0600), 0);
  EXPECT_THAT(file(folder.at("pipe")).error().detail, HasSubstr("is no file"));
}

TEST(Startup, ACertificateThatCannotBeReadIsFound) {
  Case c;
  c.policy.config.tls.certificate = "/nowhere/chain.pem";
  EXPECT_THAT(c.judged(), HasSubstr("tls.certificate: the file /nowhere/chain.pem cannot be read [missing_file]"));
}

TEST(Startup, TheControlHasNoSwitch) {
  auto control = make();
  EXPECT_EQ(control->card().id, "startup");
  EXPECT_FALSE(control->can_disable());
  EXPECT_FALSE(control->can_observe());
}

}  // namespace
}  // namespace gatehouse::controls::startup
