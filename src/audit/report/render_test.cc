#include "audit/report/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/catalog.h"
#include "base/json.h"
#include "base/text.h"

namespace gatehouse::audit::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

proof::Finding finding(std::string_view id, std::string path, int line, std::string evidence) {
  proof::Finding f = finding_of(id);
  f.locations.push_back({std::move(path), line, line, {}});
  f.evidence.push_back(std::move(evidence));
  return f;
}

proof::Report sample() {
  proof::Report r;
  r.version = "0.1.0";
  r.target = "shop";
  r.findings = {finding("SEC-001", "src/pay.py", 3, "KEY = sk_live_…"),
                finding("SEC-013", "src/settings.py", 9, "falls back"), finding("INF-006", "Dockerfile", 1, "no USER"),
                finding("DEP-001", "requirements.txt", 1, "django")};
  proof::Finding live = finding_of("CSP-001");
  live.locations.push_back({"", 0, 0, "https://app.example.com/"});
  r.findings.push_back(live);
  r.positives = {"Webhooks verify signatures."};
  r.not_checked = {"git history: no .git folder"};
  r.sort();
  return r;
}

TEST(Markdown, has_the_headings_of_a_consultants_report_in_their_order) {
  const std::string md = markdown(sample(), {});
  std::size_t at = 0;
  for (std::string_view heading : {"# Security Best Practices Report\n",
                                   "## Executive Summary\n",
                                   "## Critical Findings\n",
                                   "### [SEC-001] ",
                                   "- Severity: Critical\n",
                                   "- Impact statement: ",
                                   "- Location: `src/pay.py:3`",
                                   "- Evidence:\n",
                                   "- Impact:\n",
                                   "- Fix:\n",
                                   "- Mitigation:\n",
                                   "- False positive notes:\n",
                                   "## High Findings\n",
                                   "### [SEC-013] ",
                                   "## Medium Findings\n",
                                   "### [INF-006] ",
                                   "## Low Findings\n",
                                   "### [DEP-001] ",
                                   "## Positives Observed\n- ",
                                   "## Recommended Remediation Order\n1. `SEC-001`",
                                   "## OWASP Top 10 Coverage\n",
                                   "## GDPR\n",
                                   "## Production Checklist\n",
                                   "### Critical (P0)\n",
                                   "### Important (P1)\n",
                                   "### Nice to have (P2)\n",
                                   "## How to Verify\n",
                                   "curl -si -X POST",
                                   "## Not Checked\n"}) {
    const std::size_t next = md.find(heading, at);
    ASSERT_NE(next, std::string::npos) << heading;
    at = next;
  }
}

TEST(Markdown, carries_the_host_in_its_commands) {
  Context c;
  c.host = "https://shop.example";
  EXPECT_THAT(markdown(sample(), c), HasSubstr("curl -si https://shop.example/api/users/me"));
}

Box box(const std::vector<Box>& all, std::string_view begins) {
  for (const Box& b : all)
    if (b.text.starts_with(begins)) return b;
  throw std::logic_error("no such box");
}

// Silence of somebody who never looked is no evidence.
TEST(Checklist, is_ticked_by_who_looked_and_never_by_silence) {
  proof::Report nobody;
  for (const Box& b : checklist(nobody)) EXPECT_FALSE(b.ticked) << b.text << ": " << b.evidence;
  for (const OwaspRow& row : owasp(nobody)) EXPECT_EQ(row.state, "not checked") << row.id;

  proof::Report site;
  site.looked.held.push_back({"HDR-001", {"HDR-1"}, "A05"});
  EXPECT_TRUE(box(checklist(site), "Security headers").ticked);
  EXPECT_THAT(box(checklist(site), "Security headers").evidence, HasSubstr("HDR-001"));
  EXPECT_FALSE(box(checklist(site), "No secret in the repository").ticked) << "a site shows no repository";
  EXPECT_FALSE(box(checklist(site), "Dependencies pinned").ticked);
  EXPECT_FALSE(box(checklist(site), "Webhooks verify").ticked) << "no probe asked";

  proof::Report tree;
  tree.looked.source = true;
  EXPECT_TRUE(box(checklist(tree), "No secret in the repository").ticked);
  EXPECT_TRUE(box(checklist(tree), "Dependencies pinned").ticked);
  EXPECT_FALSE(box(checklist(tree), "A security contact").ticked) << "a tree shows no site";
  tree.not_checked = {"known vulnerabilities of packages: no database was given"};
  EXPECT_FALSE(box(checklist(tree), "Dependencies pinned").ticked) << "pinned and locked, but not scanned";
  tree.looked.only = "DEP";
  EXPECT_FALSE(box(checklist(tree), "No secret in the repository").ticked) << "those rules were not asked";
}

