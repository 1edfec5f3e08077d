#include "audit/source/free_work.h"

#include <algorithm>

#include "audit/source/money_words.h"
#include "audit/source/script.h"
#include "audit/source/script_costs.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostPlaces = 8;

// Something that is bought, in the name of a check or in a condition.
bool bought_word(std::string_view name) {
  if (has_word(name,
               {"credits",    "credit",     "quota",       "quotas",       "trial",    "premium",    "subscription",
                "subscribed", "subscriber", "entitlement", "entitlements", "entitled", "paywall",    "ispro",
                "ispremium",  "ispaid",     "haspaid",     "allowance",    "402",      "membership", "trialing"}))
    return !has_word(name, {"webhook", "stripe", "card", "creditcard", "push", "pubsub", "newsletter"});
  const bool bounds = has_word(name, {"limit", "limits", "max", "remaining", "left", "exceeded", "allowed"});
  if (bounds && has_word(name, {"free", "daily", "monthly", "usage", "plan", "generation", "generations", "credits",
                                "tokens", "requests", "messages", "questions", "used"}))
    return true;
  return has_word(name, {"plan", "tier"}) &&
         has_word(name, {"free", "pro", "paid", "basic", "user", "limit", "limits", "current", "active", "require",
                         "check", "ensure", "has", "upgrade"});
}

// Enough to be silent about: whatever is counted or had here.
bool speaks_of_rights(const Code& code) {
  return icontains_any(
      code,
      {"credit",  "subscri",    "premium",     "quota",       "trial",      "ispro",     "is_pro",     "entitle",
       "paywall", "is_paid",    "ispaid",      "has_paid",    "haspaid",    "usage",     "remaining",  "balance",
       ".plan",   "_plan",      "plan_",       "user_plan",   "userplan",   "tier",      "allowance",  "402",
       "coins",   "dailylimit", "daily_limit", "monthly",     "free_limit", "freelimit", "membership", "countdocuments",
       ".count(", "gems",       "wallet",      "tokens_left", "paid",       "purchase"});
}

// fetch(`https://api.vendor.ai/v1/run`, { headers: { Authorization: `Bearer ${apiKey}` } }): a key of the operator's
// for something that is neither a payment, a sign-in nor a message.
Node keyed_call(const File& file, Node f) {
  const Code code = f.code();
  if (!icontains_any(code, {"https://"}) || !icontains_any(code, {"authorization", "api-key", "apikey", "api_key"}) ||
      !icontains_any(code, {"env", "config", "settings", "key"}))
    return {};
  for (const Call* c : file.calls_in(f)) {
    const bool asks =
        c->name == "fetch" || c->name.starts_with("axios") || c->name.starts_with("got") || c->name.starts_with("ky.");
    if (!asks || c->args.empty()) continue;
    Node address = value_of(file, c->arg(0));
    if (address.is("object")) address = unwrap(member(address, "url"));
    if (address.is("identifier"))
      for (const Node d : f.all("variable_declarator"))
        if (d.child("name").text() == address.text() && d.child("value")) {
          address = unwrap(d.child("value"));
          break;
        }
    const Code where = address.code();
    if (!icontains(where, "https://") || contains(where.substr(0, 12), "${") || where.size() > 300 ||
        icontains_any(where, {"stripe",       "paypal",      "razorpay",
                              "paystack",     "flutterwave", "lemonsqueezy",
                              "paddle",       "clerk",       "auth",
                              "oauth",        "supabase",    "github",
                              "login",        "mail",        "resend",
                              "sendgrid",     "slack",       "discord",
                              "telegram",     "twilio",      "captcha",
                              "turnstile",    "webhook",     "checkout",
                              "payment",      "daraja",      "safaricom",
                              "khalti",       "mollie",      "expo.host",
                              "fcm",          "onesignal",   "notion",
                              "vercel",       "sentry",      "posthog",
                              "analytics",    "userinfo",    "googleapis.com/oauth",
                              "yookassa",     "mercadopago", "userapi",
                              "subscription", "tracking",    "shipping"}))
      continue;
    if (icontains_any(c->node.code(), {"authorization", "api-key", "apikey", "api_key", "key="})) return c->node;
  }
  return {};
}

