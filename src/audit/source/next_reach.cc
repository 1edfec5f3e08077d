#include "audit/source/next_reach.h"

#include <algorithm>
#include <optional>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr int kDeepest = 4;               // names behind names
constexpr std::size_t kMostListed = 200;  // addresses of one list

// "(?!api|_next/static|favicon.ico).*": one of the alternatives begins the rest of the path. Those that are patterns
// themselves (".*\\..*") are about files.
bool held_out(std::string_view ahead, std::string_view rest) {
  int depth = 1;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= ahead.size(); ++i) {
    const char c = i < ahead.size() ? ahead[i] : ')';
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (depth == 0 || (c == '|' && depth == 1)) {
      const std::string_view one = ahead.substr(from, i - from);
      if (!one.empty() && one.find_first_of("*\\[^(") == std::string_view::npos) {
        const std::string_view word = one.ends_with('$') ? one.substr(0, one.size() - 1) : one;
        if (!word.empty() && rest.starts_with(word)) return true;
      }
      from = i + 1;
    }
    if (depth == 0) return false;
  }
  return false;
}

void add(std::vector<std::string>& list, const std::vector<std::string>& more) {
  for (const std::string& m : more)
    if (list.size() < kMostListed && std::find(list.begin(), list.end(), m) == list.end()) list.push_back(m);
}

bool any_matches(const std::vector<std::string>& list, std::string_view path) {
  return std::any_of(list.begin(), list.end(), [&](const std::string& p) { return matches_address(p, path); });
}

// Addresses that a condition asks about: in its own strings, in the lists and functions it names.
void addresses_in(const File& file, Node n, int depth, std::vector<std::string>& out) {
  if (!n || depth > kDeepest || out.size() >= kMostListed) return;
  const auto take = [&](Node s) {
    if (const auto said = literal(s); said && said->starts_with("/") && said->size() < 120) add(out, {*said});
  };
  const auto named = [&](Node id) {
    for (const Node d : file.tree.all("variable_declarator"))
      if (d.child("name").text() == id.text() && !(d.begin() <= id.begin() && id.end() <= d.end()))
        addresses_in(file, d.child("value"), depth + 1, out);
    for (const Node f : file.tree.all("function_declaration"))
      if (f.child("name").text() == id.text()) addresses_in(file, f.child("body"), depth + 1, out);
  };
  if (n.is("string")) take(n);
  if (n.is("identifier")) named(n);
  for (const Node s : n.all("string")) take(s);
  for (const Node id : n.all("identifier"))
    if (id.parent() && !id.text().starts_with("NextResponse")) named(id);
}

// A part of a condition that asks about the address, and whether it asks that it is not there.
struct Asked {
  std::vector<std::string> in, out;
};

Asked asked(const File& file, Node condition, bool negated = false) {
  Asked all;
  condition = unwrap(condition);
  if (condition.is("unary_expression") && condition.has_token("!"))
    return asked(file, condition.child("argument"), !negated);
  if (condition.is("binary_expression") && (condition.has_token("&&") || condition.has_token("||"))) {
    for (const char* side : {"left", "right"}) {
      Asked one = asked(file, condition.child(side), negated);
      add(all.in, one.in);
      add(all.out, one.out);
    }
    return all;
  }
  const bool differs = condition.is("binary_expression") && (condition.has_token("!==") || condition.has_token("!="));
  addresses_in(file, condition, 0, negated != differs ? all.out : all.in);
  return all;
}

bool about_caller(const Code& code) {
  return icontains_any(code, {"user", "session", "token", "auth", "cookie", "login", "jwt", "payload", "claims",
                              "loggedin", "signedin", "role", "valid"});
}

bool turns_away(const Code& code) {
  return icontains_any(
      code, {"redirect(", "redirecttosignin", "401", "403", "unauthorized", ".protect(", "rewrite(", "return false"});
}

bool lets_pass(const Code& code) {
  return icontains_any(code, {".next(", "return true", "return;", "return res", "return supabaseresponse"}) &&
         !turns_away(code) && !contains(code, "if (");
}

// Around a refusal somebody asked for the address.
bool bound_above(const File& file, Node n) {
  for (Node p = n.parent(); p; p = p.parent()) {
    if (is_function(p) && !function_around(p)) break;
    if (!p.is("if_statement") || !n.inside(p.child("consequence"))) continue;
    const Asked what = asked(file, p.child("condition"));
    if (!what.in.empty() || !what.out.empty()) return true;
  }
  return false;
}

}  // namespace

bool matches_address(std::string_view pattern, std::string_view path) {
  if (const std::size_t at = pattern.find("(?!"); at != std::string_view::npos) {
    std::string_view head = pattern.substr(0, at);
    while (head.ends_with('(')) head.remove_suffix(1);
    if (!path.starts_with(head)) return false;
    return !held_out(pattern.substr(at + 3), path.substr(head.size()));
  }
  // "/(api|trpc)(.*)": one of them begins the rest
  const std::size_t open = pattern.find('('), bar = pattern.find('|');
  if (open != std::string_view::npos && bar != std::string_view::npos && bar > open &&
      pattern.substr(open, 2) != "(?") {
    const std::string_view head = pattern.substr(0, open);
    return path.starts_with(head) && held_out(pattern.substr(open + 1), path.substr(head.size()));
  }
  std::string_view head = pattern.substr(0, pattern.find_first_of("(:*["));
  while (head.size() > 1 && head.ends_with("/")) head.remove_suffix(1);
  if (!head.empty() && head.size() == pattern.size()) return path == head;
  return path.starts_with(head);
}

bool MiddlewareReach::shuts(std::string_view path) const {
  if (!matcher.empty() && !any_matches(matcher, path)) return false;
  const auto below = [&](const std::vector<std::string>& list) {
    return std::any_of(list.begin(), list.end(), [&](const std::string& p) {
      return matches_address(p, path) || (p.size() > 1 && path.starts_with(p + "/"));
    });
  };
  if (below(open)) return false;
  return rest || below(closed);
}

MiddlewareReach reach_of_middleware(const File& file) {
  MiddlewareReach reach;
  for (const Node p : file.tree.all("pair"))
    if (p.child("key").text() == "matcher") addresses_in(file, p.child("value"), kDeepest, reach.matcher);
  bool understood = false;
  std::vector<std::string> only;  // if (!isProtected) return next(): nothing else is asked about
  for (const Node i : file.tree.all("if_statement")) {
    const Asked what = asked(file, i.child("condition"));
    const Code done = i.child("consequence").code(), condition = i.child("condition").code();
    const bool path = !what.in.empty() || !what.out.empty();
    if (path && lets_pass(done)) {
      // if (isPublic || token) return next(): whoever has neither goes on to be refused.
      if (!contains(condition, "&&")) add(reach.open, what.in);
      if (!what.out.empty() && !contains(condition, "||")) add(only, what.out);
      continue;
    }
    if (!turns_away(done)) continue;
    const bool caller = about_caller(condition) || about_caller(done);
    if (path && caller) {
      understood = true;
      add(reach.closed, what.in);
      if (what.in.empty()) reach.rest = true;
      add(reach.open, what.out);
    } else if (about_caller(condition) && !bound_above(file, i)) {
      understood = reach.rest = true;
    }
  }
  if (!only.empty()) {
    reach.rest = false;
    reach.closed = std::move(only);
    return reach;
  }
  if (!understood) reach.rest = true;
  return reach;
}

}  // namespace gatehouse::audit::source
