#include "controls/error_mask/filter.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/crypto/digest.h"
#include "base/inflate.h"
#include "base/text.h"
#include "controls/error_mask/trace.h"
#include "gate/render.h"
#include "gate/request_id.h"
#include "net/worker_pool.h"

namespace gatehouse::controls::error_mask {
namespace {

constexpr http::FieldName kContentType{"Content-Type"};
constexpr http::FieldName kContentEncoding{"Content-Encoding"};

// What a masked answer keeps. Whatever else the backend said about its failure stays inside.
constexpr std::array<http::FieldName, 17> kKept = {"Retry-After",
                                                   "Allow",
                                                   "Vary",
                                                   "Set-Cookie",
                                                   "Date",
                                                   "Grpc-Status",
                                                   "WWW-Authenticate",
                                                   "RateLimit",
                                                   "RateLimit-Policy",
                                                   "X-Request-Id",
                                                   "Referrer-Policy",
                                                   "Permissions-Policy",
                                                   "Strict-Transport-Security",
                                                   "Access-Control-Allow-Origin",
                                                   "Access-Control-Allow-Credentials",
                                                   "Access-Control-Expose-Headers",
                                                   "X-Content-Type-Options"};

constexpr Duration kPatience = std::chrono::seconds(2);  // with a failed body that comes in drops

std::string_view media_type(std::string_view content_type) {
  return text::trim(content_type.substr(0, content_type.find(';')));
}

// Where traces are found: what people and programs read as text.
bool is_text(std::string_view type) {
  return type.empty() || text::istarts_with(type, "text/") || text::iequals(type, "application/json") ||
         text::iequals(type, "application/xml") || text::iequals(type, "application/xhtml+xml") ||
         text::iequals(type, "application/javascript") || type.ends_with("+json") || type.ends_with("+xml");
}

bool is_encoded(std::string_view encoding) { return !encoding.empty() && !text::iequals(encoding, "identity"); }

bool is_readable(std::string_view encoding) {
  return text::iequals(encoding, "gzip") || text::iequals(encoding, "x-gzip") || text::iequals(encoding, "deflate");
}

// A 4xx that is longer than what was looked at beforehand. Stops: a trace behind 64 KiB of padding.
class WatchedBody final : public http::Body {
 public:
  WatchedBody(http::BodyPtr inner, std::string_view seen) : inner_(std::move(inner)) { remember(seen); }

  Task<Result<std::string_view>> read() override {
    auto reading = inner_->read();
    Result<std::string_view> piece = co_await reading;
    if (!piece || piece->empty()) co_return piece;
    // A trace may begin in one piece and end in the next.
    std::array<char, 2 * kSeam> seam;
    std::size_t n = tail_size_;
    std::copy_n(tail_.data(), n, seam.data());
    std::string_view head = piece->substr(0, kSeam);
    std::copy_n(head.data(), head.size(), seam.data() + n);
    if (!trace_kind({seam.data(), n + head.size()}).empty() || !trace_kind(*piece).empty())
      co_return fail(Source::origin, "upstream_error", "a trace in the middle of an answer; cut off");
    remember(*piece);
    co_return piece;
  }
  std::optional<std::uint64_t> length() const override { return inner_->length(); }

