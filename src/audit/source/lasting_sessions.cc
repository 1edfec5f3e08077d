#include "audit/source/lasting_sessions.h"

#include <algorithm>
#include <map>
#include <optional>

#include "audit/source/data.h"
#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct Table {
  Spot at;
  bool ends = false;  // a column says until when
};

struct LastingSessions {
  std::map<std::string, Table> tables;    // of Python, by the class's name
  std::set<std::string> classes;          // … and all classes of such names
  std::map<std::string, Spot> looked_up;  // by the class's name, or the record's key: found by its token
  std::set<std::string> aged;             // … and its age is asked for in the same file
  std::optional<Spot> django_token;       // rest_framework.authtoken gives one out
  bool django_ends = false;
};

// AuthToken, UserSession, access_tokens: who is signed in. One-time codes, devices and courses are none.
bool session_name(std::string_view name) {
  if (has_word(
          name,
          {"reset",       "verification", "verify", "confirmation", "invite",      "invitation", "push",     "device",
           "fcm",         "magic",        "login",  "link",         "csrf",        "checkout",   "payment",  "stripe",
           "chat",        "game",         "study",  "training",     "workout",     "api",        "oauth",    "google",
           "game",        "quiz",         "class",  "blacklisted",  "blacklist",   "blocklist",  "revoked",  "denied",
           "outstanding", "password",     "email",  "activation",   "therapy",     "cart",       "coaching", "tutoring",
           "download",    "share",        "upload", "webhook",      "integration", "calendar",   "async",    "design",
           "nft",         "crypto"}))
    return false;
  const auto w = words(name);
  if (w.empty() || w.size() > 3) return false;
  return has_word(w.back(), {"session", "sessions"}) ||
         (has_word(w.back(), {"token", "tokens"}) &&
          (w.size() == 1 || has_word(name, {"auth", "user", "access", "refresh", "session", "bearer", "account"})));
}

bool token_column(std::string_view name) {
  const auto w = words(name);
  return !w.empty() && w.size() <= 3 &&
         (has_word(name, {"token", "hash", "digest", "sid"}) || (w.size() == 1 && w.front() == "key") ||
          (has_word(name, {"session"}) && has_word(name, {"id", "key"}))) &&
         !has_word(name, {"reset", "password", "csrf", "at", "expires", "type", "count"});
}

bool end_column(std::string_view name) {
  return has_word(name, {"expires", "expiry", "expire", "expiration", "expired", "exp", "ends", "end", "until", "ttl",
                         "valid", "lifetime", "revoked", "used"}) ||
         icontains_any(name, {"expir", "lastused", "last_used", "lastseen", "last_seen"});
}

bool person_column(std::string_view name) {
  return has_word(name,
                  {"user", "account", "owner", "member", "customer", "userid", "person", "admin", "username", "email"});
}

void read_classes(const File& file, LastingSessions& notes) {
  for (const Node cls : file.tree.all("class_definition")) {
    const std::string name(cls.child("name").text());
    if (!session_name(name) || !any_base(bases_of(cls), {"Model", "Base", "Document", "SQLModel"})) continue;
    notes.classes.insert(name);
    Node at;
    bool person = false, ends = icontains_any(cls.code(), {"timedelta", "expire", "max_age"});
    for (const Node s : body(cls).children()) {
      const Node a = s.is("expression_statement") ? s.first() : Node();
      if (!a.is("assignment")) continue;
      const std::string_view column = a.child("left").text();
      ends = ends || end_column(column);
      person = person || person_column(column);
      if (!at && token_column(column)) at = a;
    }
    if (at && person) notes.tables[name] = {{place(file.path, at.line()), file.shown(at)}, ends};
  }
}