TEST(Checklist, ticks_nothing_for_want_of_findings_in_files_that_were_given_up) {
  proof::Report tree;
  tree.looked.source = true;
  tree.complete = false;
  tree.given_up = {"src/x.js"};
  for (const Box& b : checklist(tree)) {
    EXPECT_FALSE(b.ticked) << b.text;
    if (b.evidence.find("over the source") == std::string::npos) continue;
    EXPECT_THAT(b.evidence, HasSubstr("1 file was not read to the end"));
  }
}

TEST(Incomplete, is_said_above_every_summary_with_what_to_do) {
  proof::Report r = sample();
  EXPECT_EQ(incomplete(r), "");
  r.complete = false;
  EXPECT_THAT(incomplete(r), HasSubstr("not checked")) << "an unreachable site: no file to split";
  r.given_up = {"a.js", "b.js", "c.js", "d.js"};
  for (const std::string& form : {markdown(r, {}), html(r, {}), terminal(r, false)}) {
    EXPECT_THAT(form, HasSubstr("This audit is incomplete"));
    EXPECT_THAT(form, HasSubstr("1 more"));
    EXPECT_THAT(form, HasSubstr(".gatehouse-ignore"));
  }
  EXPECT_LT(markdown(r, {}).find("incomplete"), markdown(r, {}).find("Score:"));
  const auto doc = json::parse(json::write(proof::to_json(r)));
  ASSERT_TRUE(doc);
  ASSERT_NE(doc->find("complete"), nullptr);
  EXPECT_EQ(doc->find("complete")->boolean(), false);
  EXPECT_THAT(sarif(r), HasSubstr("\"executionSuccessful\": false"));
}

TEST(Incomplete, names_of_files_stay_words) {
  proof::Report r;
  r.complete = false;
  r.given_up = {"<script>alert(1)</script>\x1b[2J.js"};
  EXPECT_THAT(html(r, {}), Not(HasSubstr("<script>alert")));
  EXPECT_THAT(markdown(r, {}), Not(HasSubstr("<script>alert")));
  EXPECT_THAT(terminal(r, false), Not(HasSubstr("\x1b[2J")));
}

TEST(Checklist, is_left_open_by_findings_whoever_looked) {
  proof::Report r = sample();
  r.looked.source = true;
  const Box secret = box(checklist(r), "No secret in the repository");
  EXPECT_FALSE(secret.ticked);
  EXPECT_THAT(secret.evidence, HasSubstr("SEC-001"));
}

TEST(Remediation, joins_what_leaves_the_same_box_open_worst_first) {
  proof::Report r;
  r.findings = {finding("DJ-009", "s.py", 1, ""), finding("DJ-007", "s.py", 1, ""), finding("SEC-001", "a.py", 1, "x"),
                finding("SEC-001", "b.py", 1, "y")};
  r.sort();
  const auto work = remediation(r);
  ASSERT_EQ(work.size(), 2u);
  EXPECT_EQ(work[0].ids, std::vector<std::string>{"SEC-001"});
  EXPECT_EQ(work[0].places, 2u);
  EXPECT_EQ(work[1].ids, (std::vector<std::string>{"DJ-009", "DJ-007"}));
  EXPECT_THAT(work[1].what, HasSubstr("HTTPS"));
}

TEST(Verification, carries_this_very_host_and_quotes_what_a_shell_would_read) {
  Context c;
  c.host = "https://127.0.0.1:8443";
  c.self_signed = true;
  c.sign_in_path = "/login?next=/;reboot";
  for (const Step& step : verification(c)) {
    if (step.language != "bash") continue;
    EXPECT_THAT(step.commands, HasSubstr("https://127.0.0.1:8443")) << step.title;
    EXPECT_THAT(step.commands, HasSubstr("curl -ks")) << step.title;
    if (step.commands.find("reboot") != std::string::npos) {
      EXPECT_THAT(step.commands, HasSubstr("'https://127.0.0.1:8443/login?next=/;reboot'"));
    }
  }
}

