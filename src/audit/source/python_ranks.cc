// Ranks inside a team, in Python: who may give which, and who may put out whom.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_client.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct RankNotes {
  int highest = 0;                            // of the ranks this project knows
  std::map<std::string, int> enums;           // MemberRole -> the highest of its ranks
  std::map<std::string, std::string> fields;  // "RoleChange.role" -> its type
  struct Deed {
    Spot spot;
    int from = 0, to = 0;  // lines of its function
    int lowest = 0;        // of the ranks that are let in
    std::string type;      // of the body, when the rank comes out of one
  };
  std::vector<Deed> given, removed;
};

// 0: no rank. What a word says of its bearer's place: 4 the owner, 3 administrators, 2 who leads, 1 everybody else.
int rank_of(std::string_view word) {
  static constexpr std::pair<std::string_view, int> kRanks[] = {
      {"owner", 4},         {"superadmin", 4},  {"superuser", 4},  {"root", 4},       {"founder", 4}, {"admin", 3},
      {"administrator", 3}, {"manager", 2},     {"moderator", 2},  {"maintainer", 2}, {"lead", 2},    {"leader", 2},
      {"supervisor", 2},    {"coordinator", 2}, {"editor", 1},     {"member", 1},     {"viewer", 1},  {"guest", 1},
      {"agent", 1},         {"employee", 1},    {"contributor", 1}};
  for (const auto& [name, rank] : kRanks)
    if (word == name) return rank;
  return 0;
}

struct Ranks {
  int lowest = 0, highest = 0;
  void add(int rank) {
    if (rank == 0) return;
    lowest = lowest == 0 ? rank : std::min(lowest, rank);
    highest = std::max(highest, rank);
  }
};

// The ranks that a piece of code names: "admin", Role.OWNER, require_manager, super_admin.
Ranks ranks_in(const Code& code) {
  Ranks out;
  std::string word;
  const auto close = [&] {
    const auto parts = words(word);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const bool above = parts[i] == "admin" && i > 0 && (parts[i - 1] == "super" || parts[i - 1] == "platform");
      out.add(above ? 4 : rank_of(parts[i]));
    }
    word.clear();
  };
  for (const char c : code)
    if (text::is_alpha(c) || c == '_')
      word += c;
    else
      close();
  close();
  return out;
}

bool about_ranks(const Code& code) {
  return icontains_any(code, {"role", "rank", "is_admin", "is_owner", "is_manager", "permission_level"});
}

bool refuses(Node block) {
  return icontains_any(block.code(),
                       {"raise", "abort(", "403", "forbidden", "permissiondenied", "redirect(", "return"});
}

// The lowest rank that a function lets in, by its own questions and by what stands before it; 0: nobody is asked.
// `guards` are the questions found in its body.
Ranks admitted(const File& file, Node f, std::vector<Node>& guards) {
  Ranks out;
  const auto take = [&](const Code& code) {
    const Ranks r = ranks_in(code);
    out.add(r.lowest);
    out.add(r.highest);
  };
  for (const Node branch : f.all("if_statement")) {
    const Node condition = branch.child("condition");
    const Code code = condition.code();
    const bool negative = contains(code, "not ") || contains(code, "!=");
    if (!about_ranks(code) || ranks_in(code).highest == 0 || !negative || !refuses(branch.child("consequence")))
      continue;
    guards.push_back(condition);
    take(code);
  }
  std::string before;
  for (const std::string& d : decorators(f)) before += " " + d;
  const Node cls = f.above("class_definition");
  for (const std::string& p : names_in(attribute(cls, "permission_classes").child("right"))) before += " " + p;
  for (const Call* c : file.calls_in(f.child("parameters")))
    if (last(c->name) == "Depends" || last(c->name) == "Security") before += " " + std::string(c->arg(0).code());
  if (has_word(before, {"require", "required", "requires", "role", "roles", "has", "only", "is", "current", "check"}) ||
      icontains_any(before, {"require", "role", "isadmin", "isowner", "ismanager"})) {
    // The path of a route names what it is about, and no rank.
    std::string said;
    for (const std::string_view part : text::split(before, ' '))
      if (!icontains_any(part,
                         {".get(", ".post(", ".put(", ".patch(", ".delete(", ".route(", "\"/", "'/", "response_model"}))
        said += std::string(part) + " ";
    if (about_ranks(said) || icontains_any(said, {"require", "admin", "owner", "manager"})) {
      const Ranks r = ranks_in(said);
      if (r.highest > 1) take(said);
    }
  }
  for (const Call* c : file.calls_in(body(f))) {
    if (!has_word(last(c->name), {"require", "check", "ensure", "assert", "verify", "has", "authorize"}) ||
        !(about_ranks(c->name) || about_ranks(c->node.child("arguments").code()) || ranks_in(c->name).highest > 1))
      continue;
    const Code code = c->node.code();
    if (ranks_in(code).highest < 2) continue;
    guards.push_back(c->node);
    const Ranks named = ranks_in(c->node.child("arguments").code());
    if (named.highest > 1) {
      out.add(named.lowest == 1 ? 2 : named.lowest);
      out.add(named.highest);
    } else {
      take(c->name);
    }
  }
  return out;
}

