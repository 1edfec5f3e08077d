#include "proof/report.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/crypto/digest.h"
#include "base/text.h"

namespace gatehouse::proof {
namespace {

const Location& main_place(const Finding& f) {
  static const Location none;
  return f.locations.empty() ? none : f.locations.front();
}

// What each severity takes away, and how much it may take in all: many small faults never weigh like a large one.
struct Weight {
  Severity severity;
  std::string_view name;
  int each, most;
};
constexpr std::array<Weight, 4> kWeights = {{{Severity::critical, "critical", 20, 60},
                                             {Severity::high, "high", 8, 40},
                                             {Severity::medium, "medium", 3, 20},
                                             {Severity::low, "low", 1, 8}}};

json::Value strings(const std::vector<std::string>& list) {
  json::Value out{json::Array{}};
  for (const std::string& s : list) out.push(s);
  return out;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& s : lines) {
    if (!out.empty()) out += '\n';
    out += s;
  }
  return out;
}

// "Queries are scoped (a.py:3)." and the same of b.py:9 in one: "Queries are scoped (a.py:3, b.py:9).".
std::vector<std::string> joined_by_place(std::vector<std::string> all) {
  constexpr std::size_t kPlaces = 6;
  struct One {
    std::string words;
    std::vector<std::string> places;
  };
  std::vector<One> seen;
  for (std::string& s : all) {
    const std::size_t open = s.ends_with(").") ? s.rfind(" (") : std::string::npos;
    // Only a file with its line is a place; other words in brackets belong to the sentence.
    const bool place = open != std::string::npos && s.find(' ', open + 2) == std::string::npos &&
                       s.find(':', open) != std::string::npos;
    std::string words = place ? s.substr(0, open) : s;
    std::string where = place ? s.substr(open + 2, s.size() - open - 4) : "";
    auto it = std::find_if(seen.begin(), seen.end(), [&](const One& o) { return o.words == words; });
    if (it == seen.end()) it = seen.insert(seen.end(), {std::move(words), {}});
    if (place && std::find(it->places.begin(), it->places.end(), where) == it->places.end())
      it->places.push_back(std::move(where));
  }
  std::vector<std::string> out;
  for (One& o : seen) {
    std::string places;
    for (std::size_t i = 0; i < o.places.size() && i < kPlaces; ++i) places += (i > 0 ? ", " : "") + o.places[i];
    if (o.places.size() > kPlaces) places += " and " + std::to_string(o.places.size() - kPlaces) + " more";
    out.push_back(places.empty() ? std::move(o.words) : o.words + " (" + places + ").");
  }
  return out;
}

json::Value place(const Location& l) {
  json::Value v{json::Object{}};
  v.set("path", l.path);
  v.set("line", l.line);
  v.set("end_line", l.end_line);
  v.set("url", l.url);
  v.set("route", l.route);
  return v;
}

}  // namespace

Summary Report::summary() const {
  Summary s;
  for (const Finding& f : findings) {
    switch (f.severity) {
      case Severity::critical:
        ++s.critical;
        break;
      case Severity::high:
        ++s.high;
        break;
      case Severity::medium:
        ++s.medium;
        break;
      case Severity::low:
        ++s.low;
        break;
      case Severity::info:
        ++s.info;
        break;
    }
  }
  return s;
}

Score Report::score() const {
  Score out;
  for (const Weight& w : kWeights) {
    int count = 0, unsure = 0;
    for (const Finding& f : findings)
      if (f.severity == w.severity) ++(f.confidence == Confidence::low ? unsure : count);
    if (count + unsure == 0) continue;
    const int full = count * w.each + unsure * w.each / 2;
    const int taken = std::min(full, w.most);
    std::string what = std::to_string(count) + " " + std::string(w.name) + " x " + std::to_string(w.each);
    if (unsure > 0) what += ", " + std::to_string(unsure) + " of low confidence x " + std::to_string(w.each) + "/2";
    if (taken < full) what += ", at most " + std::to_string(w.most);
    out.sum.push_back({std::move(what), -taken});
    out.points -= taken;
  }
  if (out.points < 0) {
    out.sum.push_back({"never below 0", -out.points});
    out.points = 0;
  }
  // Stops: an empty folder, or a site that was never reached, praised as the best of all.
  if (!complete && findings.empty()) {
    out.sum.push_back({"nothing was found, and not everything was looked at", -out.points});
    out.points = 0;
    out.grade = "none";
    return out;
  }
  const int p = out.points;
  out.grade = p == 100 ? "A+" : p >= 90 ? "A" : p >= 80 ? "B" : p >= 65 ? "C" : p >= 50 ? "D" : p >= 25 ? "E" : "F";
  return out;
}

