#include "audit/readers/row_definers.h"

#include <algorithm>

#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

constexpr int kMostFunctions = 200;  // of one file

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

std::string quote_of(const Source& source, std::size_t at) { return quote(source.line(source.line_at(at))); }

// Stops: signUp({ options: { data: { role: "admin" } } }), which a trigger copies into the table of rights.
bool copies_rights(std::string_view body) {
  const std::size_t at = body.find("raw_user_meta_data");
  if (at == std::string_view::npos) return false;
  for (std::size_t i = at; i != std::string_view::npos; i = body.find("raw_user_meta_data", i + 1)) {
    const std::string_view key = body.substr(i + 18, 40);
    for (const std::string_view right : {"'role'", "'is_admin'", "'user_role'", "'plan'", "'credits'", "'account_type'",
                                         "'user_type'", "'tier'", "'permissions'", "'app_role'"})
      if (const std::size_t where = key.find(right); where != std::string_view::npos && where < 12) return true;
  }
  return false;
}

std::size_t body_at(std::string_view s, std::size_t from, std::string_view what) {
  const std::size_t at = s.find(what, from);
  return at == std::string_view::npos ? 0 : at - from;
}

// An argument that says whose rows: uid, p_user_id, customer_email.
bool names_person(std::string_view arguments) {
  return syntax::has_word(arguments,
                          {"user", "uid", "userid", "customer", "email", "owner", "profile", "member", "account"});
}

}  // namespace

// create function … security definer: runs as its owner, past every policy, and the API offers it to everybody.
void judge_definers(const Source& source, Sink& sink) {
  const std::string s = text::to_lower(source.text());
  const auto following = [&](std::size_t from) {
    return std::min(s.find("create or replace function ", from), s.find("create function ", from));
  };
  int seen = 0;
  for (std::size_t at = following(0); at != std::string::npos && seen < kMostFunctions; ++seen) {
    const std::size_t next = following(at + 1);
    const std::string_view all = std::string_view(s).substr(at, std::min(next, s.size()) - at);
    const std::size_t from = at;
    at = next;
    const std::size_t open = all.find('('), quote = all.find('$');
    // $$ … $$, $function$ … $function$
    const std::size_t tag = quote == std::string_view::npos ? quote : all.find('$', quote + 1);
    const std::size_t close = tag == std::string_view::npos || tag - quote > 40
                                  ? std::string_view::npos
                                  : all.find(all.substr(quote, tag - quote + 1), tag + 1);
    if (open == std::string_view::npos || close == std::string_view::npos || quote < open) continue;
    const std::size_t end = all.find(';', close);
    const std::string_view head = all.substr(0, quote), body = all.substr(quote, close - quote),
                           tail = all.substr(close, end == std::string_view::npos ? end : end - close);
    if (!has(head, "security definer") && !has(tail, "security definer")) continue;
    const std::string_view arguments = text::trim(all.substr(open + 1, all.find(')', open) - open - 1));
    std::string name(text::trim(all.substr(all.find("function ") + 9, open - all.find("function ") - 9)));
    const bool trigger = has(head, "returns trigger") || has(head, "returns event_trigger");
    const bool changes = has(body, "update ") || has(body, "insert into") || has(body, "delete from");
    // That somebody is signed in is no question who may give out rights.
    const bool gives = (has(body, "user_roles") || has(body, "is_admin =") || has(body, "set role =")) &&
                       (has(body, "insert into") || has(body, "update ")) && !arguments.empty() &&
                       (has(body, "auth.uid() is null") || has(body, "auth.uid() is not null")) &&
                       body.find("auth.uid()") == body.rfind("auth.uid()") && !has(body, "is_admin(") &&
                       !has(body, "has_role");
    const bool asks = !gives && (has(body, "auth.uid()") || has(body, "auth.jwt()") || has(body, "auth.role()") ||
                                 has(body, "current_setting") || has(body, "is_admin") || has(body, "has_role") ||
                                 has(body, "is_member"));
    const bool judge = syntax::has_word(name, {"is", "has", "can", "check", "role", "roles", "admin", "exists"}) ||
                       has(head, "returns boolean") || has(head, "returns bool");
    const bool reads = has(body, "select ") && has(body, " where ");
    const bool closed = has(s, "revoke execute on function " + name) || has(s, "revoke all on function " + name);
    if (trigger && copies_rights(body)) {
      auto& f = sink.find("AZ-003", source.path(), source.line_at(from + body_at(s, from, "raw_user_meta_data")),
                          quote_of(source, from));
      f.title = "A new account is given the rights it names itself";
      f.severity = proof::Severity::critical;
    }
    // reset_daily_credits(): a job of the house that anybody may start
    const bool job = syntax::has_word(name, {"reset", "cleanup", "clean", "process", "expire", "renew", "refresh",
                                             "purge", "daily", "monthly", "weekly", "delete", "archive"});
    if (!trigger && changes && (!arguments.empty() || job) && !asks && !closed) {
      sink.find("AZ-009", source.path(), source.line_at(from), quote_of(source, from));
    } else if (!trigger && !changes && reads && !judge && !arguments.empty() && !asks && !closed &&
               names_person(arguments)) {
      auto& f = sink.find("AZ-009", source.path(), source.line_at(from), quote_of(source, from));
      f.title = "A function with its owner's rights reads whatever any caller asks for";
    } else if (!trigger && !changes && !judge && arguments.empty() && !asks && !closed && has(body, "select ") &&
               (has(body, "profiles") || has(body, "users") || has(body, "customers") || has(body, "members")) &&
               (has(body, "email") || has(body, "phone") || has(body, "select *"))) {
      auto& f = sink.find("AZ-009", source.path(), source.line_at(from), quote_of(source, from));
      f.title = "A function with its owner's rights tells everybody of people";
    } else if (!has(head, "search_path") && !has(tail, "search_path") &&
               !has(s, "alter function " + name + "() set search_path")) {
      auto& f = sink.find("AZ-009", source.path(), source.line_at(from), quote_of(source, from));
      f.title = "A function with its owner's rights takes its tables from the caller's search path";
      f.severity = proof::Severity::low;
    }
  }
}

}  // namespace gatehouse::audit
