// What the migrations of a Supabase project leave behind: tables, policies, views. Shared by those who judge them.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/check.h"
#include "audit/readers/sql_statements.h"
#include "audit/source/schema.h"

namespace gatehouse::audit {

struct Tables {
  struct Table {
    std::string path;
    int line = 0;
  };
  struct Policy {
    std::string table, verb, text, said, path, shown;
    int line = 0;
  };
  std::map<std::string, Table> made;       // "public.orders"
  std::map<std::string, Policy> policies;  // by table and name; a later one takes the place of the first
  std::vector<Policy> dropped;             // in the order of the migrations
  std::map<std::string, Policy> opened;    // row-level security switched off, and not on again
  std::map<std::string, Policy> views;     // without security_invoker, by name
  std::string kept_back;                   // what triggers and grants say of columns, lower case
  std::set<std::string> secured;
  std::set<std::string> shown_by_default;   // "public.documents.is_public", where a new row begins with true
  std::vector<Policy> grants;               // all rights on all tables, to whoever comes; verb: present, coming
  std::map<std::string, Policy> tokens;     // by table: a column (text) with tokens of another service
  std::set<std::string> filled;             // tables that a function adds rows to, by their bare name
  std::map<std::string, Policy> unbounded;  // tables with a sum or a number of things that no CHECK holds
  std::map<std::string, std::set<std::string>> set_to;  // by table's bare name: columns that functions write
  bool secured_by_loop = false;
  bool supabase = false;
};

// "public.orders" of "if not exists orders (".
std::string table_name(std::string_view rest);
// "orders" of "public.orders".
std::string bare_name(std::string_view table);
// Table and name of `users_update_own on public.profiles for update using (…)`.
std::optional<std::pair<std::string, std::string>> policy_name(std::string_view rest);
std::string verb_of(std::string_view policy);  // select, insert, update, delete, all
// What stands in the brackets after `mark`, without brackets, blanks and casts around it.
std::string condition_after(std::string_view policy, std::string_view mark);

// Everybody, everybody who has an account, or some.
enum class Reach : unsigned char { all, account, some };
Reach reach_of(const Tables::Policy& p);
// It lets in the server's own role and nobody else: "to service_role", (auth.jwt() ->> 'role') = 'service_role'.
bool for_the_server(std::string_view policy);

// The policy asks who calls: auth.uid(), the token of another sign-in service, a function of the project.
bool asks_caller(std::string_view policy);
// It lets in whom the project calls staff.
bool asks_rank(std::string_view policy);

// Policies that let everybody in (row_open.cc), or an owner too far (row_owners.cc), or a worker of another
// house (row_tenants.cc); files (row_storage.cc).
void judge_open(const Project& project, const Tables& tables, Sink& sink);
void judge_owners(const Project& project, const Tables& tables, Sink& sink);
void judge_tenants(const Project& project, const Tables& tables, Sink& sink);
// Rows that strangers may add: how many, and with what in them (row_bounds.cc).
void read_bounds(const Source& source, const SqlStatement& s, Tables& tables);
void judge_bounds(const Project& project, const Tables& tables, Sink& sink);
// Grants for everybody (row_grants.cc), rows that count what was used (row_meters.cc), other services' tokens
// (row_tokens.cc).
void read_grants(const Source& source, const SqlStatement& s, Tables& tables);
void judge_grants(const Tables& tables, Sink& sink);
void judge_meters(const source::Schema& schema, const Tables& tables, Sink& sink);
void read_tokens(const Source& source, const SqlStatement& s, Tables& tables);
void judge_tokens(const Tables& tables, Sink& sink);
void judge_bucket(const Source& source, const SqlStatement& s, Sink& sink);
void judge_buckets(const Tables& tables, const Tables::Policy& p, Sink& sink);

}  // namespace gatehouse::audit
