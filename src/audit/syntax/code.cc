// Long, as Python and JavaScript spell each of these questions in their own way, and the answers stand side by side.
#include "audit/syntax/code.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::audit::syntax {

namespace {

constexpr int kMostDepth = 40;  // of an expression; deeper ones are nobody's real code

void dotted_into(Node n, std::string& out, int depth) {
  n = unwrap(n);
  if (!n || depth > kMostDepth) {
    out += '?';
  } else if (n.any_of("identifier", "property_identifier", "this", "super", "private_property_identifier", "import",
                      "shorthand_property_identifier")) {
    out += n.text();
  } else if (n.is("attribute")) {
    dotted_into(n.child("object"), out, depth + 1);
    (out += '.') += n.child("attribute").text();
  } else if (n.is("member_expression")) {
    dotted_into(n.child("object"), out, depth + 1);
    (out += '.') += n.child("property").text();
  } else if (n.any_of("call", "call_expression")) {
    dotted_into(n.child("function"), out, depth + 1);
    out += "()";
  } else if (n.is("new_expression")) {
    out += "new ";
    dotted_into(n.child("constructor"), out, depth + 1);
    out += "()";
  } else if (n.any_of("subscript", "subscript_expression")) {
    dotted_into(n.is("subscript") ? n.child("value") : n.child("object"), out, depth + 1);
    const Node at = n.is("subscript") ? n.child("subscript") : n.child("index");
    if (const auto key = literal(at))
      ((out += '[') += *key) += ']';
    else
      out += "[]";
  } else {
    out += '?';
  }
}

std::string unescaped(std::string_view raw) {
  std::string out;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\' || i + 1 >= raw.size()) {
      out += raw[i];
      continue;
    }
    const char c = raw[++i];
    out += c == 'n' ? '\n' : c == 't' ? '\t' : c;
  }
  return out;
}

std::optional<std::string> literal_at(Node n, int depth) {
  n = unwrap(n);
  if (!n || depth > kMostDepth) return std::nullopt;
  if (n.any_of("string", "template_string")) {
    std::string out;
    bool parts = false;
    for (const Node c : n.children()) {
      if (c.any_of("interpolation", "template_substitution")) return std::nullopt;
      if (c.any_of("string_content", "string_fragment")) {
        out += unescaped(c.text());
        parts = true;
      } else if (c.is("escape_sequence")) {
        out += unescaped(c.text());
        parts = true;
      }
    }
    if (!parts && n.is("template_string") && n.text().size() >= 2)
      return std::string(n.text().substr(1, n.text().size() - 2));
    return out;
  }
  if (n.is("concatenated_string")) {
    std::string out;
    for (const Node c : n.children()) {
      auto part = literal_at(c, depth + 1);
      if (!part) return std::nullopt;
      out += *part;
    }
    return out;
  }
  if (n.any_of("binary_operator", "binary_expression") && n.has_token("+")) {
    auto left = literal_at(n.child("left"), depth + 1);
    if (!left) return std::nullopt;
    const auto right = literal_at(n.child("right"), depth + 1);
    if (!right) return std::nullopt;
    return *left + *right;
  }
  return std::nullopt;
}

bool speaks(Node n, int depth) {  // some string literal stands in it
  n = unwrap(n);
  if (!n || depth > kMostDepth) return false;
  if (n.any_of("string", "template_string", "concatenated_string")) return true;
  if (n.any_of("binary_operator", "binary_expression"))
    return speaks(n.child("left"), depth + 1) || speaks(n.child("right"), depth + 1);
  return false;
}

void holes_into(Node n, std::vector<Node>& out, int depth) {
  n = unwrap(n);
  if (!n || depth > kMostDepth) return;
  if (n.any_of("string", "template_string")) {
    for (const Node c : n.children())
      if (c.any_of("interpolation", "template_substitution"))
        if (const Node e = c.first()) out.push_back(e);
  } else if (n.is("concatenated_string")) {
    for (const Node c : n.children()) holes_into(c, out, depth + 1);
  } else if (n.any_of("binary_operator", "binary_expression") && (n.has_token("+") || n.has_token("%")) &&
             speaks(n, 0)) {
    for (const Node side : {n.child("left"), n.child("right")}) {
      if (speaks(side, 0) || (unwrap(side).any_of("binary_operator", "binary_expression") && n.has_token("+")))
        holes_into(side, out, depth + 1);
      else if (side)
        out.push_back(unwrap(side));
    }
  } else if (n.is("call")) {
    const Node f = n.child("function");
    if (f.is("attribute") && f.child("attribute").text() == "format" && speaks(f.child("object"), 0))
      for (const Node a : n.child("arguments").children())
        out.push_back(a.is("keyword_argument") ? a.child("value") : a);
  }
}

