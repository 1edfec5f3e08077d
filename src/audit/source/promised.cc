#include "audit/source/promised.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostPromises = 2000;

// A feature by the words of documents, and the words without which no code has it.
struct Feature {
  std::string_view name;
  std::initializer_list<std::string_view> promised, code;
};

const std::array<Feature, 15> kFeatures{{
    {"a limit of requests",
     {"rate limit", "rate-limit", "throttling", "requests per hour", "requests per minute"},
     {"limit", "throttl", "slowdown", "arcjet", "upstash"}},
    {"CSRF tokens", {"csrf"}, {"csrf", "xsrf", "django", "samesite"}},
    {"password reset",
     {"password reset", "reset password", "forgot password", "password recovery"},
     {"reset", "forgot", "recover", "allauth", "djoser", "clerk", "auth0", "supabase", "firebase", "next-auth"}},
    {"Stripe", {"stripe"}, {"stripe"}},
    {"PayPal", {"paypal"}, {"paypal"}},
    {"Razorpay", {"razorpay"}, {"razorpay"}},
    {"a second factor",
     {"two-factor", "2fa", "multi-factor", "mfa"},
     {"totp", "otp", "mfa", "two_factor", "twofactor", "2fa", "clerk", "auth0", "supabase", "speakeasy"}},
    {"roles",
     {"role-based", "role based", "rbac", "(admin only)", "admin-only"},
     {"role", "admin", "is_staff", "permission", "superuser"}},
    {"tokens (JWT)",
     {"jwt"},
     {"jwt", "jose", "jsonwebtoken", "bearer", "supabase", "clerk", "auth0", "firebase", "token"}},
    {"payments",
     {"payment processing", "secure payment", "online payment", "integrated payment", "payment gateway"},
     {"payment", "stripe", "paypal", "razorpay", "checkout", "mollie", "braintree"}},
    {"connections in real time",
     {"websocket", "socket.io"},
     {"socket", "websocket", "pusher", "ably", "channels", "realtime", "eventsource", "gateway"}},
    {"mails",
     {"email notification", "e-mail notification", "email alerts"},
     {"mail", "smtp", "resend", "sendgrid", "postmark", "ses"}},
    {"text messages", {"sms notification", "sms alert", "via sms"}, {"sms", "twilio", "vonage", "nexmo", "msg91"}},
    {"encryption of what is stored",
     {"encrypted at rest", "encryption at rest", "end-to-end encrypt"},
     {"encrypt", "cipher", "fernet", "nacl", "kms", "pgcrypto"}},
    {"an audit log", {"audit log", "audit trail", "audit-log"}, {"audit", "logentry", "history"}},
}};

struct Promises {
  struct Promise {
    std::string path, text;
    int line = 0;
    std::size_t feature = 0;
  };
  std::vector<Promise> all;
  std::array<bool, kFeatures.size()> there{};
  std::size_t files = 0;  // of code
};

// "has been sent", "check your inbox"
bool says_sent(std::string_view said) {
  return icontains_any(said, {"have been sent", "has been sent", "was sent to", "been emailed", "sent to your email",
                              "check your email", "check your inbox", "email sent", "sent you an email", "link sent",
                              "instructions sent"}) &&
         !icontains_any(said, {"not been sent", "fail", "error", "already", "could not"});
}

bool sends(std::string_view name) {
  return icontains_any(
      name, {"send",    "mail",   "sms",     "notif",   "queue",        "delay",     "apply_async", "dispatch",
             "publish", "emit",   "fetch",   "axios",   "request.post", "requests.", "httpx",       "resend",
             "smtp",    "twilio", "task",    "auth.",   "reset",        "invite",    "trigger",     "forgot",
             "message", "mutate", "service", "usecase", "execute",      "handle",    "process"});
}