void Report::sort() {
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    const Location &la = main_place(a), &lb = main_place(b);
    return std::tuple(-static_cast<int>(a.severity), std::string_view(a.id), std::string_view(la.path), la.line,
                      std::string_view(la.url)) < std::tuple(-static_cast<int>(b.severity), std::string_view(b.id),
                                                             std::string_view(lb.path), lb.line,
                                                             std::string_view(lb.url));
  });
  positives = joined_by_place(std::move(positives));
}

std::string fingerprint(const Finding& f) {
  crypto::Sha256Stream hash;
  auto add = [&](std::string_view piece) {
    hash.add(piece);
    hash.add(std::string_view("\0", 1));
  };
  add(f.id);
  add(main_place(f).path);
  add(main_place(f).url);
  // Blanks do not count, so that a formatter's run changes nothing. Line numbers are no part of it at all.
  for (const std::string& e : f.evidence) {
    std::string dense;
    for (char c : e)
      if (c != ' ' && c != '\t' && c != '\n') dense += c;
    add(dense);
  }
  add(f.key);
  return text::hex(hash.finish().view()).substr(0, 32);
}

json::Value to_json(const Finding& f) {
  json::Value v{json::Object{}};
  v.set("id", f.id);
  v.set("title", f.title);
  v.set("severity", text(f.severity));
  v.set("confidence", text(f.confidence));
  v.set("location", place(main_place(f)));
  json::Value also{json::Array{}};
  for (std::size_t i = 1; i < f.locations.size(); ++i) also.push(place(f.locations[i]));
  v.set("also", std::move(also));
  v.set("evidence", joined(f.evidence));
  v.set("impact", f.impact);
  v.set("fix", f.fix);
  v.set("mitigation", f.mitigation);
  v.set("false_positive", f.false_positive);
  json::Value cwe{json::Array{}};
  for (int n : f.cwe) cwe.push("CWE-" + std::to_string(n));
  v.set("cwe", std::move(cwe));
  json::Value owasp{json::Array{}};
  if (!f.owasp_2021.empty()) owasp.push(f.owasp_2021 + ":2021");
  if (!f.owasp_2025.empty()) owasp.push(f.owasp_2025 + ":2025");
  v.set("owasp", std::move(owasp));
  v.set("asvs", strings(f.asvs));
  v.set("requirements", strings(f.requirements));
  v.set("control", f.control);
  v.set("fingerprint", fingerprint(f));
  return v;
}

json::Value to_json(const Report& report) {
  json::Value v{json::Object{}};
  json::Value tool{json::Object{}};
  tool.set("name", report.tool);
  tool.set("version", report.version);
  v.set("tool", std::move(tool));
  v.set("target", report.target);
  v.set("complete", report.complete);
  const Summary s = report.summary();
  json::Value summary{json::Object{}};
  summary.set("critical", s.critical);
  summary.set("high", s.high);
  summary.set("medium", s.medium);
  summary.set("low", s.low);
  summary.set("info", s.info);
  summary.set("total", s.total());
  v.set("summary", std::move(summary));
  const Score score = report.score();
  json::Value points{json::Object{}};
  points.set("points", score.points);
  points.set("grade", score.grade);
  json::Value sum{json::Array{}};
  for (const ScoreLine& line : score.sum) {
    json::Value one{json::Object{}};
    one.set("what", line.what);
    one.set("points", line.points);
    sum.push(std::move(one));
  }
  points.set("sum", std::move(sum));
  v.set("score", std::move(points));
  json::Value findings{json::Array{}};
  for (const Finding& f : report.findings) findings.push(to_json(f));
  v.set("findings", std::move(findings));
  v.set("positives", strings(report.positives));
  v.set("not_checked", strings(report.not_checked));
  return v;
}

}  // namespace gatehouse::proof
