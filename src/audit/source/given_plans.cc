#include "audit/source/given_plans.h"

#include <algorithm>
#include <string>

#include "audit/source/file.h"
#include "audit/source/schema.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostFiles = 400;

// What is set by itself: default="pro", @default(PRO), default 'pro', { default: "pro" }
std::string default_of(std::string_view line) {
  const std::string low = text::to_lower(line);
  const std::size_t at = low.find("default");
  if (at == std::string::npos) return {};
  std::size_t begin = at + 7;
  while (begin < low.size() && !text::is_alpha(low[begin]) && !text::is_digit(low[begin])) {
    if (low[begin] == ',' || low[begin] == '}' || low[begin] == ';') return {};
    ++begin;
  }
  std::size_t end = begin;
  while (end < low.size() &&
         (text::is_alpha(low[end]) || text::is_digit(low[end]) || low[end] == '_' || low[end] == '.'))
    ++end;
  std::string out = low.substr(begin, end - begin);
  if (const std::size_t dot = out.rfind('.'); dot != std::string::npos) out = out.substr(dot + 1);
  return out;
}

bool paid_plan(std::string_view value) {
  return has_word(value, {"pro", "premium", "paid", "enterprise", "business", "plus", "gold", "unlimited", "platinum",
                          "lifetime", "ultimate", "vip"});
}

// The field that a line declares.
std::string_view field_of(std::string_view line) {
  line = text::trim(line);
  while (!line.empty() && (line.front() == '"' || line.front() == '\'' || line.front() == '`')) line.remove_prefix(1);
  std::size_t end = 0;
  while (end < line.size() && (text::is_alpha(line[end]) || text::is_digit(line[end]) || line[end] == '_')) ++end;
  return line.substr(0, end);
}

// The record that begins in this line, or nothing.
std::string record_of(std::string_view line) {
  const auto word_after = [&](std::string_view mark) -> std::string {
    const std::string low = text::to_lower(line);
    std::size_t at = low.find(mark);
    if (at == std::string::npos) return {};
    at += mark.size();
    while (at < line.size() && !text::is_alpha(line[at])) ++at;
    std::size_t end = at;
    while (end < line.size() &&
           (text::is_alpha(line[end]) || text::is_digit(line[end]) || line[end] == '_' || line[end] == '.'))
      ++end;
    std::string out(line.substr(at, end - at));
    if (const std::size_t dot = out.rfind('.'); dot != std::string::npos) out = out.substr(dot + 1);
    return out;
  };
  if (line.starts_with("model ")) return word_after("model ");
  if (icontains(line, "create table if not exists")) return word_after("create table if not exists");
  if (icontains(line, "create table")) return word_after("create table");
  if (icontains(line, "alter table")) return word_after("alter table");
  if (line.starts_with("class ") || line.starts_with("export class ")) return word_after("class ");
  for (const char* made : {"pgtable(", "sqlitetable(", "mysqltable(", ".define("})
    if (icontains(line, made)) return word_after(made);
  if (contains(line, "Schema(") && contains(line, "=")) {
    const std::string_view left = text::trim(line.substr(0, line.find('=')));
    return std::string(left.substr(left.rfind(' ') == left.npos ? 0 : left.rfind(' ') + 1));
  }
  return {};
}

bool whose_plan(std::string_view record) {
  return has_word(record,
                  {"user",       "users",        "profile",       "profiles", "account",   "accounts", "customer",
                   "customers",  "organization", "organizations", "org",      "team",      "teams",    "workspace",
                   "workspaces", "tenant",       "tenants",       "company",  "companies", "member",   "members"});
}

}  // namespace

// Stops: selling what everybody has who signs up.
void judge_given_plans(const Project& project, Sink& sink) {
  std::size_t files = 0;
  for (const Entry& e : project.entries()) {
    if (e.role != Role::product || e.size > 200'000) continue;
    const bool script = e.kind == Kind::javascript || e.kind == Kind::typescript;
    const bool declares =
        e.path.ends_with(".prisma") || e.kind == Kind::sql ||
        ((script || e.kind == Kind::python) && icontains_any(e.path, {"model", "schema", "entit", "/db", "table"}));
    if (!declares || ++files > kMostFiles) continue;
    const auto source = project.open(e.path);
    if (!source || source->patterns_only() || !icontains(source->text(), "default")) continue;
    std::string record;
    int number = 0;
    for (const std::string_view line : text::split(source->text(), '\n')) {
      ++number;
      if (line.size() > 400) continue;
      if (std::string begun = record_of(line); !begun.empty()) record = std::move(begun);
      if (!whose_plan(record) || !icontains(line, "default")) continue;
      std::string_view field = field_of(line);
      if (icontains(line, "add column")) {
        const std::size_t at = text::to_lower(line).find("add column") + 10;
        field = field_of(icontains(line.substr(at), "if not exists") ? line.substr(at + 14) : line.substr(at));
      }
      const std::string value = default_of(line);
      const bool plan = has_word(field, {"plan", "tier", "subscription", "membership", "package"}) && paid_plan(value);
      const bool flag = has_word(field, {"premium", "pro", "paid", "subscribed"}) && value == "true";
      if (!plan && !flag) continue;
      auto& f = sink.find("PAY-002", e.path, number, quote(line));
      f.title = "Every new account begins with a plan that others pay for";
      f.confidence = proof::Confidence::medium;
      f.impact = "Whoever signs up has the paid plan without paying, until something happens to set it otherwise.";
      f.fix = "Let the default be the free plan, and set the paid one only by the provider's event.";
      return;
    }
  }
}

}  // namespace gatehouse::audit::source