TEST(Closing, shows_what_the_same_probe_saw_before_and_after_and_claims_no_more) {
  Context c;
  c.closing = Closing{"CORS-001",
                      "Any origin is reflected",
                      "[cors] origins = [\"https://a.example\"]",
                      {{"http://127.0.0.1:9000", "open", {"Access-Control-Allow-Origin: https://evil"}},
                       {"https://127.0.0.1:8443", "closed", {"A foreign origin is not let in."}}}};
  const std::string md = markdown({}, c), page = html({}, c);
  EXPECT_THAT(md,
              HasSubstr("- Before, at `http://127.0.0.1:9000`: open\n  - `Access-Control-Allow-Origin: https://evil`"));
  EXPECT_THAT(md, HasSubstr("- After, at `https://127.0.0.1:8443`: closed\n"));
  EXPECT_THAT(page, HasSubstr("Access-Control-Allow-Origin: https://evil"));
  for (std::string_view claim : {"of 100", "Checklist", "OWASP Top 10"}) {
    EXPECT_THAT(md, Not(HasSubstr(std::string(claim)))) << "one probe is no audit";
    EXPECT_THAT(page, Not(HasSubstr(std::string(claim))));
  }
}

TEST(Html, escapes_everything_that_comes_from_the_project) {
  proof::Report r = sample();
  r.findings[0].evidence[0] = "<script>alert(1)</script>";
  r.findings[0].locations[0].path = "\"><img src=x onerror=alert(2)>";
  r.positives.push_back("<b onclick='x'>");
  Context c;
  c.name = "<i>name";
  const std::string page = html(r, c);
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("<b onclick")));
  EXPECT_THAT(page, Not(HasSubstr("<i>name")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)"));
}

TEST(Html, asks_nothing_of_any_other_host) {
  const std::string page = html(sample(), {});
  for (std::string_view loads : {"src=\"http", "src='http", "src=http", "@import", "url(", "<link", "<iframe"})
    EXPECT_THAT(page, Not(HasSubstr(std::string(loads))));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
}

// What GitHub's code scanning asks for beyond the standard: docs.github.com, "SARIF support for code scanning".
TEST(Sarif, is_what_code_scanning_accepts) {
  const std::string text = sarif(sample());
  const auto parsed = json::parse(text);
  ASSERT_TRUE(parsed) << parsed.error().text();
  const json::Value& doc = *parsed;
  EXPECT_EQ(doc.string_at("version").value_or(""), "2.1.0");
  EXPECT_THAT(std::string(doc.string_at("$schema").value_or("")), HasSubstr("sarif-2.1.0"));
  const json::Value& run = doc.find("runs")->array().at(0);
  const json::Value& driver = *run.find("tool")->find("driver");
  EXPECT_FALSE(driver.string_at("name").value_or("").empty());
  const json::Array& rules = driver.find("rules")->array();
  ASSERT_EQ(rules.size(), 5u);
  for (const json::Value& rule : rules) {
    for (std::string_view member : {"shortDescription", "fullDescription", "help"}) {
      const std::string_view t = rule.find(member)->string_at("text").value_or("");
      EXPECT_FALSE(t.empty()) << member;
      EXPECT_LE(t.size(), 1024u);
    }
    const std::string severity(rule.find("properties")->string_at("security-severity").value_or(""));
    EXPECT_GT(std::stod(severity), 0.0);
    EXPECT_LE(rule.find("properties")->find("tags")->array().size(), 10u);
  }
  for (const json::Value& result : run.find("results")->array()) {
    const std::int64_t index = result.find("ruleIndex")->integer().value_or(-1);
    EXPECT_EQ(rules.at(static_cast<std::size_t>(index)).string_at("id"), result.string_at("ruleId"));
    EXPECT_FALSE(result.find("message")->string_at("text").value_or("").empty());
    const json::Array& locations = result.find("locations")->array();
    ASSERT_EQ(locations.size(), 1u);
    const json::Value& physical = *locations[0].find("physicalLocation");
    const std::string uri(physical.find("artifactLocation")->string_at("uri").value_or(""));
    EXPECT_FALSE(uri.empty());
    EXPECT_EQ(uri.find(':'), std::string::npos) << uri;  // no scheme: http addresses are refused
    EXPECT_FALSE(uri.starts_with('/')) << uri;
    EXPECT_GE(physical.find("region")->find("startLine")->integer().value_or(0), 1);
    EXPECT_FALSE(result.find("partialFingerprints")->string_at("primaryLocationLineHash").value_or("").empty());
  }
}

