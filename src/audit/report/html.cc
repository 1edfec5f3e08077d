#include <algorithm>
#include <array>
#include <map>
#include <set>

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

std::string finding(const Finding& f, bool first_of_its_id) {
  std::string places, hay = f.id + " " + f.title;
  for (const proof::Location& l : f.locations) {
    std::string where = l.url.empty() ? l.path : l.url;
    if (l.line > 0) where += ":" + std::to_string(l.line);
    places += "<code>" + esc(where) + "</code> ";
    hay += " " + where;
  }
  std::string out = "<details class='f " + level(f.severity) + "'";
  if (first_of_its_id) out += " id='" + esc(f.id) + "'";
  out += " data-s=" + std::string(proof::text(f.severity)) + " data-edge=" + (f.mitigation.empty() ? "no" : "yes") +
         " data-t=\"" + esc(text::to_lower(hay), 600) + "\"";
  if (f.severity >= Severity::high) out += " open";
  out += "><summary><b class=sev>" + std::string(proof::text(f.severity)) + "</b><span class=id>" + esc(f.id) +
         "</span><span class=title>" + esc(f.title) + "</span></summary><dl><dt>Location<dd>" + places +
         "<dt>Evidence<dd>";
  for (const std::string& e : f.evidence) out += "<pre>" + esc(e) + "</pre>";
  if (f.evidence.empty()) out += "It is absent from the named place.";
  out += "<dt>Impact<dd>" + esc(f.impact) + "<dt>Fix<dd>" + esc(f.fix) + "<dt>Mitigation<dd>" +
         (f.mitigation.empty() ? std::string("None at the edge: only the code can mend it.")
                               : "<code>" + esc(f.mitigation) + "</code>") +
         "<dt>May be wrong<dd>" + (f.false_positive.empty() ? std::string("Nothing known.") : esc(f.false_positive));
  return out + "<dt>References<dd>" + references(f) + "</dl></details>\n";
}

