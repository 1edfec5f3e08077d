#include "gate/record.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <ctime>

#include "base/text.h"
#include "gate/route.h"

namespace gatehouse::gate {

namespace {

constexpr std::size_t kLine =
    32 * 1024;                      // a line is never longer: all texts at their bounds, each byte escaped, are 22 KiB
constexpr std::size_t kText = 512;  // of one text in it

// Writes JSON into a buffer that is large enough by construction: every text is cut at kText.
struct Pen {
  char* at;
  void raw(std::string_view s) {
    if (!s.empty()) std::memcpy(at, s.data(), s.size());
    at += s.size();
  }
  void number(std::int64_t n) { at = std::to_chars(at, at + 20, n).ptr; }
  void character(char ch) {
    static constexpr char kHex[] = "0123456789abcdef";
    auto c = static_cast<unsigned char>(ch);
    if (c == '"' || c == '\\') {
      *at++ = '\\';
      *at++ = ch;
    } else if (c >= 0x20 && c < 0x7f) {
      *at++ = ch;
    } else {
      // Stops: log forging and broken lines. Whatever is no plain ASCII stands as an escape of its byte.
      raw("\\u00");
      *at++ = kHex[c >> 4];
      *at++ = kHex[c & 15];
    }
  }
  void text(std::string_view s) {
    s = s.substr(0, kText);
    // Nearly every text is plain: looked at once, sixteen bytes at a time, and copied whole.
    unsigned char odd = 0;
    for (char ch : s) {
      auto c = static_cast<unsigned char>(ch);
      odd =
          static_cast<unsigned char>(odd | static_cast<unsigned char>(c < 0x20) | static_cast<unsigned char>(c > 0x7e) |
                                     static_cast<unsigned char>(c == '"') | static_cast<unsigned char>(c == '\\'));
    }
    if (!odd) return raw(s);
    for (char c : s) character(c);
  }
  // ,"key": with a length the compiler knows: a store or two instead of three calls, and a line has twenty of them.
  template <std::size_t N>
  void name(const char (&key)[N]) {
    *at++ = ',';
    *at++ = '"';
    std::memcpy(at, key, N - 1);
    at += N - 1;
    *at++ = '"';
    *at++ = ':';
  }
  template <std::size_t N>
  void member(const char (&key)[N], std::string_view value) {
    name(key);
    *at++ = '"';
    text(value);
    *at++ = '"';
  }
  template <std::size_t N>
  void member(const char (&key)[N], std::int64_t value) {
    name(key);
    number(value);
  }
  // Milliseconds with three decimals.
  template <std::size_t N>
  void millis(const char (&key)[N], std::int64_t ns) {
    name(key);
    std::int64_t us = std::max<std::int64_t>(ns, 0) / 1000;
    number(us / 1000);
    *at++ = '.';
    auto rest = static_cast<int>(us % 1000);
    *at++ = static_cast<char>('0' + rest / 100);
    *at++ = static_cast<char>('0' + rest / 10 % 10);
    *at++ = static_cast<char>('0' + rest % 10);
  }
};

// "2026-11-22T12:00:00.123Z"
void timestamp(Pen& pen, std::int64_t wall_ms) {
  struct Cache {
    std::int64_t second = -1;
    std::array<char, 24> text{};
  };
  thread_local Cache cache;  // a memo of a pure function
  std::int64_t second = wall_ms / 1000;
  if (second != cache.second) {
    std::tm t{};
    std::time_t s = second;
    gmtime_r(&s, &t);
    std::strftime(cache.text.data(), cache.text.size(), "%Y-%m-%dT%H:%M:%S", &t);
    cache.second = second;
  }
  pen.raw({cache.text.data(), 19});
  auto ms = static_cast<int>(wall_ms % 1000);
  *pen.at++ = '.';
  *pen.at++ = static_cast<char>('0' + ms / 100);
  *pen.at++ = static_cast<char>('0' + ms / 10 % 10);
  *pen.at++ = static_cast<char>('0' + ms % 10);
  *pen.at++ = 'Z';
}

std::string_view protocol(http::Version v) {
  if (v == http::Version::http2) return "HTTP/2";
  return v == http::Version::http10 ? "HTTP/1.0" : "HTTP/1.1";
}

}  // namespace

Recorder::Recorder(const LogConfig& config, std::string_view salt) : config_(config), salt_(salt) {
  for (auto& word : config_.redact_query) word = text::to_lower(word);
}

bool Recorder::redacted(std::string_view name) const {
  std::string lowered = text::to_lower(name.substr(0, 64));
  return std::any_of(config_.redact_query.begin(), config_.redact_query.end(),
                     [&](const std::string& word) { return lowered.find(word) != std::string::npos; });
}

char* Recorder::query(char* at, char* end, std::string_view query) const {
  Pen pen{at};
  while (!query.empty() && pen.at + 1024 < end) {  // a pair takes at most 800 bytes
    auto amp = query.find('&');
    std::string_view pair = query.substr(0, amp);
    auto equals = pair.find('=');
    std::string_view name = pair.substr(0, equals);
    pen.text(name.substr(0, 64));
    if (equals != std::string_view::npos) {
      // An encoded name could hide what it is; a long value is more likely a credential than a page number.
      bool hide = name.find('%') != std::string_view::npos || pair.size() - equals > 64 || redacted(name);
      pen.raw("=");
      if (hide) {
        pen.raw("***");
      } else {
        pen.text(pair.substr(equals + 1));
      }
    }
    if (amp == std::string_view::npos) break;
    pen.raw("&");
    query.remove_prefix(amp + 1);
  }
  return pen.at;
}

ShortHash Recorder::short_hash(std::string_view value) const { return shortened(salt_.of(value)); }

ShortHash shortened(const crypto::Digest<32>& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  ShortHash out;
  for (std::size_t i = 0; i < out.text.size() / 2; ++i) {
    out.text[2 * i] = kDigits[digest[i] >> 4];
    out.text[2 * i + 1] = kDigits[digest[i] & 15];
  }
  return out;
}

void Recorder::write(LogBuffer& log, const Exchange& x, const Ending& ending, std::uint64_t received,
                     std::int64_t wall_ms, SteadyTime now) const {
  int level = ending.status >= 500 ? 3 : ending.code != Code::none ? 2 : 1;
  if (level < config_.level) return;
  static constexpr std::string_view kLevels[] = {"debug", "info", "warning", "error"};
  char* start = log.room(kLine);
  Pen pen{start};
  pen.raw("{\"time\":\"");
  timestamp(pen, wall_ms);
  pen.raw("\"");
  pen.member("level", kLevels[level]);
  pen.member("id", x.id);
  if (config_.hash_address) {
    pen.member("client", short_hash(x.client.text));
  } else {
    pen.member("client", x.client.text);
  }
  pen.member("method", x.request.method_name.substr(0, 32));
  if (x.route) pen.member("route", x.route->name);
  pen.raw(",\"path\":\"");
  std::string_view path = !x.public_path.empty()   ? x.public_path
                          : x.request.path.empty() ? x.request.target
                                                   : x.request.path;
  // Stops: a password that a client wrote into the target (http://user:password@host/) standing in the log.
  if (!path.starts_with('/')) {
    std::size_t scheme = path.find("://");
    std::size_t from = scheme == path.npos ? 0 : scheme + 3;
    std::string_view authority = path.substr(from, path.substr(from).find_first_of("/?#"));
    if (std::size_t at = authority.rfind('@'); at != authority.npos) {
      pen.text(path.substr(0, from));
      path.remove_prefix(from + at + 1);
    }
  }
  pen.text(path.substr(0, path.find('?')));
  if (x.request.has_query) {
    pen.raw("?");
    pen.at = query(pen.at, pen.at + 5 * 1024, x.request.query);
  }
  pen.raw("\"");
  pen.member("host", x.request.authority.substr(0, 255));
  pen.member("status", ending.status);
  if (ending.code != Code::none) {
    pen.member("code", info(ending.code).text);
    if (!x.facts.control.empty()) pen.member("control", x.facts.control);
    if (!x.facts.detail.view().empty()) pen.member("detail", x.facts.detail.view());
    if (!x.facts.place.empty()) pen.member("place", x.facts.place.substr(0, 200));
  }
  if (x.facts.observed != Code::none) {
    pen.member("observed", info(x.facts.observed).text);
    pen.member("observed_control", x.facts.observed_control);
  }
  if (ending.client_gone) pen.raw(",\"client_gone\":true");
  pen.member("bytes", static_cast<std::int64_t>(ending.bytes_sent));
  pen.member("received", static_cast<std::int64_t>(received));
  pen.millis("ms", (now - x.started).count());
  if (x.facts.upstream_ns >= 0) {
    pen.member("upstream", x.facts.upstream.substr(0, 128));
    pen.millis("upstream_ms", x.facts.upstream_ns);
    pen.member("upstream_status", x.facts.upstream_status);
  }
  if (!x.facts.auditor.empty()) pen.member("auditor", x.facts.auditor);
  if (!x.facts.upstream_error.empty()) pen.member("upstream_error", x.facts.upstream_error.substr(0, 300));
  if (x.identity.known()) {
    if (config_.hash_user) {
      pen.member("user", short_hash(x.identity.subject()));
    } else {
      pen.member("user", x.identity.subject().substr(0, 128));
    }
  }
  pen.member("protocol", protocol(x.request.version));
  if (!x.facts.trace.empty()) pen.member("trace", x.facts.trace);
  if (!x.facts.trace_link.empty()) pen.member("trace_link", x.facts.trace_link.substr(0, 64));
  if (x.facts.dropped_headers) {
    pen.member("dropped", static_cast<std::int64_t>(x.facts.dropped_headers));
    pen.member("dropped_example", x.facts.dropped_example.substr(0, 64));
  }
  pen.raw("}\n");
  log.commit(static_cast<std::size_t>(pen.at - start));
}

}  // namespace gatehouse::gate
