#include "base/conf/table_form.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::conf {

std::string join_path(const std::string& base, std::string_view name) {
  bool bare = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return text::is_alpha(c) || text::is_digit(c) || c == '_' || c == '-';
  });
  std::string part = bare ? std::string(name) : "\"" + text::printable(name, 80) + "\"";
  return base.empty() ? part : base + "." + part;
}

std::string element_path(const std::string& base, std::size_t index) {
  return base + "[" + std::to_string(index) + "]";
}

namespace {

// Stops: a password, written where none belongs (http://user:password@host), going on into the log of a CI run.
std::string without_password(std::string_view s) {
  const std::size_t scheme = s.find("://");
  const std::size_t from = scheme == s.npos ? 0 : scheme + 3;
  const std::size_t at = s.substr(0, s.find_first_of("/?#", from)).rfind('@');
  if (at == s.npos || at < from) return std::string(s);
  return std::string(s.substr(0, from)) + "***" + std::string(s.substr(at));
}

std::string quoted(std::string_view s) { return "`" + text::printable(without_password(s), 80) + "`"; }

// Reads one table. A bare value standing where a table may stand gives that table's first described field.
class TableForm final : public Form {
 public:
  TableForm(const Node& node, std::string path, Session& session)
      : node_(node), path_(std::move(path)), session_(session), bare_(node.kind != Node::Kind::table) {
    if (!bare_) session_.asked[&node_];
  }