void read_python(File& file, LastingSessions& notes) {
  const Code code = file.code();
  if (!icontains_any(code, {"token", "session"})) return;
  read_classes(file, notes);
  const bool ages = icontains_any(code, {"timedelta", "expires", "expiry", "expired", "max_age", "ttl"});
  const bool authtoken = file.imports_from("rest_framework.authtoken");
  if (icontains_any(code, {"expiringtoken", "token_ttl", "token.created", "knox"})) notes.django_ends = true;
  for (const Call& c : file.calls) {
    const std::string_view verb = last(c.name);
    if (authtoken && !notes.django_token &&
        (c.name == "Token.objects.get_or_create" || c.name == "Token.objects.create" ||
         (verb == "as_view" && contains(c.name, "btainAuthToken"))))
      notes.django_token = Spot{place(file.path, c.line()), file.shown(c.node)};
    if (authtoken && verb == "path" && contains(c.node.code(), "obtain_auth_token") && !notes.django_token)
      notes.django_token = Spot{place(file.path, c.line()), file.shown(c.node)};
    if (verb != "get" && verb != "filter" && verb != "filter_by" && verb != "where" && verb != "get_object_or_404" &&
        verb != "find_one" && verb != "first")
      continue;
    const Code asked = c.node.code();
    if (!contains(asked, "oken") && !contains(asked, "ession") && !contains(asked, "key")) continue;
    // AuthToken.objects.get(key=…), db.query(UserSession).filter(UserSession.token == …)
    for (const char* type : {"identifier"})
      for (const Node n : c.node.all(type)) {
        const std::string name(n.text());
        const char head = name.empty() ? ' ' : name.front();
        if (head < 'A' || head > 'Z' || !session_name(name)) continue;
        const bool by_token =
            std::any_of(c.keywords.begin(), c.keywords.end(), [](const auto& k) { return token_column(k.first); }) ||
            std::any_of(c.args.begin(), c.args.end(),
                        [](Node a) { return a.is("comparison_operator") && token_column(last(dotted(a.first()))); });
        if (!by_token) continue;
        if (ages || contains(file.full(name), "contrib.")) notes.aged.insert(name);
        notes.looked_up.emplace(name, Spot{place(file.path, c.line()), file.shown(c.node)});
      }
  }
}

void read_script(File& file, LastingSessions& notes) {
  const Code code = file.code();
  if (client_file(file) || !icontains_any(code, {"session", "token"})) return;
  const bool ages =
      icontains_any(code, {"expires", "expiry", "expired", "ttl", "maxage", "date.now() -", "expireafter"});
  for (const Touch& t : touches(file, file.tree.root())) {
    if (t.kind != Touch::Kind::one || !session_name(t.record)) continue;
    if (!icontains_any(t.condition, {"token", "hash", "digest", "sid", "sessionid", "session_id"}) &&
        !icontains_any(t.whole.code(), {"token", "sid", "hash", "digest"}))
      continue;
    if (ages) notes.aged.insert(t.record);
    notes.looked_up.emplace(t.record, Spot{place(file.path, t.call.line()), file.shown(t.call)});
  }
}

bool of_sessions(const Record& r) {
  return std::any_of(r.columns.begin(), r.columns.end(), token_column) &&
         (!r.owners.empty() || std::any_of(r.columns.begin(), r.columns.end(), person_column));
}

}  // namespace

void read_lasting_sessions(File& file) {
  if (has_word(file.path, {"test", "tests", "seed", "migrations", "admin"})) return;
  auto& notes = file.project.notes<LastingSessions>();
  if (file.tree.python())
    read_python(file, notes);
  else
    read_script(file, notes);
}

bool keeps_sessions(const Project& project) {
  const auto& notes = project.notes<LastingSessions>();
  if (notes.django_token) return true;
  const Schema& schema = project.notes<Schema>();
  return std::any_of(notes.looked_up.begin(), notes.looked_up.end(), [&](const auto& l) {
    const Record* r = schema.of(l.first);
    return notes.tables.contains(l.first) || (r != nullptr && of_sessions(*r));
  });
}

void judge_lasting_sessions(const Project& project, Sink& sink) {
  const auto& notes = project.notes<LastingSessions>();
  const Schema& schema = project.notes<Schema>();
  // Stops: a token that was copied once opening the account for years.
  const auto tell = [&](const Spot& at, const Spot* more) {
    auto& f = sink.find("JWT-006", at.at, at.shown);
    f.title = "Who signed in once is signed in for good: the sessions that are kept have no end";
    f.impact = "A token that was copied once, from a log, a backup or a lost device, opens the account for years.";
    f.fix = "Keep until when a session holds beside it, ask for that with every request, and delete what is past.";
    f.confidence = proof::Confidence::medium;
    if (more == nullptr) return;
    f.locations.push_back(more->at);
    f.evidence.push_back(more->shown);
  };
  for (const auto& [name, spot] : notes.looked_up) {
    if (notes.aged.contains(name)) continue;
    if (const auto it = notes.tables.find(name); it != notes.tables.end()) {
      if (it->second.ends) continue;
      return tell(spot, &it->second.at);
    }
    // The models are not in the tree; a file that knows of an end would say so where it looks.
    if (spot.at.path.ends_with(".py") && !notes.classes.contains(name) && has_word(name, {"session"}))
      return tell(spot, nullptr);
    const Record* r = schema.of(name);
    if (r == nullptr || !of_sessions(*r) || std::any_of(r->columns.begin(), r->columns.end(), end_column)) continue;
    return tell(spot, nullptr);
  }
  if (notes.django_token && !notes.django_ends && !project.depends_on("django-rest-knox"))
    tell(*notes.django_token, nullptr);
}

}  // namespace gatehouse::audit::source
