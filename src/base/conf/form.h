// One description of a configuration struct serves reading, checking, the reference page and the editor schema.
//
//   struct CorsConfig { std::vector<WebOrigin> origins; bool credentials = false; };
//   void describe(Form& f, CorsConfig& c) {
//     f.field({"origins", "Sites that may read answers"}, c.origins);
//     f.field({"credentials", "Allow cookies"}, c.credentials);
//     if (f.reading() && …) f.unsafe("origins", "…", "…");
//   }
//
// The values a struct has when it is made are its defaults. Every override of Form is called in the order of the text.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/conf/finding.h"
#include "base/conf/values.h"

namespace gatehouse::conf {

struct Key {
  std::string_view name;
  std::string_view doc;   // one sentence, for the reference page
  bool required = false;  // missing is a finding
};
inline Key required(std::string_view name, std::string_view doc) { return {name, doc, true}; }

// A choice among named values of an enum.
struct Choice {
  std::string_view name;
  int value;
};

class Form {
 public:
  virtual ~Form() = default;

  virtual void field(const Key&, bool&) = 0;
  virtual void field(const Key&, std::int64_t&, std::int64_t min, std::int64_t max) = 0;
  virtual void field(const Key&, std::string&) = 0;
  virtual void field(const Key&, std::vector<std::string>&) = 0;  // a lone string is taken as a list of one
  virtual void duration(const Key&, Duration&, Duration min, Duration max) = 0;
  virtual void size(const Key&, std::uint64_t&, std::uint64_t min, std::uint64_t max) = 0;
  virtual void rate(const Key&, Rate&) = 0;
  virtual void date(const Key&, std::optional<WallTime>&) = 0;  // 2026-12-31 or RFC 3339
  virtual void secret(const Key&, SecretRef&) = 0;              // a literal is refused
  virtual void secrets(const Key&, std::vector<SecretRef>&) = 0;
  virtual void origins(const Key&, std::vector<WebOrigin>&) = 0;
  virtual void servers(const Key&, std::vector<ServerUrl>&) = 0;
  virtual void networks(const Key&, std::vector<Cidr>&) = 0;
  virtual void choice(const Key&, int& value, std::initializer_list<Choice>) = 0;
  template <class E>
    requires std::is_enum_v<E>
  void choice(const Key& key, E& value, std::initializer_list<Choice> choices) {
    int v = static_cast<int>(value);
    choice(key, v, choices);
    value = static_cast<E>(v);
  }
  // A sub-table; `present` (when given) tells whether it was written.
  virtual void table(const Key&, const std::function<void(Form&)>&, bool* present = nullptr) = 0;
  // A list of tables ([[key]]): called once an element, in order (once with index 0 when only describing).
  virtual void each(const Key&, const std::function<void(Form&, std::size_t index)>&) = 0;
  // A table whose keys the operator chooses: called once an entry.
  virtual void entries(const Key&, const std::function<void(Form&, std::string_view name)>&) = 0;
  // A table of strings whose keys the operator chooses.
  virtual void strings(const Key&, std::vector<std::pair<std::string, std::string>>&) = 0;

  // False while only describing (reference page, schema): cross-field checks are skipped then.
  virtual bool reading() const = 0;
  // Was this key written in the text being read?
  virtual bool has(std::string_view name) const = 0;
  // Has something already been found wrong at this key or below it? Then what follows from it is not worth saying.
  virtual bool faulty(std::string_view name) const = 0;
  // The place of a key (or of the table itself when `name` is empty or absent there).
  virtual Place place(std::string_view name = {}) const = 0;
  // The full path of a key, for example "route[2].jwt.issuer".
  virtual std::string path(std::string_view name = {}) const = 0;

  // Says what is wrong at a key of this table.
  virtual void report(Severity, std::string_view code, std::string_view key, std::string message,
                      std::string remedy) = 0;
  void bad(std::string_view key, std::string message, std::string remedy) {
    report(Severity::error, "bad_value", key, std::move(message), std::move(remedy));
  }
  // Valid but unsafe: refused all the same.
  void unsafe(std::string_view key, std::string message, std::string remedy) {
    report(Severity::error, "unsafe", key, std::move(message), std::move(remedy));
  }
};

// A parsed TOML text, kept with its places. Reading an unread key afterwards is an "unknown_key" finding with the
// nearest known name.
class Document {
 public:
  // Parses; a syntax error is one finding and an empty document.
  static Document parse(std::string_view text, std::string file_name, Findings& findings);
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  // Runs `describe` over the whole document, then reports every key that nobody asked for. `references` (when given)
  // gets every reference to a secret that was read, once each.
  void read(const std::function<void(Form&)>& describe, Findings& findings,
            std::vector<SecretRef>* references = nullptr) const;

 private:
  Document();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What describe() says, without a text: for reference pages and the editor schema.
struct KeyDoc {
  std::string path;  // "jwt.issuer", "route[].path", "upstream.<name>.url"
  std::string type;  // "bool", "integer", "string", "list of strings", "duration", …, with choices and bounds
  std::string default_value;
  std::string doc;
  bool required = false;
};
std::vector<KeyDoc> document(const std::function<void(Form&)>& describe);
json::Value schema(const std::function<void(Form&)>& describe);  // JSON Schema 2020-12 for editors

}  // namespace gatehouse::conf
