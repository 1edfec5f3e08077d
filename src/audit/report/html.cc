#include <algorithm>
#include <array>
#include <map>

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
constexpr std::array<std::string_view, 5> kColours = {"#a4133c", "#d9480f", "#e6a700", "#1c7ed6", "#868e96"};

std::size_t place_of(Severity s) { return static_cast<std::size_t>(4 - static_cast<int>(s)); }

std::string num(double d) {
  const long tenths = static_cast<long>(d * 10 + 0.5);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

// The score as a ring.
std::string ring(const proof::Score& score) {
  const double round = 2 * 3.14159265 * 52;
  const std::string colour = score.points >= 80 ? "#2b8a3e" : score.points >= 50 ? "#e6a700" : "#a4133c";
  return "<svg class=ring viewBox='0 0 120 120' role=img aria-label='Score " + std::to_string(score.points) +
         " of 100'><circle cx=60 cy=60 r=52 fill=none stroke='#8884' stroke-width=12 /><circle cx=60 cy=60 r=52 "
         "fill=none stroke='" +
         colour + "' stroke-width=12 transform='rotate(-90 60 60)' stroke-dasharray='" +
         num(round * score.points / 100) + " " + num(round) + "'/><text x=60 y=60 text-anchor=middle class=grade>" +
         esc(score.grade) + "</text><text x=60 y=82 text-anchor=middle class=points>" + std::to_string(score.points) +
         " of 100</text></svg>";
}

// One bar a severity.
std::string bars(const proof::Summary& s) {
  const std::array<std::size_t, 5> counts = {s.critical, s.high, s.medium, s.low, s.info};
  const std::size_t most = std::max<std::size_t>(1, *std::max_element(counts.begin(), counts.end()));
  std::string out = "<svg class=bars viewBox='0 0 320 130' role=img aria-label='Findings by severity'>";
  for (std::size_t i = 0; i < 5; ++i) {
    const std::string y = std::to_string(4 + 25 * i), base = std::to_string(18 + 25 * i);
    const double w = 200.0 * static_cast<double>(counts[i]) / static_cast<double>(most);
    out += "<text x=70 y=" + base + " text-anchor=end>" + std::string(proof::text(kOrder[i])) +
           "</text><rect x=78 y=" + y + " height=18 rx=3 width=" + num(w) + " fill='" + std::string(kColours[i]) +
           "'/><text x=" + num(84 + w) + " y=" + base + ">" + std::to_string(counts[i]) + "</text>";
  }
  return out + "</svg>";
}

// Findings by OWASP category, coloured by their worst.
std::string by_category(const proof::Report& r) {
  std::string out = "<svg class=cats viewBox='0 0 420 250' role=img aria-label='Findings by OWASP category'>";
  std::map<std::string, std::array<std::size_t, 5>> counts;
  std::size_t most = 1;
  for (const Finding& f : r.findings) {
    auto& c = counts[f.owasp_2021];
    ++c[place_of(f.severity)];
    most = std::max<std::size_t>(most, c[0] + c[1] + c[2] + c[3] + c[4]);
  }
  std::size_t i = 0;
  for (const OwaspRow& row : owasp(r)) {
    const std::string y = std::to_string(4 + 24 * i), base = std::to_string(17 + 24 * i);
    out += "<text x=0 y=" + base + "><title>" + esc(row.name) + "</title>" + row.id + "</text>";
    double x = 34;
    for (std::size_t k = 0; k < 5; ++k) {
      const double w = 330.0 * static_cast<double>(counts[row.id][k]) / static_cast<double>(most);
      if (w <= 0) continue;
      out +=
          "<rect x=" + num(x) + " y=" + y + " height=17 width=" + num(w) + " fill='" + std::string(kColours[k]) + "'/>";
      x += w;
    }
    if (row.findings.empty()) out += "<text x=36 y=" + base + " class=none>" + esc(row.state) + "</text>";
    ++i;
  }
  return out + "</svg>";
}

std::string finding(const Finding& f) {
  std::string places, hay = f.id + " " + f.title;
  for (const proof::Location& l : f.locations) {
    std::string where = l.url.empty() ? l.path : l.url;
    if (l.line > 0) where += ":" + std::to_string(l.line);
    places += "<code>" + esc(where) + "</code> ";
    hay += " " + where;
  }
  std::string out = "<details class='f s" + std::to_string(static_cast<int>(f.severity)) +
                    "' data-s=" + std::string(proof::text(f.severity)) +
                    " data-edge=" + (f.mitigation.empty() ? "no" : "yes") + " data-t=\"" +
                    esc(text::to_lower(hay), 600) + "\"";
  if (f.severity >= Severity::high) out += " open";
  out += "><summary><b class=sev>" + std::string(proof::text(f.severity)) + "</b> <span class=id>" + esc(f.id) +
         "</span> " + esc(f.title) + "</summary><dl><dt>Location<dd>" + places + "<dt>Evidence<dd>";
  for (const std::string& e : f.evidence) out += "<pre>" + esc(e) + "</pre>";
  if (f.evidence.empty()) out += "It is absent from the named place.";
  out += "<dt>Impact<dd>" + esc(f.impact) + "<dt>Fix<dd>" + esc(f.fix) + "<dt>Mitigation<dd>" +
         (f.mitigation.empty() ? std::string("None at the edge: only the code can mend it.")
                               : "<code>" + esc(f.mitigation) + "</code>") +
         "<dt>May be wrong<dd>" + (f.false_positive.empty() ? std::string("Nothing known.") : esc(f.false_positive)) +
         "<dt>References<dd>";
  for (int c : f.cwe)
    out += "<a href='https://cwe.mitre.org/data/definitions/" + std::to_string(c) +
           ".html' rel='noreferrer noopener'>CWE-" + std::to_string(c) + "</a> ";
  out += "OWASP " + esc(f.owasp_2021) + ":2021 " + esc(f.owasp_2025) + ":2025";
  for (const std::string& a : f.asvs) out += " ASVS " + esc(a);
  return out + " · confidence " + std::string(proof::text(f.confidence)) + "</dl></details>\n";
}

// The policy lets this file run its own few lines of script and nothing else: no request leaves it.
constexpr std::string_view kHead = R"(<!doctype html><html lang=en><meta charset=utf-8>
<meta name=viewport content="width=device-width,initial-scale=1">
<meta http-equiv=Content-Security-Policy content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<style>
:root{color-scheme:light dark;--line:#8884}
body{font:16px/1.55 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}
h1{margin-bottom:.2rem}h2{margin-top:2.2rem;border-bottom:1px solid var(--line);padding-bottom:.2rem}
svg text{fill:currentColor;font:13px system-ui,sans-serif}.grade{font-size:34px!important;font-weight:700}.none{opacity:.6}
.charts{display:flex;flex-wrap:wrap;gap:2rem;align-items:center}.ring{width:9rem}.bars{width:20rem;max-width:100%}.cats{width:26rem;max-width:100%}
.bar{position:sticky;top:0;background:Canvas;padding:.6rem 0;display:flex;flex-wrap:wrap;gap:.7rem;align-items:center;z-index:1}
.bar input[type=search]{flex:1;min-width:12rem;font:inherit;padding:.3rem .6rem}
details.f{border:1px solid var(--line);border-left-width:6px;border-radius:6px;margin:.6rem 0;padding:.4rem .9rem}
details.s4{border-left-color:#a4133c}details.s3{border-left-color:#d9480f}details.s2{border-left-color:#e6a700}details.s1{border-left-color:#1c7ed6}
summary{cursor:pointer}.id{font-family:ui-monospace,monospace}.sev{text-transform:uppercase;font-size:.75rem;letter-spacing:.05em}
dl{display:grid;grid-template-columns:8rem 1fr;gap:.3rem 1rem}dt{font-weight:600}dd{margin:0;min-width:0}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}code{overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid var(--line);padding:.35rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
h1,summary,li,p{overflow-wrap:anywhere}
@media(max-width:40rem){dl{grid-template-columns:1fr}dt{margin-top:.4rem}}
@media print{*{print-color-adjust:exact}tr,svg{break-inside:avoid}h2{break-after:avoid}.bar{display:none}details.f{break-inside:avoid}body{max-width:none;margin:0;font-size:11pt}a{color:inherit;text-decoration:none}}
</style>
)";

constexpr std::string_view kScript = R"(<script>
const list=[...document.querySelectorAll('details.f')],q=document.getElementById('q'),edge=document.getElementById('edge'),
boxes=[...document.querySelectorAll('.bar input[data-s]')],count=document.getElementById('count');
function show(){const on=new Set(boxes.filter(b=>b.checked).map(b=>b.dataset.s)),w=q.value.toLowerCase();let n=0;
for(const d of list){const v=on.has(d.dataset.s)&&d.dataset.t.includes(w)&&(!edge.checked||d.dataset.edge==='yes');d.hidden=!v;n+=v}
count.textContent=n+' of '+list.length}
for(const b of [...boxes,edge])b.addEventListener('change',show);q.addEventListener('input',show);
addEventListener('keydown',e=>{if(e.key==='/'&&document.activeElement!==q){e.preventDefault();q.focus()}});
addEventListener('beforeprint',()=>list.forEach(d=>d.open=true));show();
</script>
)";

}  // namespace