bool rank_field(std::string_view name) {
  return name == "role" || name == "rank" || name == "new_role" || name == "member_role" || name == "role_id" ||
         name == "access_level";
}

// The client's word, or a parameter that says the rank.
bool clients_word(Node f, Node value) {
  value = unwrap(value);
  if (!value || literal(value)) return false;
  const Taint t = taint(value);
  if (t == Taint::yes) return true;
  if (t != Taint::maybe) return false;
  const std::string name = dotted(value);
  if (!rank_field(last(name))) return false;
  const std::string root = name.substr(0, name.find('.'));
  for (const Node p : f.child("parameters").children())
    if (has_token(p.code(), root) && root != "self")
      return root == name || has_word(root, {"body", "data", "payload", "dto", "input", "req", "update", "in", "invite",
                                             "form", "member"});
  return false;
}

// Somewhere else in the function the rank that is given, or that of the one it is given to, is weighed.
bool weighs(const File& file, Node f, const std::vector<Node>& guards, const std::vector<std::string>& about) {
  const auto is_guard = [&](Node n) {
    return std::any_of(guards.begin(), guards.end(), [&](Node g) { return n.inside(g); });
  };
  const auto names = [&](const Code& code) {
    return std::any_of(about.begin(), about.end(), [&](const std::string& a) { return contains(code, a); });
  };
  for (const char* type : {"comparison_operator", "if_statement", "conditional_expression"})
    for (const Node n : f.all(type)) {
      const Node said = n.is("if_statement") ? n.child("condition") : n;
      if (is_guard(said) || is_guard(said.first())) {
        // if me.role != "owner" and body.role == "owner": both in one question
        if (names(said.code())) return true;
        continue;
      }
      const Code code = said.code();
      if (names(code) || (about_ranks(code) && ranks_in(code).highest == 4)) return true;
    }
  for (const Call* c : file.calls_in(body(f)))
    if (names(c->node.child("arguments").code()) &&
        has_word(last(c->name), {"check", "can", "validate", "ensure", "require", "allowed", "outranks", "assert",
                                 "may", "verify", "authorize"}))
      return true;
  return icontains_any(f.code(), {"hierarchy", "outranks", "role_level", "rank_of", "last owner", "last_owner",
                                  "only owner", "is_owner", "owner_id"});
}

void read_deeds(File& file, Node f, RankNotes& notes) {
  if (!about_ranks(f.code()) && !about_ranks(f.above("class_definition").code())) return;
  std::vector<Node> guards;
  const Ranks let = admitted(file, f, guards);
  if (let.highest == 0) return;
  RankNotes::Deed deed;
  deed.lowest = let.lowest;
  deed.from = f.parent().is("decorated_definition") ? f.parent().line() : f.line();
  deed.to = f.end_line();
  Node given, value;
  for (const Node a : body(f).all("assignment")) {
    const Node left = a.child("left");
    if (!given && left.is("attribute") && rank_field(left.child("attribute").text()) &&
        dotted(left.child("object")) != "self" && clients_word(f, a.child("right")))
      given = a, value = unwrap(a.child("right"));
  }
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    const bool made = m == "create" || m == "update_or_create" || m == "get_or_create" || m == "update" ||
                      (!m.empty() && m.front() >= 'A' && m.front() <= 'Z');
    if (!made || m.ends_with("Response") || m.ends_with("Out") || m.ends_with("Read")) continue;
    for (const auto& [key, v] : c->keywords)
      if (!given && rank_field(key) && clients_word(f, v)) given = c->node, value = unwrap(v);
  }
  if (given) {
    std::vector<std::string> about = {std::string(value.text())};
    if (const Node left = given.child("left"); left.is("attribute")) about.emplace_back(left.text());
    if (weighs(file, f, guards, about)) return;
    deed.spot = {place(file.path, value.line()), file.shown(value)};
    const std::string root = dotted(value).substr(0, dotted(value).find('.'));
    for (const Node p : f.child("parameters").children())
      if ((p.child("name") ? p.child("name") : p.first()).text() == root && p.child("type"))
        deed.type = std::string(last(p.child("type").text())) +
                    (value.is("attribute") ? "." + std::string(value.child("attribute").text()) : "");
    notes.given.push_back(std::move(deed));
    return;
  }
  const std::string name = function_name(f);
  const bool by_class = name == "delete" || name == "destroy";
  const std::string whole =
      by_class ? name + "_" + std::string(f.above("class_definition").child("name").text()) : name;
  if (!has_word(whole, {"remove", "delete", "kick", "ban", "deactivate", "expel"}) ||
      !has_word(whole, {"member", "members", "membership", "collaborator", "teammate", "staff", "employee"}))
    return;
  bool removes = false;
  for (const Call* c : file.calls_in(body(f)))
    removes = removes || has_word(last(c->name), {"delete", "remove", "execute"});
  for (const Node a : body(f).all("assignment"))
    removes = removes || (a.child("left").is("attribute") && a.child("right").is("false"));
  if (!removes || weighs(file, f, guards, {".role ==", ".role ==", "target.role", "member.role", "membership.role"}))
    return;
  deed.spot = {place(file.path, deed.from), file.shown(f.parent().is("decorated_definition") ? f.parent() : f)};
  notes.removed.push_back(std::move(deed));
}

