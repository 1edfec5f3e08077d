// What marks an account as shut, and who asks for it. Long: each language has its own words for one question.
#include "audit/source/account_flags.h"

#include <algorithm>
#include <optional>

#include "audit/source/file.h"
#include "audit/source/schema.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

using Kind = FlagUse::Kind;

constexpr std::size_t kMostUses = 5000;  // of one project
constexpr std::size_t kLongest = 20;     // of a mark's name

// Marks that shut somebody out when they are set, and when they are not.
constexpr std::string_view kShuts[] = {"isblocked",   "blocked",       "isbanned",  "banned",        "issuspended",
                                       "suspended",   "isdisabled",    "disabled",  "isdeactivated", "deactivated",
                                       "isdeleted",   "deletedat",     "bannedat",  "suspendedat",   "blockedat",
                                       "isinactive",  "deactivatedat", "bloqueado", "gesperrt",      "istgesperrt",
                                       "blacklisted", "isblacklisted"};
constexpr std::string_view kOpens[] = {"isactive", "active", "isenabled", "enabled", "isapproved", "approved",
                                       "activo",   "aktiv",  "istaktiv",  "ativo",   "estado",     "accountactive"};
constexpr std::string_view kProofs[] = {"isverified",     "verified",         "emailverified", "isemailverified",
                                        "emailconfirmed", "isemailconfirmed", "isconfirmed",   "emailverifiedat",
                                        "verifiedat",     "confirmed"};
constexpr std::string_view kStates[] = {"status", "accountstatus", "userstatus", "approvalstatus"};

template <std::size_t N>
bool among(std::string_view key, const std::string_view (&list)[N]) {
  return std::find(std::begin(list), std::end(list), key) != std::end(list);
}

