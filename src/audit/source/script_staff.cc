#include "audit/source/script_staff.h"

#include <algorithm>

#include "audit/source/route_judges.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::string_view kRanks[] = {"role",  "admin", "permission", "isstaff", "isseller", "ability",
                                       "staff", ".rol ", ".rol)",      ".rolle",  "superuser"};

bool speaks_of_ranks(const Code& code) {
  return std::any_of(std::begin(kRanks), std::end(kRanks), [&](std::string_view w) { return icontains(code, w); });
}

// Names that hold such a word and ask nobody: the database's own key and clients made with it.
std::string without_keys(const Code& code) {
  std::string out = text::to_lower(code);
  for (const std::string_view word :
       {"service_role", "servicerole", "supabaseadmin", "supabase_admin", "auth.admin", "adminclient", "admin_client",
        "adminsupabase", "firebase-admin", "firebaseadmin", "createadmin", "admin.from", "admin.auth", "admin.rpc",
        "admin.storage", "prismaadmin", "admindb"})
    for (std::size_t at = out.find(word); at != std::string::npos; at = out.find(word, at))
      out.replace(at, word.size(), " ");
  return out;
}

// What a call asks: of findMany({ where: …, select: { role: true } }) the condition alone, what it brings along asks
// nothing.
Node asked_by(const Call& c) {
  const Node options = unwrap(c.arg(0));
  if (!last(c.name).starts_with("find") || !options.is("object")) return c.node;
  if (const Node where = member(options, "where")) return where;
  return member(options, "select") || member(options, "include") || member(options, "orderBy") ? Node() : c.node;
}

bool asks_rank_by_name(std::string_view f) {
  return has_word(f, {"has", "check", "is", "verify", "get"}) && has_word(f, {"role", "roles", "permission", "admin"});
}

bool ranked_word(std::string_view name) {
  return has_word(name, {"role",      "roles",   "admin",     "admins",     "permission", "permissions", "staff",
                         "ability",   "rank",    "superuser", "superadmin", "rol",        "roles",       "rolle",
                         "moderator", "isadmin", "privilege", "privileges", "scope",      "scopes",      "policy",
                         "rbac",      "acl",     "owner",     "manager"});
}

}  // namespace

bool asks_rank(Node function) {
  // Most functions never name one; only then are the names of keys taken out of a copy.
  if (!speaks_of_ranks(function.code()) || !speaks_of_ranks(without_keys(function.code()))) return false;
  for (const char* type : {"if_statement", "ternary_expression", "switch_statement"})
    for (const Node n : function.all(type)) {
      const Node asked = n.is("switch_statement") ? n.child("value") : n.child("condition");
      if (speaks_of_ranks(without_keys(asked.code()))) return true;
    }
  for (const Node b : function.all("binary_expression"))
    if (b.has_token("===") || b.has_token("==") || b.has_token("!==") || b.has_token("!=") || b.has_token("&&") ||
        b.has_token(">=") || b.has_token("<"))
      if (speaks_of_ranks(without_keys(b.code()))) return true;
  for (const Node call : function.all("call_expression")) {
    const auto c = as_call(call);
    if (!c) continue;
    const std::string_view f = last(c->name);
    const bool asks = has_word(
        f, {"require", "requires", "ensure",    "check", "is",       "assert", "verify",  "has",  "only", "must",
            "guard",   "protect",  "authorize", "can",   "restrict", "allow",  "enforce", "with", "get",  "current"});
    if (asks && ranked_word(f)) return true;
    if (f == "authorize" || f == "can" || f == "cannot" || f == "restrictTo" || f == "hasRole") return true;
    // roles.includes(user.role), .eq("role", "admin"), findFirst({ where: { userId, role: "ADMIN" } }), rpc("is_admin")
    if ((f == "includes" || f == "has" || f == "some" || f == "indexOf" || f == "every" || f == "eq" || f == "in" ||
         f == "match" || f == "rpc" || f.starts_with("find") || f == "where") &&
        speaks_of_ranks(without_keys(asked_by(*c).code())))
      return true;
  }
  return false;
}