// Role.OWNER = "owner" of an enumeration, choices = […], and questions that name a rank.
void read_ranks(const File& file, RankNotes& notes) {
  for (const Node cls : file.tree.all("class_definition")) {
    const std::string name(cls.child("name").text());
    const std::string_view bases = cls.child("superclasses").text();
    if (has_word(name, {"role", "roles", "rank"}) && icontains_any(bases, {"enum", "choices"})) {
      const Ranks r = ranks_in(body(cls).code());
      notes.enums[name] = r.highest;
      notes.highest = std::max(notes.highest, r.highest);
    }
    for (const Node s : body(cls).children())
      if (const Node a = s.is("expression_statement") ? s.first() : Node();
          a.is("assignment") && rank_field(a.child("left").text()) && a.child("type"))
        notes.fields[name + "." + std::string(a.child("left").text())] =
            std::string(a.child("type").text()) + " " + std::string(a.child("right").code());
  }
  for (const Node a : file.tree.all("assignment"))
    if (has_word(a.child("left").text(), {"role", "roles", "rank", "ranks"}) && contains(a.child("right").code(), "\""))
      notes.highest = std::max(notes.highest, ranks_in(a.child("right").code()).highest);
  for (const Node c : file.tree.all("comparison_operator"))
    if (about_ranks(c.code())) notes.highest = std::max(notes.highest, ranks_in(c.code()).highest);
}

// What the type of a body leaves to choose.
int choosable(const RankNotes& notes, const RankNotes::Deed& deed) {
  const auto it = notes.fields.find(deed.type);
  const std::string type = it == notes.fields.end() ? deed.type : it->second;
  for (const auto& [name, highest] : notes.enums)
    if (has_token(type, name)) return highest;
  if (icontains_any(type, {"literal[", "pattern", "regex"})) return ranks_in(type).highest;
  return 4;
}

}  // namespace

void read_python_ranks(File& file) {
  if (!about_ranks(file.code()) && !icontains(file.code(), "access_level")) return;
  auto& notes = file.project.notes<RankNotes>();
  read_ranks(file, notes);
  for (const Node f : file.tree.all("function_definition"))
    if (!function_around(f)) read_deeds(file, f, notes);
}

void judge_python_ranks(const Project& project, Sink& sink) {
  const auto& notes = project.notes<RankNotes>();
  // The findings grow while new ones are told; those of before are what counts.
  const auto told = [&](const RankNotes::Deed& d) {
    for (const proof::Finding& f : sink.findings())
      if (f.id == "AZ-007")
        for (const proof::Location& at : f.locations)
          if (at.path == d.spot.at.path && at.line >= d.from && at.line <= d.to) return true;
    return false;
  };
  for (const RankNotes::Deed& d : notes.given) {
    if (d.lowest >= notes.highest || choosable(notes, d) <= d.lowest || told(d)) continue;
    // Stops: a manager who makes an administrator of a friend, and so of themselves.
    sink.find("AZ-007", d.spot.at, d.spot.shown).title = "Who gives out ranks may give one above their own";
  }
  for (const RankNotes::Deed& d : notes.removed) {
    if (d.lowest >= notes.highest) continue;
    auto& f = sink.find("AZ-008", d.spot.at, d.spot.shown);
    f.title = "Who may remove members may remove those above them, the owner too";
    f.severity = proof::Severity::medium;
  }
}

}  // namespace gatehouse::audit::source