bool word_char(char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_'; }

struct Place {
  std::string_view text, line;
  std::size_t begin, end;  // the name in the text
  std::size_t column;      // … in its line

  std::string_view head() const { return line.substr(0, column); }
  std::string_view tail() const { return line.substr(std::min(line.size(), column + end - begin)); }
  std::string_view before(std::size_t most) const {
    const std::size_t n = std::min(begin, most);
    return text.substr(begin - n, n);
  }
  // Of the same statement, as far as a few characters tell.
  std::string_view own() const {
    const std::string_view b = before(240);
    const std::size_t end_of_last = b.rfind(';');
    const std::size_t gap = b.rfind("\n\n");
    std::size_t from = 0;
    if (end_of_last != b.npos) from = end_of_last + 1;
    if (gap != b.npos) from = std::max(from, gap + 2);
    return b.substr(from);
  }
};

// Past the end of the name, its quote and blanks.
std::size_t behind(const Place& p) {
  std::size_t at = p.end;
  while (at < p.text.size() && (p.text[at] == ' ' || p.text[at] == '"' || p.text[at] == '\'' || p.text[at] == '`'))
    ++at;
  return at;
}

std::string value_at(std::string_view text, std::size_t at) {
  std::string out;
  for (; at < text.size() && out.size() < 60; ++at) {
    const char c = text[at];
    if (c == ',' || c == ')' || c == '}' || c == ';' || (c == '\n' && !out.empty())) break;
    if (c != '\n') out += text::lower(c);
  }
  return std::string(text::trim(out));
}

Kind written(std::string_view key, std::string_view value, bool proven) {
  const bool no = value.starts_with("false") || value == "0";
  const bool never = no || value.starts_with("null") || value.starts_with("none") || value.starts_with("undefined");
  if (among(key, kStates))
    return icontains_any(value, {"banned", "blocked", "suspended", "inactive", "disabled", "deactivated", "gesperrt",
                                 "bloqueado", "rejected", "declined"})
               ? Kind::shuts
               : Kind::other;
  if (among(key, kProofs)) return !never && proven ? Kind::confirms : Kind::other;
  if (among(key, kShuts)) return never ? Kind::other : Kind::shuts;
  // is_active = False, = not user.is_active, = data.get("is_active"); a new account is active from its beginning.
  return value.empty() || value.starts_with("true") || value == "1" ? Kind::other : Kind::shuts;
}

std::string name_before(std::string_view text, std::size_t end) {
  std::size_t i = end;
  while (i > 0 && word_char(text[i - 1])) --i;
  return std::string(text.substr(i, end - i));
}

// user.isBlocked, account?.isBlocked: what stands before the dot.
std::string before_dot(const Place& p) {
  std::size_t i = p.begin;
  if (i == 0 || p.text[i - 1] != '.') return {};
  --i;
  while (i > 0 && (p.text[i - 1] == '?' || p.text[i - 1] == '!')) --i;
  return name_before(p.text, i);
}

std::size_t last_of(std::string_view in, std::initializer_list<std::string_view> any) {
  std::size_t out = std::string_view::npos;
  for (const std::string_view w : any)
    if (const std::size_t at = in.rfind(w); at != in.npos && (out == in.npos || at > out)) out = at;
  return out;
}

// prisma.user.update({ …, User.objects.filter(…, .from("users"), UPDATE users: whose columns are named behind it.
std::string asked_of(std::string_view before) {
  const std::size_t verb = last_of(before, {".find", ".update", ".objects", ".query", ".count", ".create", ".aggregate",
                                            ".destroy", ".upsert", ".delete"});
  std::string out;
  std::size_t best = 0;
  for (const std::string_view mark : {"from(\"", "from('", "pdate ", "PDATE ", "from ", "FROM ", "select(", "query(",
                                      "table(\"", "table('", "ollection('", "ollection(\""}) {
    const std::size_t at = before.rfind(mark);
    if (at == before.npos || (verb != before.npos && at < verb) || at < best) continue;
    std::size_t i = at + mark.size();
    while (i < before.size() && (before[i] == '"' || before[i] == ' ')) ++i;
    std::string name;
    for (; i < before.size() && (word_char(before[i]) || before[i] == '.'); ++i) name += before[i];
    if (name.empty()) continue;
    out = name;
    best = at;
  }
  return !out.empty() || verb == before.npos ? out : name_before(before, verb);
}

// "inactive", "BANNED": a word of a state that shuts somebody out.
bool shutting_words(std::string_view text) {
  return icontains_any(text, {"banned", "blocked", "suspended", "inactive", "disabled", "deactivated", "gesperrt",
                              "bloqueado", "locked"});
}

// status: { type: String, enum: ["active", "inactive"] }, status UserStatus @default(ACTIVE)
bool shutting_state(const Place& p) {
  const std::size_t from = std::min(p.text.size(), p.end);
  const std::string_view behind = p.text.substr(from, std::min(p.text.find('}', from), p.text.size()) - from);
  if (behind.size() < 400 && contains(behind, "enum")) return shutting_words(behind);
  if (icontains_any(p.tail(), {"enum(", "choices", "check (", "check("})) return shutting_words(p.tail());
  const std::string_view rest = text::trim(p.tail());
  std::size_t end = 0;
  while (end < rest.size() && word_char(rest[end])) ++end;
  if (end < 4 || !contains(rest, "@default(")) return false;
  const std::size_t declared = p.text.find("enum " + std::string(rest.substr(0, end)) + " {");
  return declared != p.text.npos &&
         shutting_words(p.text.substr(declared, std::min(p.text.find('}', declared), p.text.size()) - declared));
}

bool declares_column(const Place& p, std::string_view key) {
  const std::string_view tail = p.tail();
  if (among(key, kStates) && text::trim(tail) == ": {" && !contains(p.head(), "(")) return shutting_state(p);
  if (text::trim(tail) == ": {" && !contains(p.head(), "("))  // isActive: {\n type: Boolean
    return text::trim(p.text.substr(std::min(p.text.size(), p.begin + p.line.size() - p.column + 1), 40))
        .starts_with("type: Boolean");
  if (contains(p.head(), "(") || contains(p.head(), ".")) {
    // new Schema({ name: String, isBlocked: { type: Boolean } }), in one line or over many
    if (contains(p.head(), "@") && icontains(tail.substr(0, 16), ": boolean")) return true;
    return icontains_any(tail.substr(0, 60), {": { type", ":{type", ": boolean,", ": boolean }", ": {type"}) ||
           (icontains_any(p.head(), {"create table", "schema(", "define("}) &&
            icontains(tail.substr(0, 40), "boolean"));
  }
  return icontains_any(tail,
                       {"boolean", "datatypes.", "type: bool", "mapped[bool", "@default(", "enumfield", ": bool",
                        "type: string", "text not null", "datetimefield", "timestamp", "type: date", "charfield("}) &&
         !contains(tail, "==");
}

// Within the condition of `if (isActive !== undefined) data.isActive = isActive;`, and not behind it.
bool in_condition(const Place& p) {
  const std::string_view head = p.head();
  return std::count(head.begin(), head.end(), '(') > std::count(head.begin(), head.end(), ')') ||
         contains(p.tail(), ":");
}

bool negated(const Place& p) {
  std::size_t i = p.begin;
  while (i > 0 && (word_char(p.text[i - 1]) || p.text[i - 1] == '.' || p.text[i - 1] == '?')) --i;
  if (i > 0 && p.text[i - 1] == '!') return true;
  const std::string_view head = text::trim(p.text.substr(i - std::min<std::size_t>(i, 6), std::min<std::size_t>(i, 6)));
  return head.ends_with("not") || head.ends_with("NOT") || head.ends_with("return");
}

// In a pair or a named argument: which of the words around it comes last.
Kind paired(const Place& p, std::string_view key, std::size_t value, bool proven) {
  const std::string_view own = p.own();
  const std::size_t asks = last_of(own, {"where", "WHERE", "find", "filter", "match(", "exclude(", ".get(",
                                         "get_object", " and ", " AND ", " ON ", "exists("});
  const std::size_t writes = last_of(own, {"data:", "data =", "pdate", "PDATE", "reate", "set", " SET", "nsert",
                                           "psert", "alues", "save", "ssign", "add(", "payload"});
  const std::size_t shows = last_of(own, {"elect", "ount(", "ountDocuments", "project", "json("});
  const auto rank = [](std::size_t at) { return at == std::string_view::npos ? 0 : at + 1; };
  const std::string said = value_at(p.text, value);
  if (rank(asks) > rank(writes) && rank(asks) > rank(shows))
    // Those who are shut out, listed for the console, are nobody's question at the door.
    return among(key, kShuts) && said.starts_with("true") ? Kind::other : Kind::asked;
  if (rank(shows) > rank(writes)) return Kind::other;
  const bool literal =
      said.starts_with("true") || said.starts_with("false") || said.starts_with("\"") || said.starts_with("'");
  if (rank(writes) == 0 && !literal) return Kind::other;  // { isActive: user.isActive } is shown
  return written(key, said, proven);
}

FlagUse use_of(const Place& p, std::string_view key) {
  FlagUse out;
  const std::size_t at = behind(p);
  const char next = at < p.text.size() ? p.text[at] : '\0';
  const char after = at + 1 < p.text.size() ? p.text[at + 1] : '\0';
  const std::string dot = before_dot(p);
  out.record = record_key(dot.empty() ? asked_of(p.own()) : dot);
  const std::size_t from = p.begin - std::min<std::size_t>(p.begin, 900);
  const bool proven = icontains_any(p.text.substr(from, 1200), {"token", "otp", "code", "confirmemail"});
  if ((next == '=' || next == '!' || next == '<' || next == '>') && after == '=') {
    // isActive !== undefined: whether it was sent, and not what it is
    std::size_t value = at + 2;
    while (value < p.text.size() && (p.text[value] == '=' || p.text[value] == ' ')) ++value;
    out.kind = p.text.substr(value, 9) == "undefined" ? Kind::other : Kind::asked;
  } else if (dot.empty() && declares_column(p, key)) {
    out.kind = Kind::declared;
    out.words = among(key, kStates) && shutting_state(p);
  } else if (next == '=' && after != '>' && !dot.empty()) {
    const std::string value = value_at(p.text, at + 1);
    out.kind = written(key, value, proven);
  } else if ((next == '=' && after != '>') || (next == ':' && dot.empty())) {
    out.kind = paired(p, key, at + 1, proven);
  } else if (const char quote = p.begin > 0 ? p.text[p.begin - 1] : ' '; quote == '"' || quote == '\'') {
    const std::string_view close = p.before(20);
    if (icontains_any(close, {"eq(", "where(", "filter(", "is(", "getattr(", "in(", "not("})) out.kind = Kind::asked;
  } else if (negated(p)) {
    // user.isBlocked = !user.isBlocked
    const std::string name(p.text.substr(p.begin, p.end - p.begin));
    out.kind = contains(p.head(), name + " = ") ? Kind::other : Kind::asked;
  } else if (const std::string_view line = text::trim(p.line);
             line.starts_with("if") && !contains(line, "{") && !in_condition(p)) {
    out.kind = Kind::other;
  } else if (line.starts_with("if") || line.starts_with("elif") || line.starts_with("} else if") ||
             line.starts_with("while") || line.starts_with("assert") ||
             icontains_any(line,
                           {"&&", "||", " ? ", " and ", " or ", "if (", "if(", " if ", " when ", "where ", "using"})) {
    out.kind = Kind::asked;
  } else if (icontains_any(p.before(12), {"return ", "filter(", "expect("})) {
    out.kind = Kind::asked;
  }
  return out;
}

class FlagsReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override {
    if (entry.role != Role::product) return false;
    // What a page shows of a mark asks nobody.
    return entry.kind == gatehouse::audit::Kind::python || entry.kind == gatehouse::audit::Kind::javascript ||
           entry.kind == gatehouse::audit::Kind::typescript || entry.kind == gatehouse::audit::Kind::tsx ||
           entry.kind == gatehouse::audit::Kind::sql || entry.path.ends_with(".prisma");
  }
  void read(const Source& source, Project& project, Sink&) override {
    if (source.patterns_only()) return;
    read_flags(source.path(), source.text(), project.notes<AccountFlags>());
  }
};