// Who calls an upstream service of the operator's.
Node paid_work(const File& file, Node f) {
  if (!file.tree.python()) {
    const Call* c = dear_call(file, f);
    return c ? c->node : keyed_call(file, f);
  }
  if (!icontains_any(f.code(),
                     {"create(", "generate", "replicate.run", "fal_client", "invoke(", "transcri", "acreate"}))
    return {};
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view name = c->name;
    for (const std::string_view end :
         {"completions.create", "messages.create", "generate_content", "images.generate", "responses.create",
          "replicate.run", "embeddings.create", "Completion.create", "transcriptions.create", "audio.speech.create",
          "images.edit", "completions.parse", "generate_content_async", "ChatCompletion.acreate",
          "fal_client.subscribe"})
      if (name.ends_with(end) && !(end == "messages.create" && icontains(file.code(), "twilio"))) return c->node;
    const std::string_view m = last(name);
    if ((m == "invoke" || m == "ainvoke" || m == "astream") && file.imports_from("langchain")) return c->node;
  }
  return {};
}

// const isExpired = await checkTrialExpired(user.id); if (isExpired) …
bool asked_by_name(Node f, Node condition) {
  if (condition.code().size() > 60) return false;
  for (const char* type : {"variable_declarator", "assignment"})
    for (const Node a : f.all(type)) {
      const Node left = a.child("name") ? a.child("name") : a.child("left");
      const Node value = unwrap(a.child("value") ? a.child("value") : a.child("right"));
      if (left.code().size() > 80 || a.begin() > condition.begin()) continue;
      bool same = left.is("identifier") && has_token(condition.code(), left.text());
      for (const Node n : left.all("shorthand_property_identifier_pattern"))
        same = same || has_token(condition.code(), n.text());
      if (!same) continue;
      if (const auto c = as_call(value); c && bought_word(last(c->name))) return true;
    }
  return false;
}

// if (user.credits < 1) return 402; if (count === 0) throw new Error("NO_CREDITS")
bool refuses_by_rights(Node f) {
  const Code all = f.code();
  const bool ends =
      contains(all, "raise ") || contains(all, "throw ") || has_token(all, "402") || has_token(all, "403");
  for (const Node b : f.all("if_statement")) {
    const Code condition = b.child("condition").code(), then = b.child("consequence").code();
    if (condition.size() > 300 || then.size() > 600) continue;
    const bool named = asked_by_name(f, b.child("condition"));
    const bool leaves = contains(then, "return") || contains(then, "throw") || contains(then, "raise");
    if (leaves && (refuses(b.child("consequence")) || ends) && (named || bought_word(condition))) return true;
    if (leaves && bought_word(then)) return true;
  }
  return false;
}

// catch (e) { next() }; of checkTrialExpired() the answer that opens is false.
Node lets_through(Node f, std::string_view name) {
  const bool shuts = has_word(name, {"expired", "exceeded", "over", "reached", "ended", "blocked", "exhausted"});
  for (const char* type : {"catch_clause", "except_clause"})
    for (const Node c : f.all(type)) {
      const Code code = c.code();
      if (contains(code, "throw") || contains(code, "raise") || code.size() > 600) continue;
      if (contains(code, "next()") ||
          (bought_word(name) && (shuts ? contains(code, "return false") || contains(code, "return False")
                                       : contains(code, "return true") || contains(code, "return True"))) ||
          icontains_any(code, {"allowed: true", "\"allowed\": true", "hasaccess: true", "canuse: true"}))
        return c;
    }
  return {};
}

// A call whose answer says whether there was enough, and that stands by itself.
void note_dropped(const File& file, Node f, MoneyFunction& out) {
  for (const Call* c : file.calls_in(f)) {
    const std::string_view m = last(c->name);
    if (!has_word(m,
                  {"spend", "consume", "deduct", "take", "use", "debit", "charge", "decrement", "reserve", "check"}) ||
        out.dropped.size() >= 4)
      continue;
    Node n = c->node;
    while (n.parent().any_of("await_expression", "await", "parenthesized_expression")) n = n.parent();
    if (n.parent().is("expression_statement"))
      out.dropped.emplace_back(std::string(m), Spot{place(file.path, c->line()), file.shown(c->node)});
  }
}

// It answers with yes or no, and never throws.
bool verdict(Node f) {
  const Code code = f.code();
  if (contains(code, "throw ") || contains(code, "raise ")) return false;
  for (const Node r : f.all("return_statement")) {
    const Code said = r.code();
    if (contains(said, "false") || contains(said, "False") || contains(said, "== 1") || contains(said, "=== 1") ||
        contains(said, "> 0") || contains(said, "success:"))
      return true;
  }
  return false;
}

