#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/conf/form.h"

namespace gatehouse::conf {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

enum class Kind : std::uint8_t { first, second };

struct Everything {
  bool flag = false;
  std::int64_t number = 7;
  std::string word = "default";
  std::vector<std::string> words;
  Duration wait{10s};
  std::uint64_t bytes = 1 << 20;
  Rate rate{600, 60s};
  std::optional<WallTime> until;
  SecretRef key;
  std::vector<SecretRef> keys;
  std::vector<WebOrigin> origins;
  std::vector<ServerUrl> servers;
  std::vector<Cidr> networks;
  Kind kind = Kind::first;
  std::string access;
  bool access_written = false;
  std::vector<std::string> routes, upstreams;
  std::vector<std::pair<std::string, std::string>> headers;
};

void describe(Form& f, Everything& c) {
  f.field({"flag", "A flag"}, c.flag);
  f.field({"number", "A number"}, c.number, 1, 10);
  f.field({"word", "A word"}, c.word);
  f.field({"words", "Some words"}, c.words);
  f.duration({"wait", "How long"}, c.wait, 1s, 1h);
  f.size({"bytes", "How much"}, c.bytes, 1, 1 << 30);
  f.rate({"rate", "How often"}, c.rate);
  f.date({"until", "When it ends"}, c.until);
  f.secret({"key", "A key"}, c.key);
  f.secrets({"keys", "Keys"}, c.keys);
  f.origins({"origins", "Sites"}, c.origins);
  f.servers({"servers", "Servers"}, c.servers);
  f.networks({"networks", "Networks"}, c.networks);
  f.choice({"kind", "Which"}, c.kind, {{"first", 0}, {"second", 1}});
  f.table(
      {"access", "Who may"},
      [&](Form& t) {
        t.field({"rule", "The rule"}, c.access);
        t.field({"flag", "A flag"}, c.flag);
      },
      &c.access_written);
  f.each({"route", "Ways"}, [&](Form& t, std::size_t) {
    std::string path;
    t.field(required("path", "Where"), path);
    c.routes.push_back(path);
  });
  f.entries({"upstream", "Backends"}, [&](Form& t, std::string_view name) {
    std::vector<ServerUrl> servers;
    t.servers(required("servers", "Addresses"), servers);
    c.upstreams.emplace_back(name);
  });
  f.strings({"headers", "Fields"}, c.headers);
}

struct Read {
  Everything c;
  Findings findings;
  explicit Read(std::string_view text) {
    Document d = Document::parse(text, "t.toml", findings);
    d.read([&](Form& f) { describe(f, c); }, findings);
  }
  std::string text() const { return render_text(findings, false); }
};

TEST(Document, EveryKindOfValueArrives) {
  Read r(R"(
flag = true
number = 3
word = "w"
words = ["a", "b"]
wait = "5m"
bytes = "2KiB"
rate = "5/min"
until = 2026-12-31
key = { env = "KEY" }
keys = [{ env = "A" }, { file = "/b" }]
origins = "https://a.example"
servers = ["http://127.0.0.1:1", "unix:/s"]
networks = ["10.0.0.0/8"]
kind = "second"
headers = { Accept = "application/json", "X-A" = "b" }
[access]
rule = "public"
[[route]]
path = "/a"
[[route]]
path = "/b"
[upstream.web]
servers = "http://127.0.0.1:2"
[upstream.api]
servers = "http://127.0.0.1:3"
)");
  EXPECT_EQ(r.text(), "");
  EXPECT_TRUE(r.c.flag);
  EXPECT_EQ(r.c.number, 3);
  EXPECT_EQ(r.c.word, "w");
  EXPECT_THAT(r.c.words, ElementsAre("a", "b"));
  EXPECT_EQ(r.c.wait, Duration(5min));
  EXPECT_EQ(r.c.bytes, 2048u);
  EXPECT_EQ(r.c.rate, (Rate{5, 60s}));
  EXPECT_EQ(r.c.until->time_since_epoch(), Duration(std::chrono::seconds(1798675200)));
  EXPECT_EQ(r.c.key.text(), "env:KEY");
  EXPECT_EQ(r.c.key.key, "key");
  EXPECT_EQ(r.c.key.place.line, 10);
  EXPECT_EQ(r.c.keys[1].text(), "file:/b");
  EXPECT_EQ(r.c.origins[0].text(), "https://a.example");
  EXPECT_EQ(r.c.servers.size(), 2u);
  EXPECT_EQ(r.c.networks.size(), 1u);
  EXPECT_EQ(r.c.kind, Kind::second);
  EXPECT_EQ(r.c.access, "public");
  EXPECT_TRUE(r.c.access_written);
  EXPECT_THAT(r.c.routes, ElementsAre("/a", "/b"));
  EXPECT_THAT(r.c.upstreams, ElementsAre("web", "api"));  // in the order of the text
  EXPECT_EQ(r.c.headers[0].first, "Accept");
}

TEST(Document, ABareValueStandsForTheFirstFieldOfItsTable) {
  Read r("access = \"public\"\nupstream = { web = \"http://127.0.0.1:2\" }\nroute = [\"/a\"]");
  EXPECT_EQ(r.text(), "");
  EXPECT_EQ(r.c.access, "public");
  EXPECT_THAT(r.c.routes, ElementsAre("/a"));
}

TEST(Document, AllFindingsComeAtOnceWithPlaceAndRemedy) {
  Read r("flga = true\nnumber = 11\n[access]\nrul = \"x\"\n[[route]]\n[[route]]\npath = 3\n");
  EXPECT_EQ(r.text(),
            "t.toml:1:1: error: flga: unknown key [unknown_key]\n  remedy: did you mean `flag`?\n"
            "t.toml:2:1: error: number: 11 is out of bounds [bad_value]\n  remedy: write a number from 1 to 10\n"
            "t.toml:4:1: error: access.rul: unknown key [unknown_key]\n  remedy: did you mean `rule`?\n"
            "t.toml:5:1: error: route[0].path: this key is missing: Where [missing_key]\n"
            "  remedy: add `path = …` to route[0]\n"
            "t.toml:7:1: error: route[1].path: expected a string, found an integer [bad_type]\n"
            "  remedy: put the value in quotes\n");
}

TEST(Document, EachFaultEarnsItsMessage) {
  const std::pair<std::string_view, std::string_view> faults[] = {
      {"flag = \"true\"", "flag: expected true or false, found a string"},
      {"wait = 10", "wait: expected a duration, found an integer [bad_type]\n  remedy: write the unit: \"10s\""},
      {"wait = \"2h\"", "wait: `2h` is out of bounds [bad_value]\n  remedy: write a duration from 1s to 1h"},
      {"bytes = \"1KB\"", "bytes: `1KB`: a size is a whole number of bytes"},
      {"bytes = -1", "bytes: expected a size"},
      {"rate = \"5\"", "rate: `5`: a rate is a count and a period"},
      {"until = \"2026-12-31\"", "until: expected a date, found a string"},
      {"until = 2026-12-31T10:00:00", "until: this date or time cannot be used"},
      {"until = 9999-12-31", "until: this date or time cannot be used"},
      {"kind = \"frist\"", "did you mean \"first\"?"},
      {"access = false", "write [access] with `enabled = false` and a `reason`"},
      {"access = true", "leave the key out"},
      {"[[access]]\nrule = \"a\"", "expected one table, found a list of tables"},
      {"[route]\npath = \"/\"", "write [[route]] with two brackets"},
      {"upstream = \"x\"", "write [upstream.NAME]"},
      {"headers = { a = 1 }", "headers.a: expected a string"},
      {"headers = { a = \"b\\r\\nc\" }", "headers.a: a control byte"},
      {"word = \"a\\u0000b\"", "word: a control byte"},
      {"word = { env = \"X\" }", "only secrets are written as references"},
      {"networks = [\"10.0.0.1/8\"]", "this is a host, not a network"},
      {"origins = [\"*\"]", "`*` is everybody"},
      {"flag = true\nflag = false", "[syntax]"},
      {"flag = ", "[syntax]"},
      {"until = 2026-12-31Tx", "[syntax]"},
      {"w\xc3\xbc = 1", "[syntax]"},
      {"word = \"a\" \xc3\xbc", "[syntax]"},
      {"\xff", "the file is not UTF-8 here"},
  };
  for (auto [text, message] : faults) EXPECT_THAT(Read(text).text(), testing::HasSubstr(message)) << text;
}

TEST(Document, ASecretInTheFileIsRefusedAndNeverRepeated) {
  const std::string key = "sk_live_51Habcdefghij0123456789";
  for (std::string text : {"key = \"" + key + "\"", "key = { env = \"" + key + "\" }", "keys = [\"" + key + "\"]",
                           "word = \"" + key + "\"", "# " + key, "flag = \nword = \"" + key + "\""}) {
    Read r(text);
    EXPECT_THAT(r.text(), testing::HasSubstr("[literal_secret]")) << text;
    EXPECT_THAT(r.text(), testing::Not(testing::HasSubstr("51H"))) << text;
    auto literal = std::count_if(r.findings.all().begin(), r.findings.all().end(),
                                 [](const Finding& f) { return f.code == "literal_secret"; });
    EXPECT_EQ(literal, 1) << text;
  }
  for (auto bad : {"key = {}", "key = { env = \"A\", file = \"/b\" }", "key = { env = \"A B\" }",
                   "key = { env = \"\" }", "key = { vault = \"x\" }", "key = { file = \"\" }", "key = 3"})
    EXPECT_TRUE(Read(bad).findings.has_errors()) << bad;
}

TEST(Document, APasswordInAnAddressIsNeverRepeated) {
  for (std::string text :
       {"servers = \"http://app:planted@127.0.0.1:9000\"", "servers = \"app:planted@127.0.0.1\"",
        "origins = \"https://app:planted@a.example\"", "servers = \"https://planted@a@b.example/\""}) {
    Read r(text);
    EXPECT_THAT(r.text(), testing::HasSubstr("***@")) << text;
    EXPECT_THAT(r.text(), testing::Not(testing::HasSubstr("planted"))) << text;
  }
  EXPECT_THAT(Read("origins = \"https://a.example/@planted\"").text(), testing::HasSubstr("/@planted"));
}

TEST(Document, DeepKeysAndHugeFilesAreRefusedBeforeTheyAreRead) {
  std::string deep = "a";
  for (int i = 0; i < 200'000; ++i) deep += ".a";
  EXPECT_THAT(Read(deep + " = 1").text(), testing::HasSubstr("a key of more than 32 parts"));
  EXPECT_THAT(Read("[" + deep + "]").text(), testing::HasSubstr("a key of more than 32 parts"));
  EXPECT_THAT(Read("a = " + std::string(100'000, '[')).text(), testing::HasSubstr("[syntax]"));
  EXPECT_THAT(Read(std::string((1 << 20) + 1, ' ')).text(), testing::HasSubstr("larger than 1 MiB"));
  EXPECT_EQ(Read("word = \"1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4\"").text(), "");
}

TEST(Document, AKeyReadTwiceIsComplainedAboutOnce) {
  Findings findings;
  Document d = Document::parse("number = \"x\"\n", "t.toml", findings);
  d.read(
      [&](Form& f) {
        std::int64_t n = 0;
        f.field({"number", ""}, n, 0, 1);
        f.field({"number", ""}, n, 0, 1);
      },
      findings);
  EXPECT_EQ(findings.all().size(), 1u);
}

TEST(Description, EveryKeyIsNamedWithTypeAndDefault) {
  Everything c;
  auto keys = document([&](Form& f) { describe(f, c); });
  std::string all;
  for (const KeyDoc& k : keys)
    all += k.path + "|" + k.type + "|" + k.default_value + (k.required ? "|required\n" : "\n");
  EXPECT_EQ(all,
            "flag|true or false|false\nnumber|integer, 1 to 10|7\nword|string|\"default\"\nwords|list of strings|\n"
            "wait|duration, 1s to 1h|\"10s\"\nbytes|size, 1 to 1GiB|\"1MiB\"\nrate|rate|\"600/min\"\nuntil|date|\n"
            "key|reference to a secret|\nkeys|list of references to secrets|\norigins|list of origins|\n"
            "servers|list of addresses|\nnetworks|list of networks|\nkind|\"first\" or \"second\"|\"first\"\n"
            "access|table|\naccess.rule|string|\naccess.flag|true or false|false\nroute[]|list of tables|\n"
            "route[].path|string||required\nupstream.<name>|table of tables|\n"
            "upstream.<name>.servers|list of addresses||required\nheaders|table of strings|\n");
}

TEST(Description, TheSchemaKnowsShorthandsAndClosesEveryTable) {
  Everything c;
  json::Value s = schema([&](Form& f) { describe(f, c); });
  EXPECT_EQ(s.string_at("$schema"), "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(s.find("additionalProperties")->boolean(), false);
  const json::Value& p = *s.find("properties");
  EXPECT_EQ(json::write(*p.find("number")), R"({"type":"integer","minimum":1,"maximum":10,"description":"A number"})");
  EXPECT_EQ(p.find("access")->find("anyOf")->array()[1].string_at("type"), "string");
  EXPECT_EQ(json::write(*p.find("route")->find("items")->find("anyOf")->array()[0].find("required")), R"(["path"])");
}

}  // namespace
}  // namespace gatehouse::conf