class FlagsCheck final : public Check {
 public:
  void look(const Project& project, Sink& sink) const override {
    judge_flags(project, project.notes<AccountFlags>(), sink);
  }
};

// if (!user || !(await bcrypt.compare(password, user.hash))): a sign-in, and no change of the password.
void find_sign_in(std::string_view path, std::string_view text, AccountFlags& out) {
  if (out.sign_in.line != 0 || icontains_any(path, {"test", "seed", "admin/"})) return;
  for (const std::string_view call :
       {"compare(", "compareSync(", "verify(", "check_password_hash(", "verify_password(", "check_password(",
        "checkpw(", "comparePassword(", "checkPassword(", " authenticate("})
    for (std::size_t at = contains(text, call) ? text.find(call) : text.npos; at != text.npos;
         at = text.find(call, at + 1)) {
      const std::size_t begin = text.rfind('\n', at) == text.npos ? 0 : text.rfind('\n', at) + 1;
      const std::string_view line = text.substr(begin, std::min(text.find('\n', at), text.size()) - begin);
      if (!icontains_any(line, {"pass", "hash", "pwd", "kennwort", "contrase"}) ||
          icontains_any(line, {"def ", "function ", "import ", "signature", "current", "old"}))
        continue;
      const std::string_view before =
          text.substr(begin - std::min<std::size_t>(begin, 900), std::min<std::size_t>(begin, 900));
      const std::string_view behind = text.substr(at, 900);
      if (!icontains_any(before,
                         {"login", "signin", "sign_in", "authorize", "authenticate", "/token", "session", "anmeld"}) &&
          !icontains_any(behind, {"sign(", "token", "session", "encode("}))
        continue;
      if (icontains_any(behind.substr(0, 500), {"new_password", "newpassword"})) continue;
      int number = 1;
      for (std::size_t i = text.find('\n'); i < at; i = text.find('\n', i + 1)) ++number;
      out.sign_in = place(path, number);
      out.sign_in_shown = redacted(line);
      return;
    }
}

