#include "controls/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gate/router.h"

namespace gatehouse::controls {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct WordSettings : Settings {
  std::string word = "built in";
  std::vector<std::string> more;
  conf::SecretRef key;
};

// A control with one word, one list and one secret.
class Word final : public Control {
 public:
  struct Can {
    bool observe = true, disable = true, per_route = true;
  };
  Word(std::string_view id, Can can) : can_(can) {
    card_.id = id;
    card_.title = "A control for tests";
  }
  const proof::Card& card() const override { return card_; }
  bool can_observe() const override { return can_.observe; }
  bool can_disable() const override { return can_.disable; }
  bool per_route() const override { return can_.per_route; }
  std::unique_ptr<Settings> settings() const override { return std::make_unique<WordSettings>(); }
  void describe(conf::Form& f, Settings& settings) const override {
    auto& s = static_cast<WordSettings&>(settings);
    f.field({"word", "The word"}, s.word);
    f.field({"more", "More words"}, s.more);
    f.secret({"key", "The key"}, s.key);
    if (f.reading() && s.word == "unsafe") f.unsafe("word", "this word is unsafe", "take another");
  }

 private:
  proof::Card card_;
  Can can_;
};

Catalog words() {
  Catalog c;
  c.push_back(std::make_unique<Word>("trace", Word::Can{false, false, false}));
  c.push_back(std::make_unique<Word>("guard", Word::Can{}));
  c.push_back(std::make_unique<Word>("access", Word::Can{false, false, true}));
  return c;
}

constexpr std::string_view kTop = R"(listen = "http://127.0.0.1:8080"
[site]
hosts = ["app.example.com", "shop.example.com"]
[upstream.app]
servers = "http://127.0.0.1:8000"
)";

struct Loaded {
  Catalog catalog = words();
  ManualClock clock;  // 2023-11-14
  conf::Findings findings;
  Policy policy;
  explicit Loaded(std::string text, std::span<const Section> sections = {}) {
    policy = load(text, "g.toml", catalog, clock, findings, sections);
  }
  std::string text() const { return conf::render_text(findings, false); }
  const WordSettings& word(std::size_t route, std::string_view id) const {
    return static_cast<const WordSettings&>(*policy.routes.at(route).settings_of(id));
  }
  std::string origin(std::size_t route, std::string_view id) const {
    for (const Effective& e : policy.routes.at(route).controls)
      if (e.control->card().id == id) return e.origin();
    return "?";
  }
};

std::string with(std::string_view rest) { return std::string(kTop) + std::string(rest); }