TEST(Sarif, odd_file_names_stay_relative_addresses) {
  proof::Report r = sample();
  r.findings[0].locations[0].path = "a b/c:d#e?\xff.py";
  const auto doc = json::parse(sarif(r));
  ASSERT_TRUE(doc);
  EXPECT_EQ(doc->find("runs")
                ->array()
                .at(0)
                .find("results")
                ->array()
                .at(0)
                .find("locations")
                ->array()
                .at(0)
                .find("physicalLocation")
                ->find("artifactLocation")
                ->string_at("uri"),
            "a%20b/c%3Ad%23e%3F%FF.py");
}

TEST(Json, keeps_its_names) {
  const auto doc = json::parse(json::write(proof::to_json(sample())));
  ASSERT_TRUE(doc);
  for (std::string_view name : {"tool", "target", "summary", "findings", "positives", "not_checked"})
    EXPECT_NE(doc->find(name), nullptr) << name;
  const json::Value& f = doc->find("findings")->array().at(0);
  for (std::string_view name : {"id", "title", "severity", "confidence", "location", "evidence", "impact", "fix",
                                "mitigation", "false_positive", "cwe", "owasp", "asvs"})
    EXPECT_NE(f.find(name), nullptr) << name;
  for (std::string_view name : {"path", "line", "end_line", "url"})
    EXPECT_NE(f.find("location")->find(name), nullptr) << name;
}

TEST(Score, is_a_hundred_less_its_lines) {
  const proof::Score s = sample().score();
  int sum = 100;
  for (const proof::ScoreLine& l : s.sum) sum += l.points;
  EXPECT_EQ(sum, s.points);
  EXPECT_EQ(proof::Report{}.score().grade, "A+");
}

TEST(Score, is_none_where_nothing_was_found_in_what_was_not_all_looked_at) {
  proof::Report r;
  r.complete = false;
  EXPECT_EQ(r.score().grade, "none");
  EXPECT_EQ(r.score().points, 0);
  EXPECT_EQ(terminal(r, false).find("A+"), std::string::npos);
  r = sample();
  r.complete = false;
  EXPECT_EQ(r.score().points, sample().score().points);
}

TEST(Fingerprint, knows_content_and_not_lines) {
  proof::Finding a = finding("SEC-001", "a.py", 3, "KEY = x"), b = finding("SEC-001", "a.py", 99, "KEY  =  x");
  EXPECT_EQ(proof::fingerprint(a), proof::fingerprint(b));
  b.key = "12345";  // another secret on the same line
  EXPECT_NE(proof::fingerprint(a), proof::fingerprint(b));
  EXPECT_NE(proof::fingerprint(a), proof::fingerprint(finding("SEC-001", "b.py", 3, "KEY = x")));
}

TEST(Catalog, every_rule_says_what_a_reader_needs) {
  for (const Rule& r : rules()) {
    const proof::Finding& f = r.finding;
    EXPECT_FALSE(f.title.empty()) << f.id;
    EXPECT_FALSE(f.cwe.empty()) << f.id;
    EXPECT_FALSE(f.owasp_2021.empty()) << f.id;
    EXPECT_FALSE(f.asvs.empty()) << f.id;
    EXPECT_FALSE(f.impact.empty()) << f.id;
    EXPECT_FALSE(f.fix.empty()) << f.id;
    EXPECT_EQ(f.mitigation.empty(), f.control.empty() && f.mitigation.empty()) << f.id;
    EXPECT_NO_THROW(finding_of(f.id)) << f.id;
  }
}

}  // namespace
}  // namespace gatehouse::audit::report