  void field(const Key& key, bool& out) override {
    const Node* n = take(key);
    if (!n) return;
    if (n->kind != Node::Kind::boolean) return wrong(key, *n, "true or false", "write true or false without quotes");
    out = n->boolean;
  }
  void field(const Key& key, std::int64_t& out, std::int64_t min, std::int64_t max) override {
    const Node* n = take(key);
    if (!n) return;
    std::string bounds = "from " + std::to_string(min) + " to " + std::to_string(max);
    if (n->kind != Node::Kind::integer) return wrong(key, *n, "a whole number", "write a number " + bounds);
    if (n->integer < min || n->integer > max)
      return refuse(key, *n, std::to_string(n->integer) + " is out of bounds", "write a number " + bounds);
    out = n->integer;
  }
  void field(const Key& key, std::string& out) override {
    if (const Node* n = take(key)) string(key, *n, out);
  }
  void field(const Key& key, std::vector<std::string>& out) override {
    elements<std::string>(key, out, [&](const Node& n, std::string& s) { return string(key, n, s); });
  }
  void duration(const Key& key, Duration& out, Duration min, Duration max) override {
    const Node* n = take(key);
    if (!n) return;
    if (n->kind == Node::Kind::integer)
      return wrong(key, *n, "a duration", "write the unit: \"" + std::to_string(n->integer) + "s\"");
    parsed<Duration>(key, *n, "a duration such as \"10s\"", parse_duration, [&](Duration d) {
      if (d < min || d > max)
        return refuse(key, *n, quoted(n->text) + " is out of bounds",
                      "write a duration from " + format_duration(min) + " to " + format_duration(max));
      out = d;
    });
  }
  void size(const Key& key, std::uint64_t& out, std::uint64_t min, std::uint64_t max) override {
    const Node* n = take(key);
    if (!n) return;
    auto keep = [&](std::uint64_t v) {
      if (v < min || v > max)
        return refuse(key, *n, format_size(v) + " is out of bounds",
                      "write a size from " + format_size(min) + " to " + format_size(max));
      out = v;
    };
    if (n->kind == Node::Kind::integer && n->integer >= 0) return keep(static_cast<std::uint64_t>(n->integer));
    parsed<std::uint64_t>(key, *n, "a size such as \"1MiB\"", parse_size, keep);
  }
  void rate(const Key& key, Rate& out) override {
    if (const Node* n = take(key))
      parsed<Rate>(key, *n, "a rate such as \"600/min\"", parse_rate, [&](Rate r) { out = r; });
  }
  void date(const Key& key, std::optional<WallTime>& out) override {
    const Node* n = take(key);
    if (!n) return;
    if (n->kind != Node::Kind::time) return wrong(key, *n, "a date", "write 2026-12-31 without quotes");
    if (!n->time)
      return refuse(key, *n, "this date or time cannot be used",
                    "write a date from 1970 to 2199, or a date and time with its offset (2026-12-31T12:00:00Z)");
    out = n->time;
  }
  void secret(const Key& key, SecretRef& out) override {
    if (const Node* n = take(key)) reference(key, *n, out);
  }
  void secrets(const Key& key, std::vector<SecretRef>& out) override {
    elements<SecretRef>(key, out, [&](const Node& n, SecretRef& r) { return reference(key, n, r); });
  }
  void origins(const Key& key, std::vector<WebOrigin>& out) override {
    list<WebOrigin>(key, out, "an origin such as \"https://app.example.com\"", WebOrigin::parse);
  }
  void servers(const Key& key, std::vector<ServerUrl>& out) override {
    list<ServerUrl>(key, out, "an address such as \"http://127.0.0.1:8000\"", ServerUrl::parse);
  }
  void networks(const Key& key, std::vector<Cidr>& out) override {
    list<Cidr>(key, out, "a network such as \"10.0.0.0/8\"", Cidr::parse);
  }
  void choice(const Key& key, int& out, std::initializer_list<Choice> choices) override {
    const Node* n = take(key);
    if (!n) return;
    std::vector<std::string_view> names;
    std::string all;
    for (const Choice& c : choices) {
      names.push_back(c.name);
      all += (all.empty() ? "\"" : ", \"") + std::string(c.name) + "\"";
    }
    if (n->kind != Node::Kind::string) return wrong(key, *n, "one of " + all, "write one of " + all);
    for (const Choice& c : choices) {
      if (c.name != n->text) continue;
      out = c.value;
      return;
    }
    auto near = text::nearest(n->text, names);
    refuse(key, *n, quoted(n->text) + " is not known here",
           (near ? "did you mean \"" + std::string(*near) + "\"? " : "") + "One of " + all);
  }
  void table(const Key& key, const std::function<void(Form&)>& describe, bool* present) override {
    const Node* n = take(key);
    if (present) *present = n != nullptr;
    if (n) sub_table(*n, path(key.name), describe);
  }
  void each(const Key& key, const std::function<void(Form&, std::size_t)>& describe) override {
    const Node* n = take(key);
    if (!n) return;
    if (n->kind != Node::Kind::list)
      return wrong(key, *n, "a list of tables", "write [[" + std::string(key.name) + "]] with two brackets");
    for (std::size_t i = 0; i < n->items.size(); ++i)
      sub_table(n->items[i], element_path(path(key.name), i), [&](Form& f) { describe(f, i); });
  }
  void entries(const Key& key, const std::function<void(Form&, std::string_view)>& describe) override {
    const Node* n = take(key);
    if (!n) return;
    if (n->kind != Node::Kind::table)
      return wrong(key, *n, "a table of tables", "write [" + std::string(key.name) + ".NAME]");
    auto& asked = session_.asked[n];
    for (const Entry& e : n->entries) {
      asked.insert(e.name);
      sub_table(e.node, join_path(path(key.name), e.name), [&](Form& f) { describe(f, e.name); });
    }
  }
  void strings(const Key& key, std::vector<std::pair<std::string, std::string>>& out) override {
    const Node* n = take(key);
    if (!n) return;
    if (n->kind != Node::Kind::table) return wrong(key, *n, "a table of strings", "write { Name = \"value\" }");
    auto& asked = session_.asked[n];
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const Entry& e : n->entries) {
      asked.insert(e.name);
      std::string value;
      if (e.node.kind != Node::Kind::string) {
        say("bad_type", e.node.place, join_path(path(key.name), e.name),
            "expected a string, found " + std::string(conf::text(e.node.kind)), "put the value in quotes");
      } else if (control_byte(e.node.text, "")) {
        say("bad_value", e.node.place, join_path(path(key.name), e.name), "a control byte stands in the text",
            "write it in one line");
      } else {
        pairs.emplace_back(e.name, e.node.text);
      }
    }
    out = std::move(pairs);
  }

