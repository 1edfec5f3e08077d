#include "base/conf/values.h"

#include <gtest/gtest.h>

namespace gatehouse::conf {
namespace {

using namespace std::chrono_literals;

TEST(Values, DurationsAreWholeNumbersWithAUnit) {
  EXPECT_EQ(parse_duration("250ms"), Duration(250ms));
  EXPECT_EQ(parse_duration("10s"), Duration(10s));
  EXPECT_EQ(parse_duration("5m"), Duration(5min));
  EXPECT_EQ(parse_duration("24h"), Duration(24h));
  EXPECT_EQ(parse_duration("7d"), Duration(168h));
  EXPECT_EQ(parse_duration("0s"), Duration(0));
  for (auto bad : {"", "10", "s", "-1s", "1.5s", "10 s", "10S", "1h30m", "99999999999d", "18446744073709551616s"})
    EXPECT_FALSE(parse_duration(bad)) << bad;
  for (auto same : {"250ms", "10s", "5m", "7d", "0s", "90s"}) EXPECT_EQ(format_duration(*parse_duration(same)), same);
}

TEST(Values, SizesAreBytesOrBinaryUnits) {
  EXPECT_EQ(parse_size("512"), 512u);
  EXPECT_EQ(parse_size("64KiB"), 65536u);
  EXPECT_EQ(parse_size("1MiB"), 1048576u);
  for (auto bad : {"", "KiB", "1KB", "1k", "-1", "1.5MiB", "18446744073709551615GiB"})
    EXPECT_FALSE(parse_size(bad)) << bad;
  for (auto same : {"512", "64KiB", "1MiB", "2GiB", "0"}) EXPECT_EQ(format_size(*parse_size(same)), same);
}

TEST(Values, RatesAreACountInAPeriod) {
  EXPECT_EQ(parse_rate("600/min"), (Rate{600, 60s}));
  EXPECT_EQ(parse_rate("5/m"), (Rate{5, 60s}));
  EXPECT_EQ(parse_rate("20/second"), (Rate{20, 1s}));
  EXPECT_EQ(parse_rate("5/day"), (Rate{5, 24h}));
  EXPECT_EQ(parse_rate("100/10m"), (Rate{100, 10min}));
  for (auto bad : {"", "5", "/min", "0/min", "5/", "5/week", "-5/min", "4294967296/s", "5/0s", "5/min/s"})
    EXPECT_FALSE(parse_rate(bad)) << bad;
  for (auto same : {"600/min", "5/day", "100/10m", "7/s", "1/hour"}) EXPECT_EQ(format_rate(*parse_rate(same)), same);
}

TEST(Values, AnOriginComesOutAsABrowserWritesIt) {
  EXPECT_EQ(WebOrigin::parse("https://App.Example.com:443")->text(), "https://app.example.com");
  EXPECT_EQ(WebOrigin::parse("http://localhost:3000")->text(), "http://localhost:3000");
  EXPECT_EQ(WebOrigin::parse("https://[2001:DB8::0:1]:8443")->text(), "https://[2001:db8::1]:8443");
  for (auto bad : {"*",
                   "null",
                   "",
                   "app.example.com",
                   "https://",
                   "https://*.example.com",
                   "https://a.com/",
                   "https://a.com?x",
                   "https://u@a.com",
                   "ftp://a.com",
                   "https://a.com:0",
                   "https://a.com:65536",
                   "https://a.com:",
                   "https://a_b.com",
                   "https://a..com",
                   "https://-a.com",
                   "https://2130706433",
                   "https://127.1",
                   "https://0x7f.0x1",
                   "https://[::1",
                   "https://ä.com",
                   "https://a.com:80:80"})
    EXPECT_FALSE(WebOrigin::parse(bad)) << bad;
}

TEST(Values, AServerIsAddressAndPortAndNothingElse) {
  auto u = ServerUrl::parse("http://127.0.0.1:8000");
  ASSERT_TRUE(u);
  EXPECT_EQ(u->host, "127.0.0.1");
  EXPECT_EQ(u->port, 8000);
  EXPECT_TRUE(u->loopback());
  EXPECT_EQ(ServerUrl::parse("https://my_app")->port, 443);
  EXPECT_EQ(ServerUrl::parse("http://[::1]:0")->host, "::1");
  EXPECT_EQ(ServerUrl::parse("unix:/run/x.sock")->host, "/run/x.sock");
  EXPECT_FALSE(ServerUrl::parse("http://0.0.0.0")->loopback());
  EXPECT_FALSE(ServerUrl::parse("http://127.evil.example")->loopback());
  for (auto bad : {"127.0.0.1:8000", "http://h/path", "http://h:99999", "unix:run/x", "http://*:80", "http://::1:80",
                   "http://user:pw@h", "http://h:8 0"})
    EXPECT_FALSE(ServerUrl::parse(bad)) << bad;
}

TEST(Values, NetworksAreExact) {
  auto v4 = Cidr::parse("10.0.0.0/8");
  ASSERT_TRUE(v4);
  EXPECT_FALSE(v4->v6);
  EXPECT_EQ(v4->prefix, 8);
  EXPECT_EQ(v4->bytes[11], 0xff);
  EXPECT_EQ(v4->bytes[12], 10);
  EXPECT_EQ(Cidr::parse("192.0.2.1")->prefix, 32);
  EXPECT_EQ(Cidr::parse("2001:db8::/32")->prefix, 32);
  EXPECT_EQ(Cidr::parse("::1")->prefix, 128);
  for (auto bad : {"", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "010.0.0.0/8", "10.0.0/8",
                   "2001:db8::1/32", "::/129", "fe80::1%eth0", "*", "10.0.0.0/-1"})
    EXPECT_FALSE(Cidr::parse(bad)) << bad;
}

TEST(Values, ProviderKeysAreKnownByTheirShape) {
  const std::string body = "51Habcdefghij0123456789";
  EXPECT_TRUE(looks_like_secret("sk_live_" + body));
  EXPECT_TRUE(looks_like_secret("key = \"whsec_" + body + "\""));
  EXPECT_TRUE(looks_like_secret("-----BEGIN EC PRIVATE KEY-----"));
  EXPECT_FALSE(looks_like_secret("sk_live_..."));
  EXPECT_FALSE(looks_like_secret("pk_live_" + body));
  EXPECT_FALSE(looks_like_secret("STRIPE_sk_live_" + body));
  EXPECT_FALSE(looks_like_secret("sk_live_YOUR_KEY_GOES_HERE_PLEASE"));
}

TEST(Values, TokensAreHeaderNames) {
  EXPECT_TRUE(is_token("X-Real-IP"));
  for (auto bad : {"", "X Real", "X:", "X\r\nY", "Ü"}) EXPECT_FALSE(is_token(bad)) << bad;
}

}  // namespace
}  // namespace gatehouse::conf
