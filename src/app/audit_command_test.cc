#include "app/audit_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "app/testing/project_folder.h"
#include "base/json.h"

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using AuditCommand = testing::ProjectFolder;

TEST_F(AuditCommand, exit_code_0_is_clean_1_is_findings_at_the_bar_2_is_usage) {
  write("project/a.py", "x = 1\n");
  EXPECT_EQ(run({"audit", project()}), kOk) << out.str();
  write("project/Dockerfile", "FROM node:24.1\nUSER root\n");  // medium
  EXPECT_EQ(run({"audit", project()}), kOk);
  EXPECT_EQ(run({"audit", project(), "--fail-on", "medium"}), kFindings);
  write("project/a.py", "S = os.getenv('JWT_SECRET', 'dev-secret')\n");
  EXPECT_EQ(run({"audit", project()}), kFindings);
  EXPECT_EQ(run({"audit", project(), "--fail-on", "never"}), kOk);
  EXPECT_EQ(run({"audit", project(), "--fail-on", "dreadful"}), kUsage);
  EXPECT_EQ(run({"audit", project(), "--format", "pdf"}), kUsage);
  EXPECT_EQ(run({"audit", at("nowhere")}), kUsage);
  EXPECT_EQ(run({"audit", project(), "--fail-on", "high,new"}), kUsage);
  EXPECT_EQ(run({"audit", project(), "--only", "DEP"}), kOk);
  EXPECT_EQ(run({"audit", project(), "--only", "secrets"}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("no finding is called secrets"));
}

// Stops: a wrong folder in a pipeline that is clean for ever, since nothing stands in it.
TEST_F(AuditCommand, a_folder_with_nothing_to_read_is_incomplete_and_ticks_nothing) {
  EXPECT_EQ(run({"audit", project()}), kIncomplete);
  EXPECT_THAT(out.str(), HasSubstr("This audit is incomplete"));
  EXPECT_THAT(out.str(), HasSubstr("there is no file in this folder"));
  EXPECT_EQ(run({"audit", project(), "--format", "md"}), kIncomplete);
  EXPECT_THAT(out.str(), Not(HasSubstr("[x]")));
  write("project/logo.png", "\x89PNG");
  EXPECT_EQ(run({"audit", project()}), kIncomplete) << "a picture says nothing";
}

TEST_F(AuditCommand, what_cannot_be_used_is_named_once_with_what_to_do) {
  write("project/a.py", "x = 1\n");
  EXPECT_EQ(run({"audit", at("nowhere")}), kUsage);
  EXPECT_EQ(err.str(), "gatehouse audit: cannot open " + at("nowhere") +
                           ": No such file or directory\n  remedy: name the project's folder: gatehouse audit DIR\n");
  EXPECT_EQ(run({"audit", at("project/a.py")}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("a.py: Not a directory\n  remedy: "));
  EXPECT_EQ(run({"audit", project(), "--output", at("nowhere/report.md")}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("cannot write " + at("nowhere/report.md") + "\n  remedy: "));
  EXPECT_EQ(run({"init", at("nowhere")}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("\n  remedy: "));
}

// Stops: the report of yesterday taken for a baseline, in which nothing or everything is known.
TEST_F(AuditCommand, a_file_that_is_no_baseline_is_refused_with_its_line) {
  write("project/a.py", "S = os.getenv('JWT_SECRET', 'dev-secret')\n");
  EXPECT_EQ(run({"audit", project(), "--output", at("report.json")}), kFindings);
  EXPECT_EQ(run({"audit", project(), "--baseline", at("report.json"), "--fail-on", "high,new"}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("report.json: line 1 "));
  EXPECT_THAT(err.str(), HasSubstr("--update-baseline"));
  EXPECT_EQ(out.str(), "") << "nothing is judged by half of it";
}

TEST_F(AuditCommand, a_file_that_was_given_up_is_never_clean_until_it_is_excluded_with_a_reason) {
  write("project/deep.py", std::string(50'000, '('));
  EXPECT_EQ(run({"audit", project()}), kIncomplete);
  EXPECT_THAT(out.str(), HasSubstr("This audit is incomplete: deep.py was not read to the end"));
  EXPECT_THAT(out.str(), HasSubstr("GAP-001"));
  EXPECT_EQ(run({"audit", project(), "--fail-on", "never"}), kIncomplete);
  EXPECT_EQ(run({"audit", project(), "--only", "DJ"}), kIncomplete);
  EXPECT_EQ(run({"audit", project(), "--fail-on", "medium"}), kFindings) << "the file itself is at the bar";
  EXPECT_EQ(run({"audit", project(), "--baseline", at("known"), "--update-baseline"}), kIncomplete);
  EXPECT_EQ(run({"audit", project(), "--baseline", at("known"), "--fail-on", "high,new"}), kIncomplete)
      << "known is not read";
  EXPECT_EQ(run({"audit", project(), "--format", "json"}), kIncomplete);
  EXPECT_THAT(out.str(), HasSubstr("\"complete\": false"));

  write("project/a.py", "S = os.getenv('JWT_SECRET', 'dev-secret')\n");
  EXPECT_EQ(run({"audit", project()}), kFindings) << "what is certain comes first";
  EXPECT_THAT(out.str(), HasSubstr("This audit is incomplete"));

  write("project/a.py", "x = 1\n");
  write("project/.gatehouse-ignore", "GAP-001 deep.py until=2099-01-31 reason=\"generated\"\n");
  EXPECT_EQ(run({"audit", project()}), kOk) << out.str();
  EXPECT_THAT(out.str(), HasSubstr("deep.py: ")) << "still told";
}

TEST_F(AuditCommand, a_database_of_vulnerabilities_that_was_named_and_cannot_be_read_is_incomplete) {
  EXPECT_EQ(run({"audit", project(), "--db", at("missing.json")}), kIncomplete);
  EXPECT_THAT(err.str(), HasSubstr("missing.json"));
  write("broken.json", "{");
  EXPECT_EQ(run({"audit", project(), "--db", at("broken.json")}), kIncomplete);
}

TEST_F(AuditCommand, a_known_finding_passes_the_bar_for_new_ones_even_when_its_line_moved) {
  write("project/a.py", "S = os.getenv('JWT_SECRET', 'dev-secret')\n");
  EXPECT_EQ(run({"audit", project(), "--baseline", at("known"), "--fail-on", "high,new"}), kUsage);
  EXPECT_EQ(run({"audit", project(), "--baseline", at("known"), "--update-baseline"}), kFindings);
  write("project/a.py", "\n\n\nS = os.getenv('JWT_SECRET', 'dev-secret')\n");
  EXPECT_EQ(run({"audit", project(), "--baseline", at("known"), "--fail-on", "high,new"}), kOk);
  write("project/a.py", "S = os.getenv('JWT_SECRET', 'another-secret')\n");
  EXPECT_EQ(run({"audit", project(), "--baseline", at("known"), "--fail-on", "high,new"}), kFindings);
}

TEST_F(AuditCommand, writes_the_form_that_the_files_ending_asks_for) {
  write("project/a.py", "S = os.getenv('JWT_SECRET', 'dev-secret')\n");
  for (const auto& [file, begins] : std::map<std::string, std::string>{{"r.md", "# Security"},
                                                                       {"r.html", "<!doctype html>"},
                                                                       {"r.json", "{"},
                                                                       {"r.sarif", "{\n  \"$schema\""},
                                                                       {"r.txt", project()}}) {
    EXPECT_EQ(run({"audit", project(), "--output", at(file)}), kFindings);
    EXPECT_THAT(read(file), ::testing::StartsWith(begins)) << file;
    EXPECT_EQ(out.str(), "");
  }
  EXPECT_EQ(run({"audit", project(), "--format", "json"}), kFindings);
  const auto doc = json::parse(out.str());
  ASSERT_TRUE(doc);
  EXPECT_EQ(doc->find("findings")->array().at(0).string_at("id").value_or(""), "SEC-013");
}

TEST_F(AuditCommand, repeats_no_password_in_any_form_of_the_report) {
  write("project/a.py", "ADMIN_PASSWORD = \"hunter2hunter2\"\n");
  for (const char* form : {"text", "md", "html", "json", "sarif"}) {
    EXPECT_EQ(run({"audit", project(), "--format", form}), kFindings) << form;
    EXPECT_THAT(out.str(), HasSubstr("SEC-017")) << form;
    EXPECT_THAT(out.str(), Not(HasSubstr("hunter2hunter2"))) << form;
  }
}

TEST_F(AuditCommand, stores_a_vulnerability_database_and_uses_it) {
  write(
      "osv.json",
      R"([{"id":"X-1","summary":"bypass","affected":[{"package":{"ecosystem":"npm","name":"left-pad"},"versions":["14.1.0"]}]}])");
  write("project/package-lock.json", R"({"packages":{"node_modules/left-pad":{"version":"14.1.0"}}})");
  EXPECT_EQ(run({"audit", project()}), kOk);
  EXPECT_THAT(out.str(), HasSubstr("database was given"));
  EXPECT_EQ(run({"audit", "db", "update", "--from", at("osv.json")}), kOk) << err.str();
  EXPECT_EQ(run({"audit", project()}), kFindings);
  EXPECT_THAT(out.str(), HasSubstr("X-1"));
  EXPECT_EQ(run({"audit", "db", "update"}), kUsage);
}

TEST_F(AuditCommand, takes_rules_of_the_users_own_and_refuses_faulty_ones_by_line) {
  const std::string rule =
      "[[rule]]\nid = \"SHOP-001\"\nseverity = \"high\"\ntitle = \"Free shipping\"\nimpact = \"i\"\nfix = \"f\"\n"
      "[[rule.match]]\nfiles = [\"*.cfg\"]\npattern = '^shipping = 0$'\n"
      "[[rule.must]]\n\"a.cfg\" = \"shipping = 0\"\n[[rule.must_not]]\n\"a.cfg\" = \"shipping = 1\"\n";
  write("rules/shop.toml", rule);
  write("project/shop.cfg", "# costs\nshipping = 0\n");
  EXPECT_EQ(run({"audit", project()}), kOk) << out.str();
  EXPECT_EQ(run({"audit", project(), "--rules", at("rules")}), kFindings) << err.str();
  EXPECT_THAT(out.str(), HasSubstr("SHOP-001"));
  EXPECT_THAT(out.str(), HasSubstr("shop.cfg:2"));
  write("rules/shop.toml", rule + rule);
  EXPECT_EQ(run({"audit", project(), "--rules", at("rules")}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("SHOP-001 is taken"));
  write("rules/shop.toml", "[[rule]]\nid = \"DJ-012\"\n");
  EXPECT_EQ(run({"audit", project(), "--rules", at("rules")}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("shop.toml:1"));
  EXPECT_THAT(err.str(), HasSubstr("DJ-012 is taken"));
  EXPECT_EQ(run({"audit", project(), "--rules", at("nothing")}), kUsage);
}

TEST_F(AuditCommand, an_unreachable_site_is_incomplete_and_never_clean) {
  EXPECT_EQ(run({"audit", "--url", "http://127.0.0.1:1"}), kIncomplete);
  EXPECT_THAT(err.str(), HasSubstr("http://127.0.0.1:1 does not answer: "));
  EXPECT_THAT(err.str(), HasSubstr("\n  remedy: start the site"));
  EXPECT_EQ(run({"audit", "--url", "ftp://x"}), kUsage);
  EXPECT_EQ(run({"audit", project(), "--url", "http://127.0.0.1:1"}), kIncomplete);
}

TEST_F(AuditCommand, close_says_what_no_probe_can_prove) {
  EXPECT_EQ(run({"audit", "--close", "SEC-001", "--prove", "--url", "http://127.0.0.1:1"}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("cannot be seen from outside"));
  EXPECT_EQ(run({"audit", "--close", "CORS-001", "--prove"}), kUsage);
  EXPECT_EQ(run({"audit", "--close", "CORS-999"}), kUsage);
  EXPECT_EQ(run({"audit", "--close", "CORS-001", "--prove", "--url", "http://127.0.0.1:1"}), kIncomplete);
}

TEST_F(AuditCommand, close_puts_the_line_into_the_file_once_and_shows_what_changed) {
  const std::string policy =
      "# mine\nlisten = [\"http://127.0.0.1:8080\"]\n[ingress]\ntrusted_proxies = [\"127.0.0.1\"]\ntls_upstream = "
      "true\n"
      "[site]\nhosts = [\"app.shop.example\"]\n[upstream.app]\nservers = [\"http://127.0.0.1:8000\"]\n"
      "[[route]]\npath = \"/\"\naccess = \"public\"\n";
  write("gatehouse.toml", policy);
  EXPECT_EQ(run({"audit", "--close", "CORS-001"}), kOk) << err.str();
  EXPECT_THAT(out.str(), HasSubstr("[cors]\norigins = "));
  const std::vector<std::string> words = {"audit", "--close", "CORS-001", "--config", at("gatehouse.toml")};
  auto dry = words;
  dry.emplace_back("--dry-run");
  EXPECT_EQ(run(dry), kOk) << err.str();
  EXPECT_THAT(out.str(), HasSubstr("+[cors]\n+origins = "));
  EXPECT_EQ(read("gatehouse.toml"), policy);
  EXPECT_EQ(run(words), kOk) << err.str();
  EXPECT_THAT(read("gatehouse.toml"), ::testing::StartsWith(policy)) << "not a byte of what was there may change";
  EXPECT_THAT(read("gatehouse.toml"), HasSubstr("# Closes CORS-001.\n[cors]\n"));
  const std::string once = read("gatehouse.toml");
  EXPECT_EQ(run(words), kOk);
  EXPECT_THAT(out.str(), HasSubstr("says so already"));
  EXPECT_EQ(read("gatehouse.toml"), once);
  write("gatehouse.toml", policy + "[cors]\norigins = [\"https://www.shop.example\"]\n");
  EXPECT_EQ(run(words), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("gatehouse.toml:14: `origins` is there with another value"));
  EXPECT_THAT(err.str(), HasSubstr("remedy"));
}

TEST_F(AuditCommand, close_writes_nothing_that_the_loader_would_refuse) {
  const std::string policy =
      "listen = [\"http://127.0.0.1:8080\"]\n[ingress]\ntrusted_proxies = [\"127.0.0.1\"]\ntls_upstream = true\n"
      "[site]\nhosts = [\"app.shop.example\"]\n[upstream.app]\nservers = [\"http://127.0.0.1:8000\"]\n"
      "[[route]]\npath = \"/\"\naccess = \"public\"\n";
  write("gatehouse.toml", policy);
  EXPECT_EQ(run({"audit", "--close", "JWT-003", "--config", at("gatehouse.toml")}), kUsage);  // half a [jwt]
  EXPECT_THAT(err.str(), HasSubstr("stays as it is"));
  EXPECT_EQ(read("gatehouse.toml"), policy);
}

// What the help and the guide tell a reader to type, the command line takes.
TEST_F(AuditCommand, every_option_of_its_help_and_its_guide_exists) {
  std::map<std::string, std::set<std::string>> known;
  std::string texts;
  for (const Command& c : audit_commands()) {
    for (const Option& o : c.options) {
      known[std::string(c.name)].insert("--" + std::string(o.name));
      if (o.letter != 0) known[std::string(c.name)].insert(std::string("-") + o.letter);
    }
    texts += std::string(c.help) + "\n";
  }
  std::ostringstream guide;
  guide << std::ifstream(std::string(GATEHOUSE_SOURCE_DIR) + "/docs/guide/audit.md").rdbuf();
  std::istringstream lines(texts + guide.str());
  std::size_t seen = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find("gatehouse audit ");
    if (at == line.npos) continue;
    std::istringstream words(line.substr(at + 16, line.find('#', at) - at - 16));
    for (std::string word; words >> word;) {
      while (!word.empty() && (word.back() == '`' || word.back() == '.' || word.back() == ',')) word.pop_back();
      if (word.size() < 2 || word.front() != '-') continue;
      ++seen;
      EXPECT_TRUE(known["audit"].contains(word)) << word << " in: " << line;
    }
  }
  EXPECT_GT(seen, 30u);
}

}  // namespace
}  // namespace gatehouse::app
