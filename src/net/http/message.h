// One request and one response, whatever the protocol version. Fields, authority and trailers have HTTP/2's shape.
//
// Text is views. They live as long as the exchange: in the connection's buffers or in the exchange's Arena.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "base/result.h"
#include "base/text.h"
#include "net/task.h"

namespace gatehouse::net {
class Pipe;
}

namespace gatehouse::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options, connect, trace, other };
Method method_of(std::string_view token);  // case-sensitive (RFC 9110 §9.1)
std::string_view method_text(Method m);    // "GET"; empty for other
constexpr bool is_safe(Method m) { return m == Method::get || m == Method::head || m == Method::options; }

enum class Version : std::uint8_t { http10, http11, http2 };

// FNV-1a over the lower-cased name: finding a field compares numbers first.
constexpr std::uint32_t name_hash(std::string_view name) {
  std::uint32_t h = 2166136261u;
  for (char c : name) h = (h ^ static_cast<unsigned char>(text::lower(c))) * 16777619u;
  return h;
}

// A field name to look for. `constexpr FieldName kHost{"host"};`
struct FieldName {
  std::string_view text;
  std::uint32_t hash;
  constexpr FieldName(std::string_view t) : text(t), hash(name_hash(t)) {}  // NOLINT: implicit by design
  constexpr FieldName(const char* t) : FieldName(std::string_view(t)) {}    // NOLINT: implicit by design
};

struct Field {
  // What the parser saw. A forwarded message carries no field that is marked hop, written or odd_name (requests).
  enum Mark : std::uint8_t {
    hop = 1,       // of this connection only: hop-by-hop by definition or named by Connection (RFC 9110 §7.6.1)
    written = 2,   // Host and Content-Length: written anew from authority and framing, never copied
    odd_name = 4,  // the name has '_' or '.', which CGI-like backends fold into '-' (header alias spoofing)
  };

  std::string_view name;   // as received or as we write it; compare with FieldName
  std::string_view value;  // without surrounding blanks
  std::uint32_t hash = 0;
  std::uint8_t marks = 0;
  bool is(const FieldName& n) const { return hash == n.hash && text::iequals(name, n.text); }
};

// The header fields of a message, in order. Memory comes from the exchange's arena.
class Fields {
 public:
  explicit Fields(Arena& arena) : arena_(&arena) {}
  Fields(Fields&&) = default;
  Fields& operator=(Fields&&) = default;

  std::size_t size() const { return size_; }
  const Field* begin() const { return data_; }
  const Field* end() const { return data_ + size_; }
  Field* begin() { return data_; }
  Field* end() { return data_ + size_; }

  // The first field of that name, or nothing. Use count() where two would be an attack.
  std::optional<std::string_view> get(const FieldName& name) const {
    for (const Field& f : *this)
      if (f.is(name)) return f.value;
    return std::nullopt;
  }
  std::size_t count(const FieldName& name) const {
    std::size_t n = 0;
    for (const Field& f : *this) n += f.is(name);
    return n;
  }
  bool has(const FieldName& name) const { return get(name).has_value(); }

  // Adds at the end. Name and value must outlive the exchange; copy into the arena when in doubt.
  void add(std::string_view name, std::string_view value) { push({name, value, name_hash(name)}); }
  void add(const FieldName& name, std::string_view value) { push({name.text, value, name.hash}); }
  void push(const Field& f) {
    if (size_ == capacity_) grow();
    data_[size_++] = f;
  }
  // Exactly one field of that name with this value.
  void set(const FieldName& name, std::string_view value) {
    for (std::size_t i = 0; i < size_; ++i) {
      if (!data_[i].is(name)) continue;
      data_[i].value = value;
      remove_from(i + 1, name);
      return;
    }
    add(name, value);
  }
  // Adds only when absent.
  void set_default(const FieldName& name, std::string_view value) {
    if (!has(name)) add(name, value);
  }
  std::size_t remove(const FieldName& name) { return remove_from(0, name); }
  template <class P>
  std::size_t remove_if(P&& predicate) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i)
      if (!predicate(static_cast<const Field&>(data_[i]))) data_[kept++] = data_[i];
    std::size_t removed = size_ - kept;
    size_ = static_cast<std::uint32_t>(kept);
    return removed;
  }
  void clear() { size_ = 0; }
  // Back to nothing held, for a reset arena.
  void reset() { data_ = nullptr, size_ = capacity_ = 0; }
  Arena& arena() const { return *arena_; }

 private:
  std::size_t remove_from(std::size_t start, const FieldName& name) {
    std::size_t kept = start;
    for (std::size_t i = start; i < size_; ++i)
      if (!data_[i].is(name)) data_[kept++] = data_[i];
    std::size_t removed = size_ - kept;
    size_ = static_cast<std::uint32_t>(kept);
    return removed;
  }
  void grow();

  Arena* arena_;
  Field* data_ = nullptr;
  std::uint32_t size_ = 0, capacity_ = 0;
};

// A stream of bytes that is pulled. The owner may drop it at any point between reads.
class Body {
 public:
  virtual ~Body() = default;
  // The next piece; empty means the end. The view lives until the next read or the body's end.
  virtual Task<Result<std::string_view>> read() = 0;
  // The whole length in bytes, when it is known before reading.
  virtual std::optional<std::uint64_t> length() const { return std::nullopt; }
  // The next read will not wait: the writer may join it with what it holds.
  virtual bool ready() const { return false; }

  // The rest, or much of it, stands unread in a cleartext socket and nobody needs to see it: a writer to another such
  // socket may take it by pour() instead of read(), and the bytes stay in the kernel.
  virtual bool pours() const { return false; }
  // While pours(): the next bytes go into the empty pipe, as many as told. 0: the system does not do it with this
  // socket; pours() is false from then on, nothing is lost, and read() goes on. Never waits for the end: see pours().
  virtual Task<Result<std::size_t>> pour(net::Pipe& into);

 protected:
  static constexpr std::uint64_t kWorthPouring = 64 * 1024;  // what is shorter is copied in fewer calls
  static constexpr std::uint64_t kPour = 256 * 1024;         // at most in one step: what a slow reader leaves in a pipe
};
using BodyPtr = ArenaPtr<Body>;

struct Request {
  explicit Request(Arena& arena) : fields(arena) {}

  Method method = Method::get;
  std::string_view method_name;  // as received
  Version version = Version::http11;
  std::string_view scheme;     // "http" or "https": settled by the gate, from the listener or a trusted proxy
  std::string_view authority;  // host[:port], lower case, from Host, :authority or the absolute form
  std::string_view target;     // as received, for the record only
  std::string_view path;       // begins with '/'; normalized by the gate before any policy reads it
  std::string_view query;      // without '?', unchanged
  bool has_query = false;
  Fields fields;
  Body* body = nullptr;                         // null: no body. Owned by the connection
  std::optional<std::uint64_t> content_length;  // when the client told it
};

struct Response {
  explicit Response(Arena& arena) : fields(arena) {}
  Response(Response&&) = default;
  Response& operator=(Response&&) = default;

  int status = 200;
  Fields fields;
  // The body: all of it in `bytes`, or pulled from `stream`. `bytes` comes first when both are set.
  std::string_view bytes;
  BodyPtr stream;
  std::optional<std::uint64_t> stream_length;  // of `stream`, when known; framing is chosen from it
  BodyPtr keep;                                // owns the memory behind fields and bytes, when that is not the arena

  bool has_body() const { return !bytes.empty() || stream; }
};

std::string_view reason_phrase(int status);  // RFC 9110 §15; "Unknown" for what we do not know

}  // namespace gatehouse::http