  bool reading() const override { return true; }
  bool has(std::string_view name) const override { return find(name) != nullptr; }
  bool faulty(std::string_view name) const override {
    std::string wanted = path(name);
    return std::any_of(session_.findings.all().begin(), session_.findings.all().end(), [&](const Finding& f) {
      return f.key.starts_with(wanted) &&
             (f.key.size() == wanted.size() || f.key[wanted.size()] == '.' || f.key[wanted.size()] == '[');
    });
  }
  Place place(std::string_view name) const override {
    const Node* n = name.empty() ? nullptr : find(name);
    return n ? n->place : node_.place;
  }
  std::string path(std::string_view name) const override {
    if (name.empty() || (bare_ && name == first_)) return path_;
    return join_path(path_, name);
  }
  void report(Severity severity, std::string_view code, std::string_view key, std::string message,
              std::string remedy) override {
    if (session_.unread.contains(path(key))) return;
    session_.findings.add({severity, std::string(code), place(key), path(key), std::move(message), std::move(remedy)});
  }

  // After describing: a bare value that no field took.
  void finish() {
    if (bare_ && first_.empty()) say("bad_type", node_.place, path_, "expected a table", "write [" + path_ + "]");
  }

 private:
  const Node* find(std::string_view name) const {
    if (bare_) return name == first_ ? &node_ : nullptr;
    return node_.find(name);
  }
  const Node* take(const Key& key) {
    if (bare_) {
      if (first_.empty()) first_ = key.name;
    } else {
      session_.asked[&node_].emplace(key.name);
    }
    const Node* n = find(key.name);
    if (!n && key.required)
      say("missing_key", node_.place, path(key.name), "this key is missing: " + std::string(key.doc),
          "add `" + std::string(key.name) + " = …`" + (path_.empty() ? "" : " to " + path_));
    return n;
  }

  void say(std::string_view code, const Place& place, std::string key, std::string message, std::string remedy) {
    session_.unread.insert(key);
    session_.findings.add(
        {Severity::error, std::string(code), place, std::move(key), std::move(message), std::move(remedy)});
  }
  void wrong(const Key& key, const Node& n, std::string_view expected, std::string remedy) {
    say("bad_type", n.place, path(key.name),
        "expected " + std::string(expected) + ", found " + std::string(conf::text(n.kind)), std::move(remedy));
  }
  void refuse(const Key& key, const Node& n, std::string message, std::string remedy) {
    say("bad_value", n.place, path(key.name), std::move(message), std::move(remedy));
  }

  // Stops: a copied example that goes live as it is.
  static bool placeholder(std::string_view s) {
    std::string low = text::to_lower(text::trim(s));
    if (low == "todo" || low == "fixme" || low == "tbd" || low == "xxx" || low == "placeholder") return true;
    if (low.size() > 2 && low.front() == '<' && low.back() == '>') return true;
    for (std::string_view word :
         {"changeme", "change-me", "change_me", "replace-me", "replace_me", "replaceme", "your-domain", "yourdomain",
          "your_domain", "your-app.", "your-tenant", "your_tenant", "your-project", "your-company"})
      if (low.find(word) != low.npos) return true;
    return false;
  }
  static bool control_byte(std::string_view s, std::string_view allowed) {
    return std::any_of(s.begin(), s.end(), [&](char c) {
      auto u = static_cast<unsigned char>(c);
      return (u < 0x20 || u == 0x7f) && allowed.find(c) == allowed.npos;
    });
  }
  bool string(const Key& key, const Node& n, std::string& out) {
    if (n.kind != Node::Kind::string) {
      bool reference = n.kind == Node::Kind::table && (n.find("env") || n.find("file"));
      wrong(key, n, "a string", reference ? "only secrets are written as references" : "put the value in quotes");
      return false;
    }
    if (control_byte(n.text, "\n\t")) {
      refuse(key, n, "a control byte stands in the text", "write it without control bytes");
      return false;
    }
    if (placeholder(n.text)) {
      say("placeholder", n.place, path(key.name), quoted(n.text) + " was never filled in", "write the real value");
      return false;
    }
    out = n.text;
    return true;
  }

