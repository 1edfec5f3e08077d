#include "net/http/head_writer.h"

#include <array>
#include <charconv>
#include <cstring>
#include <ctime>

namespace gatehouse::http {

namespace {

constexpr std::array<FieldName, 8> kOurs = {"connection", "content-length", "keep-alive", "proxy-connection",
                                            "te",         "trailer",        "upgrade",    "transfer-encoding"};

// One bit a name: most fields are told apart without a comparison.
constexpr std::uint64_t bit(std::uint32_t hash) { return 1ull << (hash & 63); }
constexpr std::uint64_t kSieve = [] {
  std::uint64_t s = 0;
  for (const FieldName& n : kOurs) s |= bit(n.hash);
  return s;
}();

bool framing_field(const Field& f) {
  if (f.marks & (Field::hop | Field::written)) return true;
  if (!(kSieve & bit(f.hash))) return false;
  for (const FieldName& n : kOurs)
    if (f.hash == n.hash && f.is(n)) return true;
  return false;
}

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7), made once a second and thread.
std::string_view http_date(std::int64_t unix_seconds) {
  struct Cache {
    std::int64_t second = -1;
    std::array<char, 32> text{};
    std::size_t size = 0;
  };
  thread_local Cache cache;  // a memo of a pure function, not state
  if (cache.second != unix_seconds) {
    std::tm t{};
    std::time_t s = unix_seconds;
    gmtime_r(&s, &t);
    cache.size = std::strftime(cache.text.data(), cache.text.size(), "%a, %d %b %Y %H:%M:%S GMT", &t);
    cache.second = unix_seconds;
  }
  return {cache.text.data(), cache.size};
}

struct Pen {
  char* at;
  void put(std::string_view s) {
    if (!s.empty()) std::memcpy(at, s.data(), s.size());
    at += s.size();
  }
  void number(std::uint64_t n) { at = std::to_chars(at, at + 20, n).ptr; }
  void field(std::string_view name, std::string_view value) {
    put(name);
    put(": ");
    put(value);
    put("\r\n");
  }
};

std::size_t fields_size(const Fields& fields) {
  std::size_t n = 0;
  for (const Field& f : fields) n += f.name.size() + f.value.size() + 4;
  return n;
}

// No control byte but HTAB. Bytes only, so that the compiler does sixteen or more at once.
bool clean(std::string_view value) {
  unsigned char bad = 0;
  for (char ch : value) {
    auto c = static_cast<unsigned char>(ch);
    bad = static_cast<unsigned char>(bad | (static_cast<unsigned char>(c < 0x20) & static_cast<unsigned char>(c != 9)));
  }
  return bad == 0;
}

void framing(Pen& pen, const HeadPlan& plan) {
  if (plan.chunked) {
    pen.put("Transfer-Encoding: chunked\r\n");
  } else if (plan.length) {
    pen.put("Content-Length: ");
    pen.number(*plan.length);
    pen.put("\r\n");
  }
}

constexpr FieldName kDate{"date"};
constexpr FieldName kHost{"host"};
constexpr FieldName kExpect{"expect"};

}  // namespace

std::optional<std::string_view> write_response_head(const Response& r, const HeadPlan& plan, Arena& arena) {
  std::string_view reason = reason_phrase(r.status);
  std::size_t room = 160 + reason.size() + fields_size(r.fields) + plan.tail.size();
  char* start = static_cast<char*>(arena.allocate(room, 1));
  Pen pen{start};
  bool good = true;
  pen.put("HTTP/1.1 ");
  pen.number(static_cast<std::uint64_t>(r.status));
  pen.put(" ");
  pen.put(reason);
  pen.put("\r\n");
  bool dated = false;
  for (const Field& f : r.fields) {
    if (framing_field(f)) continue;
    dated |= f.is(kDate);
    pen.field(f.name, f.value);
    good &= clean(f.value);
  }
  if (!dated) {
    pen.field("Date", http_date(plan.unix_seconds));
  }
  framing(pen, plan);
  if (plan.close) {
    pen.put("Connection: close\r\n");
  } else if (plan.http10) {
    pen.put("Connection: keep-alive\r\n");
  }
  pen.put("\r\n");
  pen.put(plan.tail);
  std::string_view head(start, static_cast<std::size_t>(pen.at - start));
  if (!good) return std::nullopt;
  return head;
}

std::optional<std::string_view> write_request_head(std::string_view method, std::string_view path,
                                                   std::string_view query, bool has_query, std::string_view host,
                                                   const Fields& fields, const HeadPlan& plan, Arena& arena) {
  std::size_t room =
      128 + method.size() + path.size() + query.size() + host.size() + fields_size(fields) + plan.tail.size();
  char* start = static_cast<char*>(arena.allocate(room, 1));
  Pen pen{start};
  bool good = clean(path) && clean(query) && clean(host);
  pen.put(method);
  pen.put(" ");
  pen.put(path);
  if (has_query) {
    pen.put("?");
    pen.put(query);
  }
  pen.put(" HTTP/1.1\r\n");
  pen.field("Host", host);
  for (const Field& f : fields) {
    if (framing_field(f) || f.is(kHost) || f.is(kExpect)) continue;
    pen.field(f.name, f.value);
    good &= clean(f.value);
  }
  framing(pen, plan);
  if (plan.close) {
    pen.put("Connection: close\r\n");
  }
  pen.put("\r\n");
  pen.put(plan.tail);
  std::string_view head(start, static_cast<std::size_t>(pen.at - start));
  if (!good) return std::nullopt;
  return head;
}

}  // namespace gatehouse::http