// Stops: nobody who forgot his password ever getting the mail that the answer speaks of.
void judge_said(File& file) {
  if (!icontains_any(file.code(), {"sent", "emailed", "check your"})) return;
  for (const Node s : file.tree.all("string")) {
    const std::string_view text = s.text();
    if (text.size() > 300 || !says_sent(text)) continue;
    if (s.above("raise_statement")) continue;  // told to whoever has not opened the link of before
    Node function = function_around(s);
    while (function && function_name(function).empty() && function_around(function))
      function = function_around(function);
    if (!function || !icontains_any(function.code(), {"reset", "forgot", "verif", "invit", "recover", "confirm"}))
      continue;
    // What is asked of another: a form's own handler, a page.
    const bool asks = file.tree.python() ? icontains_any(function.code(), {"request", "post"})
                                         : icontains_any(function.code(), {"req.", "request", "res.", "reply"});
    if (!asks) continue;
    const auto calls = file.calls_in(body(function));
    if (calls.empty() || std::any_of(calls.begin(), calls.end(), [](const Call* c) {
          // What a serializer or a form does when it saves stands elsewhere.
          return sends(c->name) || c->name == "serializer.save" || c->name == "form.save";
        }))
      continue;
    auto& f = file.hit("DOC-001", s);
    f.title = "It is said that a message was sent, and nothing is sent";
    f.impact = "Whoever forgot his password waits for ever; what looks like a way back into an account is none.";
    f.fix = "Send the message, or take the page away until it does.";
    return;
  }
}

bool document(std::string_view path) {
  return !icontains_any(path, {"changelog", "contributing", "license", "code_of_conduct", "todo", "roadmap",
                               "node_modules", ".github/", "template", "prompt", "claude", "agents", "history"});
}

}  // namespace

void read_promised(File& file) {
  auto& notes = file.project.notes<Promises>();
  ++notes.files;
  for (std::size_t i = 0; i < kFeatures.size(); ++i)
    if (!notes.there[i]) notes.there[i] = icontains_any(file.code(), kFeatures[i].code);
  judge_said(file);
}

void read_promises(const Source& source, Project& project) {
  if (!document(text::to_lower(source.path()))) return;
  auto& notes = project.notes<Promises>();
  bool fenced = false;
  std::string heading;
  for (int n = 1; n <= source.lines() && notes.all.size() < kMostPromises; ++n) {
    const std::string_view line = text::trim(source.line(n));
    if (line.starts_with("```")) fenced = !fenced;
    if (fenced || line.size() < 4) continue;
    const bool title = line.starts_with("#");
    if (title) heading = text::to_lower(line);
    const bool bullet = line.starts_with("- ") || line.starts_with("* ") || line.starts_with("✅") ||
                        (text::is_digit(line.front()) && line.substr(0, 4).find(". ") != line.npos);
    if (!title && !bullet) continue;
    if (icontains_any(heading,
                      {"roadmap", "todo", "next", "future", "planned", "improve", "recommend", "known", "limit", "idea",
                       "contribut", "learn", "not implemented", "production", "deploy", "checklist"}) &&
        !(title && icontains(heading, "rate limit")))
      continue;
    if (icontains_any(line,
                      {"todo",     "planned", "optional", "not yet", "no ",     "without", "coming soon", "future",
                       "would",    "could",   "should",   "[ ]",     "❌",      "⚠",       "can be",      "if you",
                       "consider", "add ",    "soon",     "not ",    "instead", "http"}))
      continue;
    for (std::size_t i = 0; i < kFeatures.size(); ++i)
      if (icontains_any(line, kFeatures[i].promised))
        notes.all.push_back({std::string(source.path()), std::string(line), n, i});
  }
}

// Stops: people who rely on a protection because a document says that it is there.
void judge_promises(const Project& project, Sink& sink) {
  const auto& notes = project.notes<Promises>();
  if (notes.files < 3) return;
  std::map<std::string, proof::Finding*> told;  // one for a document
  std::map<std::string, std::set<std::size_t>> features;
  for (const auto& p : notes.all) {
    if (notes.there[p.feature]) continue;
    const Feature& feature = kFeatures[p.feature];
    if (std::any_of(project.dependencies.begin(), project.dependencies.end(),
                    [&](const Dependency& d) { return icontains_any(d.name, feature.code); }))
      continue;
    auto& finding = told[p.path];
    const bool fresh = features[p.path].insert(p.feature).second;
    if (finding == nullptr) {
      finding = &sink.find("DOC-001", p.path, p.line, quote(p.text));
      finding->title = "The document promises what nothing in the code does: " + std::string(feature.name);
      finding->confidence = proof::Confidence::medium;
      continue;
    }
    if (fresh) finding->title += ", " + std::string(feature.name);
    if (finding->locations.size() < 8) {
      finding->locations.push_back({p.path, p.line, p.line, {}});
      finding->evidence.push_back(quote(p.text));
    }
  }
}

}  // namespace gatehouse::audit::source