bool turns_away_by_rank(Node function) {
  const auto leaves = [](Node branch) {
    return branch && icontains_any(branch.code(), {"return", "throw", "next(", "redirect(", "403"});
  };
  for (const Node n : function.all("if_statement"))
    if (speaks_of_ranks(without_keys(n.child("condition").code())) &&
        (leaves(n.child("consequence")) || leaves(n.child("alternative"))))
      return true;
  for (const Node n : function.all("ternary_expression"))
    if (speaks_of_ranks(without_keys(n.child("condition").code())) && leaves(n)) return true;
  for (const Node r : function.all("return_statement"))
    if (const Node v = unwrap(r.first());
        v.any_of("binary_expression", "unary_expression") && speaks_of_ranks(without_keys(v.code())))
      return true;
  for (const Node call : function.all("call_expression"))
    if (const auto c = as_call(call); c && ranked_word(last(c->name)) && !has_word(last(c->name), {"scope", "owner"}))
      return true;
  return false;
}

bool has_ranks(const Schema& schema, const ScriptNotes& notes) {
  if (std::any_of(schema.records.begin(), schema.records.end(), [](const auto& r) {
        return r.second.person &&
               std::any_of(r.second.columns.begin(), r.second.columns.end(), [](const std::string& c) {
                 return has_word(c, {"role", "roles", "admin", "rol", "rolle", "isadmin", "staff"});
               });
      }))
    return true;
  return schema.records.contains("userrole") ||
         std::any_of(notes.routes.begin(), notes.routes.end(), [](const ScriptRoute& r) { return r.privileged; });
}

constexpr std::size_t kMostNamed = 3000;  // functions of a project that are looked through for a nameless one

Standing standing_of(const Flows& flows, const std::vector<ScriptGuard>& before, std::string_view file) {
  Standing out = Standing::unknown;
  for (const ScriptGuard& g : before) {
    if (staff_middleware(g.name)) return Standing::ranked;
    // jwt({ secret }) is told how to read a token, authorize("editor") whom to let in.
    const std::string_view by = last(g.name);
    const bool reads_token = g.name == "passport.authenticate" || by == "jwt" || by == "jwk" || by == "expressjwt" ||
                             by == "expressJwt" || by == "bearerAuth" || by == "basicAuth" || by == "clerkMiddleware";
    if (g.told && guard_middleware(g.name) && !reads_token) return Standing::ranked;
    const auto [from, to] = flows.by_name.equal_range(last(g.name));
    bool seen = false;
    for (auto it = from; it != to; ++it) {
      const bool here = g.module.empty() ? it->second.module == file : same_module(it->second.module, g.module);
      if (!here) continue;
      if (ranks_deeply(flows, it->second)) return Standing::ranked;
      seen = seen || it->second.asks;
    }
    // module.exports = (req, res, next) => …: whoever takes it gives it a name of his own.
    if (from == to && !g.module.empty() && flows.by_name.size() <= kMostNamed)
      for (const auto& [name, flow] : flows.by_name) {
        if (!same_module(flow.module, g.module)) continue;
        if (ranks_deeply(flows, flow)) return Standing::ranked;
        seen = seen || flow.asks;
      }
    if (seen || reads_token || g.name == "requireAuth" || g.name == "ensureLoggedIn")
      out = Standing::plain;
    else if (guard_middleware(g.name) && out == Standing::unknown && !g.module.empty())
      return Standing::unknown;  // it asks for something, and what cannot be seen
  }
  return out;
}

