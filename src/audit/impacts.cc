#include "audit/impacts.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

#include "audit/syntax/code.h"

namespace gatehouse::audit {

namespace {

using syntax::has_word;

// "role of User" of "The client may write the field role of User"; what stands in brackets where no field is named.
std::string_view named_in(std::string_view title) {
  for (const std::string_view before : {"column ", "fields ", "field ", "("})
    if (const std::size_t at = title.find(before); at != std::string_view::npos) {
      const std::string_view rest = title.substr(at + before.size());
      std::size_t end = rest.size();
      for (const std::string_view behind : {" of ", ")", ":", " is ", " may "}) end = std::min(end, rest.find(behind));
      return rest.substr(0, end);
    }
  return {};
}

bool holds(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

// Of a field that the client may write.
std::string_view written(std::string_view title) {
  if (title.starts_with("Every field"))
    return "The request sets every column that the record has: whose it is, its state, and a role, a price or a "
           "balance where there is one.";
  if (holds(title, "whose record it is"))
    return "Whoever sends it puts records into other people's names, or takes over theirs.";
  const std::string_view field = named_in(title);
  if (has_word(field,
               {"admin", "role", "roles", "staff", "superuser", "permissions", "permission", "groups", "rank", "type"}))
    return "One more field in the request, and a user is an administrator.";
  if (has_word(field, {"credits", "credit", "balance", "wallet", "points", "coins", "quota", "tokens", "limit"}))
    return "Users give themselves what others pay for.";
  if (has_word(field, {"plan", "tier", "subscription", "premium", "pro", "subscribed", "paid", "trial", "payment"}))
    return "Users open for themselves what is to be paid for.";
  if (has_word(field, {"price", "amount", "total", "fee", "discount", "rate", "commission", "cost", "rent"}))
    return "The sum is what the request says, not what the thing costs.";
  if (has_word(field, {"banned", "blocked", "suspended"})) return "Whoever was shut out lets himself in again.";
  if (has_word(field, {"status", "state", "approved", "verified", "active", "reviewed", "confirmed", "rejected"}))
    return "The record is approved, paid or finished on the word of whoever sends it, past those who should decide.";
  return {};
}

// A door of a service that tells of no payments.
bool no_payments(const proof::Finding& f) {
  std::string all;
  for (const proof::Location& l : f.locations) all += l.path + " ";
  for (const std::string& e : f.evidence) all += e + " ";
  all += f.title;
  return has_word(all, {"telegram", "slack", "discord", "github", "gitlab", "twilio", "whatsapp", "clerk", "svix",
                        "mailgun", "sendgrid", "postmark", "resend", "bot", "calendly", "notion", "linear"}) &&
         !has_word(all, {"stripe", "payment", "payments", "billing", "paypal", "razorpay", "checkout", "order",
                         "invoice", "subscription", "paystack", "mercadopago", "lemonsqueezy"});
}

}  // namespace

void say_what_follows(std::deque<proof::Finding>& all) {
  for (proof::Finding& f : all) {
    std::string_view told;
    if (f.id == "AZ-007" && f.impact.starts_with("Users make themselves administrators, or"))
      told = written(f.title);
    else if (f.impact.starts_with("Anybody who knows the address reports payments") && no_payments(f))
      told = "Anybody who knows the address sends messages and events that never were, in anybody's name.";
    else if (f.id == "WHK-003" && holds(f.impact, "what was paid is never unlocked") && no_payments(f))
      told = "The sender delivers again only after an error: what it told is lost for good.";
    if (!told.empty()) f.impact = std::string(told);
  }
}

}  // namespace gatehouse::audit
