// What Markdown and HTML tell beside the findings: the summary in words, the order of work, how to see for oneself.
#include <algorithm>
#include <map>

#include "audit/report/render.h"
#include "base/text.h"

namespace gatehouse::audit::report {
namespace {

using proof::Finding;
using proof::Severity;

std::string first_sentence(std::string_view s) {
  const std::size_t stop = s.find(". ");
  std::string out(s.substr(0, stop == std::string_view::npos ? stop : stop + 1));
  if (!out.empty() && out.back() != '.') out += '.';
  return out;
}

std::string counted(std::size_t n, std::string_view what) {
  return std::to_string(n) + " " + std::string(what) + (n == 1 ? "" : "s");
}

// "one thing", "one thing and another", "one thing, another and a third".
std::string enumerated(const std::vector<std::string>& parts) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i)
    out += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  return out;
}

// Stops: an address that would end the quotes of a command that somebody copies into a shell.
std::string shell_word(std::string_view s) {
  const bool plain = std::all_of(s.begin(), s.end(), [](char c) {
    return text::is_alpha(c) || text::is_digit(c) || std::string_view("-._~:/?@%+=").find(c) != std::string_view::npos;
  });
  if (plain && s.find('?') == std::string_view::npos) return std::string(s);
  std::string out = "'";
  for (char c : text::printable(s, 400)) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string incomplete(const proof::Report& r) {
  if (r.complete) return {};
  if (r.given_up.empty()) return "This audit is incomplete: see what was not checked.";
  constexpr std::size_t kNamed = 3;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < r.given_up.size() && i < kNamed; ++i)
    names.push_back(text::printable(r.given_up[i], 100));
  if (r.given_up.size() > kNamed) names.push_back(std::to_string(r.given_up.size() - kNamed) + " more");
  return "This audit is incomplete: " + enumerated(names) + (r.given_up.size() == 1 ? " was" : " were") +
         " not read to the end, and what is not read hides its faults. Split it or make it readable, or exclude it "
         "with a reason in .gatehouse-ignore (GAP-001).";
}

std::string in_short(const proof::Report& r) {
  const proof::Summary s = r.summary();
  if (s.total() == 0)
    return "Nothing was found in what could be looked at" +
           std::string(r.not_checked.empty() ? "." : "; what could not is listed under \"Not Checked\".");
  std::string out;
  constexpr std::size_t kNamed = 3;
  if (!r.positives.empty()) {
    out = "There is a base to build on: ";
    for (std::size_t i = 0; i < r.positives.size() && i < kNamed; ++i) {
      // Without places and full stop: they stand under "Positives Observed".
      std::string p = r.positives[i];
      if (const std::size_t open = p.rfind(" ("); open != std::string::npos && p.ends_with(").")) p.resize(open);
      while (p.ends_with('.')) p.pop_back();
      out += (i > 0 ? "; " : "") + p;
    }
    out += ". ";
  }
  std::vector<std::string> counts;
  for (const auto& [n, what] : {std::pair{s.critical, "critical"},
                                {s.high, "high"},
                                {s.medium, "medium"},
                                {s.low, "low"},
                                {s.info, "for information"}})
    if (n > 0) counts.push_back(std::to_string(n) + " " + what);
  out += "The audit found " + counted(s.total(), "fault") + ": " + enumerated(counts) + ". ";
  const Finding& worst = r.findings.front();
  out += "The most pressing is " + worst.id + ", " + worst.title + ": " + first_sentence(worst.impact) + " ";
  const auto closable = static_cast<std::size_t>(
      std::count_if(r.findings.begin(), r.findings.end(), [](const Finding& f) { return !f.mitigation.empty(); }));
  if (closable == s.total())
    out += "All of them can be closed, or their effect bounded, at the edge by what stands under \"Mitigation\".";
  else if (closable > 0)
    out += std::to_string(closable) +
           " of them can be closed, or their effect bounded, at the edge by what stands under \"Mitigation\"; the "
           "others need the code.";
  else
    out += "None of them can be closed at the edge: they need the code.";
  return out;
}

std::vector<Work> remediation(const proof::Report& r) {
  std::vector<Work> out;
  std::map<std::size_t, std::size_t> of_box;  // place in `out`
  std::map<std::string, std::size_t> of_id;
  const auto boxes = checklist(r);
  for (const Finding& f : r.findings) {
    if (f.severity == Severity::info) continue;
    const std::size_t box = box_of(f);
    auto known = of_id.find(f.id);
    if (known == of_id.end()) {
      std::size_t at = out.size();
      if (auto it = of_box.find(box); box != kNoBox && it != of_box.end())
        at = it->second;
      else
        out.push_back({box == kNoBox ? "" : boxes[box].text, {}, 0, {}});
      if (box != kNoBox) of_box.emplace(box, at);
      known = of_id.emplace(f.id, at).first;
      Work& work = out[at];
      work.ids.push_back(f.id);
      const std::string how = first_sentence(f.fix);
      if (work.how.find(how) == std::string::npos) work.how += (work.how.empty() ? "" : " ") + how;
    }
    ++out[known->second].places;
  }
  return out;
}

std::string host_of(const Context& c) { return c.host.empty() ? "https://your-host.example" : c.host; }

std::vector<Step> verification(const Context& c) {
  const std::string host = host_of(c), curl = c.self_signed ? "curl -ks" : "curl -s";
  const auto at = [&](std::string_view path) { return shell_word(host + std::string(path)); };
  std::vector<Step> out;
  out.push_back({"What the browser was given",
                 "In the console of the page: public names only, no value of your environment file.", "javascript",
                 "console.log(window.ENV, window.__ENV__);"});
  out.push_back({"Secrets on the network", "The scripts that the page loads; and the audit finds no secret in them.",
                 "bash",
                 curl + " " + at("/") + " | grep -oE '(src|href)=\"[^\"]+\\.js\"'\ngatehouse audit --url " +
                     shell_word(host) + " --only BUN,SEC"});
  out.push_back({"CORS", "No `Access-Control-Allow-Origin` in the answer.", "bash",
                 curl + "i -X POST " + at(c.sign_in_path) +
                     " -H 'Origin: https://malicious-site.example' -H 'Content-Type: application/json' -d '{}'"});
  out.push_back({"Authentication", "401, and nothing of anybody's data.", "bash", curl + "i " + at(c.protected_path)});
  out.push_back({"Limits on sign-in", "429 well before the twelfth try.", "bash",
                 "for i in $(seq 12); do " + curl + " -o /dev/null -w '%{http_code}\\n' -X POST " + at(c.sign_in_path) +
                     " -H 'Content-Type: application/json' -d '{}'; done"});
  out.push_back({"Headers", "A policy for content, framing, sniffing and referrers; no software named.", "bash",
                 curl + "i " + at("/") + " | sed '/^\\r*$/q'"});
  if (host.starts_with("https://") && host.find(':', 8) == std::string::npos)
    out.push_back({"HTTPS", "A redirect to https on the same host, or no answer.", "bash",
                   "curl -si " + shell_word("http://" + host.substr(8) + "/") + " | sed '/^\\r*$/q'"});
  return out;
}

}  // namespace gatehouse::audit::report