void spoken_into(Node n, std::string& out, int depth) {
  n = unwrap(n);
  if (!n || depth > kMostDepth) return;
  if (n.any_of("string", "template_string", "concatenated_string")) {
    for (const Node c : n.children()) {
      if (c.any_of("string_content", "string_fragment", "escape_sequence"))
        out += unescaped(c.text());
      else if (c.any_of("interpolation", "template_substitution"))
        out += "?";
      else
        spoken_into(c, out, depth + 1);
    }
  } else if (n.any_of("binary_operator", "binary_expression")) {
    spoken_into(n.child("left"), out, depth + 1);
    spoken_into(n.child("right"), out, depth + 1);
  } else if (n.is("call")) {
    if (const Node f = n.child("function"); f.is("attribute")) spoken_into(f.child("object"), out, depth + 1);
  }
}

bool word_char(char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_' || c == '$'; }

void python_imports(const Tree& tree, Imports& out) {
  for (const Node n : tree.all("import_statement"))
    for (const Node c : n.children()) {
      if (c.is("aliased_import"))
        out[std::string(c.child("alias").text())] = std::string(c.child("name").text());
      else if (c.is("dotted_name")) {
        const std::string name(c.text().substr(0, c.text().find('.')));
        out[name] = name;
      }
    }
  for (const Node n : tree.all("import_from_statement")) {
    const Node module = n.child("module_name");
    const std::string from(module.text());
    for (const Node c : n.children()) {
      if (c == module) continue;
      if (c.is("aliased_import"))
        out[std::string(c.child("alias").text())] = from + "." + std::string(c.child("name").text());
      else if (c.is("dotted_name"))
        out[std::string(c.text())] = from + "." + std::string(c.text());
    }
  }
}

void bind_pattern(Node pattern, const std::string& module, Imports& out) {
  if (pattern.is("identifier")) {
    out[std::string(pattern.text())] = module;
    return;
  }
  for (const Node p : pattern.children()) {  // object_pattern
    if (p.is("shorthand_property_identifier_pattern"))
      out[std::string(p.text())] = module + "." + std::string(p.text());
    else if (p.is("pair_pattern"))
      out[std::string(p.child("value").text())] = module + "." + std::string(p.child("key").text());
  }
}

void script_imports(const Tree& tree, Imports& out) {
  for (const Node n : tree.all("import_statement")) {
    const auto module = literal(n.child("source"));
    if (!module) continue;
    for (const Node clause : n.children()) {
      if (!clause.is("import_clause")) continue;
      for (const Node c : clause.children()) {
        if (c.is("identifier")) {
          out[std::string(c.text())] = *module;
        } else if (c.is("namespace_import")) {
          out[std::string(c.first().text())] = *module;
        } else if (c.is("named_imports")) {
          for (const Node s : c.children()) {
            const Node name = s.child("name"), alias = s.child("alias");
            if (name) out[std::string((alias ? alias : name).text())] = *module + "." + std::string(name.text());
          }
        }
      }
    }
  }
  for (const Node n : tree.all("variable_declarator")) {
    const auto call = as_call(unwrap(n.child("value")));
    if (!call || (call->name != "require" && call->name != "import")) continue;
    if (const auto module = literal(call->arg(0))) bind_pattern(n.child("name"), *module, out);
  }
}

}  // namespace

Node unwrap(Node n) {
  for (int i = 0; i < kMostDepth; ++i) {
    if (n.any_of("await", "await_expression", "parenthesized_expression", "non_null_expression", "as_expression",
                 "satisfies_expression", "type_assertion")) {
      const Node inner = n.is("type_assertion") ? n.children().empty() ? Node() : n.children().back() : n.first();
      if (!inner) return n;
      n = inner;
    } else if (n.is("member_expression") && n.child("object").any_of("as_expression", "satisfies_expression")) {
      n = n.child("object");  // `x as A.B.C` is read as (x as A.B).C
    } else {
      return n;
    }
  }
  return n;
}

std::string dotted(Node n) {
  std::string out;
  if (n) dotted_into(n, out, 0);
  return out;
}