 private:
  static constexpr std::size_t kSeam = 256;
  void remember(std::string_view piece) {
    std::string_view last = piece.substr(piece.size() - std::min(piece.size(), kSeam));
    std::copy_n(last.data(), last.size(), tail_.data());
    tail_size_ = last.size();
  }
  http::BodyPtr inner_;
  std::array<char, kSeam> tail_;
  std::size_t tail_size_ = 0;
};

}  // namespace

ErrorMaskFilter::ErrorMaskFilter(const ErrorMaskSettings& s, std::shared_ptr<BodyStore> store)
    : pass_errors_(s.pass_errors), show_in_development_(s.show_in_development), store_(std::move(store)) {}

bool ErrorMaskFilter::passes(std::string_view type) const {
  return std::any_of(pass_errors_.begin(), pass_errors_.end(),
                     [type](const std::string& p) { return text::iequals(p, type); });
}

gate::Outcome ErrorMaskFilter::response(gate::Exchange& x, http::Response& out) const {
  // Good answers pass unseen; what has a code was rendered by us.
  if (out.status < 400 || x.facts.code != gate::Code::none) return gate::Verdict(gate::Pass{});
  if (!out.stream) {
    judge(x, out, {out.bytes});
    return gate::Verdict(gate::Pass{});
  }
  if (out.status < 500 && !is_text(media_type(out.fields.get(kContentType).value_or(""))))
    return gate::Verdict(gate::Pass{});
  return look(x, out);
}

Task<gate::Verdict> ErrorMaskFilter::look(gate::Exchange& x, http::Response& out) const {
  auto peeking = peek(x, out);
  Peek beginning = co_await peeking;
  judge(x, out, beginning);
  co_return gate::Verdict(gate::Pass{});
}

Task<ErrorMaskFilter::Peek> ErrorMaskFilter::peek(gate::Exchange& x, http::Response& out) {
  Peek peek;
  std::size_t capacity = std::min<std::size_t>(kPeek, out.stream_length.value_or(kPeek)), size = 0;
  char* room = static_cast<char*>(x.arena.allocate(out.bytes.size() + capacity, 1));
  std::copy_n(out.bytes.data(), out.bytes.size(), room);
  size = out.bytes.size();
  capacity += size;
  SteadyTime from = x.worker.clock.steady();
  std::string_view left;  // of a piece that did not fit
  for (;;) {
    auto reading = out.stream->read();
    Result<std::string_view> piece = co_await reading;
    if (!piece) {
      peek.broken = true;
      break;
    }
    if (piece->empty()) break;
    std::string_view fits = piece->substr(0, capacity - size);
    std::copy_n(fits.data(), fits.size(), room + size);
    size += fits.size();
    if (fits.size() < piece->size()) {
      left = x.arena.copy(piece->substr(fits.size()));
      peek.whole = false;
      break;
    }
    if (size == capacity && out.stream_length.value_or(kPeek) >= kPeek) {
      peek.whole = false;
      break;
    }
    if (x.worker.clock.steady() - from > kPatience) {
      peek.whole = false;
      break;
    }
  }
  peek.bytes = {room, size};
  if (peek.whole || peek.broken) {
    out.stream.reset();
    out.stream_length.reset();
    out.bytes = peek.bytes;
  } else {
    if (out.stream_length)
      *out.stream_length -= std::min<std::uint64_t>(*out.stream_length, size + left.size() - out.bytes.size());
    out.bytes = left.empty() ? peek.bytes : x.arena.join(peek.bytes, left);
  }
  co_return peek;
}

void ErrorMaskFilter::judge(gate::Exchange& x, http::Response& out, const Peek& peek) const {
  std::string_view type = media_type(out.fields.get(kContentType).value_or(""));
  std::string_view encoding = text::trim(out.fields.get(kContentEncoding).value_or(""));
  bool encoded = is_encoded(encoding), readable = !encoded;
  // All that was read, and so all that is judged, even where the last piece went beyond the bound.
  std::string_view sample = out.bytes.size() > peek.bytes.size() ? out.bytes : peek.bytes;
  std::optional<std::string> plain;
  if (encoded && is_readable(encoding)) {
    plain = inflate(sample, 4 * kPeek);
    // Behind a bound that was reached there may be more, and compressed text cannot be watched as it streams.
    if (plain) readable = peek.whole && plain->size() < 4 * kPeek, sample = *plain;
  }
  std::string_view trace = is_text(type) ? trace_kind(sample) : std::string_view();
  bool server_error = out.status >= 500;
  if (trace.empty() && passes(type)) return;
  if (!server_error && trace.empty() && !peek.broken) {
    if (!is_text(type)) return;
    // Stops: a trace that hides in a compressed answer. Without a body there is nothing to hide.
    if (readable || sample.empty()) {
      if (out.stream) {
        out.stream = x.arena.make<WatchedBody>(std::move(out.stream), sample);
      }
      return;
    }
    return mask(x, out, {}, "a client error in an encoding that cannot be read");
  }
  mask(x, out, sample, trace.empty() ? (peek.broken ? "the answer broke off" : "") : trace);
}

void ErrorMaskFilter::mask(gate::Exchange& x, http::Response& out, std::string_view sample,
                           std::string_view why) const {
  auto digest = crypto::sha256(sample);
  auto trace = find_trace(sample);
  std::string found = trace ? trace->exception : exception_class(sample);
  if (trace && !trace->frame.empty()) found.append(found.empty() ? "" : " at ").append(trace->frame);
  x.facts.code = gate::Code::upstream_error;
  x.facts.control = name();
  x.facts.upstream_error = x.arena.copy(found);
  x.facts.detail = gate::Detail("status ").append(std::to_string(out.status));
  x.facts.detail.append(", ").append(std::to_string(sample.size())).append(" bytes, sha256 ");
  x.facts.detail.append(text::hex(digest.view().substr(0, 8)));
  if (!why.empty()) x.facts.detail.append(", ").append(why);
  if (store_ && !sample.empty()) {
    // The job owns what it writes: the exchange may be gone by then.
    x.worker.blocking.submit(
        [store = store_, id = std::string(gate::ensure_id(x)), body = std::string(sample)] { store->keep(id, body); });
  }
  if (x.development && show_in_development_) return;
  out.fields.remove_if([](const http::Field& f) {
    return std::none_of(kKept.begin(), kKept.end(), [&f](const http::FieldName& kept) { return f.is(kept); });
  });
  gate::render_body(x, gate::Code::upstream_error, out);
}

}  // namespace gatehouse::controls::error_mask
