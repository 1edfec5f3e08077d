// Contradiction: what security documents in the tree claim, beside what the audit found.
#include "audit/source/documents.h"

#include <algorithm>
#include <initializer_list>
#include <tuple>

#include "audit/source/documented_names.h"
#include "audit/source/file.h"
#include "audit/source/promised.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct Claim {
  std::string path, text, heading;
  int line = 0;
  bool safe_name = false;  // a variable's name under "safe to expose"
};

struct Claims {
  std::vector<Claim> all;
};

// What a sentence is about, and the findings that say otherwise.
struct Topic {
  std::initializer_list<std::string_view> any;   // one of these words
  std::initializer_list<std::string_view> with;  // and one of these, when there are some
  std::initializer_list<std::string_view> ids;
};

const Topic kTopics[] = {
    {{"rate limit", "rate-limit", "throttl"}, {}, {"EX-004", "RL-001", "RL-002", "DJ-019"}},
    {{"csrf"}, {}, {"EX-003", "DJ-003", "DJ-016", "DJ-017"}},
    {{"security headers", "helmet", "x-frame-options", "x-content-type"}, {}, {"EX-001", "DJ-001", "DJ-002"}},
    {{"content-security-policy", "csp"}, {}, {"NX-006"}},
    {{"hsts", "strict-transport"}, {}, {"NX-008", "DJ-004"}},
    {{"https"}, {"only", "enforced", "redirect", "all "}, {"DJ-007"}},
    {{"session", "cookie"}, {"signed", "encrypted", "tamper", "server-side"}, {"DJ-024"}},
    {{"row level security", "row-level security", "rls"}, {}, {"AZ-005", "AZ-006"}},
    {{"webhook"}, {"verif", "signature", "signed", "validat"}, {"EX-018", "EX-021", "EX-019"}},
    {{"signature verification", "stripe-signature", "svix"}, {}, {"EX-018", "EX-021"}},
    {{"cors"},
     {"restrict", "specific", "configured", "protect", "known", "block", "limited", "allowlist", "whitelist", "only"},
     {"EX-002", "FA-001", "DJ-020"}},
    {{"jwt", "token"}, {"verif", "validat", "signature"}, {"JWT-001", "JWT-002", "JWT-003", "JWT-005"}},
    {{"protected", "authenticat", "authoriz", "auth middleware", "require a valid", "requires a valid", "require auth"},
     {"all ", "every", "endpoints", "routes"},
     {"FA-003", "NX-002", "NX-003", "EX-023", "DJ-036", "DJ-018"}},
    {{"parameterized", "sql injection", "prepared statement"}, {}, {"DJ-025", "FA-017", "EX-020"}},
    {{"bcrypt", "argon2", "hashed", "password hash"}, {}, {"DJ-030"}},
    {{"stack trace", "internal error", "internal message", "error detail", "errors are masked", "generic error",
      "error handler", "error leak"},
     {},
     {"EX-010", "FA-004", "DJ-029", "RE-008"}},
    {{"no keys", "no secrets", "never committed", "not in code", "hardcoded", "hard-coded", "environment only",
      "env only", "fail fast", "from environment"},
     {},
     {"SEC-001", "SEC-017", "SEC-013", "ENV-001", "SEC-009", "DJ-008", "EX-005"}},
    {{"frontend", "client", "browser", "public keys"},
     {"only", "no secret", "no api", "never", "public", "not exposed"},
     {"SEC-003", "SEC-004", "SEC-005", "ENV-008", "SEC-018"}},
    {{".gitignore"}, {".env"}, {"ENV-001", "ENV-002"}},
    {{"not logged", "never log", "no pii", "logs do not", "logged in full", "hashforlogging", "log only", "logs only"},
     {},
     {"SEC-014", "LOG-001"}},
    {{"httponly", "http-only", "secure flag", "samesite", "secure cookie", "`secure`"},
     {},
     {"EX-006", "FA-013", "DJ-009", "CK-001", "CK-002", "RE-002"}},
    {{"localstorage", "local storage"}, {"never", "not ", "no ", "avoid"}, {"RE-002"}},
    {{"isolation", "owner-scoped", "ownership", "access control", "own data", "scoped to"}, {}, {"AZ-001", "AZ-002"}},
    {{"atomic"}, {"write", "file"}, {"FS-002"}},
    {{"atomic", "race condition"}, {}, {"PAY-004"}},
    {{"xss", "sanitiz", "raw html"}, {}, {"RE-001", "DJ-026"}},
    {{"idempot"}, {}, {"WHK-002"}},
    {{"pinned", "lockfile", "lock file"}, {}, {"DEP-001", "DEP-002", "DEP-003"}},
    {{"debug"}, {"off", "disabled", "false"}, {"DJ-012", "FA-007"}},
    {{"private_metadata", "privatemetadata"}, {}, {"AZ-004"}},
    {{"validated at startup", "validated at start-up", "validation at startup", "env validation"}, {}, {"ENV-006"}},
};