bool stands_for_staff(const Flows& flows, const std::vector<ScriptGuard>& before, std::string_view file) {
  const bool customers = std::any_of(before.begin(), before.end(), [](const ScriptGuard& g) {
    if (g.told) return !g.staff;
    return has_word(g.name,
                    {"seller", "vendor", "doctor", "teacher", "instructor", "merchant", "driver", "host", "company",
                     "employer", "recruiter", "user", "roles", "role", "permission", "can", "owner", "allow"});
  });
  return !customers && standing_of(flows, before, file) == Standing::ranked;
}

// The ranks that are named here: texts, and members of lists of ranks.
std::string ranks_named(Node within) {
  std::string out;
  std::vector<Node> strings = within.all("string"), members = within.all("member_expression");
  if (within.is("string")) strings.push_back(within);
  if (within.is("member_expression")) members.push_back(within);
  for (const Node n : strings) (out += literal(n).value_or(std::string())) += ' ';
  for (const Node m : members)
    if (!m.parent().is("member_expression")) (out += m.child("property").text()) += ' ';
  return out;
}

bool ranks_of_staff(Node within) {
  const std::string told = ranks_named(within);
  return has_word(told, {"admin", "superadmin", "administrator", "superuser", "staff"}) &&
         !has_word(told, {"user",     "users",     "member",     "members",  "customer", "seller", "vendor",
                          "doctor",   "teacher",   "instructor", "merchant", "driver",   "host",   "company",
                          "employer", "recruiter", "owner",      "student",  "patient",  "client", "author",
                          "editor",   "guest",     "trainer",    "agent",    "any"});
}

bool lets_only_staff(const File& file, Node function) {
  if (!icontains(function.code(), "admin")) return false;
  const auto leaves = [](Node branch) {
    const Code code = branch.code();
    return contains(code, "return") || contains(code, "throw");
  };
  std::vector<Node> blocks = {body(function)};
  for (const Node s : body(function).children())  // try { … } around the whole
    if (s.is("try_statement")) blocks.push_back(s.child("body"));
  for (const Node block : blocks)
    for (const Node s : block.children()) {
      if (!s.is("if_statement") || !leaves(s.child("consequence"))) continue;
      const Code asked = s.child("condition").code();
      if (contains(asked, "&&")) continue;
      const bool refused = contains(asked, "!=") || contains(asked, "!");
      if (refused && ranks_of_staff(s.child("condition")) && asks_rank(function)) return true;
      // const { data } = await db.rpc("has_role", { _role: "admin" }); if (!data) throw …
      for (const char* type : {"identifier", "shorthand_property_identifier"})
        for (const Node name : s.child("condition").all(type))
          for (const Node d : block.all("variable_declarator")) {
            if (d.begin() > s.begin() || !refused) break;
            if (!has_token(d.child("name").code(), name.text())) continue;
            const auto calls = file.calls_in(d.child("value"));
            for (const Call* c : calls)
              if ((last(c->name) == "rpc" || asks_rank_by_name(last(c->name))) &&
                  ranks_of_staff(c->node.child("arguments")))
                return true;
          }
    }
  return false;
}

bool kept_by_staff(std::string_view record) {
  static constexpr std::string_view kKept[] = {
      "product",   "category",     "brand",   "coupon",       "price",     "setting",   "banner",         "discount",
      "variant",   "config",       "plan",    "announcement", "inventory", "slider",    "subcategory",    "voucher",
      "menuitem",  "fooditem",     "dish",    "department",   "warehouse", "supplier",  "shippingmethod", "promotion",
      "promocode", "course",       "exam",    "venue",        "showtime",  "movie",     "flight",         "roomtype",
      "holiday",   "carousel",     "pricing", "tax",          "taxrate",   "stock",     "featureflag",    "sitesetting",
      "producto",  "categoria",    "cupon",   "marca",        "produkt",   "kategorie", "gutschein",      "produit",
      "produto",   "configuration"};
  return std::find(std::begin(kKept), std::end(kKept), record) != std::end(kKept);
}

