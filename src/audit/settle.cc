#include "audit/settle.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "audit/impacts.h"
#include "audit/secrets/environment.h"
#include "audit/secrets/judge.h"
#include "audit/source/named_routes.h"
#include "base/crypto/digest.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

using proof::Finding;

// These are about example files and documents themselves, or know already what part the file plays.
constexpr std::array<std::string_view, 11> kAnywhere = {"SEC-001", "SEC-002", "SEC-003", "SEC-004",
                                                        "SEC-006", "ENV-001", "ENV-005", "SUP-001",
                                                        "SUP-002", "SEC-019", "DOC-002"};

// Two rules that see one fault: the second one knows more, the first gives way on the same line.
struct GivesWay {
  std::string_view id, to;
};
constexpr GivesWay kGivesWay[] = {
    {"SEC-016", "SEC-010"}, {"SEC-013", "SEC-008"}, {"SEC-013", "DJ-008"},  {"SEC-017", "DJ-008"},
    {"SEC-008", "DJ-008"},  {"SEC-013", "EX-005"},  {"SEC-017", "EX-005"},  {"SEC-017", "SEC-013"},
    {"SEC-010", "SEC-013"}, {"SEC-010", "INF-003"}, {"SEC-016", "INF-003"}, {"SEC-017", "SEC-001"},
    {"SEC-017", "SEC-008"}, {"SEC-013", "SEC-001"}, {"SEC-016", "SEC-001"}, {"SEC-015", "SEC-001"},
    {"SEC-017", "INF-003"}, {"SEC-004", "SEC-005"}, {"SEC-017", "SEC-016"}, {"EX-006", "RE-002"}};

const proof::Location* place(const Finding& f) { return f.locations.empty() ? nullptr : &f.locations.front(); }

bool same_line(const proof::Location& a, const proof::Location& b) {
  return !a.path.empty() && a.line == b.line && a.path == b.path;
}

bool begin_together(const Finding& a, const Finding& b) {
  return place(a) != nullptr && place(b) != nullptr && same_line(*place(a), *place(b));
}

// One of them stands where the other one begins.
bool share_a_place(const Finding& a, const Finding& b) {
  const auto stands_at = [](const Finding& f, const proof::Location* at) {
    return at != nullptr && std::any_of(f.locations.begin(), f.locations.end(),
                                        [&](const proof::Location& l) { return same_line(l, *at); });
  };
  return stands_at(a, place(b)) || stands_at(b, place(a));
}