// def get_current_user(…), req.user = user: where every request's token is believed.
void find_guard(std::string_view path, std::string_view text, AccountFlags& out) {
  if (out.guard.line != 0 || icontains_any(path, {"test", "seed", "client/", "frontend/"})) return;
  if (const std::size_t at = text.find("REFRESH");
      at != text.npos && out.refresh.line == 0 &&
      icontains_any(text.substr(at - std::min<std::size_t>(at, 300), 600), {"verify(", "verifyasync(", "decode("})) {
    const auto lines = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    out.refresh = place(path, 1 + static_cast<int>(lines));
    const std::size_t begin = text.rfind('\n', at) == text.npos ? 0 : text.rfind('\n', at) + 1;
    out.refresh_shown = redacted(text.substr(begin, std::min(text.find('\n', at), text.size()) - begin));
  }
  for (const std::string_view mark : {"def get_current_user", "req.user = ", "request.user = ", "validate(payload"}) {
    const std::size_t at = text.find(mark);
    if (at == text.npos || !icontains_any(text, {"verify", "decode"})) continue;
    const std::size_t begin = text.rfind('\n', at) == text.npos ? 0 : text.rfind('\n', at) + 1;
    const int number =
        1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    out.guard = place(path, number);
    out.guard_shown = redacted(text.substr(begin, std::min(text.find('\n', at), text.size()) - begin));
    return;
  }
}

