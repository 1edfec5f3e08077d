// The page as the browser of somebody else's project's auditor meets it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "audit/catalog.h"
#include "audit/report/render.h"

namespace gatehouse::audit::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kHostile =
    "\"'><script>alert(1)</script><img src=https://evil.example onerror=alert(2)>&lt;\x1b]0;x\x07\xff\u202E";

proof::Report hostile() {
  proof::Report r;
  r.version = r.target = r.tool = std::string(kHostile);
  for (std::string_view id : {"SEC-001", "AZ-001", "CSP-001"}) {
    proof::Finding f = finding_of(id);
    f.title = f.impact = f.fix = f.mitigation = f.false_positive = std::string(kHostile);
    f.locations.push_back({std::string(kHostile), 1, 1, {}});
    f.locations.push_back({"", 0, 0, std::string(kHostile)});
    f.evidence = {std::string(kHostile), "</pre></details><style>*{display:none}</style>"};
    r.findings.push_back(f);
  }
  r.positives = r.not_checked = r.given_up = {std::string(kHostile)};
  r.complete = false;
  r.looked.held.push_back({std::string(kHostile), {"HDR-1"}, "A05"});
  r.sort();
  return r;
}

Context hostile_context() {
  Context c;
  c.name = c.date = c.host = c.protected_path = c.sign_in_path = std::string(kHostile);
  return c;
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t i = text.find(what); i != text.npos; i = text.find(what, i + what.size())) ++n;
  return n;
}

// The attributes of every tag on the page as a browser reads them: name, value. What stands between tags is words.
std::vector<std::pair<std::string, std::string>> attributes(std::string_view page) {
  std::vector<std::pair<std::string, std::string>> out;
  for (std::size_t at = page.find('<'); at != page.npos; at = page.find('<', at)) {
    const bool words = page.substr(at).starts_with("<style") || page.substr(at).starts_with("<script");
    at = page.find_first_of(" >", at);
    while (page[at] == ' ') {
      const std::size_t from = page.find_first_not_of(' ', at);
      at = page.find_first_of("= >", from);
      std::string name(page.substr(from, at - from)), value;
      if (page[at] == '=') {
        const char quote = page[at + 1];
        const bool quoted = quote == '"' || quote == '\'';
        const std::size_t begin = at + (quoted ? 2 : 1);
        const std::size_t end = quoted ? page.find(quote, begin) : page.find_first_of(" >", begin);
        value = page.substr(begin, end - begin);
        at = end + (quoted ? 1 : 0);
      }
      out.emplace_back(std::move(name), std::move(value));
    }
    if (words) at = page.find("</", at);
  }
  return out;
}

std::vector<std::string> values(std::string_view page, std::string_view attribute) {
  std::vector<std::string> out;
  for (auto& [name, value] : attributes(page))
    if (name == attribute) out.push_back(std::move(value));
  return out;
}

TEST(Html, whatever_a_project_says_stays_words) {
  const std::string page = html(hostile(), hostile_context());
  EXPECT_EQ(count(page, "<script"), 1u) << "its own";
  EXPECT_EQ(count(page, "<style"), 1u);
  EXPECT_EQ(count(page, "<img"), 0u);
  EXPECT_EQ(count(page, "</pre>"), count(page, "<pre"));
  EXPECT_EQ(count(page, "</details>"), count(page, "<details "));
  for (std::string_view never : {"\x1b", "\x07", "\xff", "\u202E"})
    EXPECT_THAT(page, Not(HasSubstr(std::string(never))));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)"));
}

// Stops: a name that ends the quotes of an attribute and brings one of its own.
TEST(Html, tags_have_the_attributes_that_we_gave_them) {
  const std::set<std::string> ours = {"",           "lang",
                                      "name",       "content",
                                      "http-equiv", "class",
                                      "id",         "href",
                                      "rel",        "style",
                                      "title",      "role",
                                      "aria-label", "viewBox",
                                      "cx",         "cy",
                                      "r",          "x",
                                      "y",          "type",
                                      "checked",    "stroke-dasharray",
                                      "transform",  "placeholder",
                                      "hidden",     "data-s",
                                      "data-n",     "data-t",
                                      "data-edge",  "open",
                                      "html",       "/",
                                      "charset"};
  for (const auto& [name, value] : attributes(html(hostile(), hostile_context())))
    EXPECT_TRUE(ours.contains(name)) << name << "=" << value;
}

TEST(Html, a_proof_says_it_no_less_carefully) {
  Context c = hostile_context();
  const std::string h(kHostile);
  c.closing = Closing{h, h, h, {{h, h, {h}}, {h, h, {h}}}};
  const std::string page = html({}, c);
  EXPECT_EQ(count(page, "<script"), 0u);
  EXPECT_EQ(count(page, "<img"), 0u);
}

TEST(Html, loads_nothing_and_its_policy_would_not_let_it) {
  const std::string page = html(hostile(), hostile_context());
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (std::string_view attribute : {"src", "srcset", "action", "data", "poster", "background", "ping"})
    EXPECT_TRUE(values(page, attribute).empty()) << attribute;
  for (const std::string& link : values(page, "href"))
    EXPECT_TRUE(link.starts_with("#") || link.starts_with("https://cwe.mitre.org/")) << link;
  for (std::string_view loads : {"@import", "url(", "<link", "<iframe", "<object", "<embed", "<base",
                                 "http-equiv=refresh", "fetch(", "XMLHttpRequest", "import("})
    EXPECT_THAT(page, Not(HasSubstr(std::string(loads))));
}

TEST(Html, every_link_within_the_page_leads_to_one_place) {
  proof::Report r = hostile();
  r.looked.source = true;
  const std::string page = html(r, {});
  const auto ids = values(page, "id");
  const std::set<std::string> places(ids.begin(), ids.end());
  EXPECT_EQ(places.size(), ids.size()) << "the same name twice";
  std::size_t links = 0;
  for (const std::string& link : values(page, "href"))
    if (link.starts_with("#")) {
      ++links;
      EXPECT_TRUE(places.contains(link.substr(1))) << link;
    }
  EXPECT_GT(links, 12u);
}

TEST(Html, a_report_without_findings_is_a_whole_page) {
  proof::Report r;
  r.target = "shop";
  const std::string page = html(r, {});
  EXPECT_THAT(page, HasSubstr("Nothing was found in what could be looked at."));
  EXPECT_THAT(page, HasSubstr("Nothing to do."));
  EXPECT_TRUE(page.ends_with("</html>\n"));
}

TEST(Html, paper_gets_what_the_screen_folds_away_and_no_controls) {
  const std::string page = html(hostile(), {});
  const std::size_t print = page.find("@media print");
  ASSERT_NE(print, std::string::npos);
  EXPECT_THAT(page.substr(print), HasSubstr(".bar,nav{display:none}"));
  EXPECT_THAT(page, HasSubstr("beforeprint"));
  EXPECT_THAT(page, HasSubstr("afterprint"));
}

}  // namespace
}  // namespace gatehouse::audit::report