std::string_view last(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

std::optional<std::string> literal(Node n) { return literal_at(n, 0); }

std::vector<Node> holes(Node n) {
  std::vector<Node> out;
  holes_into(n, out, 0);
  return out;
}

std::string spoken(Node n) {
  std::string out;
  spoken_into(n, out, 0);
  return out;
}

Node Call::keyword(std::string_view wanted) const {
  for (const auto& [name_, value] : keywords)
    if (name_ == wanted) return value;
  return {};
}

std::optional<Call> as_call(Node n) {
  if (!n.any_of("call", "call_expression", "new_expression")) return std::nullopt;
  Call call;
  call.node = n;
  if (n.is("new_expression"))
    call.name = "new " + dotted(n.child("constructor"));
  else
    call.name = dotted(n.child("function"));
  for (const Node a : n.child("arguments").children()) {
    if (a.is("keyword_argument"))
      call.keywords.emplace_back(a.child("name").text(), a.child("value"));
    else
      call.args.push_back(a);
  }
  return call;
}

std::vector<std::pair<std::string, Node>> members(Node object) {
  std::vector<std::pair<std::string, Node>> out;
  object = unwrap(object);
  if (object.any_of("dictionary", "object")) {
    for (const Node p : object.children()) {
      if (p.is("pair")) {
        const Node key = p.child("key");
        if (const auto text = literal(key))
          out.emplace_back(*text, p.child("value"));
        else if (key.any_of("property_identifier", "identifier", "number"))
          out.emplace_back(std::string(key.text()), p.child("value"));
        else
          out.emplace_back(std::string(), p.child("value"));
      } else if (p.is("shorthand_property_identifier")) {
        out.emplace_back(std::string(p.text()), p);
      } else if (p.is("method_definition")) {
        out.emplace_back(std::string(p.child("name").text()), p);
      }
    }
  } else if (object.is("call")) {  // dict(a=1)
    if (const auto call = as_call(object); call && call->name == "dict")
      for (const auto& [name, value] : call->keywords) out.emplace_back(std::string(name), value);
  }
  return out;
}

Node member(Node object, std::string_view key) {
  for (const auto& [name, value] : members(object))
    if (name == key) return value;
  return {};
}

bool is_function(Node n) {
  return n.any_of("function_definition", "function_declaration", "function_expression", "arrow_function",
                  "method_definition", "generator_function", "generator_function_declaration", "lambda");
}

Node function_around(Node n) {
  for (n = n.parent(); n; n = n.parent())
    if (is_function(n)) return n;
  return {};
}

std::string function_name(Node f) {
  if (!f) return {};
  if (const Node name = f.child("name")) return std::string(name.text());
  Node p = f.parent();
  while (p.any_of("call_expression", "arguments", "parenthesized_expression", "await_expression")) p = p.parent();
  if (p.is("variable_declarator")) return std::string(p.child("name").text());
  if (p.is("pair")) return std::string(p.child("key").text());
  if (p.is("assignment_expression")) return std::string(last(dotted(p.child("left"))));
  if (p.any_of("public_field_definition", "field_definition")) {
    if (const Node name = p.child("name")) return std::string(name.text());
    return std::string(p.child("property").text());
  }
  return {};
}

Node body(Node f) { return f.child("body"); }

Imports imports(const Tree& tree) {
  Imports out;
  if (tree.python())
    python_imports(tree, out);
  else
    script_imports(tree, out);
  return out;
}

namespace {

// Calls `each` with every word of an identifier, as it is written, until it answers true.
template <class Each>
bool any_word_of(std::string_view s, Each each) {
  std::size_t begin = 0;
  const auto ends_at = [&](std::size_t end) { return end > begin && each(s.substr(begin, end - begin)); };
  for (std::size_t i = 0; i < s.size(); ++i) {
    const char c = s[i];
    if (!text::is_alpha(c) && !text::is_digit(c)) {
      if (ends_at(i)) return true;
      begin = i + 1;
      continue;
    }
    if (c < 'A' || c > 'Z') continue;
    const bool before_lower = i > 0 && s[i - 1] >= 'a' && s[i - 1] <= 'z';
    const bool after_lower = i + 1 < s.size() && s[i + 1] >= 'a' && s[i + 1] <= 'z';
    const bool before_upper = i > 0 && s[i - 1] >= 'A' && s[i - 1] <= 'Z';
    if (!before_lower && !(before_upper && after_lower)) continue;
    if (ends_at(i)) return true;
    begin = i;
  }
  return ends_at(s.size());
}

bool same_in_lower_case(std::string_view written, std::string_view lower) {
  return written.size() == lower.size() && (written.empty() || text::lower(written.front()) == lower.front()) &&
         std::equal(written.begin(), written.end(), lower.begin(), [](char a, char b) { return text::lower(a) == b; });
}

}  // namespace

std::vector<std::string> words(std::string_view s) {
  std::vector<std::string> out;
  any_word_of(s, [&](std::string_view word) {
    out.push_back(text::to_lower(word));
    return false;
  });
  return out;
}

bool has_word(std::string_view identifier, std::initializer_list<std::string_view> any) {
  return any_word_of(identifier, [&](std::string_view word) {
    return std::any_of(any.begin(), any.end(), [&](std::string_view w) { return same_in_lower_case(word, w); });
  });
}

bool has_token(const Code& s, std::string_view word) {
  if (!contains(s, word)) return false;
  for (std::size_t at = s.find(word); at != std::string_view::npos; at = s.find(word, at + 1)) {
    const bool left = at == 0 || !word_char(s[at - 1]);
    const std::size_t after = at + word.size();
    if (left && (after >= s.size() || !word_char(s[after]))) return true;
  }
  return false;
}

}  // namespace gatehouse::audit::syntax