bool security_document(std::string_view path) {
  return icontains_any(path, {"security", "readme", "compliance", "hardening", "audit", "best-practice",
                              "best_practice", "checklist", "deploy", "api.md", "authentication", "setup"});
}

class DocumentReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override {
    if (entry.kind == Kind::python) return entry.role == Role::product && described(entry.name());
    return entry.kind == Kind::markdown && entry.role != Role::test && entry.role != Role::example &&
           (security_document(entry.path) || icontains(entry.path, "docs/"));
  }

  void read(const Source& source, Project& project, Sink&) override {
    if (source.text().size() > kParsedBytes) return;
    if (source.entry().kind == Kind::markdown && security_document(source.path())) {
      read_promises(source, project);
      read_documented_names(source, project);
    }
    auto& claims = project.notes<Claims>();
    bool fenced = false;
    std::string chapter, heading;
    int first = 1, end = source.lines();
    if (source.entry().kind == Kind::python) std::tie(first, end) = description(source);
    for (int n = first; n <= end && claims.all.size() < 5000; ++n) {
      const std::string_view line = text::trim(source.line(n));
      if (line.starts_with("```")) {
        fenced = !fenced;
        continue;
      }
      if (fenced) {
        const std::size_t equals = line.find('=');
        if (equals != std::string_view::npos && icontains(heading, "safe") && !icontains(heading, "never") &&
            line.find(' ') > equals)
          claims.all.push_back({std::string(source.path()), std::string(line.substr(0, equals)), heading, n, true});
        continue;
      }
      if (line.starts_with("#")) {
        const std::size_t depth = std::min(line.find_first_not_of('#'), line.size());
        const std::string title(line.substr(depth));
        // "### Fal key" under "## What is safe to expose" is still about what is safe.
        if (depth <= 2) chapter = title;
        heading = depth <= 2 ? title : chapter + " / " + title;
        continue;
      }
      // Other documents are believed where they speak of security.
      if (!security_document(source.path()) && !icontains(heading, "security")) continue;
      if (claimed(line, heading))
        claims.all.push_back({std::string(source.path()), std::string(line), heading, n, false});
    }
  }

 private:
  // Where an API describes itself: FastAPI(description="""…""").
  static bool described(std::string_view name) {
    return name == "main.py" || name == "app.py" || name == "server.py" || name == "api.py" || name == "application.py";
  }
  static std::pair<int, int> description(const Source& source) {
    const std::string_view text = source.text();
    const std::size_t at = text.find("description=\"\"\"");
    if (at == std::string_view::npos || text.find("FastAPI(") == std::string_view::npos) return {1, 0};
    const std::size_t close = text.find("\"\"\"", at + 15);
    if (close == std::string_view::npos) return {1, 0};
    return {source.line_at(at) + 1, source.line_at(close) - 1};
  }

  static bool claimed(std::string_view line, std::string_view heading) {
    if (line.size() < 6 || contains(line, "[ ]") || contains(line, "⚠") || contains(line, "❌") ||
        contains(line, "|--"))
      return false;
    if (icontains_any(line,
                      {"todo", "should", "recommend", "must ", "needed", "missing", "consider", "will be", "planned",
                       "not yet", "next step", "previously", "could ", "e.g.", "**risk", "risk:", "fix:", "issue:"}))
      return false;
    if (contains(line, "[x]") || contains(line, "[X]") || contains(line, "✅")) return true;
    if (icontains_any(heading, {"recommend", "next", "known", "needed", "improvement", "roadmap", "todo",
                                "best practice", "finding", "checklist"}))
      return false;
    const bool about_done = icontains_any(
        heading, {"implemented", "measures", "protection", "features", "default", "positive", "security", "strong"});
    const bool states =
        icontains_any(line, {"enabled", "implemented", "enforced", " is verified", "are verified", "is required",
                             "are required", "all ", "every ", "never ", "blocks ", "no ", "only "});
    // A plain sentence that says it of everything: "Every webhook verifies its signature."
    const bool whole = icontains_any(line, {"every ", "all "}) &&
                       icontains_any(line, {"verif", "is enabled", "are enabled", "is enforced", "are enforced",
                                            "requires ", "is protected", "are protected", "rate limit"});
    if (whole && !contains(line, "?")) return true;
    const bool bullet = line.starts_with("-") || line.starts_with("*") ||
                        (text::is_digit(line.front()) && line.substr(0, 4).find(". ") != line.npos);
    // "- Webhook signature verification": a measure that is named is claimed.
    const bool named =
        icontains_any(line, {"http-only", "httponly", "signature verification", "jwt validation", "row level security",
                             "row-level security", "csrf protection", "input sanitization", "hashed with", "(rls)",
                             "webhook signature", "atomic transaction", "race condition"});
    return bullet && about_done && (states || named);
  }
};