std::string html(const proof::Report& r, const Context& c) {
  const proof::Score score = r.score();
  std::string out(kHead);
  const std::string name = esc(c.name.empty() ? r.target : c.name);
  out += "<title>Security report: " + name + "</title>\n<h1>Security report: " + name + "</h1><p>";
  if (!c.date.empty()) out += esc(c.date) + " · ";
  out += esc(r.tool) + " " + esc(r.version) + "</p>\n<h2>Summary</h2><div class=charts>" + ring(score) +
         bars(r.summary()) + by_category(r) + "</div>\n<p>The sum: 100";
  for (const proof::ScoreLine& l : score.sum)
    out +=
        (l.points < 0 ? " − " : " + ") + std::to_string(l.points < 0 ? -l.points : l.points) + " (" + esc(l.what) + ")";
  out += " = <b>" + std::to_string(score.points) +
         "</b></p>\n<h2>Findings</h2><div class=bar><input id=q type=search "
         "placeholder='search (/)' aria-label='search findings'>";
  for (Severity s : kOrder)
    out += "<label><input type=checkbox checked data-s=" + std::string(proof::text(s)) + "> " +
           std::string(proof::text(s)) + "</label>";
  out += "<label><input type=checkbox id=edge> closable at the edge</label><span id=count></span></div>\n";
  for (const Finding& f : r.findings) out += finding(f);
  if (r.findings.empty()) out += "<p>Nothing was found in what could be looked at.</p>";
  out += "<h2>Positives observed</h2><ul>";
  for (const std::string& p : r.positives) out += "<li>" + esc(p);
  out += "</ul>\n<h2>OWASP Top 10</h2><table><tr><th>Category<th>State<th>Findings";
  for (const OwaspRow& row : owasp(r)) {
    out += "<tr><td>" + row.id + ":2021 " + esc(row.name) + "<td>" + esc(row.state) + "<td>";
    for (const std::string& id : row.findings) out += esc(id) + " ";
  }
  out += "</table>\n<h2>Production checklist</h2><table><tr><th>Priority<th>Done<th>What<th>Evidence";
  for (const Box& b : checklist(r))
    out += "<tr><td>P" + std::to_string(b.priority) + "<td>" + (b.ticked ? "✓" : "–") + "<td>" + esc(b.text) + "<td>" +
           esc(b.evidence);
  out += "</table>\n<h2>Not checked</h2><ul>";
  for (const std::string& n : r.not_checked) out += "<li>" + esc(n);
  if (r.not_checked.empty()) out += "<li>Nothing that was asked for was left out.";
  out += "</ul>\n";
  out += kScript;
  return out + "</html>\n";
}

}  // namespace gatehouse::audit::report