// A line that begins a function or a route; and whether that is where people sign in.
std::optional<bool> begins_door(std::string_view line) {
  // class LoginView: def post(…)
  if (icontains_any(line, {"def post(", "def validate(", "def form_valid(", "def create("})) return std::nullopt;
  if (!icontains_any(line, {"def ", "function", "=> {", "async ", ".post(\"/", ".post('/", ".get(\"/", ".get('/",
                            ".put(\"/", ".put('/", "class "}))
    return std::nullopt;
  return has_word(line, {"login", "signin", "authenticate", "logon", "authorize"}) ||
         icontains_any(line, {"sign_in", "signin"});
}

// What stands around a line. Few lines hold a mark, so those before it are read when one does.
struct Around {
  explicit Around(std::string_view whole) : whole_(whole) {}

  std::string record;  // of the class or the table
  bool door = false;   // within a function at which people sign in

  // As far as the line that begins at `start`.
  void go_on(std::size_t start) {
    while (read_ <= start) {
      const std::size_t stop = std::min(whole_.find('\n', read_), whole_.size());
      take(whole_.substr(read_, stop - read_));
      read_ = stop + 1;
    }
  }

 private:
  void take(std::string_view line) {
    door = begins_door(line).value_or(door);
    const std::string_view bare = text::trim(line);
    if (!bare.starts_with("class ") && !bare.starts_with("export class ") && !bare.starts_with("model ") &&
        !text::iequals(bare.substr(0, 13), "create table "))
      return;
    std::size_t i = bare.find(' ') + 1;
    for (const std::string_view skip : {"class ", "table ", "TABLE ", "if not exists ", "IF NOT EXISTS "})
      if (bare.substr(i).starts_with(skip)) i += skip.size();
    std::string name;
    for (; i < bare.size() && (word_char(bare[i]) || bare[i] == '.' || bare[i] == '"'); ++i)
      if (bare[i] != '"') name += bare[i];
    record = record_key(name);
  }

  std::string_view whole_;
  std::size_t read_ = 0;  // what comes behind is not known yet
};

}  // namespace

std::string flag_key(std::string_view identifier) {
  if (identifier.size() < 5 || identifier.size() > kLongest) return {};
  std::string out;
  for (const char c : identifier)
    if (c != '_') out += text::lower(c);
  return among(out, kShuts) || among(out, kOpens) || among(out, kProofs) || among(out, kStates) ? out : std::string();
}

bool proof_flag(std::string_view key) { return among(key, kProofs); }
bool state_flag(std::string_view key) { return among(key, kStates); }

void read_flags(std::string_view path, std::string_view text, AccountFlags& out) {
  const std::string_view first = text.substr(0, 200);
  find_sign_in(path, text, out);
  find_guard(path, text, out);
  // A file of the page: only what it sets counts.
  const bool browser = contains(first, "use client") || (path.ends_with(".tsx") && !contains(path, "app/"));
  Around around(text);
  int number = 0;
  for (std::size_t start = 0, stop = 0; start < text.size(); start = stop + 1) {
    stop = std::min(text.find('\n', start), text.size());
    const std::string_view line = text.substr(start, stop - start);
    ++number;
    const std::string_view bare = text::trim(line);
    if (bare.starts_with("//") || bare.starts_with("#") || bare.starts_with("*") || bare.starts_with("--")) continue;
    for (std::size_t i = 0; i < line.size();) {
      if (!word_char(line[i])) {
        ++i;
        continue;
      }
      const std::size_t begin = i;
      while (i < line.size() && word_char(line[i])) ++i;
      const std::size_t size = i - begin;
      // Cheap first: the first letters of all marks.
      const char head = text::lower(line[begin]);
      if (size < 5 || size > kLongest ||
          (head != 'i' && head != 'b' && head != 's' && head != 'd' && head != 'a' && head != 'e' && head != 'v' &&
           head != 'g' && head != 'u' && head != 'c'))
        continue;
      const std::string key = flag_key(line.substr(begin, size));
      if (key.empty() || out.count >= kMostUses) continue;
      around.go_on(start);
      FlagUse use = use_of({text, line, start + begin, start + i, begin}, key);
      if (use.kind == Kind::declared) use.record = around.record;
      if (browser && use.kind != Kind::shuts) continue;
      use.door = around.door;
      use.at = place(path, number);
      use.shown = redacted(line);
      out.uses[key].push_back(std::move(use));
      ++out.count;
    }
  }
}

std::unique_ptr<Reader> account_flags_reader() { return std::make_unique<FlagsReader>(); }
std::unique_ptr<Check> account_flags_check() { return std::make_unique<FlagsCheck>(); }

}  // namespace gatehouse::audit::source