class DocumentCheck final : public Check {
 public:
  void look(const Project& project, Sink& sink) const override {
    judge_promises(project, sink);
    judge_documented_names(project, sink);
    const auto& claims = project.notes<Claims>();
    struct Known {
      std::string id, title, where;
    };
    std::vector<Known> known;
    for (const auto& f : sink.findings()) {
      if (f.locations.empty() || f.id == "DOC-001") continue;
      const Entry* entry = project.entry(f.locations.front().path);
      if (entry && (entry->role == Role::test || entry->role == Role::example || entry->role == Role::document))
        continue;
      known.push_back({f.id, f.title, f.locations.front().path + ":" + std::to_string(f.locations.front().line)});
    }
    for (const Claim& c : claims.all) {
      const Known* against = nullptr;
      if (c.safe_name) {
        for (const Known& k : known)
          if ((k.id == "SEC-004" || k.id == "ENV-008" || k.id == "SEC-005") && contains(k.title, c.text)) against = &k;
      } else {
        for (const Topic& t : kTopics) {
          const bool about = icontains_any(c.text, t.any) && (t.with.size() == 0 || icontains_any(c.text, t.with));
          if (!about) continue;
          // What is said of sign-in only is not refuted by other routes.
          const bool sign_in_only =
              t.any.begin()->starts_with("rate") && icontains_any(c.text, {"auth", "login", "sign-in", "sign in"});
          for (const std::string_view id : t.ids) {
            if (sign_in_only && id != "EX-004" && id != "RL-001") continue;
            // A cookie that lacks another flag says nothing about this one.
            const bool http_only = icontains_any(c.text, {"httponly", "http-only"}) &&
                                   !icontains_any(c.text, {"samesite", "secure flag", "`secure`"});
            const auto k = std::find_if(known.begin(), known.end(), [&](const Known& x) {
              // Where the access token lies says nothing of the refresh token's cookie.
              if (id == "RE-002" && http_only && icontains(c.text, "refresh")) return false;
              // A short password is hashed as well as a long one.
              if (id == "DJ-030" &&
                  !icontains_any(x.title, {"hash", "plain", "clear", "weakly", "as it was typed", "as they"}))
                return false;
              return x.id == id &&
                     (!http_only || !contains(x.title, "is set without") || contains(x.title, "HttpOnly"));
            });
            if (k != known.end()) against = &*k;
            if (against) break;
          }
          if (against) break;
        }
      }
      const bool told = std::any_of(sink.findings().begin(), sink.findings().end(), [&](const auto& f) {
        return f.id == "DOC-001" && !f.locations.empty() && f.locations.front().path == c.path &&
               f.locations.front().line == c.line;
      });
      if (!against || told) continue;
      auto& f = sink.find("DOC-001", c.path, c.line, quote(c.text));
      f.evidence.push_back("but " + against->id + " at " + against->where + ": " + against->title);
    }
  }
};

}  // namespace

std::unique_ptr<Reader> document_reader() { return std::make_unique<DocumentReader>(); }
std::unique_ptr<Check> document_check() { return std::make_unique<DocumentCheck>(); }

}  // namespace gatehouse::audit::source
