#include "kit/auditor_pass.h"

#include <gtest/gtest.h>

namespace gatehouse::kit {
namespace {

constexpr std::int64_t kNow = 1'790'000'000;
const Secret kKey("0123456789abcdef0123456789abcdef");

std::string fresh(std::int64_t lifetime = 60) {
  CountingEntropy entropy;
  return make_pass(kKey, "app.example.com", kNow, lifetime, entropy);
}

PassVerdict judged(const std::string& text, std::string_view host = "app.example.com", std::int64_t now = kNow,
                   const Secret& key = kKey) {
  const auto pass = parse_pass(text);
  return pass ? judge_pass(*pass, key, host, now) : PassVerdict::malformed;
}

TEST(AuditorPass, is_good_for_its_host_and_its_time_only) {
  const std::string pass = fresh();
  EXPECT_EQ(judged(pass), PassVerdict::good);
  EXPECT_EQ(judged(pass, "app.example.com", kNow + 60), PassVerdict::good);
  EXPECT_EQ(judged(pass, "app.example.com", kNow + 61), PassVerdict::expired);
  EXPECT_EQ(judged(pass, "app.example.com", kNow - 60), PassVerdict::good);
  EXPECT_EQ(judged(pass, "app.example.com", kNow - 61), PassVerdict::expired);
  EXPECT_EQ(judged(pass, "api.example.com"), PassVerdict::forged);
  EXPECT_EQ(judged(pass, "app.example.com", kNow, Secret("another key of thirty-two bytes!!")), PassVerdict::forged);
  EXPECT_EQ(judged(pass, "app.example.com", kNow, Secret("")), PassVerdict::forged);
  EXPECT_EQ(judged(fresh(86400), "app.example.com", kNow + 601), PassVerdict::expired) << "ten minutes at most";
}

TEST(AuditorPass, no_byte_of_it_may_change) {
  const std::string pass = fresh();
  for (std::size_t i = 0; i < pass.size(); ++i)
    for (char c : {'0', '1', 'f', ';', ' ', 'A'}) {
      std::string other = pass;
      if (other[i] == c) continue;
      other[i] = c;
      EXPECT_NE(judged(other), PassVerdict::good) << other;
    }
}

TEST(AuditorPass, has_one_form) {
  const std::string pass = fresh();
  ASSERT_TRUE(parse_pass(pass));
  for (const std::string& other :
       {std::string(), pass + ";", pass + " ", " " + pass, "v2" + pass.substr(2), pass.substr(0, pass.size() - 1),
        "v1;e=1;t=1;n=" + std::string(32, 'a') + ";s=" + std::string(64, 'a'),
        "v1;t=01;e=2;n=" + std::string(32, 'a') + ";s=" + std::string(64, 'a'),
        "v1;t=-1;e=2;n=" + std::string(32, 'a') + ";s=" + std::string(64, 'a'),
        "v1;t=1;e=999999999999;n=" + std::string(32, 'a') + ";s=" + std::string(64, 'a'),
        "v1;t=1;e=2;n=" + std::string(32, 'A') + ";s=" + std::string(64, 'a'), std::string(5000, 'a')})
    EXPECT_FALSE(parse_pass(other)) << other;
}

TEST(AuditorPass, binds_the_host_without_port_and_case) {
  EXPECT_EQ(pass_host("App.Example.com:8443"), "app.example.com");
  EXPECT_EQ(pass_host("app.example.com"), "app.example.com");
  EXPECT_EQ(pass_host("[::1]:8443"), "::1");
  EXPECT_EQ(pass_host("[::1]"), "::1");
  EXPECT_EQ(pass_host("["), "");
  EXPECT_EQ(pass_host(""), "");
}

}  // namespace
}  // namespace gatehouse::kit