TEST(Policy, ARouteInheritsDefaultsUntilItHasATableOfItsOwn) {
  Loaded l(with(R"(
[guard]
word = "default"
more = ["a"]
[[route]]
path = "/"
[[route]]
path = "/api"
guard = "route"
[[route]]
path = "/x"
host = "shop.example.com"
[[host]]
name = "shop.example.com"
[host.guard]
word = "host"
)"));
  EXPECT_EQ(l.text(), "");
  EXPECT_EQ(l.word(0, "guard").word, "default");
  EXPECT_EQ(l.origin(0, "guard"), "from g.toml:7 (defaults)");
  EXPECT_EQ(l.word(1, "guard").word, "route");
  EXPECT_EQ(l.origin(1, "guard"), "from g.toml:14 (route)");
  EXPECT_TRUE(l.word(1, "guard").more.empty()) << "a table replaces, it never merges";
  EXPECT_EQ(l.word(2, "guard").word, "host");
  EXPECT_EQ(l.word(0, "access").word, "built in");
  EXPECT_EQ(l.origin(0, "access"), "(built-in default)");
  EXPECT_EQ(l.policy.fallback.controls.size(), 3u);
  EXPECT_EQ(static_cast<const WordSettings*>(l.policy.fallback.settings_of("guard"))->word, "default");
}

TEST(Policy, AHostWithRulesOfItsOwnGetsItsOwnCopyOfSharedRoutes) {
  Loaded l(with(R"(
[[route]]
path = "/"
[[route]]
path = "/api/v2"
[[route]]
path = "/api"
host = "shop.example.com"
[[host]]
name = "Shop.Example.com"
guard = "host"
)"));
  EXPECT_EQ(l.text(), "");
  ASSERT_EQ(l.policy.config.routes.size(), 4u) << "/api/v2 is taken over by the host's own /api";
  EXPECT_EQ(l.policy.config.routes[3].host, "shop.example.com");
  EXPECT_EQ(l.policy.config.routes[3].path, "/");
  EXPECT_EQ(l.word(3, "guard").word, "host");
  EXPECT_EQ(l.word(0, "guard").word, "built in");
}

TEST(Policy, AMethodThatAHostsRouteLeavesOutIsStillUnderTheHostsRules) {
  Loaded l(with(R"(
[[route]]
path = "/api"
[[route]]
path = "/api"
host = "shop.example.com"
methods = ["GET"]
[[host]]
name = "shop.example.com"
guard = "host"
)"));
  EXPECT_EQ(l.text(), "");
  gate::Router router(l.policy.config.routes);
  auto holds = [&](std::string_view host, std::string_view method) {
    int index = router.match(host, method, "/api/x");
    return index < 0 ? std::string("none") : l.word(static_cast<std::size_t>(index), "guard").word;
  };
  EXPECT_EQ(holds("shop.example.com", "GET"), "host");
  EXPECT_EQ(holds("shop.example.com", "POST"), "host");
  EXPECT_EQ(holds("app.example.com", "POST"), "built in");
}

TEST(Policy, ATableMayStandOnlyWhereItsControlActs) {
  Loaded l(with("[[route]]\npath = \"/\"\ntrace = \"x\"\n"));
  EXPECT_THAT(l.text(), HasSubstr("g.toml:8:1: error: route[0].trace: this control holds for the whole gate"));
  EXPECT_THAT(l.text(), HasSubstr("move it to the top of the file: [trace]"));
}

TEST(Policy, SwitchingOffNeedsAReasonAndSomeControlsStay) {
  EXPECT_THAT(Loaded(with("[guard]\nenabled = false\n[[route]]\npath = \"/\"\n")).text(),
              HasSubstr("without a reason"));
  Loaded off(with("[guard]\nenabled = false\nreason = \"the backend does it\"\n[[route]]\npath = \"/\"\n"));
  EXPECT_EQ(off.text(), "");
  EXPECT_FALSE(off.word(0, "guard").enabled);
  EXPECT_THAT(Loaded(with("[access]\nenabled = false\nreason = \"because\"\n[[route]]\npath = \"/\"\n")).text(),
              HasSubstr("access.enabled: this control cannot be switched off"));
  EXPECT_THAT(Loaded("guard = false\n" + with("")).text(),
              HasSubstr("guard: a table cannot be switched by true or false [bad_type]\n  remedy: write [guard] with"));
  EXPECT_THAT(Loaded(with("guard = \"x\"\n")).text(),
              HasSubstr("`guard` is a key of the whole file, written before the first [table]"));
}

TEST(Policy, ObservingEndsAndSaysSo) {
  auto observe = [](std::string_view id, std::string_view rest) {
    return with("[" + std::string(id) + "]\nmode = \"observe\"\n" + std::string(rest) + "\n[[route]]\npath = \"/\"\n");
  };
  Loaded on(observe("guard", "until = 2023-12-31"));
  EXPECT_FALSE(on.findings.has_errors());
  EXPECT_THAT(on.text(),
              HasSubstr("warning: guard.mode: nothing is refused by guard here, only written down [observe]"));
  EXPECT_TRUE(on.word(0, "guard").observe);
  EXPECT_THAT(Loaded(observe("guard", "")).text(), HasSubstr("observing has no end"));
  Loaded ended(observe("guard", "until = 2023-11-01"));
  EXPECT_FALSE(ended.findings.has_errors());
  EXPECT_THAT(ended.text(), HasSubstr("observing has ended: the control enforces"));
  EXPECT_FALSE(ended.word(0, "guard").observe);
  EXPECT_THAT(Loaded(observe("guard", "until = 2026-01-01")).text(), HasSubstr("more than a year"));
  EXPECT_THAT(Loaded(observe("access", "until = 2023-12-31")).text(), HasSubstr("cannot only observe"));
}

TEST(Policy, ReferencesAreCollectedOnceEach) {
  Loaded l(with("[guard]\nkey = { env = \"A\" }\n[[route]]\npath = \"/\"\n[route.guard]\nkey = { file = \"/b\" }\n"));
  ASSERT_EQ(l.policy.references.size(), 2u);
  EXPECT_EQ(l.policy.references[0].text(), "env:A");
  EXPECT_EQ(l.policy.references[1].key, "route[0].guard.key");
  EXPECT_EQ(l.policy.references[1].place.line, 11);
}

TEST(Policy, WhatHoldsIsShownWithoutSecrets) {
  Loaded l(with("[guard]\nword = \"w\"\nkey = { env = \"A\" }\n[[route]]\npath = \"/\"\n"));
  const Effective& e = l.policy.routes[0].controls[1];
  EXPECT_THAT(*e.shown, testing::Contains(std::pair<std::string, std::string>("word", "\"w\"")));
}

TEST(Policy, ServicesDescribeTablesOfTheirOwn) {
  std::vector<std::string> seen;
  const Section sections[] = {{"billing", "Money",
                               [&](conf::Form& f) {
                                 std::string currency;
                                 f.field({"currency", "Which"}, currency);
                                 seen.push_back(currency);
                               }},
                              {"webhook", "Events",
                               [&](conf::Form& f) {
                                 std::string from;
                                 f.field(conf::required("from", "Who"), from);
                                 seen.push_back(from);
                               },
                               true}};
  Loaded l(
      with("[[route]]\npath = \"/\"\n[billing]\ncurrency = \"eur\"\n[[webhook]]\nfrom = \"stripe\"\n[[webhook]]\n"),
      sections);
  EXPECT_THAT(seen, ElementsAre("eur", "stripe", ""));
  EXPECT_EQ(l.text(),
            "g.toml:12:1: error: webhook[1].from: this key is missing: Who [missing_key]\n"
            "  remedy: add `from = …` to webhook[1]\n");
}

TEST(Policy, DevelopmentNeedsNoFile) {
  Catalog catalog = words();
  ManualClock clock;
  conf::Findings findings;
  const std::string listen[] = {"http://127.0.0.1:8080", "https://127.0.0.1:8443"};
  Policy p = dev_policy(listen, "http://127.0.0.1:9000", catalog, clock, findings);
  EXPECT_EQ(conf::render_text(findings, false), "");
  EXPECT_EQ(p.config.mode, gate::Mode::development);
  EXPECT_EQ(p.config.listen.size(), 2u);
  ASSERT_EQ(p.routes.size(), 1u);
  EXPECT_EQ(p.config.routes[0].upstream, "app");
  EXPECT_EQ(static_cast<const WordSettings*>(p.routes[0].settings_of("access"))->word, "public");
  const std::string open[] = {"http://0.0.0.0:8080"};
  conf::Findings refused;
  dev_policy(open, "http://127.0.0.1:9000", catalog, clock, refused);
  EXPECT_THAT(conf::render_text(refused, false), HasSubstr("development mode listens on"));
  const std::string odd[] = {"http://127.0.0.1:1\"]\nmode=\"production"};
  conf::Findings quoted;
  dev_policy(odd, "x", catalog, clock, quoted);
  EXPECT_TRUE(quoted.has_errors());
}

TEST(Policy, TheDescriptionNamesEveryControlWhereItActs) {
  Catalog catalog = words();
  std::string all;
  for (const conf::KeyDoc& k : conf::document(description(catalog))) all += k.path + "\n";
  EXPECT_THAT(all, HasSubstr("\nguard.enabled\n"));
  EXPECT_THAT(all, HasSubstr("\nroute[].guard.word\n"));
  EXPECT_THAT(all, HasSubstr("\nhost[].access.word\n"));
  EXPECT_THAT(all, HasSubstr("\ntrace.word\n"));
  EXPECT_THAT(all, Not(HasSubstr("route[].trace")));
  EXPECT_THAT(all, Not(HasSubstr("\naccess.enabled\n")));
}

TEST(Policy, ARouteOfAServiceHasItsTablesAndClashesLikeAnyOther) {
  ManualClock clock;
  Catalog catalog = words();
  std::string path;
  conf::Place place;
  Section desk{"desk", "A service", [&](conf::Form& f) {
                 f.field({"path", "Where it stands"}, path);
                 place = f.place("path");
               }};
  desk.routes = [&] {
    ServiceRoute r;
    r.config.path = "=" + path;
    r.config.desk = "desk";
    r.config.place = place;
    r.tables = "[access]\nword = \"mine\"\n";
    return std::vector<ServiceRoute>{std::move(r)};
  };
  std::string text = std::string(kTop) + "[desk]\npath = \"/desk\"\n[[route]]\npath = \"/\"\n";
  conf::Findings findings;
  Policy policy = load(text, "gatehouse.toml", catalog, clock, findings, std::span(&desk, 1));
  ASSERT_FALSE(findings.has_errors()) << conf::render_text(findings, false);
  ASSERT_EQ(policy.routes.size(), 2u);
  EXPECT_EQ(policy.config.routes[1].desk, "desk");
  EXPECT_EQ(policy.config.routes[1].upstream, "");
  const auto* access = static_cast<const WordSettings*>(policy.routes[1].settings_of("access"));
  EXPECT_EQ(access->word, "mine");
  EXPECT_GT(access->place.line, 1);

  conf::Findings clash;
  load(text + "[[route]]\npath = \"=/desk\"\n", "gatehouse.toml", catalog, clock, clash, std::span(&desk, 1));
  EXPECT_THAT(conf::render_text(clash, false), HasSubstr("already taken"));
}

TEST(Policy, NoControlTakesTheKeysThatAllHave) {
  for (const auto& c : catalog()) {
    auto settings = c->settings();
    for (const conf::KeyDoc& k : conf::document([&](conf::Form& f) { c->describe(f, *settings); }))
      for (std::string_view common : {"enabled", "reason", "mode", "until"}) EXPECT_NE(k.path, common) << c->card().id;
  }
}

}  // namespace
}  // namespace gatehouse::controls
