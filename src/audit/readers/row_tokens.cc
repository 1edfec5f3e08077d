// Tokens and keys of other services that lie in a table as they came, and that the table's policies hand to browsers.
#include <algorithm>

#include "audit/readers/row_tables.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

constexpr std::size_t kMostTokens = 200;

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

// access_token, google_refresh_token, api_secret: what opens an account at somebody else's.
bool foreign_token(std::string_view column) {
  for (const std::string_view end :
       {"access_token", "refresh_token", "oauth_token", "provider_token", "api_secret", "client_secret", "bot_token",
        "webhook_secret", "secret_key", "private_key", "app_password", "smtp_password", "imap_password", "api_key"})
    if (column.ends_with(end) && (column.size() == end.size() || column[column.size() - end.size() - 1] == '_'))
      return !syntax::has_word(column,
                               {"encrypted", "hash", "hashed", "public", "publishable", "cipher", "enc", "vault"});
  return false;
}

// The table speaks of another service: connections, integrations, a provider's name. Keys that the house gives out
// itself (api_keys) are another matter.
bool of_a_service(std::string_view table, std::string_view column) {
  return (column.ends_with("access_token") || column.ends_with("refresh_token") || column.ends_with("oauth_token") ||
          column.ends_with("provider_token") || column.ends_with("bot_token") || column.ends_with("app_password") ||
          column.ends_with("smtp_password") || column.ends_with("imap_password"))
             ? !syntax::has_word(table, {"session", "sessions", "share", "shares", "invites", "invitations"})
             : syntax::has_word(
                   table, {"connections", "connection", "integration", "integrations", "credentials", "provider",
                           "providers", "accounts", "gateways", "smtp", "exchange", "broker", "oauth", "settings"});
}

std::string token_column(std::string_view statement, std::string_view table) {
  for (const std::string_view type : {" text", " varchar", " character varying"})
    for (std::size_t at = statement.find(type); at != std::string_view::npos; at = statement.find(type, at + 1)) {
      std::size_t begin = at;
      while (begin > 0 && (text::is_alpha(statement[begin - 1]) || text::is_digit(statement[begin - 1]) ||
                           statement[begin - 1] == '_'))
        --begin;
      const std::string_view column = statement.substr(begin, at - begin);
      if (foreign_token(column) && of_a_service(table, column)) return std::string(column);
    }
  return {};
}

}  // namespace

void read_tokens(const Source& source, const SqlStatement& s, Tables& tables) {
  const std::string_view t = s.text;
  const bool made = t.starts_with("create table "), added = t.starts_with("alter table ") && has(t, " add ");
  if ((!made && !added) || (!has(t, "token") && !has(t, "secret") && !has(t, "_key") && !has(t, "_password"))) return;
  const std::string table = table_name(t.substr(made ? 13 : 12));
  if (table.starts_with("auth.") || table.starts_with("private.") || tables.tokens.size() >= kMostTokens) return;
  std::string column = token_column(t, bare_name(table));
  if (column.empty()) return;
  int line = s.line;
  for (int k = s.line; k <= source.lines() && k < s.line + 80; ++k)
    if (has(text::to_lower(source.line(k)), column)) {
      line = k;
      break;
    }
  tables.tokens.emplace(table, Tables::Policy{table, "", std::move(column), "", std::string(source.path()),
                                              quote(source.line(line)), line});
}

// Stops: a script in the page, or whoever holds the session, that reads the keys to the customer's account elsewhere.
void judge_tokens(const Tables& tables, Sink& sink) {
  for (const auto& [table, token] : tables.tokens) {
    const std::string bare = text::printable(bare_name(table)), column = text::printable(token.text);
    const Tables::Policy* shown = nullptr;
    for (const auto& [key, p] : tables.policies)
      if (p.table == table && (p.verb == "select" || p.verb == "all") && !for_the_server(p.text) &&
          asks_caller(p.text) && !has(tables.kept_back, "revoke select (" + token.text))
        shown = shown == nullptr || p.line < shown->line ? &p : shown;
    auto& kept = sink.find("AU-014", token.path, token.line, token.shown);
    kept.title = "Tokens of another service lie in clear text in " + bare + " (" + column + ")";
    kept.impact = "A copy of the database, or a leaked key of it, opens the accounts of all customers at that service.";
    kept.fix =
        "Encrypt them with a key that is not in the database (or keep them in Supabase Vault), and refresh them.";
    kept.severity = proof::Severity::medium;
    kept.confidence = proof::Confidence::medium;
    if (shown == nullptr) continue;
    auto& f = sink.find("DATA-001", shown->path, shown->line, shown->shown);
    f.title = "The browser may read " + column + " of " + bare + ", which opens an account at another service";
    f.impact = "Policies choose rows, not columns: any script in the page, or a stolen session, takes the token along.";
    f.fix =
        "Put the tokens into a table without policies, which the server alone reads, or revoke select on the column.";
    f.severity = proof::Severity::medium;
    f.confidence = proof::Confidence::medium;
  }
}

}  // namespace gatehouse::audit
