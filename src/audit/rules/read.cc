#include "audit/rules/read.h"

#include <algorithm>

#include "audit/rules/embedded.h"
#include "audit/rules/fields.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

using proof::Confidence;
using proof::Severity;

Severity severity(Fields& f, Severity otherwise) {
  return f.choice<Severity>("severity",
                            {{"info", Severity::info},
                             {"low", Severity::low},
                             {"medium", Severity::medium},
                             {"high", Severity::high},
                             {"critical", Severity::critical}},
                            otherwise);
}

Confidence confidence(Fields& f, Confidence otherwise) {
  return f.choice<Confidence>(
      "confidence", {{"low", Confidence::low}, {"medium", Confidence::medium}, {"high", Confidence::high}}, otherwise);
}

// "DJ-012": two to five capitals, a dash, three digits.
bool is_id(std::string_view s) {
  const std::size_t dash = s.find('-');
  if (dash == s.npos || dash < 2 || dash > 5 || s.size() != dash + 4) return false;
  return std::all_of(s.begin(), s.begin() + static_cast<std::ptrdiff_t>(dash),
                     [](char c) { return c >= 'A' && c <= 'Z'; }) &&
         std::all_of(s.end() - 3, s.end(), text::is_digit);
}

// "A05/A02"
bool is_owasp(std::string_view s) {
  auto category = [](std::string_view c) {
    return c[0] == 'A' && (c[1] == '0' || c[1] == '1') && text::is_digit(c[2]);
  };
  return s.size() == 7 && s[3] == '/' && category(s.substr(0, 3)) && category(s.substr(4));
}

Match read_match(Fields& f, const Rule& r) {
  Match m;
  m.place = f.place();
  m.in = f.choice<Facts>("in",
                         {{"line", Facts::line},
                          {"env", Facts::env},
                          {"dockerfile", Facts::dockerfile},
                          {"nginx", Facts::nginx},
                          {"package", Facts::package},
                          {"yaml", Facts::yaml}},
                         Facts::line);
  m.files = f.texts("files");
  m.pattern = f.text("pattern", Fields::Need::required);
  m.except = f.text("except");
  m.title = f.text("title");
  m.severity = severity(f, r.finding.severity);
  m.confidence = confidence(f, r.finding.confidence);
  if (m.in == Facts::line && m.files.empty())
    f.bad("files", "lines of which files?", "name them: files = [\"*.rules\"]");
  return m;
}

Rule read_rule(Fields& f) {
  Rule r;
  r.place = f.place();
  proof::Finding& out = r.finding;
  out.id = f.text("id", Fields::Need::required);
  if (!out.id.empty() && !is_id(out.id))
    f.bad("id", "not the form of an id", "write capitals, a dash and three digits: \"SHOP-001\"");
  if (!f.has("severity")) f.bad("severity", "this key is missing", "add `severity = \"medium\"`");
  out.severity = severity(f, Severity::medium);
  out.confidence = confidence(f, Confidence::high);
  r.live = f.choice<bool>("seen", {{"source", false}, {"live", true}}, false);
  out.title = f.text("title", Fields::Need::required);
  out.cwe = f.numbers("cwe");
  const std::string owasp = f.text("owasp");
  if (!owasp.empty() && !is_owasp(owasp))
    f.bad("owasp", "not the form of two categories", "write those of 2021 and 2025: \"A05/A02\"");
  out.owasp_2021 = owasp.substr(0, 3);
  out.owasp_2025 = owasp.size() > 4 ? owasp.substr(4) : "";
  for (const std::string& a : f.texts("asvs")) out.asvs.push_back("v5.0.0-" + a);
  out.requirements = f.texts("requirements");
  out.impact = f.text("impact", Fields::Need::required);
  out.fix = f.text("fix", Fields::Need::required);
  out.mitigation = f.text("mitigation");
  out.control = f.text("control");
  out.false_positive = f.text("false_positive");
  f.each("match", [&](Fields& m) { r.matches.push_back(read_match(m, r)); });
  for (auto [key, samples] : {std::pair{"must", &r.must}, std::pair{"must_not", &r.must_not}})
    f.each(key, [&](Fields& s) {
      Sample sample{{}, s.place()};
      // In pieces, a text may hold what would be a secret in this file.
      for (const std::string& path : s.keys()) {
        std::string text;
        for (const std::string& piece : s.texts(path)) text += piece;
        sample.files.emplace_back(path, std::move(text));
      }
      samples->push_back(std::move(sample));
    });
  if (!r.matches.empty() && (r.must.empty() || r.must_not.empty()))
    f.bad("match", "a rule with patterns shows what they find, and what they leave",
          "add [[rule.must]] and [[rule.must_not]], each with \"path\" = 'text'");
  return r;
}

}  // namespace

std::vector<Rule> read_rules(std::string_view text, const std::string& file, conf::Findings& findings) {
  std::vector<Rule> out;
  const auto root = conf::parse_toml(text, file, findings);
  if (!root) return out;
  Fields top(*root, "", findings);
  top.each("rule", [&](Fields& f) {
    Rule r = read_rule(f);
    if (is_id(r.finding.id)) out.push_back(std::move(r));
  });
  top.finish();
  return out;
}

std::vector<Rule> own_rules(conf::Findings& findings) {
  std::vector<Rule> out;
  for (const RuleFile& file : embedded_rules())
    for (Rule& r : read_rules(file.text, std::string(file.name), findings)) out.push_back(std::move(r));
  std::sort(out.begin(), out.end(), [](const Rule& a, const Rule& b) { return a.finding.id < b.finding.id; });
  return out;
}

}  // namespace gatehouse::audit
