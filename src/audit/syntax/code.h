// Small questions about parsed code, the same for Python and for JavaScript and TypeScript.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/syntax/tree.h"

namespace gatehouse::audit::syntax {

// Without await, parentheses, casts and non-null marks around it.
Node unwrap(Node n);

// The path of names of a callee or a member: "request.data.get", "cookies().set", "new Stripe().x". A part that has
// no name is "?".
std::string dotted(Node n);
// The last part of a dotted name.
std::string_view last(std::string_view dotted_name);

// The content of a string literal that nothing is put into (adjacent and "+"-joined literals are joined).
std::optional<std::string> literal(Node n);
// The expressions that text is built from: f-string and template holes, operands of "+" and "%", .format arguments.
// Empty when the node is no built text.
std::vector<Node> holes(Node n);
// All that a built text says literally, holes left out.
std::string spoken(Node n);

struct Call {
  Node node;
  std::string name;                                         // dotted; "new X" for a construction
  std::vector<Node> args;                                   // positional
  std::vector<std::pair<std::string_view, Node>> keywords;  // Python's name=value
  Node arg(std::size_t i) const { return i < args.size() ? args[i] : Node(); }
  Node keyword(std::string_view name) const;
  int line() const { return node.line(); }
};
std::optional<Call> as_call(Node n);

// The value of `key` in a dictionary or object literal (JavaScript shorthand gives the identifier).
Node member(Node object, std::string_view key);
// All keys of a dictionary or object literal with their values.
std::vector<std::pair<std::string, Node>> members(Node object);

bool is_function(Node n);
Node function_around(Node n);              // the nearest function that holds n
std::string function_name(Node function);  // also `const name = () => …` and `name: () => …`
Node body(Node function);

// local name -> full name: `from jwt import decode as d` gives d -> jwt.decode; `import { verify } from "jsonwebtoken"`
// gives verify -> jsonwebtoken.verify; `const x = require("y")` gives x -> y.
using Imports = std::map<std::string, std::string, std::less<>>;
Imports imports(const Tree& tree);

// "stripeSecretKey", "STRIPE_SECRET_KEY", "stripe-secret-key" -> stripe secret key
std::vector<std::string> words(std::string_view identifier);
bool has_word(std::string_view identifier, std::initializer_list<std::string_view> any);
// In code, words that the whole file has not are not even looked for.
bool contains(const Code& text, std::string_view part);
bool icontains(const Code& text, std::string_view lower_part);
bool icontains_any(const Code& text, std::initializer_list<std::string_view> lower_parts);
// `word` stands in `text` with no letter, digit or underscore beside it.
bool has_token(const Code& text, std::string_view word);

}  // namespace gatehouse::audit::syntax
