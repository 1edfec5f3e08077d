// One parsed file with what every check asks of it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audit/check.h"
#include "audit/syntax/code.h"

namespace gatehouse::audit::source {

struct File {
  File(const Source& source, const syntax::Tree& tree, Project& project, Sink& sink);

  std::string_view path;
  const syntax::Tree& tree;
  Project& project;
  Sink& sink;
  syntax::Imports imports;
  std::vector<syntax::Call> calls;     // in the order of the text
  mutable std::optional<bool> client;  // the answer of client_file, once it was asked

  syntax::Code code() const { return tree.root().code(); }
  // The calls below a node, the node itself included.
  std::vector<const syntax::Call*> calls_in(syntax::Node within) const;
  // A name with its import put in: "d" after `from jwt import decode as d` is "jwt.decode".
  std::string full(std::string_view dotted_name) const;
  bool imports_from(std::string_view module_part) const;  // some import's module contains this

  // Reports a finding at a node. Evidence is the node's line unless given; string literals that look like secrets are
  // cut.
  proof::Finding& hit(std::string_view id, syntax::Node at, std::string evidence = {});
  std::string shown(syntax::Node at) const;  // the line, and what it goes on with; fit for evidence
};

// `text` with every quoted literal of 8 characters or more cut to its first three.
std::string redacted(std::string_view line);

// Adds another place and its line to a finding.
void also(proof::Finding& finding, const File& file, syntax::Node at);
proof::Location place(std::string_view path, int line, int end_line = 0);

// A name that holds something secret ("stripe_secret_key", "accessToken"), and not a public thing of similar name
// (publishable keys, token counts, password fields' labels …).
bool secret_name(std::string_view identifier);
// A route, function or file name that means a door everyone may use (sign-in, health, webhook, public …).
bool public_door(std::string_view path_or_name);
bool sign_in_door(std::string_view path_or_name);  // sign-in, sign-up, reset, one-time codes
bool webhook_door(std::string_view path_or_name);
bool says_otp(const syntax::Code& code);  // "otp" in any case, and not the one inside of forgotPassword

// Data that belongs to somebody: "users", "orders", "documents" …
bool personal_noun(std::string_view path_or_name);

// A place with its line, for a finding that may come of it.
struct Spot {
  proof::Location at;
  std::string shown;
};

// Where a value comes from, followed through assignments inside one function.
enum class Origin : unsigned char { unknown, constant, client, identity };

}  // namespace gatehouse::audit::source
