#include "app/control_findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/testing/policy_text.h"

namespace gatehouse::app {
namespace {

using conf::Severity;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::string route(const std::string& path, const std::string& more = "") {
  return "[[route]]\npath = \"" + path + "\"\naccess = \"public\"\n" + more;
}

std::vector<conf::Finding> said(const std::string& more) {
  const ManualClock clock;
  return judged(std::string(testing::kPolicyHead) + more, "g.toml", clock).all();
}

TEST(ControlFindings, a_policy_that_leaves_everything_as_it_is_has_none) {
  EXPECT_THAT(said(route("/") + route("/api/")), IsEmpty());
}

TEST(ControlFindings, what_is_open_is_named_with_its_line_and_a_remedy) {
  const auto all = said("[[route]]\npath = \"/\"\n");
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].code, "GH-ACCESS-UNSTATED");
  EXPECT_EQ(all[0].place.file, "g.toml");
  EXPECT_EQ(all[0].place.line, 9);
  EXPECT_EQ(all[0].key, "access");
  EXPECT_THAT(all[0].remedy, HasSubstr("allow = \"signed_in\""));
}

TEST(ControlFindings, what_was_switched_off_for_a_reason_is_a_note_that_asks_for_nothing) {
  const auto all =
      said("[error_mask]\nenabled = false\nreason = \"an API whose errors are its product\"\n" + route("/"));
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].code, "GH-ERROR-MASK");
  EXPECT_EQ(all[0].severity, Severity::note);
  EXPECT_THAT(all[0].message, HasSubstr("an API whose errors are its product"));
  EXPECT_EQ(all[0].remedy, "");
}

TEST(ControlFindings, the_same_setting_on_many_routes_is_said_once_and_counted) {
  const std::string off = "[headers]\nenabled = false\nreason = \"set by the backend\"\n";
  const auto all = said(off + route("/") + route("/a/") + route("/b/"));
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].place.line, 9) << "the table that says so";
  EXPECT_THAT(all[0].message, HasSubstr("(and on 2 other routes)"));
  EXPECT_THAT(said(off + route("/") + route("/a/"))[0].message, HasSubstr("(and on 1 other route)"));
  EXPECT_THAT(said(off + route("/"))[0].message, Not(HasSubstr("and on")));
}

TEST(ControlFindings, a_route_that_is_repeated_for_each_host_is_one_route) {
  const std::string host = "[[host]]\nname = \"app.example.com\"\n[host.cors]\norigins = [\"https://a.example\"]\n";
  const auto all = said("[headers]\nenabled = false\nreason = \"set by the backend\"\n" + host + route("/"));
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_THAT(all[0].message, Not(HasSubstr("and on")));
}

TEST(ControlFindings, settings_of_their_own_are_findings_of_their_own) {
  const auto all = said(route("/", "[route.error_mask]\nkeep_bodies = true\n") +
                        route("/api/", "[route.error_mask]\nkeep_bodies = true\n"));
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].place.line, 12);
  EXPECT_EQ(all[1].place.line, 17);
}

TEST(ControlFindings, two_faults_of_one_kind_on_a_route_are_two_findings) {
  const auto all =
      said(route("/", "[route.error_mask]\npass_errors = [\"text/html\", \"text/plain\"]\n") + route("/a/"));
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_THAT(all[0].message, AllOf(HasSubstr("text/html"), Not(HasSubstr("and on"))));
  EXPECT_THAT(all[1].message, AllOf(HasSubstr("text/plain"), Not(HasSubstr("and on"))));
}

TEST(ControlFindings, what_holds_for_the_whole_gate_is_asked_once_and_counts_no_routes) {
  const auto all = said("[ingress]\ntrusted_proxies = [\"10.0.0.0/8\", \"192.168.0.0/16\"]\n" + route("/") +
                        route("/a/") + route("/b/"));
  ASSERT_THAT(all, SizeIs(2)) << "each range is a fault of its own";
  EXPECT_EQ(all[0].message, "trusted_proxies holds 10.0.0.0/8");
  EXPECT_EQ(all[1].message, "trusted_proxies holds 192.168.0.0/16");
  EXPECT_EQ(all[0].place.file, "g.toml");
  EXPECT_EQ(all[0].place.line, 9) << "the table that says so, and not a route that has no part in it";
}

// Stops: a harmless route of the same kind hiding the one that matters.
TEST(ControlFindings, a_small_fault_hides_no_greater_one_of_its_kind) {
  const auto all = said(route("/a/", "encoded_slash = \"keep\"\n") + route("/", "encoded_slash = \"keep\"\n"));
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].severity, Severity::note);
  EXPECT_EQ(all[0].place.line, 9);
  EXPECT_EQ(all[1].severity, Severity::warning);
  EXPECT_EQ(all[1].place.line, 13) << "the route itself";
}

TEST(ControlFindings, an_observed_control_is_the_policys_to_say_and_is_not_said_again) {
  for (const conf::Finding& f :
       said("[csrf]\nmode = \"observe\"\nuntil = \"2023-11-20\"\nreason = \"we look first\"\n" + route("/")))
    EXPECT_FALSE(f.code.starts_with("GH-CSRF")) << f.message;
}

TEST(ControlFindings, a_file_with_errors_is_judged_no_further) {
  const auto all = said("[headers]\nenabled = false\nreason = \"set by the backend\"\nunknown = 1\n" + route("/"));
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].code, "unknown_key");
}

TEST(ControlFindings, a_secret_is_not_looked_at) {
  EXPECT_THAT(said(route("/")), IsEmpty()) << "TLS_KEY is set nowhere";
}

TEST(ControlFindings, what_the_services_say_of_each_other_is_said_too) {
  const auto all = said(
      "[webhooks.endpoint.stripe]\nprovider = \"stripe\"\nsecret = { env = \"S\" }\n"
      "handle = [\"billing\"]\n" +
      route("/"));
  ASSERT_THAT(all, Not(IsEmpty()));
  EXPECT_GT(all[0].place.line, 8);
}

}  // namespace
}  // namespace gatehouse::app