// The names among what a route is given, ahead of the bodies of its handlers.
std::vector<Node> names_of(const Call& c) {
  std::vector<Node> out;
  for (const Node a : c.args) {
    const Node n = unwrap(a);
    if (is_function(n)) continue;
    if (n.any_of("identifier", "member_expression", "attribute")) out.push_back(n);
    for (const char* type : {"identifier", "member_expression"})
      for (const Node i : n.all(type))
        if (out.size() < 40 && !(is_function(function_around(i)) && function_around(i).inside(c.node)))
          out.push_back(i);
  }
  return out;
}

}  // namespace

void note_work(const File& file, Node f, const std::string& guards, MoneyFunction& out) {
  if (const Node work = paid_work(file, f)) out.works = Spot{place(file.path, work.line()), file.shown(work)};
  const Code code = f.code();
  out.asks = speaks_of_rights(code) || speaks_of_rights(Code(guards)) || bought_word(out.name);
  if (!out.asks)
    for (const Call* c : file.calls_in(f)) out.asks = out.asks || bought_word(last(c->name));
  if (!out.asks) return;
  out.refuses = refuses_by_rights(f) || (guards.size() < 700 && bought_word(guards) && !f.above("class_definition"));
  out.verdict = verdict(f);
  note_dropped(file, f, out);
  if (!out.refuses && !bought_word(out.name)) return;
  if (const Node open = lets_through(f, out.name);
      open && (bought_word(out.name) || (out.refuses && contains(code, "next()"))))
    out.open = Spot{place(file.path, open.line()), file.shown(open)};
}

void note_asking_routes(const File& file, MoneyMap& map) {
  if (!speaks_of_rights(file.code())) return;
  // Next's middleware stands before every address.
  if (file.path.ends_with("middleware.ts") || file.path.ends_with("middleware.js") || file.path.ends_with("proxy.ts"))
    for (const Node b : file.tree.all("if_statement"))
      if (b.child("condition").code().size() < 300 && bought_word(b.child("condition").code()))
        map.asked_modules.insert("*");
  const bool whole = asks_in_file(file);  // router.use(requireCredits)
  for (const Call& c : file.calls) {
    const std::string_view m = last(c.name);
    if (m != "get" && m != "post" && m != "put" && m != "patch" && m != "delete" && m != "all" && m != "use" &&
        m != "include_router" && m != "route" && m != "on")
      continue;
    const auto names = names_of(c);
    const bool asks =
        whole || std::any_of(names.begin(), names.end(), [](Node n) { return bought_word(last(dotted(n))); });
    if (!asks) continue;
    for (const Node n : names) {
      const std::string full = file.full(dotted(n));
      map.asked_handlers.emplace(last(dotted(n)));
      if (m == "use" || m == "include_router") {
        const std::string_view module = full;
        const std::size_t slash = module.rfind('/');
        std::string_view tail = slash == module.npos ? module : module.substr(slash + 1);
        tail = tail.substr(0, tail.find('.'));
        if (tail.size() > 2) map.asked_modules.emplace(tail);
      }
    }
    for (const Node a : c.args)
      if (is_function(unwrap(a)))
        map.asked_handlers.insert(std::string(file.path) + "#" + std::to_string(unwrap(a).line()));
  }
}

bool asks_in_file(const File& file) {
  if (!speaks_of_rights(file.code())) return false;
  for (const Call& c : file.calls) {
    const std::string_view m = last(c.name);
    if (m == "APIRouter" && bought_word(c.keyword("dependencies").code())) return true;
    if ((m == "use" || m == "addHook") && !c.args.empty() && !literal(c.arg(0))) {
      const auto names = names_of(c);
      if (std::any_of(names.begin(), names.end(), [](Node n) { return bought_word(last(dotted(n))); })) return true;
    }
    if (m == "addHook" && c.args.size() > 1 && bought_word(last(dotted(unwrap(c.arg(1)))))) return true;
    if (m == "before_request" && bought_word(c.node.code())) return true;
  }
  return false;
}