// Takes from each finding the places at which another one tells the same fault, and the finding when none is left.
void drop_shadowed(std::deque<Finding>& all) {
  std::map<std::pair<std::string, int>, std::set<std::string, std::less<>>> ids;
  for (const Finding& f : all)
    if (const auto* p = place(f); p != nullptr && !p->path.empty()) ids[{p->path, p->line}].insert(f.id);
  const auto told = [&](const Finding& f, const proof::Location& at) {
    const auto here = ids.find({at.path, at.line});
    return here != ids.end() && std::any_of(std::begin(kGivesWay), std::end(kGivesWay), [&](const GivesWay& g) {
             return g.id == f.id && here->second.contains(g.to);
           });
  };
  std::erase_if(all, [&](const Finding& f) {
    return !f.locations.empty() &&
           std::all_of(f.locations.begin(), f.locations.end(), [&](const auto& at) { return told(f, at); });
  });
  for (Finding& f : all) {
    const bool paired = f.evidence.size() == f.locations.size();  // what was seen, place by place
    for (std::size_t i = f.locations.size(); i-- > 0;) {
      if (!told(f, f.locations[i])) continue;
      f.locations.erase(f.locations.begin() + static_cast<std::ptrdiff_t>(i));
      if (paired) f.evidence.erase(f.evidence.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

void join_duplicates(std::deque<Finding>& all) {
  std::deque<Finding> out;
  for (Finding& f : all) {
    auto it = std::find_if(out.begin(), out.end(), [&](const Finding& o) {
      if (o.id != f.id || !share_a_place(o, f)) return false;
      return o.key == f.key ? !o.key.empty() || begin_together(o, f)
                            : (o.key.empty() || f.key.empty()) && begin_together(o, f);
    });
    if (it == out.end()) {
      out.push_back(std::move(f));
      continue;
    }
    for (std::string& e : f.evidence)
      if (std::find(it->evidence.begin(), it->evidence.end(), e) == it->evidence.end())
        it->evidence.push_back(std::move(e));
  }
  all = std::move(out);
}

// Stops: a report that carries the password it complains of to everybody who reads it. Of a line in quotes only the
// beginnings of its values are shown; what it said goes into the key, so that another password is another finding.
void hide_passwords(std::deque<Finding>& all) {
  for (Finding& f : all) {
    if (f.id != "SEC-017") continue;
    std::string said;
    for (std::string& line : f.evidence) {
      said += line;
      std::string out;
      for (std::size_t i = 0; i < line.size();) {
        const char quote = line[i++];
        out += quote;
        if (quote != '"' && quote != '\'' && quote != '`') continue;
        const std::size_t end = line.find(quote, i);
        if (end == std::string::npos) break;
        const std::string inner = line.substr(i, end - i);
        out += inner.size() < 3 || inner.find("…") != std::string::npos ? inner : secrets::redact(inner);
        out += quote;
        i = end + 1;
      }
      line = std::move(out);
    }
    if (f.key.empty()) f.key = text::hex(crypto::sha256(said).view());
  }
}

}  // namespace

bool selected(std::string_view only, std::string_view id) {
  if (only.empty()) return true;
  for (std::string_view w : text::split(only, ','))
    if (w = text::trim(w); !w.empty() && (id == w || (id.starts_with(w) && (w.back() == '-' || id[w.size()] == '-'))))
      return true;
  return false;
}

proof::Report settle(const Project& project, Sink& sink, Ignores& ignores, const AuditOptions& options) {
  std::deque<Finding>& all = sink.findings();
  for (Finding& f : all)
    if (sink.taken_back().contains(&f)) f.locations.clear(), f.id.clear();
  std::erase_if(all, [](const Finding& f) { return f.id.empty(); });
  std::vector<GivenUp> given_up = project.files().given_up();
  given_up.insert(given_up.end(), sink.given_up().begin(), sink.given_up().end());
  doubt(sink.given_up(), all);
  std::erase_if(all, [&](const Finding& f) { return !selected(options.only, f.id); });

  // What stands in tests, examples and documents is told, not charged.
  std::map<std::string_view, int> told;
  std::erase_if(all, [&](const Finding& f) {
    if (std::find(kAnywhere.begin(), kAnywhere.end(), f.id) != kAnywhere.end()) return false;
    const auto* p = place(f);
    const Entry* e = p == nullptr ? nullptr : project.entry(p->path);
    if (e == nullptr) return false;
    // An example of an environment is copied, and what signs in it is copied with it.
    if (e->role == Role::example && e->kind == Kind::env && (f.title == secrets::kCopiedSecret || f.id == "DOC-001"))
      return false;
    if (e->role == Role::test) return ++told["tests and fixtures"], true;
    if (e->role == Role::example) return ++told["examples"], true;
    if (e->role == Role::document) return ++told["documents"], f.id.substr(0, 3) != "DOC";
    return false;
  });
  drop_shadowed(all);
  join_duplicates(all);
  hide_passwords(all);
  say_what_follows(all);
  source::name_routes(project, all);
  charge(project, given_up, all);
  if (options.only.empty()) {
    ignores.apply(all, options.now, sink);
  } else {  // a part of the audit cannot judge whether an exception is still needed
    Sink aside;
    ignores.apply(all, options.now, aside);
  }

  proof::Report report;
  report.findings.assign(std::make_move_iterator(all.begin()), std::make_move_iterator(all.end()));
  report.looked.source = true;
  report.looked.only = options.only;
  report.positives = sink.positives();
  for (const auto& [where, count] : told)
    if (where != "documents")
      report.positives.push_back(std::to_string(count) + (count == 1 ? " remark" : " remarks") + " on " +
                                 std::string(where) + " left out: samples are not what runs.");
  report.not_checked = sink.gaps();
  for (const std::string& gap : project.files().left_out()) report.not_checked.push_back(gap);
  tell(given_up, report);
  std::erase_if(report.findings, [&](const Finding& f) { return !selected(options.only, f.id); });
  if (ignores.hidden() > 0)
    report.not_checked.push_back(std::to_string(ignores.hidden()) +
                                 " findings ignored for a stated reason, until a stated day");
  report.sort();
  return report;
}

}  // namespace gatehouse::audit
