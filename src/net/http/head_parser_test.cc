#include "net/http/head_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace gatehouse::http {
namespace {

struct Reading {
  Arena arena;
  Request request{arena};
  RequestFraming framing;
  ParseError why;
  HeadCursor cursor;
  HeadLimits limits;
  std::string held;  // what the views point into
  ParseState state = ParseState::bad;

  explicit Reading(std::string_view bytes, HeadLimits l = {}) : limits(l) { read(bytes); }
  void read(std::string_view bytes) {
    held = bytes;
    state = parse_request_head(held, limits, request, framing, why, cursor);
  }
};

struct Answer {
  Arena arena;
  Response response{arena};
  ResponseFraming framing;
  ParseError why;
  HeadCursor cursor;
  std::string held;
  ParseState state;
  explicit Answer(std::string_view bytes, bool to_head = false)
      : held(bytes), state(parse_response_head(held, {}, to_head, response, framing, why, cursor)) {}
};

std::string get(std::string_view extra) {
  std::string s = "GET / HTTP/1.1\r\nHost: a.example\r\n";
  return s.append(extra).append("\r\n");
}

TEST(RequestHead, ReadsAnOrdinaryRequest) {
  const std::string bytes =
      "POST /api/items?x=1&y=%2F HTTP/1.1\r\nHost: App.Example:8443\r\nContent-Length: 12\r\nX-Empty:\r\n"
      "Accept: \t text/html, */* \t\r\n\r\nhello";
  Reading r(bytes);
  ASSERT_EQ(r.state, ParseState::done) << r.why.text;
  EXPECT_EQ(r.request.method, Method::post);
  EXPECT_EQ(r.request.method_name, "POST");
  EXPECT_EQ(r.request.version, Version::http11);
  EXPECT_EQ(r.request.target, "/api/items?x=1&y=%2F");
  EXPECT_EQ(r.request.path, "/api/items");
  EXPECT_TRUE(r.request.has_query);
  EXPECT_EQ(r.request.query, "x=1&y=%2F");
  EXPECT_EQ(r.request.authority, "app.example:8443");
  EXPECT_EQ(r.request.scheme, "");
  ASSERT_EQ(r.request.fields.size(), 4u);
  EXPECT_EQ(r.request.fields.get("x-empty"), "");
  EXPECT_EQ(r.request.fields.get("ACCEPT"), "text/html, */*");
  EXPECT_EQ(r.framing.kind, BodyKind::length);
  EXPECT_EQ(r.framing.length, 12u);
  EXPECT_EQ(r.request.content_length, 12u);
  EXPECT_TRUE(r.framing.keep_alive);
  EXPECT_EQ(bytes.substr(r.cursor.consumed), "hello");
}

TEST(RequestHead, TheHashMadeWhileReadingIsNameHash) {
  Reading r(get("X-Some_Odd.Name: 1\r\nuser-AGENT: x\r\n"));
  ASSERT_EQ(r.state, ParseState::done);
  for (const Field& f : r.request.fields) EXPECT_EQ(f.hash, name_hash(f.name)) << f.name;
}

TEST(RequestHead, KnowsEveryStandardMethodAndKeepsOthersAsReceived) {
  for (auto m : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"}) {
    Reading r(std::string(m) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_EQ(r.state, ParseState::done) << m;
    EXPECT_EQ(method_text(r.request.method), m);
  }
  for (auto m : {"get", "Get", "PURGE", "M-SEARCH", "GETT"}) {
    Reading r(std::string(m) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_EQ(r.state, ParseState::done) << m;
    EXPECT_EQ(r.request.method, Method::other) << m;
    EXPECT_EQ(r.request.method_name, m);
  }
  EXPECT_EQ(method_text(Method::other), "");
}

struct Bad {
  const char* what;
  std::string bytes;
  ParseFault fault;
};

TEST(RequestHead, RefusesWhatIsAmbiguousAndNeverRepairs) {
  using F = ParseFault;
  using namespace std::string_literals;
  const Bad all[] = {
      // line ends
      {"bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", F::request},
      {"bare LF after a field", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", F::header},
      {"bare LF as the last line", "GET / HTTP/1.1\r\nHost: a\r\n\n", F::header},
      {"LF LF", "GET / HTTP/1.1\n\n", F::request},
      {"bare CR in a value", get("X: a\rb\r\n"), F::header},
      {"bare CR as a line end", "GET / HTTP/1.1\rHost: a\r\n\r\n", F::request},
      {"CR CR LF", get("X: a\r\r\n"), F::header},
      {"bare CR in the target", "GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n", F::request},
      {"CR alone before the end", "GET / HTTP/1.1\r\nHost: a\r\n\rX: y\r\n\r\n", F::header},
      {"two empty lines before the request", "\r\n\r\n" + get(""), F::request},
      {"LF before the request", "\n" + get(""), F::request},
      // request line
      {"no version (HTTP/0.9)", "GET /\r\n", F::request},
      {"a blank and no version", "GET / \r\n\r\nxxxxxxx", F::request},
      {"two blanks after the method", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", F::request},
      {"two blanks after the target", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", F::request},
      {"a blank after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", F::request},
      {"a blank before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", F::request},
      {"a tab as separator", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", F::request},
      {"a tab before the version", "GET /\tHTTP/1.1\r\nHost: a\r\n\r\n", F::path},
      {"no method", "/ HTTP/1.1\r\nHost: a\r\n\r\n", F::request},
      {"a method with a bracket", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", F::request},
      {"a method without end", std::string(40, 'A'), F::request},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", F::request},
      {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", F::request},
      {"HTTP/1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", F::request},
      {"HTTP/01.1", "GET / HTTP/01.1\r\nHost: a\r\n\r\n", F::request},
      {"lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", F::request},
      {"another protocol", "GET / ICAP/1.0\r\nHost: a\r\n\r\n", F::request},
      {"the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", F::request},
      {"a TLS hello", "\x16\x03\x01\x02\x00\x01"s, F::request},
      {"a response", "HTTP/1.1 200 OK\r\n\r\n", F::request},
      // target
      {"a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", F::path},
      {"a fragment in the query", "GET /?a#b HTTP/1.1\r\nHost: a\r\n\r\n", F::path},
      {"NUL in the target", "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"s, F::path},
      {"DEL in the target", "GET /a\x7f HTTP/1.1\r\nHost: a\r\n\r\n", F::path},
      {"UTF-8 in the target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", F::path},
      {"a control byte in the target", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", F::path},
      {"asterisk-form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", F::request},
      {"authority-form", "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n", F::request},
      {"a relative path", "GET a/b HTTP/1.1\r\nHost: a\r\n\r\n", F::request},
      {"a query alone", "GET ?a HTTP/1.1\r\nHost: a\r\n\r\n", F::request},
      {"absolute-form ftp", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", F::request},
      {"absolute-form file", "GET file:///etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", F::request},
      {"absolute-form without host", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", F::host},
      {"absolute-form with a user", "GET http://u@a/x HTTP/1.1\r\nHost: a\r\n\r\n", F::host},
      {"absolute-form with a bad port", "GET http://a:b/x HTTP/1.1\r\nHost: a\r\n\r\n", F::host},
      {"absolute-form with a backslash", "GET http://a\\b/x HTTP/1.1\r\nHost: a\r\n\r\n", F::host},
      {"Host other than the target's", "GET http://b.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", F::host},
      {"Host with another port", "GET http://a:80/ HTTP/1.1\r\nHost: a\r\n\r\n", F::host},
      {"absolute-form and no Host", "GET http://a/ HTTP/1.1\r\n\r\n", F::host},
      // Host
      {"no Host", "GET / HTTP/1.1\r\nX: y\r\n\r\n", F::host},
      {"no Host in 1.0", "GET / HTTP/1.0\r\n\r\n", F::host},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", F::host},
      {"two equal Hosts", "GET / HTTP/1.1\r\nHost: a\r\nhOST: a\r\n\r\n", F::host},
      {"empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", F::host},
      {"Host of blanks", "GET / HTTP/1.1\r\nHost:   \r\n\r\n", F::host},
      {"Host with a tab", "GET / HTTP/1.1\r\nHost:\ta\r\n\r\n", F::host},
      {"Host with a blank after", "GET / HTTP/1.1\r\nHost: a \r\n\r\n", F::host},
      {"Host with user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", F::host},
      {"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", F::host},
      {"Host with a comma", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", F::host},
      {"Host with percent", "GET / HTTP/1.1\r\nHost: a%2eb\r\n\r\n", F::host},
      {"Host beyond ASCII", "GET / HTTP/1.1\r\nHost: \xc3\xa4.example\r\n\r\n", F::host},
      {"Host with a dot at the end", "GET / HTTP/1.1\r\nHost: a.example.\r\n\r\n", F::host},
      {"Host with a dot before the port", "GET / HTTP/1.1\r\nHost: a.example.:80\r\n\r\n", F::host},
      {"Host with two dots", "GET / HTTP/1.1\r\nHost: a..example\r\n\r\n", F::host},
      {"Host with a dot first", "GET / HTTP/1.1\r\nHost: .example\r\n\r\n", F::host},
      {"Host with an empty port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", F::host},
      {"Host with port 0", "GET / HTTP/1.1\r\nHost: a:0\r\n\r\n", F::host},
      {"Host with port 65536", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", F::host},
      {"Host with port 080", "GET / HTTP/1.1\r\nHost: a:080\r\n\r\n", F::host},
      {"Host with a signed port", "GET / HTTP/1.1\r\nHost: a:+80\r\n\r\n", F::host},
      {"Host with two ports", "GET / HTTP/1.1\r\nHost: a:80:81\r\n\r\n", F::host},
      {"Host with a broken IPv6", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", F::host},
      {"Host with IPv6 and more", "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", F::host},
      {"Host with a zone", "GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n", F::host},
      // field syntax
      {"folding", get("X: a\r\n b\r\n"), F::header},
      {"folding by tab", get("X: a\r\n\tb\r\n"), F::header},
      {"a folded empty line", get("X: a\r\n \r\n"), F::header},
      {"a blank before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", F::header},
      {"a blank before the colon", get("X : a\r\n"), F::header},
      {"a tab before the colon", get("X\t: a\r\n"), F::header},
      {"Content-Length and a blank", get("Content-Length : 5\r\n"), F::header},
      {"an empty name", get(": a\r\n"), F::header},
      {"no colon", get("Xa\r\n"), F::header},
      {"NUL in a name", get("X\0Y: a\r\n"s), F::header},
      {"NUL in a value", get("X: a\0b\r\n"s), F::header},
      {"a control byte in a value", get("X: a\x01\r\n"), F::header},
      {"vertical tab before a value", get("X:\x0b a\r\n"), F::header},
      {"DEL in a value", get("X: a\x7f\r\n"), F::header},
      {"a byte beyond ASCII in a name", get("X\xe9: a\r\n"), F::header},
      {"a bracket in a name", get("X(: a\r\n"), F::header},
      {"a quote in a name", get("\"X\": a\r\n"), F::header},
      {"a slash in a name", get("X/Y: a\r\n"), F::header},
      // framing
      {"CL and TE", get("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), F::header},
      {"TE and CL", get("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), F::header},
      {"TE and CL 0", get("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"), F::header},
      {"two CLs", get("Content-Length: 5\r\nContent-Length: 6\r\n"), F::header},
      {"two equal CLs", get("Content-Length: 5\r\ncontent-length: 5\r\n"), F::header},
      {"CL +5", get("Content-Length: +5\r\n"), F::header},
      {"CL -1", get("Content-Length: -1\r\n"), F::header},
      {"CL 0x5", get("Content-Length: 0x5\r\n"), F::header},
      {"CL with a blank after", get("Content-Length: 5 \r\n"), F::header},
      {"CL with two blanks before", get("Content-Length:  5\r\n"), F::header},
      {"CL with a tab before", get("Content-Length:\t5\r\n"), F::header},
      {"CL 5,6", get("Content-Length: 5,6\r\n"), F::header},
      {"CL 5, 5", get("Content-Length: 5, 5\r\n"), F::header},
      {"CL 5 5", get("Content-Length: 5 5\r\n"), F::header},
      {"CL 5.0", get("Content-Length: 5.0\r\n"), F::header},
      {"CL 1e1", get("Content-Length: 1e1\r\n"), F::header},
      {"CL 05", get("Content-Length: 05\r\n"), F::header},
      {"CL empty", get("Content-Length:\r\n"), F::header},
      {"CL of 20 digits", get("Content-Length: 10000000000000000000\r\n"), F::header},
      {"CL 2^63", get("Content-Length: 9223372036854775808\r\n"), F::header},
      {"CL in other digits", get("Content-Length: \xd9\xa5\r\n"), F::header},
      {"TE xchunked", get("Transfer-Encoding: xchunked\r\n"), F::header},
      {"TE chunked, gzip", get("Transfer-Encoding: chunked, gzip\r\n"), F::header},
      {"TE gzip, chunked", get("Transfer-Encoding: gzip, chunked\r\n"), F::header},
      {"TE chunked, chunked", get("Transfer-Encoding: chunked, chunked\r\n"), F::header},
      {"TE chunked twice", get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), F::header},
      {"TE identity", get("Transfer-Encoding: identity\r\n"), F::header},
      {"TE empty", get("Transfer-Encoding:\r\n"), F::header},
      {"TE with a comma", get("Transfer-Encoding: chunked,\r\n"), F::header},
      {"TE with a parameter", get("Transfer-Encoding: chunked;a=b\r\n"), F::header},
      {"TE in quotes", get("Transfer-Encoding: \"chunked\"\r\n"), F::header},
      {"TE with a tab before", get("Transfer-Encoding:\tchunked\r\n"), F::header},
      {"TE with a blank after", get("Transfer-Encoding: chunked \r\n"), F::header},
      {"TE with a vertical tab",
       get("Transfer-Encoding: \x0b"
           "chunked\r\n"),
       F::header},
      {"TE with HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", F::header},
      {"Expect of something else", get("Expect: 200-ok\r\n"), F::header},
      {"two Expects", get("Expect: 100-continue\r\nExpect: 100-continue\r\n"), F::header},
      {"two Upgrades", get("Upgrade: a\r\nUpgrade: b\r\n"), F::header},
      {"Connection names Host", get("Connection: close, Host\r\n"), F::header},
      {"Connection names Content-Length", get("Connection: content-length\r\nContent-Length: 3\r\n"), F::header},
      {"Connection names Transfer-Encoding", get("Connection: transfer-encoding\r\n"), F::header},
      {"Connection names Authorization", get("Connection: Authorization\r\n"), F::header},
      {"Connection names Cookie", get("Connection: cookie\r\n"), F::header},
      {"Connection names X-Forwarded-For", get("Connection: close, X-Forwarded-For\r\n"), F::header},
      {"Connection with a bracket", get("Connection: (close)\r\n"), F::header},
      {"Connection with two words", get("Connection: close keep-alive\r\n"), F::header},
  };
  for (const Bad& b : all) {
    Reading r(b.bytes);
    EXPECT_EQ(r.state, ParseState::bad) << b.what;
    EXPECT_EQ(static_cast<int>(r.why.fault), static_cast<int>(b.fault)) << b.what << ": " << r.why.text;
    EXPECT_FALSE(r.why.text.empty()) << b.what;
    EXPECT_FALSE(r.framing.keep_alive) << b.what;
    // The same bytes one by one must never be taken either.
    Reading slow("");
    for (std::size_t n = 1; n <= b.bytes.size() && slow.state != ParseState::bad; ++n) {
      slow.read(std::string_view(b.bytes).substr(0, n));
      ASSERT_NE(slow.state, ParseState::done) << b.what;
    }
  }
}

TEST(RequestHead, EveryControlByteIsRefusedEverywhere) {
  for (int c = 0; c < 0x100; ++c) {
    if (c >= 0x20 && c != 0x7f) continue;
    std::string byte(1, static_cast<char>(c));
    EXPECT_NE(Reading("GET /" + byte + "x HTTP/1.1\r\nHost: a\r\n\r\n").state, ParseState::done) << c;
    EXPECT_NE(Reading(get("X" + byte + "Y: z\r\n")).state, ParseState::done) << c;
    if (c == '\t') continue;  // legal inside a value
    EXPECT_NE(Reading(get("X: y" + byte + "z\r\n")).state, ParseState::done) << c;
    EXPECT_NE(Reading(get("X: a value that is long enough for the wide loop" + byte + "z\r\n")).state,
              ParseState::done);
    EXPECT_NE(Reading("GET /a/path/that/is/long/enough" + byte + "x HTTP/1.1\r\nHost: a\r\n\r\n").state,
              ParseState::done);
  }
}

TEST(RequestHead, KeepsTabsAndBytesBeyondAsciiInsideValues) {
  Reading r(get("X: a\tb\r\nY: caf\xc3\xa9, twenty bytes and a few more\t, \xff\r\n"));
  ASSERT_EQ(r.state, ParseState::done) << r.why.text;
  EXPECT_EQ(r.request.fields.get("x"), "a\tb");
  EXPECT_EQ(r.request.fields.get("y"), "caf\xc3\xa9, twenty bytes and a few more\t, \xff");
}

TEST(RequestHead, SkipsOneEmptyLineBeforeTheRequest) {
  Reading r("\r\n" + get(""));
  ASSERT_EQ(r.state, ParseState::done) << r.why.text;
  EXPECT_EQ(r.cursor.consumed, get("").size() + 2);
}

TEST(RequestHead, ReadsAbsoluteFormWhenHostAgrees) {
  Reading r("GET HTTP://A.Example:8080?q HTTP/1.1\r\nHost: a.example:8080\r\n\r\n");
  ASSERT_EQ(r.state, ParseState::done) << r.why.text;
  EXPECT_EQ(r.request.scheme, "http");
  EXPECT_EQ(r.request.authority, "a.example:8080");
  EXPECT_EQ(r.request.path, "/");
  EXPECT_EQ(r.request.query, "q");
  Reading s("GET https://a/b/c?d HTTP/1.1\r\nHost: A\r\n\r\n");
  ASSERT_EQ(s.state, ParseState::done) << s.why.text;
  EXPECT_EQ(s.request.scheme, "https");
  EXPECT_EQ(s.request.path, "/b/c");
}

TEST(RequestHead, TakesTheHostsThatExist) {
  for (auto h : {"localhost", "a_b.example", "127.0.0.1:8080", "[::1]", "[2001:db8::1]:8443", "xn--mnchen-3ya.de",
                 "a-1.b-2.c:65535"}) {
    Reading r("GET / HTTP/1.1\r\nHost: " + std::string(h) + "\r\n\r\n");
    ASSERT_EQ(r.state, ParseState::done) << h;
    EXPECT_EQ(r.request.authority, h);
  }
  Reading r("GET / HTTP/1.1\r\nHost:[2001:DB8::A]:80\r\n\r\n");
  ASSERT_EQ(r.state, ParseState::done);
  EXPECT_EQ(r.request.authority, "[2001:db8::a]:80");
  std::string label(63, 'a');
  EXPECT_EQ(Reading("GET / HTTP/1.1\r\nHost: " + label + ".b\r\n\r\n").state, ParseState::done);
  EXPECT_EQ(Reading("GET / HTTP/1.1\r\nHost: " + label + "a.b\r\n\r\n").why.fault, ParseFault::host);
  std::string name = label + "." + label + "." + label + "." + label;
  EXPECT_EQ(Reading("GET / HTTP/1.1\r\nHost: " + name + "\r\n\r\n").why.fault, ParseFault::host);
}

TEST(RequestHead, FramingFollowsTheFields) {
  EXPECT_EQ(Reading(get("")).framing.kind, BodyKind::none);
  Reading zero(get("Content-Length: 0\r\n"));
  EXPECT_EQ(zero.framing.kind, BodyKind::length);
  EXPECT_EQ(zero.request.content_length, 0u);
  Reading big(get("Content-Length: 9223372036854775807\r\n"));
  EXPECT_EQ(big.framing.length, 9223372036854775807u);
  EXPECT_EQ(Reading(get("Transfer-Encoding: Chunked\r\n")).framing.kind, BodyKind::chunked);
  Reading expect(get("Content-Length: 3\r\nExpect: 100-Continue\r\n"));
  EXPECT_TRUE(expect.framing.expect_continue);
  EXPECT_FALSE(Reading(get("Expect: 100-continue\r\n")).framing.expect_continue);
  Reading old("POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(old.state, ParseState::done);
  EXPECT_FALSE(old.framing.expect_continue);
}

TEST(RequestHead, KeepAliveFollowsVersionAndConnection) {
  EXPECT_TRUE(Reading(get("")).framing.keep_alive);
  EXPECT_FALSE(Reading(get("Connection: Close\r\n")).framing.keep_alive);
  EXPECT_FALSE(Reading(get("Connection: keep-alive, close\r\n")).framing.keep_alive);
  EXPECT_FALSE(Reading(get("Connection: x\r\nConnection: close\r\n")).framing.keep_alive);
  EXPECT_FALSE(Reading("GET / HTTP/1.0\r\nHost: a\r\n\r\n").framing.keep_alive);
  EXPECT_TRUE(Reading("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n").framing.keep_alive);
}

TEST(RequestHead, UpgradeCountsOnlyWhenConnectionNamesIt) {
  EXPECT_EQ(Reading(get("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n")).framing.upgrade, "websocket");
  EXPECT_EQ(Reading(get("Upgrade: websocket\r\n")).framing.upgrade, "");
  EXPECT_EQ(Reading(get("Connection: upgrade\r\n")).framing.upgrade, "");
}

std::uint8_t marks(const Request& r, const FieldName& name) {
  for (const Field& f : r.fields)
    if (f.is(name)) return f.marks;
  ADD_FAILURE() << "no field " << name.text;
  return 0xff;
}

TEST(RequestHead, MarksWhatIsNotForwarded) {
  Reading r(
      get("Connection: X-Hop, keep-alive\r\nX-Hop: 1\r\nx-hop: 2\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
          "Proxy-Connection: a\r\nProxy: http://evil\r\nX-Kept: a\r\nX_Odd: a\r\nX.Odd: a\r\n"
          "Content-Length: 1\r\nUpgrade: h2c\r\nTrailer: x\r\n"));
  ASSERT_EQ(r.state, ParseState::done) << r.why.text;
  for (auto n : {"connection", "keep-alive", "te", "proxy-connection", "proxy", "x-hop", "upgrade", "trailer"})
    EXPECT_EQ(marks(r.request, n), Field::hop) << n;
  for (auto n : {"x_odd", "x.odd"}) EXPECT_EQ(marks(r.request, n), Field::odd_name) << n;
  for (auto n : {"host", "content-length"}) EXPECT_EQ(marks(r.request, n), Field::written) << n;
  EXPECT_EQ(marks(r.request, "x-kept"), 0);
  std::size_t hops = 0;
  for (const Field& f : r.request.fields) hops += f.is("x-hop") && (f.marks & Field::hop) != 0;
  EXPECT_EQ(hops, 2u) << "both spellings go";
}

TEST(RequestHead, MarksFieldsNamedBeforeConnection) {
  Reading r(get("X-User: 1\r\nConnection: x-user\r\n"));
  ASSERT_EQ(r.state, ParseState::done);
  EXPECT_EQ(marks(r.request, "x-user"), Field::hop);
}

TEST(RequestHead, BoundsTheListOfNamesInConnection) {
  std::string names = "a";
  for (int i = 0; i < 15; ++i) names += ",a";
  EXPECT_EQ(Reading(get("Connection: " + names + "\r\n")).state, ParseState::done);
  EXPECT_EQ(Reading(get("Connection: " + names + ",a\r\n")).why.fault, ParseFault::header);
  std::string lines;
  for (int i = 0; i < 9; ++i) lines += "Connection: close\r\n";
  EXPECT_EQ(Reading(get(lines)).why.fault, ParseFault::header);
}

TEST(RequestHead, HoldsItsLimits) {
  HeadLimits l;
  l.count = 3;
  EXPECT_EQ(Reading(get("A: 1\r\nB: 2\r\n"), l).state, ParseState::done);
  EXPECT_EQ(Reading(get("A: 1\r\nB: 2\r\nC: 3\r\n"), l).why.fault, ParseFault::too_large);

  l = {};
  l.line = 40;
  EXPECT_EQ(Reading(get("A: " + std::string(37, 'x') + "\r\n"), l).state, ParseState::done);
  EXPECT_EQ(Reading(get("A: " + std::string(38, 'x') + "\r\n"), l).why.fault, ParseFault::too_large);
  EXPECT_EQ(Reading("GET /" + std::string(40, 'x'), l).why.fault, ParseFault::too_large) << "before the line ends";
  EXPECT_EQ(Reading("GET / HTTP/1.1\r\n" + std::string(41, 'n'), l).why.fault, ParseFault::too_large);

  l = {};
  l.bytes = get("").size();
  EXPECT_EQ(Reading(get("") + "body", l).state, ParseState::done);
  l.bytes -= 1;
  EXPECT_EQ(Reading(get(""), l).why.fault, ParseFault::too_large);
  Reading part("GET / HTTP/1.1\r\n", l);
  EXPECT_EQ(part.state, ParseState::incomplete);
  part.read(get(""));
  EXPECT_EQ(part.why.fault, ParseFault::too_large);
}

TEST(RequestHead, GrowsPastTheFirstFields) {
  std::string lines;
  for (int i = 0; i < 99; ++i) lines += "X-" + std::to_string(i) + ": " + std::to_string(i * i) + "\r\n";
  Reading r(get(lines));
  ASSERT_EQ(r.state, ParseState::done) << r.why.text;
  ASSERT_EQ(r.request.fields.size(), 100u);
  EXPECT_EQ(r.request.fields.get("x-98"), "9604");
  EXPECT_EQ(Reading(get(lines + "Y: 1\r\n")).why.fault, ParseFault::too_large);
}

TEST(RequestHead, ByteByByteGivesTheSameRequest) {
  const std::string bytes = "\r\nPUT http://a.example/p?q HTTP/1.1\r\nHost: A.example\r\nX: " + std::string(50, 'y') +
                            "\r\nContent-Length: 2\r\n\r\n";
  Reading r("");
  for (std::size_t n = 1; n < bytes.size(); ++n) {
    std::string moved = bytes.substr(0, n);
    r.read(moved);
    ASSERT_EQ(r.state, ParseState::incomplete) << n << r.why.text;
  }
  r.read(bytes);
  ASSERT_EQ(r.state, ParseState::done) << r.why.text;
  EXPECT_EQ(r.request.path, "/p");
  EXPECT_EQ(r.request.fields.size(), 3u);
  EXPECT_EQ(r.cursor.consumed, bytes.size());
}

TEST(RequestHead, ABareLineFeedInALaterPieceIsSeenAtOnce) {
  Reading r("GET / HTTP/1.1\r\nHost: a\r\nX: ");
  ASSERT_EQ(r.state, ParseState::incomplete);
  r.read("GET / HTTP/1.1\r\nHost: a\r\nX: b\n");
  EXPECT_EQ(r.state, ParseState::bad);
}

TEST(ResponseHead, ReadsAnOrdinaryResponse) {
  Answer a("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 7\r\nX_Y: 1\r\n\r\nnothing");
  ASSERT_EQ(a.state, ParseState::done) << a.why.text;
  EXPECT_EQ(a.response.status, 404);
  EXPECT_EQ(a.framing.kind, BodyKind::length);
  EXPECT_EQ(a.framing.length, 7u);
  EXPECT_TRUE(a.framing.keep_alive);
  EXPECT_EQ(a.response.fields.get("content-type"), "text/html");
}

TEST(ResponseHead, FramingFollowsRfc9112Section63) {
  EXPECT_EQ(Answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").framing.kind, BodyKind::chunked);
  Answer close("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(close.framing.kind, BodyKind::until_close);
  EXPECT_FALSE(close.framing.keep_alive);
  Answer head("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true);
  EXPECT_EQ(head.framing.kind, BodyKind::none);
  EXPECT_EQ(head.framing.length, 5u);
  EXPECT_TRUE(head.framing.keep_alive);
  EXPECT_TRUE(Answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true).framing.keep_alive);
  for (auto status : {"100", "101", "103", "204", "304"}) {
    Answer a("HTTP/1.1 " + std::string(status) + " x\r\n\r\n");
    EXPECT_EQ(a.framing.kind, BodyKind::none) << status;
    EXPECT_TRUE(a.framing.keep_alive) << status;
  }
  EXPECT_TRUE(Answer("HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n").framing.keep_alive);
  EXPECT_FALSE(Answer("HTTP/1.1 204 x\r\nContent-Length: 9\r\n\r\n").framing.keep_alive);
  EXPECT_FALSE(Answer("HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n").framing.keep_alive);
  EXPECT_FALSE(Answer("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n").framing.keep_alive);
  EXPECT_TRUE(Answer("HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n").framing.keep_alive);
  EXPECT_FALSE(Answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n").framing.keep_alive);
  EXPECT_EQ(Answer("HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n").framing.upgrade, "websocket");
}

TEST(ResponseHead, TakesAMissingReason) {
  EXPECT_EQ(Answer("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n").state, ParseState::done);
  EXPECT_EQ(Answer("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n").state, ParseState::done);
  EXPECT_EQ(Answer("HTTP/1.1 200 Tr\xc3\xa8s bien\r\nContent-Length: 0\r\n\r\n").state, ParseState::done);
}

TEST(ResponseHead, RefusesWhatItCannotFrame) {
  for (std::string_view s : {
           "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 0\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
           "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
           "HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
           "HTTP/1.1 200 OK\r\nX: y\r\n folded\r\n\r\n",
           "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\rX: y\r\n\r\n",
           "HTTP/1.1 2000 OK\r\n\r\n",
           "HTTP/1.1 20 OK\r\n\r\n\r\n",
           "HTTP/1.1 600 OK\r\n\r\n",
           "HTTP/1.1 099 OK\r\n\r\n",
           "HTTP/1.1  200 OK\r\n\r\n",
           "HTTP/2.0 200 OK\r\n\r\n",
           "HTTP/1.1 200 O\x01K\r\n\r\n",
           "ICY 200 OK\r\n\r\n",
           "<html>",
           "\r\nHTTP/1.1 200 OK\r\n\r\n",
       }) {
    Answer a(s);
    EXPECT_EQ(a.state, ParseState::bad) << s;
    EXPECT_FALSE(a.framing.keep_alive) << s;
  }
}

TEST(ResponseHead, ConnectionInAResponseMarksButRefusesNothing) {
  Answer a("HTTP/1.1 200 OK\r\nConnection: X-A, content-length\r\nX-A: 1\r\nContent-Length: 0\r\n\r\n");
  ASSERT_EQ(a.state, ParseState::done) << a.why.text;
  ASSERT_EQ(a.response.fields.size(), 3u);
  EXPECT_EQ(a.response.fields.begin()[1].marks, Field::hop);
  EXPECT_EQ(a.response.fields.begin()[2].marks, Field::written);
}

TEST(Reason, KnowsItsPhrases) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason_phrase(299), "Unknown");
}

}  // namespace
}  // namespace gatehouse::http