namespace {

bool aside(const MoneyFunction& f) {
  const std::string all = f.head + " " + f.name + " " + f.path;
  return f.staff || f.events ||
         has_word(all, {"admin", "cron", "webhook", "webhooks", "health", "internal", "test", "demo", "jobs", "worker",
                        "workers", "debug", "seed", "inngest", "queue", "trigger", "playground"});
}

bool asked_before(const MoneyMap& map, const MoneyFunction& f) {
  if (map.asked_modules.contains("*") || (f.name.size() > 4 && map.asked_handlers.contains(f.name)) ||
      map.asked_handlers.contains(f.path + "#" + std::to_string(f.at.at.line)))
    return true;
  const std::size_t slash = f.path.rfind('/');
  std::string file = slash == std::string::npos ? f.path : f.path.substr(slash + 1);
  file.resize(std::min(file.find('.'), file.size()));
  return map.asked_modules.contains(file);
}

}  // namespace

void judge_free_work(const Project& project, Sink& sink) {
  const auto& map = project.notes<MoneyMap>();
  const bool any =
      std::any_of(map.all.begin(), map.all.end(), [](const MoneyFunction& f) { return f.works.has_value(); });
  if (!map.full_at.empty() && any)
    sink.gave_up({map.full_at, "more than 20,000 functions: which of the rest do paid work for nothing is not known"});
  struct Door {
    const MoneyFunction* door;
    Spot work;
  };
  std::vector<Door> free;
  bool asked_somewhere = false, refused_elsewhere = false;
  for (const MoneyFunction& f : map.all) {
    // Stops: a fault of the database that makes everybody a customer.
    if (f.open) {
      auto& hit = sink.find("PAY-002", f.open->at, f.open->shown);
      hit.title = "The check of plan or credits lets everybody through when it fails";
      hit.severity = proof::Severity::medium;
      hit.confidence = proof::Confidence::medium;
      hit.impact = "Whatever makes the check throw (a slow database, a malformed id) opens what others pay for.";
      hit.fix = "Refuse when the check could not be made.";
    }
    if (!any || (f.head.empty() && !(f.dropped.size() && f.works))) continue;
    std::optional<Spot> work;
    bool asks = asked_before(map, f), refuses = asks;
    const auto reached = map.reach(f);
    for (const MoneyFunction* r : reached) {
      if (!work && r->works) work = r == &f ? *r->works : f.at;
      asks = asks || r->asks;
      refuses = refuses || r->refuses;
    }
    refused_elsewhere = refused_elsewhere || (!f.head.empty() && refuses);
    if (!work) continue;
    if (!f.head.empty()) {
      asked_somewhere = asked_somewhere || refuses;
      if (!asks && !aside(f)) free.push_back({&f, *work});
    }
    // Stops: work for whoever has nothing left, because nobody looks at the answer of the debit.
    for (const MoneyFunction* r : reached)
      for (const auto& [name, at] : r->dropped) {
        const auto [from, to] = map.by_name.equal_range(name);
        if (std::distance(from, to) != 1 || !from->second->verdict ||
            std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& k) {
              return k.id == "PAY-002" && k.locations.front().path == at.at.path &&
                     k.locations.front().line == at.at.line;
            }))
          continue;
        auto& hit = sink.find("PAY-002", at.at, at.shown);
        hit.title = "Whether there was anything left to pay with is asked, and nobody looks at the answer";
        hit.confidence = proof::Confidence::medium;
        hit.impact =
            "The debit says no, and the paid work is done all the same: an empty account works on for nothing.";
        hit.fix = "Stop with 402 when the debit did not take anything, ahead of the paid work.";
      }
  }
  if (free.empty() || !(asked_somewhere || refused_elsewhere)) return;
  // Stops: the same dear work by the door that nobody put a price on.
  auto& hit = sink.find("PAY-002", free.front().work.at, free.front().work.shown);
  hit.title = "Paid work is done here without asking for the credits or the plan that other doors ask for";
  hit.confidence = proof::Confidence::medium;
  if (!asked_somewhere) hit.severity = proof::Severity::medium;
  hit.impact =
      "Every account, paying or not, has the operator's paid service worked by this address as often as it likes, "
      "while the same is sold elsewhere in the program.";
  hit.fix = "Ask for the plan and take the credit ahead of every call that costs money, best in one function for all.";
  for (std::size_t i = 1; i < free.size() && i < kMostPlaces; ++i) {
    hit.locations.push_back(free[i].work.at);
    hit.evidence.push_back(free[i].work.shown);
  }
}

}  // namespace gatehouse::audit::source
