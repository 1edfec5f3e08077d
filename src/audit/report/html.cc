#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "audit/report/alike.h"
#include "audit/report/frame.h"
#include "audit/report/render.h"
#include "base/text.h"

namespace gatehouse::audit::report {
namespace {

using proof::Finding;
using proof::Severity;

// Stops: a file name or a line of the audited project that would run in the reader's browser.
std::string esc(std::string_view s, std::size_t limit = 4000) {
  std::string out;
  for (char c : text::printable(s, limit)) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  return out;
}

constexpr std::array<Severity, 5> kOrder = {Severity::critical, Severity::high, Severity::medium, Severity::low,
                                            Severity::info};

std::size_t place_of(Severity s) { return static_cast<std::size_t>(4 - static_cast<int>(s)); }
std::string level(Severity s) { return "s" + std::to_string(static_cast<int>(s)); }

std::string num(double d) {
  const long tenths = static_cast<long>(d * 10 + 0.5);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

std::string percent(std::size_t part, std::size_t whole) {
  return num(whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole)) + "%";
}

// The score as a ring.
std::string ring(const proof::Score& score) {
  const double round = 2 * 3.14159265 * 52;
  const std::string points = std::to_string(score.points);
  return "<svg class='ring " +
         std::string(score.points >= 80   ? "good"
                     : score.points >= 50 ? "fair"
                                          : "poor") +
         "' viewBox='0 0 120 120' role=img aria-label='Grade " + esc(score.grade) + ", " + points +
         " of 100'><circle class=track cx=60 cy=60 r=52 /><circle class=value cx=60 cy=60 r=52 "
         "transform='rotate(-90 60 60)' stroke-dasharray='" +
         num(round * score.points / 100) + " " + num(round) + "'/><text x=60 y=64 class=grade>" + esc(score.grade) +
         "</text><text x=60 y=84 class=points>" + points + " of 100</text></svg>";
}

// One bar a severity.
std::string by_severity(const proof::Summary& s) {
  const std::array<std::size_t, 5> counts = {s.critical, s.high, s.medium, s.low, s.info};
  const std::size_t most = std::max<std::size_t>(1, *std::max_element(counts.begin(), counts.end()));
  std::string out = "<figure><figcaption>By severity</figcaption><ul class=chart>";
  for (std::size_t i = 0; i < 5; ++i)
    out += "<li><span class=what>" + std::string(proof::text(kOrder[i])) +
           "</span><span class=track><i class=" + level(kOrder[i]) + " style='width:" + percent(counts[i], most) +
           "'></i></span><b>" + std::to_string(counts[i]) + "</b>";
  return out + "</ul></figure>";
}

// Findings by OWASP category, coloured by how bad they are.
std::string by_category(const proof::Report& r) {
  std::map<std::string, std::array<std::size_t, 5>> counts;
  std::size_t most = 1;
  for (const Finding& f : r.findings) {
    auto& c = counts[f.owasp_2021];
    ++c[place_of(f.severity)];
    most = std::max<std::size_t>(most, c[0] + c[1] + c[2] + c[3] + c[4]);
  }
  std::string out = "<figure class=wide><figcaption>By OWASP category</figcaption><ul class='chart cats'>";
  for (const OwaspRow& row : owasp(r)) {
    out += "<li><span class=what><b>" + esc(row.id) + "</b> " + esc(row.name) + "</span><span class=track>";
    std::size_t sum = 0;
    for (std::size_t k = 0; k < 5; ++k) {
      const std::size_t n = counts[row.id][k];
      sum += n;
      if (n > 0)
        out += "<i class=" + level(kOrder[k]) + " style='width:" + percent(n, most) + "' title='" + std::to_string(n) +
               " " + std::string(proof::text(kOrder[k])) + "'></i>";
    }
    out += "</span><b>" + (sum > 0 ? std::to_string(sum) : row.state == "not checked" ? "?" : "0") + "</b>";
  }
  return out + "</ul></figure>";
}

std::string references(const Finding& f) {
  std::string out;
  for (int c : f.cwe)
    out += "<a href='https://cwe.mitre.org/data/definitions/" + std::to_string(c) +
           ".html' rel='noreferrer noopener'>CWE-" + std::to_string(c) + "</a> ";
  out += "OWASP " + esc(f.owasp_2021) + ":2021 " + esc(f.owasp_2025) + ":2025";
  for (const std::string& a : f.asvs) out += " ASVS " + esc(a);
  return out + " · confidence " + std::string(proof::text(f.confidence));
}

std::string fault(const Alike& all, bool first_of_its_id) {
  const Finding& f = *all.front();
  std::string places, evidence, hay = f.id + " " + f.title;
  const std::vector<Sight> seen = sights(all);
  for (const Sight& s : seen) {
    places += "<code>" + esc(s.at) + "</code> ";
    if (!s.route.empty()) places += "(<code>" + esc(s.route) + "</code>) ";
    hay += " " + s.at + " " + s.route;
    if (seen.size() > 1 && !s.evidence.empty()) evidence += "<code>" + esc(s.at) + "</code>";
    for (const std::string& e : s.evidence) evidence += "<pre>" + esc(e) + "</pre>";
  }
  if (evidence.empty()) evidence = "It is absent from the named place.";
  std::string out = "<details class='f " + level(f.severity) + "'";
  if (first_of_its_id) out += " id='" + esc(f.id) + "'";
  out += " data-s=" + std::string(proof::text(f.severity)) + " data-edge=" + (f.mitigation.empty() ? "no" : "yes") +
         " data-n=" + std::to_string(all.size()) + " data-t=\"" + esc(text::to_lower(hay), 4000) + "\"";
  if (f.severity >= Severity::high) out += " open";
  out += "><summary><b class=sev>" + std::string(proof::text(f.severity)) + "</b><span class=id>" + esc(f.id) +
         "</span><span class=title>" + esc(f.title) + places_of(all) + "</span></summary><dl><dt>Location<dd>" +
         places + "<dt>Evidence<dd>" + evidence;
  out += "<dt>Impact<dd>" + esc(f.impact) + "<dt>Fix<dd>" + esc(f.fix) + "<dt>Mitigation<dd>" +
         (f.mitigation.empty() ? std::string("None at the edge: only the code can mend it.")
                               : "<code>" + esc(f.mitigation) + "</code>") +
         "<dt>May be wrong<dd>" + (f.false_positive.empty() ? std::string("Nothing known.") : esc(f.false_positive));
  return out + "<dt>References<dd>" + references(f) + "</dl></details>\n";
}

// A link to the first finding of that id.
std::string to_finding(std::string_view id) { return "<a href='#" + esc(id) + "'>" + esc(id) + "</a>"; }

// Words that may name findings by their ids ("CORS-001, HDR-002"): the ids that the report has become links.
std::string linked(std::string_view words, const std::set<std::string>& ids) {
  std::string out, word;
  const auto flush = [&] {
    out += ids.contains(word) ? to_finding(word) : esc(word);
    word.clear();
  };
  for (char c : text::printable(words, 2000)) {
    if (c == ' ' || c == ',') {
      flush();
      out += c;
    } else {
      word += c;
    }
  }
  flush();
  return out;
}

std::string work(const proof::Report& r) {
  std::string out = "<h2 id=order>Order of work</h2><ol class=work>";
  const auto all = remediation(r);
  for (const Work& w : all) {
    std::string ids;
    for (const std::string& id : w.ids) ids += (ids.empty() ? "" : ", ") + to_finding(id);
    if (w.places > w.ids.size()) ids += ", " + std::to_string(w.places) + " places";
    const bool group = w.ids.size() > 1 && !w.what.empty();
    out += "<li>" + (group ? "<b>" + esc(w.what) + "</b> (" + ids + "): " : ids + ": ") + esc(w.how);
  }
  out += "</ol>\n";
  return all.empty() ? "<h2 id=order>Order of work</h2><p>Nothing to do.</p>\n" : out;
}

std::string tables(const proof::Report& r, const std::set<std::string>& ids) {
  std::string out = "<h2 id=owasp>OWASP Top 10</h2><table><tr><th>Category<th>State<th>Findings";
  for (const OwaspRow& row : owasp(r)) {
    out += "<tr><td>" + row.id + ":2021 " + esc(row.name) + "<td>" + linked(row.state, ids) + "<td>";
    for (const std::string& id : row.findings) out += to_finding(id) + " ";
  }
  out += "</table>\n<h2 id=gdpr>GDPR</h2><table><tr><th>Article<th>What it asks<th>State";
  for (const GdprRow& row : gdpr(r))
    out += "<tr><td>" + esc(row.article) + "<td>" + esc(row.asks) + "<td>" + linked(row.state, ids);
  out += "</table>\n<h2 id=checklist>Production checklist</h2><table><tr><th>Priority<th>State<th>What<th>Evidence";
  for (const Box& b : checklist(r)) {
    // Not ticked is not the same as wrong: nobody may have looked.
    const bool unknown = !b.ticked && !ids.contains(b.evidence.substr(0, b.evidence.find(',')));
    out += "<tr><td>P" + std::to_string(b.priority) + "<td>" +
           (b.ticked  ? "<span class=yes>✓ holds</span>"
            : unknown ? "<span class=open>? unknown</span>"
                      : "<span class=no>✗ open</span>") +
           "<td>" + esc(b.text) + "<td>" + linked(b.evidence, ids);
  }
  return out + "</table>\n";
}

std::string verify(const Context& c) {
  std::string out = "<h2 id=verify>How to verify</h2>";
  if (c.host.empty())
    out += "<p>Put your address for <code>" + esc(host_of(c)) +
           "</code>, or run the audit with <code>--url</code> and these lines carry it.</p>";
  out += "<ol class=work>";
  for (const Step& step : verification(c)) {
    out += "<li><b>" + esc(step.title) + ".</b> " + esc(step.expected) + "<pre class=copy>";
    bool first = true;
    for (std::string_view line : text::split(step.commands, '\n')) {
      out += (first ? "" : "\n") + esc(line);
      first = false;
    }
    out += "</pre>";
  }
  return out + "</ol>\n";
}

std::string closing(const Closing& c) {
  std::string out = "<h2 id=closing>Close and prove</h2><dl><dt>Finding<dd><code>" + esc(c.id) + "</code> " +
                    esc(c.title) + "<dt>Policy<dd>" +
                    (c.mitigation.empty() ? std::string("none at the edge") : "<code>" + esc(c.mitigation) + "</code>");
  for (std::size_t i = 0; i < c.looks.size(); ++i) {
    const Closing::Look& look = c.looks[i];
    out += std::string("<dt>") + (i == 0 ? "Before" : "After") +
           "<dd><b class=" + (look.verdict == "closed" ? "yes" : "no") + ">" + esc(look.verdict) + "</b> at <code>" +
           esc(look.at) + "</code>";
    for (const std::string& e : look.evidence) out += "<pre>" + esc(e) + "</pre>";
  }
  return out + "</dl>\n";
}

std::string items(const std::vector<std::string>& lines, std::string_view otherwise) {
  if (lines.empty()) return "<p>" + std::string(otherwise) + "</p>\n";
  std::string out = "<ul>";
  for (const std::string& s : lines) out += "<li>" + esc(s);
  return out + "</ul>\n";
}

std::string filters(const proof::Summary& s) {
  const std::array<std::size_t, 5> counts = {s.critical, s.high, s.medium, s.low, s.info};
  std::string out =
      "<div class=bar role=search><input id=q type=search placeholder='search (/)' aria-label='search findings'>";
  for (std::size_t i = 0; i < 5; ++i)
    out += "<label><input type=checkbox checked data-s=" + std::string(proof::text(kOrder[i])) + "> " +
           std::string(proof::text(kOrder[i])) + " " + std::to_string(counts[i]) + "</label>";
  return out +
         "<label><input type=checkbox id=edge> closable at the edge</label><button type=button id=all>open or close "
         "all</button><span id=count role=status></span></div>\n<p id=none hidden>No finding is left by these "
         "filters.</p>\n";
}

}  // namespace

std::string html(const proof::Report& r, const Context& c) {
  const proof::Score score = r.score();
  std::set<std::string> ids;
  for (const Finding& f : r.findings) ids.insert(f.id);
  std::string out(kHead);
  const std::string name = esc(c.name.empty() ? r.target : c.name);
  out += "<title>Security report: " + name + "</title>\n<h1>Security report: " + name + "</h1><p class=meta>";
  if (!c.date.empty()) out += esc(c.date) + " · ";
  out += esc(r.tool) + " " + esc(r.version) + " · " + esc(r.target) + "</p>\n";
  if (c.closing) return out + closing(*c.closing) + verify(c) + "</html>\n";
  out +=
      "<nav aria-label=Sections><a href='#summary'>Summary</a><a href='#findings'>Findings</a><a "
      "href='#order'>Order of work</a><a href='#positives'>Positives</a><a href='#owasp'>OWASP</a><a "
      "href='#gdpr'>GDPR</a><a href='#checklist'>Checklist</a><a href='#verify'>How to verify</a><a "
      "href='#unchecked'>Not checked</a></nav>\n<h2 id=summary>Summary</h2>" +
      (r.complete ? std::string() : "<p class=gap role=alert>" + esc(incomplete(r)) + "</p>") + "<p class=lead>" +
      esc(in_short(r)) + "</p><div class=charts>" + ring(score) + by_severity(r.summary()) + by_category(r) +
      "</div>\n<p class=sum>The sum: 100";
  for (const proof::ScoreLine& l : score.sum)
    out +=
        (l.points < 0 ? " − " : " + ") + std::to_string(l.points < 0 ? -l.points : l.points) + " (" + esc(l.what) + ")";
  out += " = <b>" + std::to_string(score.points) + "</b></p>\n<h2 id=findings>Findings</h2>" + filters(r.summary());
  std::set<std::string> told;
  for (const Alike& all : alike(r)) out += fault(all, told.insert(all.front()->id).second);
  if (r.findings.empty()) out += "<p>Nothing was found in what could be looked at.</p>";
  out += work(r) + "<h2 id=positives>Positives observed</h2>" + items(r.positives, "None could be proven.") +
         tables(r, ids) + verify(c) + "<h2 id=unchecked>Not checked</h2>" +
         items(r.not_checked, "Nothing that was asked for was left out.");
  out += kScript;
  return out + "</html>\n";
}

}  // namespace gatehouse::audit::report
