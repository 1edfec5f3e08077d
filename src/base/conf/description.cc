// What describe() says, without a text: the reference page and the editor schema.
#include <algorithm>
#include <deque>

#include "base/conf/form.h"
#include "base/text.h"

namespace gatehouse::conf {
namespace {

struct Item {
  enum class Shape : unsigned char { value, table, list, map } shape = Shape::value;
  std::string name, type, default_value, doc;
  bool required = false;
  json::Value schema;      // of a value
  std::deque<Item> items;  // of a table, of each element, of each entry
};

json::Value object(std::initializer_list<std::pair<std::string_view, json::Value>> members) {
  json::Value v{json::Object{}};
  for (const auto& [name, value] : members) v.set(name, value);
  return v;
}
json::Value type(std::string_view name) { return object({{"type", name}}); }
json::Value pattern(std::string_view regex) { return object({{"type", "string"}, {"pattern", regex}}); }
json::Value any_of(json::Value a, json::Value b) {
  return object({{"anyOf", json::Array{std::move(a), std::move(b)}}});
}
json::Value one_or_many(const json::Value& item) { return any_of(item, object({{"type", "array"}, {"items", item}})); }
json::Value reference() {
  json::Value forms;
  for (std::string_view kind : {"env", "file"})
    forms.push(object({{"type", "object"},
                       {"properties", object({{kind, type("string")}})},
                       {"required", json::Array{kind}},
                       {"additionalProperties", false}}));
  return object({{"oneOf", forms}});
}

std::string quoted(std::string_view s) {
  std::string out;
  json::write_string(out, s);
  return out;
}
template <class T, class Text>
std::string listed(const std::vector<T>& all, Text text_of) {
  std::string out;
  for (const T& v : all) out += (out.empty() ? "" : ", ") + quoted(text_of(v));
  return out.empty() ? "" : "[" + out + "]";
}

class DescribingForm final : public Form {
 public:
  DescribingForm(std::deque<Item>& items, std::string path) : items_(items), path_(std::move(path)) {}

  void field(const Key& key, bool& v) override { add(key, "true or false", v ? "true" : "false", type("boolean")); }
  void field(const Key& key, std::int64_t& v, std::int64_t min, std::int64_t max) override {
    json::Value schema = type("integer");
    std::string words = "integer";
    if (min != INT64_MIN) schema.set("minimum", min);
    if (max != INT64_MAX) schema.set("maximum", max);
    if (min != INT64_MIN && max != INT64_MAX)
      words += ", " + std::to_string(min) + " to " + std::to_string(max);
    else if (min != INT64_MIN)
      words += ", at least " + std::to_string(min);
    add(key, std::move(words), std::to_string(v), std::move(schema));
  }
  void field(const Key& key, std::string& v) override {
    add(key, "string", v.empty() ? "" : quoted(v), type("string"));
  }
  void field(const Key& key, std::vector<std::string>& v) override {
    add(key, "list of strings", listed(v, [](const std::string& s) { return s; }), one_or_many(type("string")));
  }
  void duration(const Key& key, Duration& v, Duration min, Duration max) override {
    add(key, "duration, " + format_duration(min) + " to " + format_duration(max), quoted(format_duration(v)),
        pattern("^[0-9]+(ms|s|m|h|d)$"));
  }
  void size(const Key& key, std::uint64_t& v, std::uint64_t min, std::uint64_t max) override {
    add(key, "size, " + format_size(min) + " to " + format_size(max), quoted(format_size(v)),
        any_of(type("integer"), pattern("^[0-9]+(B|KiB|MiB|GiB)?$")));
  }
  void rate(const Key& key, Rate& v) override {
    add(key, "rate", v.count ? quoted(format_rate(v)) : "", pattern("^[0-9]+/[0-9]*[a-z]+$"));
  }
  void date(const Key& key, std::optional<WallTime>&) override { add(key, "date", "", type("string")); }
  void secret(const Key& key, SecretRef&) override { add(key, "reference to a secret", "", reference()); }
  void secrets(const Key& key, std::vector<SecretRef>&) override {
    add(key, "list of references to secrets", "", one_or_many(reference()));
  }
  void origins(const Key& key, std::vector<WebOrigin>& v) override {
    add(key, "list of origins", listed(v, [](const WebOrigin& o) { return o.text(); }),
        one_or_many(pattern("^https?://[^/?#]+$")));
  }
  void servers(const Key& key, std::vector<ServerUrl>& v) override {
    add(key, "list of addresses", listed(v, [](const ServerUrl& u) { return u.text; }),
        one_or_many(pattern("^(https?://[^/?#]+|unix:/.+)$")));
  }
  void networks(const Key& key, std::vector<Cidr>& v) override {
    add(key, "list of networks", listed(v, [](const Cidr& c) { return c.text; }), one_or_many(type("string")));
  }
  void choice(const Key& key, int& v, std::initializer_list<Choice> choices) override {
    std::string words, chosen;
    json::Value names;
    for (const Choice& c : choices) {
      words += (words.empty() ? "" : " or ") + quoted(c.name);
      names.push(c.name);
      if (c.value == v) chosen = quoted(c.name);
    }
    add(key, std::move(words), std::move(chosen), object({{"enum", std::move(names)}}));
  }
  void table(const Key& key, const std::function<void(Form&)>& describe, bool* present) override {
    if (present) *present = false;
    Item& item = add(key, "table", "", {}, Item::Shape::table);
    DescribingForm inner(item.items, path(key.name));
    describe(inner);
  }
  void each(const Key& key, const std::function<void(Form&, std::size_t)>& describe) override {
    Item& item = add(key, "list of tables", "", {}, Item::Shape::list);
    DescribingForm inner(item.items, path(key.name) + "[]");
    describe(inner, 0);
  }
  void entries(const Key& key, const std::function<void(Form&, std::string_view)>& describe) override {
    Item& item = add(key, "table of tables", "", {}, Item::Shape::map);
    DescribingForm inner(item.items, path(key.name) + ".<name>");
    describe(inner, "name");
  }
  void strings(const Key& key, std::vector<std::pair<std::string, std::string>>&) override {
    add(key, "table of strings", "", object({{"type", "object"}, {"additionalProperties", type("string")}}));
  }