namespace {

bool kept_by_staff_named(std::string_view function) {  // createProduct
  for (std::string word : words(function)) {
    if (word.ends_with('s')) word.pop_back();
    if (kept_by_staff(word)) return true;
  }
  return false;
}

// What lies in another file stands beside the route that leads there.
proof::Finding& tell(const StaffRoute& r, const char* id, const Spot& at, Sink& sink) {
  if (at.at.path == r.route.at.path || (at.at.path == r.flow.at.at.path && std::string_view(id) != "AZ-008"))
    return sink.find(id, at.at, at.shown);
  auto& f = sink.find(id, r.route.at, r.route.shown);
  f.locations.push_back(at.at);
  f.evidence.push_back(at.shown);
  return f;
}

}  // namespace

bool judge_staff(const Flows& flows, const Schema& schema, const StaffRoute& r, Sink& sink) {
  std::vector<const Step*> done;
  deeds(flows, r.flow, done);
  const bool asks =
      std::any_of(r.flow.compared.begin(), r.flow.compared.end(), [](Labels l) { return (l & kIdentity) != 0; });
  if (asks) return false;
  // The service is not in sight: what it is called for says what it does.
  if (r.ranks && done.empty() && r.route.method != "get" && !r.flow.steps.empty() &&
      has_word(r.route.handler, {"create", "add", "update", "edit", "delete", "remove"}) &&
      kept_by_staff_named(r.route.handler)) {
    sink.find("AZ-008", r.route.at, r.route.shown).confidence = proof::Confidence::medium;
    return true;
  }
  for (const Step* s : done) {
    const Record* record = schema.of(s->record);
    // Stops: a member who removes the owner of the team, or gives himself the owner's rank.
    if (record != nullptr && !record->person && !record->owners.empty() && !record->belongs.empty() &&
        record->columns.contains("role") && (s->labels & kClient) && !(s->labels & kIdentity) && !s->by_proof &&
        (*s->touch == Touch::Kind::change || *s->touch == Touch::Kind::remove) &&
        has_word(s->record, {"membership", "member", "memberships", "teammember", "orgmember", "collaborator",
                             "organizationmember", "workspacemember", "projectmember", "groupmember", "participant"})) {
      auto& f = tell(r, "AZ-008", s->at, sink);
      f.title = *s->touch == Touch::Kind::remove ? "Every member of a team removes any other, its owner too"
                                                 : "Every member of a team gives the others their ranks, himself too";
      f.confidence = proof::Confidence::medium;
      return true;
    }
    const bool writes =
        *s->touch == Touch::Kind::create || *s->touch == Touch::Kind::change || *s->touch == Touch::Kind::remove;
    // Where nobody has a rank, what has a price is still nobody's own.
    const bool sold = record != nullptr && !record->owned &&
                      std::any_of(record->columns.begin(), record->columns.end(), [](const auto& c) {
                        return has_word(c, {"price", "stock", "cost", "precio", "preis"});
                      });
    if (writes && (record == nullptr || (!record->owned && !record->person)) &&
        (kept_by_staff(s->record) ? r.ranks || sold : sold && (r.ranks || r.open_sign_up))) {
      auto& f = tell(r, "AZ-008", s->at, sink);
      if (!r.ranks) f.confidence = proof::Confidence::medium;
      return true;
    }
    // A job is begun by a timer, and hands what it reads to nobody.
    const bool job = has_word(r.route.path, {"cron", "crons", "scheduled", "scheduler"});
    const bool person = record != nullptr ? record->person : people(s->record);
    if (r.ranks && *s->touch == Touch::Kind::list && person && s->labels == 0 && !s->by_owner && !s->by_proof && !job) {
      tell(r, "AZ-001", s->at, sink).title = "Everybody is listed to every signed-in user";
      return true;
    }
    // What a function is handed may be the caller's; what a handler names itself is known. A database without schemas
    // says nothing about whose its orders are: their name does.
    const bool own = s >= r.flow.steps.data() && s < r.flow.steps.data() + r.flow.steps.size();
    const bool by_clock = has_word(r.path, {"cron", "crons", "job", "jobs", "worker", "digest", "scheduled"});
    // … and people, where nothing tells which of their columns are kept back.
    const bool addresses = record == nullptr && own &&
                           (s->record == "user" || s->record == "customer" || s->record == "patient" ||
                            s->record == "employee" || s->record == "subscriber" || s->record == "account");
    const bool personal = papers(s->record) || addresses || (record != nullptr && own && personal_noun(s->record));
    if (!by_clock && *s->touch == Touch::Kind::list && (record == nullptr || record->owned) && !s->by_owner &&
        !s->by_parent && (s->labels == 0 || (own && record != nullptr)) && personal && !published(s->record) &&
        std::none_of(r.flow.steps.begin(), r.flow.steps.end(),
                     [](const Step& x) { return (x.labels & kIdentity) != 0; })) {
      auto& f = tell(r, "AZ-001", s->at, sink);
      f.title = "Everybody's records are listed to every signed-in user";
      if (record == nullptr) f.confidence = proof::Confidence::medium;
      return true;
    }
  }
  return false;
}

