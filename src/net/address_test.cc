#include "net/address.h"

#include <gtest/gtest.h>

namespace gatehouse::net {
namespace {

conf::Cidr cidr(std::string_view s) {
  auto c = conf::Cidr::parse(s);
  EXPECT_TRUE(c.has_value()) << s;
  return c.value_or(conf::Cidr{});
}
bool in(std::string_view address, std::string_view network) { return Address::parse(address)->in(cidr(network)); }

TEST(Address, ReadsAndWritesBothFamilies) {
  EXPECT_EQ(Address::parse("192.0.2.1")->text(), "192.0.2.1");
  EXPECT_FALSE(Address::parse("192.0.2.1")->v6);
  EXPECT_EQ(Address::parse("2001:DB8:0:0::1")->text(), "2001:db8::1");
  EXPECT_TRUE(Address::parse("2001:db8::1")->v6);
  EXPECT_EQ(Address::parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")->text(),
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

TEST(Address, AMappedAddressIsTheIpv4One) {
  EXPECT_EQ(*Address::parse("::ffff:192.0.2.1"), *Address::parse("192.0.2.1"));
  EXPECT_EQ(*Address::parse("::ffff:c000:201"), *Address::parse("192.0.2.1"));
}

TEST(Address, RefusesEverythingElse) {
  using namespace std::string_view_literals;
  for (auto s : {"",
                 "192.0.2",
                 "192.0.2.1.1",
                 "192.0.2.256",
                 "192.0.2.01",
                 "0177.0.0.1",
                 "0x7f.0.0.1",
                 "2130706433",
                 "192.0.2.1:80",
                 "192.0.2.1 ",
                 " 192.0.2.1",
                 "[::1]",
                 "::1%eth0",
                 "fe80::1%25eth0",
                 "::1::",
                 "g::1",
                 "1.2.3.4/8",
                 "localhost",
                 "12345::",
                 "::ffff:1.2.3.400",
                 "0000:0000:0000:0000:0000:ffff:255.255.255.255.1"})
    EXPECT_FALSE(Address::parse(s)) << s;
  EXPECT_FALSE(Address::parse("192.0.2.1\0x"sv));
}

TEST(Address, KnowsLoopback) {
  for (auto s : {"127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"}) EXPECT_TRUE(Address::parse(s)->loopback());
  for (auto s : {"128.0.0.1", "10.0.0.1", "::2", "::"}) EXPECT_FALSE(Address::parse(s)->loopback()) << s;
}

TEST(Address, StandsInItsNetworksOnly) {
  EXPECT_TRUE(in("10.1.2.3", "10.0.0.0/8"));
  EXPECT_FALSE(in("11.1.2.3", "10.0.0.0/8"));
  EXPECT_TRUE(in("192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(in("192.0.2.2", "192.0.2.1"));
  EXPECT_TRUE(in("172.31.255.255", "172.16.0.0/12"));
  EXPECT_FALSE(in("172.32.0.0", "172.16.0.0/12"));
  EXPECT_TRUE(in("2001:db8:ffff::1", "2001:db8::/32"));
  EXPECT_FALSE(in("2001:db9::1", "2001:db8::/32"));
  EXPECT_TRUE(in("2001:db8::1", "::/0"));
  EXPECT_TRUE(in("::ffff:10.0.0.1", "10.0.0.0/8"));
  EXPECT_TRUE(in("10.0.0.1", "::ffff:10.0.0.0/104"));
}

TEST(Address, TheFamiliesDoNotMix) {
  EXPECT_FALSE(in("10.0.0.1", "::/0"));
  EXPECT_FALSE(in("2001:db8::1", "0.0.0.0/0"));
  EXPECT_TRUE(in("10.0.0.1", "0.0.0.0/0"));
  Address unix_peer;
  unix_peer.local_socket = true;
  EXPECT_FALSE(unix_peer.in(cidr("::/0")));
  EXPECT_TRUE(unix_peer.loopback());
}

TEST(Address, LimitsCountIpv6ByItsNetwork) {
  EXPECT_EQ(Address::parse("2001:db8:1:2:3:4:5:6")->client_prefix().text(), "2001:db8:1:2::");
  EXPECT_EQ(Address::parse("192.0.2.1")->client_prefix().text(), "192.0.2.1");
}

}  // namespace
}  // namespace gatehouse::net