  bool reading() const override { return false; }
  bool has(std::string_view) const override { return false; }
  bool faulty(std::string_view) const override { return false; }
  Place place(std::string_view) const override { return {}; }
  std::string path(std::string_view name) const override {
    if (name.empty()) return path_;
    return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
  }
  void report(Severity, std::string_view, std::string_view, std::string, std::string) override {}

 private:
  Item& add(const Key& key, std::string words, std::string default_value, json::Value schema,
            Item::Shape shape = Item::Shape::value) {
    for (Item& item : items_)
      if (item.name == key.name) return item;  // read twice, described once
    items_.push_back({shape,
                      std::string(key.name),
                      std::move(words),
                      std::move(default_value),
                      std::string(key.doc),
                      key.required,
                      std::move(schema),
                      {}});
    return items_.back();
  }

  std::deque<Item>& items_;  // a deque, because inner forms hold on to their element's list
  std::string path_;
};

std::deque<Item> described(const std::function<void(Form&)>& describe) {
  std::deque<Item> items;
  DescribingForm form(items, "");
  describe(form);
  return items;
}

void flatten(const std::deque<Item>& items, const std::string& base, std::vector<KeyDoc>& out) {
  for (const Item& item : items) {
    std::string path = base.empty() ? item.name : base + "." + item.name;
    if (item.shape == Item::Shape::list) path += "[]";
    if (item.shape == Item::Shape::map) path += ".<name>";
    out.push_back({path, item.type, item.default_value, item.doc, item.required});
    flatten(item.items, path, out);
  }
}

json::Value table_schema(const std::deque<Item>& items);

// A table, or (as reading allows) a bare value for its first field.
json::Value element_schema(const std::deque<Item>& items) {
  json::Value table = table_schema(items);
  if (items.empty() || items.front().shape != Item::Shape::value) return table;
  const json::Value& first = items.front().schema;
  if (first.string_at("type") == "boolean") return table;
  return any_of(std::move(table), first);
}

json::Value table_schema(const std::deque<Item>& items) {
  json::Value properties{json::Object{}}, needed{json::Array{}};
  for (const Item& item : items) {
    json::Value schema;
    switch (item.shape) {
      case Item::Shape::value:
        schema = item.schema;
        break;
      case Item::Shape::table:
        schema = element_schema(item.items);
        break;
      case Item::Shape::list:
        schema = object({{"type", "array"}, {"items", element_schema(item.items)}});
        break;
      case Item::Shape::map:
        schema = object({{"type", "object"}, {"additionalProperties", element_schema(item.items)}});
        break;
    }
    schema.set("description", item.doc);
    properties.set(item.name, std::move(schema));
    if (item.required) needed.push(item.name);
  }
  json::Value v = object({{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}});
  if (!needed.array().empty()) v.set("required", std::move(needed));
  return v;
}

}  // namespace

std::vector<KeyDoc> document(const std::function<void(Form&)>& describe) {
  std::vector<KeyDoc> out;
  flatten(described(describe), "", out);
  return out;
}

json::Value schema(const std::function<void(Form&)>& describe) {
  json::Value v = object({{"$schema", "https://json-schema.org/draft/2020-12/schema"}});
  const json::Value table = table_schema(described(describe));
  for (const auto& [name, member] : table.object()) v.set(name, member);
  return v;
}

}  // namespace gatehouse::conf