  template <class T, class Parse, class Keep>
  void parsed(const Key& key, const Node& n, std::string_view expected, Parse parse, Keep keep) {
    if (n.kind != Node::Kind::string) return wrong(key, n, expected, "write " + std::string(expected));
    if (placeholder(n.text))
      return say("placeholder", n.place, path(key.name), quoted(n.text) + " was never filled in",
                 "write the real value");
    Result<T> value = parse(n.text);
    if (!value) return refuse(key, n, quoted(n.text) + ": " + value.error().detail, "write " + std::string(expected));
    keep(std::move(*value));
  }
  // A list, or one element alone.
  template <class T, class Take>
  void elements(const Key& key, std::vector<T>& out, Take take_element) {
    const Node* n = take(key);
    if (!n) return;
    std::vector<T> all;
    auto add = [&](const Node& item) {
      T value;
      if (take_element(item, value)) all.push_back(std::move(value));
    };
    if (n->kind == Node::Kind::list) {
      for (const Node& item : n->items) add(item);
    } else {
      add(*n);
    }
    out = std::move(all);
  }
  template <class T, class Parse>
  void list(const Key& key, std::vector<T>& out, std::string_view expected, Parse parse) {
    elements<T>(key, out, [&](const Node& n, T& value) {
      bool good = false;
      parsed<T>(key, n, expected, parse, [&](T v) {
        value = std::move(v);
        good = true;
      });
      return good;
    });
  }

  void sub_table(const Node& n, std::string sub_path, const std::function<void(Form&)>& describe) {
    if (n.kind == Node::Kind::boolean)
      return say("bad_type", n.place, sub_path, "a table cannot be switched by true or false",
                 n.boolean ? "write the table, or leave the key out: the defaults hold then"
                           : "write [" + sub_path + "] with `enabled = false` and a `reason`");
    if (n.list_of_tables())
      return say("bad_type", n.place, sub_path, "expected one table, found a list of tables",
                 "write [" + sub_path + "] with one bracket");
    TableForm form(n, std::move(sub_path), session_);
    describe(form);
    form.finish();
  }

  // Stops: a secret in a file that is committed, copied and shown. Its value appears in no message either.
  bool reference(const Key& key, const Node& n, SecretRef& out) {
    constexpr std::string_view kForms = "write { env = \"NAME\" } or { file = \"/path\" }";
    if (n.kind == Node::Kind::string) {
      session_.said_lines.insert(n.place.line);
      if (n.text.starts_with('/'))
        say("literal_secret", n.place, path(key.name), "a text stands where a reference to a secret belongs",
            "when this is a path, write { file = \"/path\" }");
      else
        say("literal_secret", n.place, path(key.name), "a secret stands in the file itself",
            "replace it now, it is in the history of this file; then " + std::string(kForms));
      return false;
    }
    if (n.kind != Node::Kind::table) {
      wrong(key, n, "a reference to a secret", std::string(kForms));
      return false;
    }
    SecretRef ref;
    ref.place = n.place;
    ref.key = path(key.name);
    TableForm inner(n, path(key.name), session_);
    std::string variable, file;
    inner.field({"env", "The environment variable that holds it"}, variable);
    inner.field({"file", "The file that holds it"}, file);
    if (n.find("env") && n.find("file")) {
      refuse(key, n, "a secret has one place, not two", std::string(kForms));
      return false;
    }
    if (n.find("file")) {
      if (file.empty()) return refuse(key, n, "the path is empty", std::string(kForms)), false;
      ref.kind = SecretRef::Kind::file;
      ref.name = file;
    } else {
      bool name = !variable.empty() && !text::is_digit(variable[0]) &&
                  std::all_of(variable.begin(), variable.end(),
                              [](char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_'; });
      if (looks_like_secret(variable)) {
        session_.said_lines.insert(n.place.line);
        say("literal_secret", n.place, path(key.name), "the secret itself stands where its variable's name belongs",
            "replace it now; then put it into a variable and name that here");
        return false;
      }
      if (!name) return refuse(key, n, "this names no environment variable", std::string(kForms)), false;
      ref.kind = SecretRef::Kind::env;
      ref.name = variable;
    }
    if (auto* all = session_.references) {
      bool known = std::any_of(all->begin(), all->end(), [&](const SecretRef& r) {
        return r.key == ref.key && r.place.line == ref.place.line && r.place.column == ref.place.column;
      });
      if (!known) all->push_back(ref);
    }
    out = std::move(ref);
    return true;
  }

  const Node& node_;
  std::string path_;
  Session& session_;
  bool bare_;
  std::string first_;  // the field a bare value was given to
};

}  // namespace

void read_root(const Node& root, Session& session, const std::function<void(Form&)>& describe) {
  TableForm form(root, "", session);
  describe(form);
}

}  // namespace gatehouse::conf