void judge_named_owner(const Flows& flows, const Schema& schema, const StaffRoute& r, const Verdict& verdict,
                       Sink& sink) {
  const bool asks =
      std::any_of(r.flow.compared.begin(), r.flow.compared.end(), [](Labels l) { return (l & kIdentity) != 0; });
  if (asks || verdict.kind == Verdict::Kind::owned) return;
  const auto told = [&](std::string_view id, const Spot& at) {
    return std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      const auto& l = f.locations.front();
      return f.id == id && l.path == at.at.path && l.line + 12 > at.at.line && l.line < at.at.line + 12;
    });
  };
  if (const auto found = owner_write(flows, r.flow, kClient | kBody)) {
    const Record* record = schema.of(found->step->record);
    const bool person = record != nullptr ? record->person : people(found->step->record);
    if (!person && !told("AZ-002", found->step->at) && !told("AZ-002", found->at)) {
      auto& f = sink.find("AZ-002", found->at.at, found->at.shown);
      f.title = "Whose record it is comes from the request itself";
      if (found->at.at.path != found->step->at.at.path) {
        f.locations.push_back(found->step->at.at);
        f.evidence.push_back(found->step->at.shown);
      }
      return;
    }
  }
  const auto hung = hung_write(flows, r.flow, kClient | kBody);
  if (!hung || verdict.kind == Verdict::Kind::unowned) return;
  std::vector<const Step*> done;
  deeds(flows, r.flow, done);
  if (std::any_of(done.begin(), done.end(), [&](const Step* s) {
        return s->record == hung->step->hung_on && (s->by_owner || (s->labels & kIdentity) != 0);
      }))
    return;
  auto& f = sink.find("AZ-001", hung->at.at, hung->at.shown);
  f.title = *hung->step->touch == Touch::Kind::change
                ? "A record is moved below another one by its id, and nobody asks whose that is"
                : "A new record is put below another one by its id, and nobody asks whose that is";
  f.confidence = proof::Confidence::medium;
}

bool judge_staff_door(const Flows& flows, const StaffRoute& r, Standing standing, Sink& sink) {
  if (!r.ranks || standing != Standing::plain || ranks_deeply(flows, r.flow)) return false;
  const bool compared =
      std::any_of(r.flow.compared.begin(), r.flow.compared.end(), [](Labels l) { return (l & kIdentity) != 0; });
  if (compared || has_word(r.path, {"login", "logout", "signin", "signout", "me", "profile", "register", "password"}))
    return false;
  auto& f = sink.find("AZ-008", r.route.at, r.route.shown);
  f.title = "A door for administrators asks only for a sign-in";
  return true;
}

}  // namespace gatehouse::audit::source