// The policy lets this file run its own few lines of script and nothing else: no request leaves it.
constexpr std::string_view kHead = R"(<!doctype html><html lang=en><meta charset=utf-8>
<meta name=viewport content="width=device-width,initial-scale=1">
<meta http-equiv=Content-Security-Policy content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<style>
:root{color-scheme:light dark;--page:#fff;--text:#1a1c1f;--soft:#5a616a;--line:#d9dde2;--well:#f4f5f7;--link:#0b5394;
--c4:#a30f38;--c3:#d1480c;--c2:#e0a100;--c1:#1971c2;--c0:#868e96;--good:#1f7a31;--fair:#e0a100;--poor:#a30f38}
@media(prefers-color-scheme:dark){:root{--page:#14161a;--text:#e8eaed;--soft:#a3abb5;--line:#343a42;--well:#1e2127;--link:#8ec5ff;
--c4:#f2527d;--c3:#fb8a4b;--c2:#f2b632;--c1:#5aaefa;--c0:#98a1ab;--good:#51cf66;--fair:#f2b632;--poor:#f2527d}}
*{box-sizing:border-box}
body{font:16px/1.55 system-ui,sans-serif;max-width:66rem;margin:0 auto;padding:2rem 1.25rem 4rem;background:var(--page);color:var(--text);overflow-wrap:anywhere}
h1{font-size:1.9rem;line-height:1.2;margin:0}h2{font-size:1.3rem;margin:2.6rem 0 .8rem;border-bottom:1px solid var(--line);padding-bottom:.3rem}
a{color:var(--link)}.meta{color:var(--soft);margin:.3rem 0 0}
nav{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;margin:1.1rem 0 0;font-size:.92rem}
.lead{max-width:46rem;font-size:1.05rem}.sum{color:var(--soft);font-size:.92rem}
.charts{display:grid;grid-template-columns:9rem minmax(10rem,12rem) minmax(0,1fr);gap:1.5rem 2.4rem;align-items:start}
.ring{width:9rem}.ring circle{fill:none;stroke-width:12}.ring .track{stroke:var(--line)}
.ring .value{stroke:var(--good)}.ring.fair .value{stroke:var(--fair)}.ring.poor .value{stroke:var(--poor)}
.ring text{fill:var(--text);text-anchor:middle;font:12px system-ui,sans-serif}.ring .grade{font-size:36px;font-weight:700}
figure{margin:0;min-width:0}figcaption{font-weight:600;margin-bottom:.4rem}
.chart{list-style:none;margin:0;padding:0;font-size:.87rem;display:grid;gap:.28rem}
.chart li{display:grid;grid-template-columns:4rem minmax(0,1fr) 1.6rem;gap:.6rem;align-items:center}
.chart.cats li{grid-template-columns:minmax(0,21rem) minmax(3rem,1fr) 1.6rem}.chart li>b{font-variant-numeric:tabular-nums}
.chart .track{display:flex;height:.85rem;background:var(--well);border-radius:3px;overflow:hidden}
.s4{--c:var(--c4)}.s3{--c:var(--c3)}.s2{--c:var(--c2)}.s1{--c:var(--c1)}.s0{--c:var(--c0)}.chart i{background:var(--c)}
.bar{position:sticky;top:0;background:var(--page);padding:.6rem 0;display:flex;flex-wrap:wrap;gap:.4rem 1rem;align-items:center;z-index:1;border-bottom:1px solid var(--line)}
.bar input[type=search]{flex:1 1 13rem;font:inherit;padding:.35rem .6rem;border:1px solid var(--soft);border-radius:6px;background:var(--page);color:inherit}
.bar label{white-space:nowrap}.bar button{font:inherit;font-size:.9rem;padding:.25rem .7rem;border:1px solid var(--soft);border-radius:6px;background:var(--well);color:inherit;cursor:pointer}
#count{color:var(--soft);margin-left:auto}:focus-visible{outline:3px solid var(--link);outline-offset:2px}
details.f{border:1px solid var(--line);border-left:5px solid var(--c);border-radius:6px;margin:.6rem 0;padding:.5rem .9rem;scroll-margin-top:4rem}
summary{cursor:pointer;display:flex;flex-wrap:wrap;gap:.1rem .7rem;align-items:baseline}.sev{text-transform:uppercase;font-size:.72rem;letter-spacing:.06em;min-width:4.6rem}
.sev::before{content:'';display:inline-block;width:.62rem;height:.62rem;border-radius:2px;background:var(--c);margin-right:.4rem}
.id{font:.92rem ui-monospace,monospace;min-width:5rem}.title{flex:1 1 16rem;font-weight:500}
dl{display:grid;grid-template-columns:8rem minmax(0,1fr);gap:.4rem 1rem;margin:.8rem 0 .4rem}dt{font-weight:600;color:var(--soft)}dd{margin:0}
pre,code{font:.88rem/1.5 ui-monospace,SFMono-Regular,Menlo,monospace}pre{margin:0 0 .3rem;white-space:pre-wrap;background:var(--well);padding:.4rem .6rem;border-radius:4px}
pre.copy{user-select:all;-webkit-user-select:all;margin:.4rem 0 1rem}
table{border-collapse:collapse;width:100%;font-size:.93rem}td,th{border-bottom:1px solid var(--line);padding:.4rem .6rem .4rem 0;text-align:left;vertical-align:top}th{color:var(--soft);font-weight:600;white-space:nowrap}
.yes{color:var(--good);font-weight:700}.no{color:var(--poor);font-weight:700}.open{color:var(--soft)}.yes,.no,.open{white-space:nowrap}ol.work li{margin:.4rem 0}
@media(max-width:56rem){.charts{grid-template-columns:9rem minmax(0,1fr)}.wide{grid-column:1/-1}}
@media(max-width:40rem){.charts{grid-template-columns:minmax(0,1fr)}.ring{justify-self:center}.bar{position:static}.chart.cats li{grid-template-columns:minmax(0,1fr) 5rem 1.6rem}
dl{grid-template-columns:minmax(0,1fr);gap:.1rem}dt{margin-top:.5rem}table,tbody,tr,td{display:block;width:100%}tr:has(th){display:none}td{border:0;padding:.05rem 0}tr{border-bottom:1px solid var(--line);padding:.5rem 0}}
@page{margin:16mm 14mm;@bottom-right{content:counter(page) " / " counter(pages);font:9pt system-ui,sans-serif}}
@media print{:root{color-scheme:light;--page:#fff;--text:#000;--soft:#444;--line:#bbb;--well:#f2f2f2;--link:#000;--c4:#a30f38;--c3:#d1480c;--c2:#e0a100;--c1:#1971c2;--c0:#868e96;--good:#1f7a31;--poor:#a30f38}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}.bar,nav{display:none}body{max-width:none;padding:0;font-size:10.5pt}h2{break-after:avoid}tr,li,svg,figure,dd,summary{break-inside:avoid}summary{break-after:avoid}
details.f{break-inside:auto;box-decoration-break:clone;-webkit-box-decoration-break:clone}a{text-decoration:none}}
</style>
)";

constexpr std::string_view kScript = R"(<script>
const list=[...document.querySelectorAll('details.f')],q=document.getElementById('q'),edge=document.getElementById('edge'),
boxes=[...document.querySelectorAll('.bar input[data-s]')],count=document.getElementById('count'),none=document.getElementById('none'),all=document.getElementById('all');
function show(){const on=new Set(boxes.filter(b=>b.checked).map(b=>b.dataset.s)),w=q.value.toLowerCase().split(' ');let n=0;
for(const d of list){const v=on.has(d.dataset.s)&&w.every(x=>d.dataset.t.includes(x))&&(!edge.checked||d.dataset.edge==='yes');d.hidden=!v;n+=v}
count.textContent=n+' of '+list.length;none.hidden=n>0||!list.length}
function open(){const d=document.getElementById(decodeURIComponent(location.hash.slice(1)));if(d&&d.tagName==='DETAILS'){d.open=true;if(d.hidden){q.value='';edge.checked=false;boxes.forEach(b=>b.checked=true);show()}d.scrollIntoView()}}
for(const b of [...boxes,edge])b.addEventListener('change',show);q.addEventListener('input',show);
all.addEventListener('click',()=>{const on=list.some(d=>!d.hidden&&!d.open);list.forEach(d=>{if(!d.hidden)d.open=on})});
addEventListener('keydown',e=>{if(e.key==='/'&&document.activeElement!==q){e.preventDefault();q.focus()}if(e.key==='Escape'&&document.activeElement===q){q.value='';show()}});
let was;addEventListener('beforeprint',()=>{was=list.map(d=>[d,d.open,d.hidden]);list.forEach(d=>{d.open=true})});
addEventListener('afterprint',()=>was&&was.forEach(([d,o])=>{d.open=o}));addEventListener('hashchange',open);show();open();
</script>
)";

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
      "href='#unchecked'>Not checked</a></nav>\n<h2 id=summary>Summary</h2><p class=lead>" +
      esc(in_short(r)) + "</p><div class=charts>" + ring(score) + by_severity(r.summary()) + by_category(r) +
      "</div>\n<p class=sum>The sum: 100";
  for (const proof::ScoreLine& l : score.sum)
    out +=
        (l.points < 0 ? " − " : " + ") + std::to_string(l.points < 0 ? -l.points : l.points) + " (" + esc(l.what) + ")";
  out += " = <b>" + std::to_string(score.points) + "</b></p>\n<h2 id=findings>Findings</h2>" + filters(r.summary());
  std::set<std::string> told;
  for (const Finding& f : r.findings) out += finding(f, told.insert(f.id).second);
  if (r.findings.empty()) out += "<p>Nothing was found in what could be looked at.</p>";
  out += work(r) + "<h2 id=positives>Positives observed</h2>" + items(r.positives, "None could be proven.") +
         tables(r, ids) + verify(c) + "<h2 id=unchecked>Not checked</h2>" +
         items(r.not_checked, "Nothing that was asked for was left out.");
  out += kScript;
  return out + "</html>\n";
}

}  // namespace gatehouse::audit::report
