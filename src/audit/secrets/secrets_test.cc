#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <set>

#include "audit/audit.h"
#include "audit/catalog.h"
#include "audit/secrets/engine.h"
#include "audit/secrets/plain.h"
#include "audit/secrets/reader.h"
#include "base/text.h"

namespace gatehouse::audit::secrets {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Engine engine() {
  auto e = Engine::create();
  if (!e) throw std::runtime_error(e.error().text());
  return std::move(*e);
}

std::vector<Hit> scan(std::string_view text, Kind kind = Kind::python) { return engine().scan(text, kind); }

std::vector<std::string> found(std::vector<std::pair<std::string, std::string>> files) {
  auto tree = memory_files(std::move(files));
  Pack pack;
  add_secrets(pack);
  std::vector<std::string> out;
  for (const proof::Finding& f : audit_source(*tree, std::move(pack), {}).findings)
    out.push_back(f.id + " " + f.locations.front().path + ":" + std::to_string(f.locations.front().line));
  return out;
}

// Keys are put together here so that this file holds none.
std::string key(std::string_view prefix, std::size_t length,
                std::string_view alphabet = "aB3dE7gH1jK9mN5pQ2sT8vW4xY6z") {
  std::string out(prefix);
  for (std::size_t i = 0; i < length; ++i) out += alphabet[(i * 11 + i / 7) % alphabet.size()];
  return out;
}

TEST(Formats, every_prefix_format_is_found_at_its_shortest_and_refused_one_shorter) {
  const Engine e = engine();
  for (const Format& f : formats()) {
    std::string_view alphabet = "aB3dE7gH1jK9mN5pQ2sT8vW4xY6z";
    if (f.charset == Charset::hex) alphabet = "0a1b2c3d4e5f6789";
    if (f.charset == Charset::base32) alphabet = "A2B3C4D5E6F7GHIJKLMNOPQR";
    if (f.charset == Charset::upper) alphabet = "A2B3C4D5E6F7GHIJKLMNOPQR";
    std::string body = key("", f.min, alphabet);
    if (f.prefix == "re_") body = key("", 8) + "_" + key("", 24);
    const std::string value = std::string(f.prefix) + body;
    const auto hits = e.scan("const k = \"" + value + "\"\n", Kind::python);
    const bool seen = std::any_of(hits.begin(), hits.end(), [&](const Hit& h) {
      return h.shape == Shape::count_ && h.verdict != Verdict::sample && h.end - h.begin == value.size();
    });
    EXPECT_TRUE(seen) << f.provider << " " << f.what << " " << value;
    if (f.min < 12 || f.prefix == "re_") continue;
    for (const Hit& h : e.scan("const k = \"" + value.substr(0, value.size() - 1) + "\"\n", Kind::text))
      EXPECT_FALSE(h.shape == Shape::count_ && h.what == f.what && h.provider == f.provider)
          << f.provider << " " << f.what;
  }
}

TEST(Formats, every_shape_takes_what_it_must_and_leaves_what_it_must_not) {
  const Engine e = engine();
  std::set<Shape> tried;
  for (const ShapePattern& p : shapes()) {
    EXPECT_TRUE(tried.insert(p.shape).second) << p.regex;
    auto taken = [&](const std::string& text) {
      const auto hits = e.scan(text, Kind::typescript);
      return std::any_of(hits.begin(), hits.end(),
                         [&](const Hit& h) { return h.shape == p.shape && h.verdict != Verdict::sample; });
    };
    for (const std::string& text : p.must) EXPECT_TRUE(taken(text)) << p.regex << "\n" << text;
    for (const std::string& text : p.must_not) EXPECT_FALSE(taken(text)) << p.regex << "\n" << text;
  }
  EXPECT_EQ(tried.size(), static_cast<std::size_t>(Shape::count_)) << "a shape that nothing looks for";
}

TEST(Formats, a_faulty_file_is_told_line_by_line) {
  conf::Findings findings;
  (void)read_known(
      "[[format]]\nprovider = \"A\"\nwhat = \"key\"\nprefix = \"a_\"\ncharacters = \"alnm\"\nlenght = [4, 8]\n",
      "f.toml", findings);
  const std::string said = conf::render_text(findings, false);
  for (const char* part : {"f.toml:5", "write one of alnum", "did you mean `length`?", "expected the fewest"})
    EXPECT_NE(said.find(part), said.npos) << part << "\n" << said;
}

TEST(Formats, a_github_token_is_sure_only_when_its_checksum_fits) {
  // Thirty characters and their CRC-32 in base 62, worked out beside the provider's description.
  const std::string right = std::string("ghp_") + "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ" + "0mLq17";
  auto hits = scan("t = '" + right + "'");
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(hits[0].confidence, proof::Confidence::high);
  std::string wrong = right;
  wrong.back() = '8';
  hits = scan("t = '" + wrong + "'");
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(hits[0].confidence, proof::Confidence::medium);
}

TEST(Judge, a_publishable_key_is_public_and_a_placeholder_is_a_sample) {
  EXPECT_EQ(scan("k = '" + key("pk_live_", 40) + "'").at(0).verdict, Verdict::publish);
  EXPECT_EQ(scan("k = '" + key("phc_", 43) + "'").at(0).verdict, Verdict::publish);
  EXPECT_EQ(scan(std::string("k = 'sk_live_") + "xxxxxxxxxxxxxxxxxxxxxxxx'").at(0).verdict, Verdict::sample);
  EXPECT_EQ(scan(std::string("k = 'AKIA") + "IOSFODNN7EXAMPLE'").at(0).verdict, Verdict::sample);
  EXPECT_THAT(scan("apiKey: process.env.STRIPE_SECRET_KEY"), IsEmpty());
}

TEST(Judge, a_key_drawn_without_a_digit_is_told_from_words_by_how_its_case_changes) {
  const std::string prefix = "glpat-";
  EXPECT_EQ(scan("t = '" + prefix + "TWFANUGnNcrZYxiMPbbz'").at(0).verdict, Verdict::secret);
  EXPECT_THAT(scan("t = '" + prefix + "projectAccessTokenOfMine'"), IsEmpty());
  EXPECT_THAT(scan("t = '" + prefix + "the-token-of-the-project'"), IsEmpty());
}

TEST(Judge, a_sentence_in_base64_is_no_signing_secret) {
  const auto verdict = [](std::string_view bytes) {
    return scan("S = 'whsec_" + text::base64(bytes) + "'").at(0).verdict;
  };
  EXPECT_EQ(verdict("the key that signs deliveries 01"), Verdict::sample);
  EXPECT_NE(verdict("the key that signs deliveries\xff"), Verdict::sample);
  EXPECT_NE(verdict("x8Kq2mZp7Lw4Rt9Vb3Nc6Yd1"), Verdict::sample) << "letters and digits may well be random";
}

TEST(Judge, a_supabase_token_is_told_by_the_role_inside_it) {
  auto token = [](std::string_view role) {
    return text::base64url(R"({"alg":"HS256","typ":"JWT"})") + "." +
           text::base64url(R"({"iss":"supabase","ref":"abcdefghijklmnopqrst","role":")" + std::string(role) +
                           R"(","exp":2000000000})") +
           "." + text::base64url("0123456789abcdef0123456789abcdef");
  };
  auto hits = scan("const k = \"" + token("service_role") + "\"", Kind::typescript);
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(hits[0].verdict, Verdict::secret);
  EXPECT_EQ(hits[0].severity, proof::Severity::critical);
  EXPECT_EQ(scan("const k = \"" + token("anon") + "\"", Kind::typescript).at(0).verdict, Verdict::publish);
}

TEST(Judge, a_secret_with_a_built_in_default_is_found_in_every_spelling) {
  for (std::string_view line :
       {"S = os.getenv('JWT_SECRET', 'dev-secret')", "S = os.environ.get(\"JWT_SECRET\", \"dev\")",
        "S = config('JWT_SECRET', default='change-me')", "S = env.str('JWT_SECRET', 'x')",
        "S = config('JWT_SECRET', cast=str, default='change-me')"})
    EXPECT_EQ(scan(line).at(0).verdict, Verdict::fallback) << line;
  for (std::string_view line :
       {"const s = process.env.JWT_SECRET || 'dev-secret'", "const s = process.env.JWT_SECRET ?? \"dev\"",
        "const s = process.env['JWT_SECRET'] || `dev`"})
    EXPECT_EQ(scan(line, Kind::typescript).at(0).verdict, Verdict::fallback) << line;
  for (std::string_view line :
       {"S = os.getenv('JWT_SECRET')", "S = os.getenv('JWT_SECRET', '')", "S = os.getenv('LOG_LEVEL', 'info')",
        "S = os.getenv('JWT_ALGORITHM', 'HS256')", "S = config('ACCESS_TOKEN_EXPIRE_MINUTES', '30')",
        "S = os.getenv('REFRESH_TOKEN_EXPIRES_IN', '7d')", "# os.getenv('JWT_SECRET', 'dev-secret')",
        "S = os.getenv('API_URL', 'http://localhost')"})
    EXPECT_THAT(scan(line), IsEmpty()) << line;
}

TEST(Judge, a_secret_in_a_log_line_is_found_and_its_mere_presence_is_not) {
  for (std::string_view line : {"console.log(process.env)", "console.log('key', process.env.STRIPE_SECRET_KEY)",
                                "console.log(`key ${config.apiKey}`)"})
    EXPECT_EQ(scan(line, Kind::typescript).at(0).verdict, Verdict::logged) << line;
  EXPECT_EQ(scan("logger.info(f\"token {user.access_token}\")").at(0).verdict, Verdict::logged);
  for (std::string_view line :
       {"console.log('set your SECRET_KEY first')", "console.log(!!process.env.STRIPE_SECRET_KEY)",
        "console.log('key', process.env.STRIPE_SECRET_KEY ? 'there' : 'missing')", "console.log(token.length)",
        "console.log('ok', process.env.NODE_ENV)"})
    EXPECT_THAT(scan(line, Kind::typescript), IsEmpty()) << line;
  EXPECT_THAT(scan("print('token is {token}')"), IsEmpty());
}

TEST(Judge, a_password_tells_by_the_record_around_it) {
  auto first = [](std::string_view text, Kind kind = Kind::typescript) {
    const auto hits = scan(text, kind);
    return hits.empty() ? std::optional<Hit>() : std::optional<Hit>(hits.front());
  };
  const auto remote = first("connect(host='db.eu.rds.amazonaws.com', user='shop', password='blueheron')", Kind::python);
  ASSERT_TRUE(remote);
  EXPECT_EQ(remote->severity, proof::Severity::critical);
  EXPECT_TRUE(remote->clear);
  EXPECT_FALSE(
      first("connect(host='db.eu.rds.amazonaws.com', user='shop', password='blueheron', ssl_ca='ca.pem')", Kind::python)
          ->clear);
  EXPECT_EQ(first("createPool({host: 'localhost', user: 'root', password: 'root'})")->severity,
            proof::Severity::medium);
  EXPECT_EQ(first("createPool({host: 'localhost', user: 'root', password: ''})")->what,
            "account of a data store without a password");
  EXPECT_FALSE(first("createPool({host: 'localhost', user: 'shop', password: ''})"));
  EXPECT_FALSE(first("login({user: 'User name', password: 'Password'})"));
  EXPECT_FALSE(first("prisma.user.create({data: {name: 'Ada', password: hashed}})"));
  EXPECT_EQ(first("const ADMIN_TOKEN = 'Open';\nif (t.toLowerCase() !== ADMIN_TOKEN.toLowerCase()) leave();", Kind::tsx)
                ->severity,
            proof::Severity::critical);
  EXPECT_FALSE(first("const ADMIN_TOKEN = 'Open';\nshow(ADMIN_TOKEN);"));
}

TEST(Plain, lines_of_name_and_value_are_judged_by_their_words) {
  auto names = [](std::string_view text, Kind kind) {
    std::string out;
    for (const PlainSecret& s : plain_secrets(text, kind)) out += s.name + ":" + std::to_string(s.line) + " ";
    return out;
  };
  EXPECT_EQ(names("spring.datasource.username=shop\nspring.datasource.password=blue\n", Kind::ini),
            "spring.datasource.password:2 ");
  EXPECT_EQ(names("username: shop\npassword: blueheron\n", Kind::yaml), "password:2 ");
  EXPECT_EQ(names("title: Sign in\npassword: Passwort\n", Kind::yaml), "") << "a word for people";
  EXPECT_EQ(names("db_password: \"{{ vault_db }}\"\nsmtp_password: ${SMTP}\nredis_password: changeme\n", Kind::yaml),
            "");
  EXPECT_EQ(names("export DB_PASSWORD=$1\nDB_PASSWORD=blueheron ./run\n", Kind::shell), "DB_PASSWORD:2 ");
  EXPECT_EQ(names("API_KEY = q7Rw2kLm9xT4vB8nC1zD\nTOKEN_URL=https://a.example\nclient_secret=\n", Kind::text),
            "API_KEY:1 ");
}

TEST(Judge, labels_names_and_paths_are_no_credentials) {
  for (std::string_view line :
       {"password_label = \"Enter Password\"", "token_key = \"access_token\"", "API_KEY_NAME = \"x-api-key-2\"",
        "secret = \"STRIPE_SECRET_KEY\"", "const tokenUrl = \"/api/v1/token\"", "password: \"${DB_PASSWORD}\"",
        "TOKEN_PREFIX = \"Bearer123456\"", "passwordPlaceholder: \"********\"", "cache_key = \"user-profile\""})
    EXPECT_THAT(scan(line), IsEmpty()) << line;
  EXPECT_EQ(scan("ADMIN_PASSWORD = \"Sup3rS3cret!\"").at(0).shape, Shape::assignment);
  EXPECT_EQ(scan("JWT_SECRET = \"my-signing-secret-1\"").at(0).shape, Shape::assignment);
}

TEST(Judge, a_database_address_counts_by_its_host_and_password) {
  EXPECT_EQ(scan("u = 'postgresql://app:s3cr3tPw9@db.internal.io:5432/app'").at(0).severity, proof::Severity::high);
  EXPECT_EQ(scan("u = 'postgresql://postgres:postgres@localhost/app'").at(0).verdict, Verdict::sample);
  EXPECT_THAT(scan("u = f'postgresql://{user}:{password}@{host}/app'"), IsEmpty());
  EXPECT_THAT(scan("u = 'postgresql://localhost/app'"), IsEmpty());
}

TEST(Judge, a_bare_marker_of_a_private_key_is_no_key) {
  const std::string marker = std::string("-----BEGIN ") + "PRIVATE KEY-----";
  EXPECT_THAT(scan("k.replace('" + marker + "', '')"), IsEmpty());
  const std::string body = key("MIIEvQ", 200);
  EXPECT_EQ(scan(marker + "\n" + body + "\n-----END PRIVATE KEY-----\n", Kind::key).at(0).shape, Shape::pem);
}

TEST(Redact, never_shows_half_of_a_secret) {
  for (std::string_view v : {"a", "abcd", "sk_live_51H8xK2eZvKYlo2C", "0123456789abcdef0123456789abcdef"}) {
    const std::string shown = redact(v);
    EXPECT_LE(shown.find("…"), v.size() / 2) << v;
  }
  const std::string secret = key("sk_live_", 60);
  EXPECT_THAT(redact(secret), Not(HasSubstr(secret.substr(0, 16))));
}

TEST(Engine, a_literal_that_ends_in_a_backslash_at_the_end_of_the_text_keeps_the_hit_inside) {
  const std::string_view text = "console.log(password + `\\";
  const auto hits = scan(text, Kind::javascript);
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(hits[0].end, text.size());
}

TEST(Engine, no_text_makes_a_candidate_cost_more_than_its_neighbourhood) {
  // Each unit proposes a candidate whose look around would meet every other, were it not bounded.
  const Engine e = engine();
  for (const std::string_view unit :
       {"-----BEGIN PRIVATE KEY-----", "PUBLIC_KEY", "eyJaaaaaaaa.eyJaaaaaaaa.", "A_SECRET=\"aaaaaa\" ", "print(",
        "redis://a:b@", "postgres://a:b@c ", "console.log(`", "process.env.A_KEY||'a'", "discord.com/api/webhooks/"}) {
    std::string text;
    while (text.size() < 512 * 1024) text += unit;
    const std::clock_t start = std::clock();  // of this process: a busy machine is no fault of ours
    (void)e.scan(text, Kind::python);
    (void)e.scan(text, Kind::javascript);
    const double took = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    EXPECT_LT(took, 15.0) << unit;  // quadratic: minutes, also in a build with sanitizers
  }
}

TEST(Engine, a_value_in_a_docstring_is_an_example) {
  const std::string value = "JWT_SECRET = 'x9f8-e7d6-c5b4-a3z2'\n";
  EXPECT_THAT(scan("\"\"\"\n" + value + "\"\"\"\n"), IsEmpty());
  EXPECT_EQ(scan("\"\"\"Doc.\"\"\"\n" + value).size(), 1u);
}

TEST(SecretReader, knows_a_password_of_a_machine_in_a_manual_from_one_that_shows_the_form) {
  const auto manual = [](const std::string& value) {
    return found({{"README.md", "# Shop\n\n```bash\nDB_HOST=db.example.com\nDB_PASSWORD=" + value + "\n```\n"}});
  };
  EXPECT_THAT(manual(std::string("eNsMoCeBb") + "ndxVQXIvnPxibfZEwWj"), ElementsAre("ENV-005 README.md:5"));
  for (const char* sample : {"your_password_here", "super-secret-password", "abcdEFGH12345678ijkl", "password"})
    EXPECT_THAT(manual(sample), IsEmpty()) << sample;
}

TEST(SecretReader, tells_source_bundle_example_and_fixture_apart) {
  const std::string live = key("sk_live_", 40);
  EXPECT_THAT(found({{"src/pay.py", "KEY = '" + live + "'\n"}}), Contains("SEC-001 src/pay.py:1"));
  EXPECT_THAT(found({{"dist/app.js", "x='" + live + "'\n"}}), Contains("SEC-003 dist/app.js:1"));
  EXPECT_THAT(found({{".env.example", "A=1\nSTRIPE_SECRET_KEY=" + live + "\n"}}), Contains("ENV-005 .env.example:2"));
  const std::string test = "sk_" + std::string("test_") + live.substr(8);
  EXPECT_THAT(found({{".example.env", "A=1\nSTRIPE_SECRET_KEY = " + test + "\n"}}), Contains("ENV-005 .example.env:2"));
  EXPECT_THAT(found({{"tests/fixtures/pay.py", "KEY = '" + live + "'\n"}}), IsEmpty());
  EXPECT_THAT(found({{"README.md", "put `sk_live_your_key` there\n"}}), IsEmpty());
}

TEST(SecretReader, finds_a_value_of_the_environment_file_in_what_was_built) {
  const auto ids = found(
      {{".env", "API_SECRET=q8Zt5rLw2Nc7Vb4Xp1\n"}, {"dist/assets/index.js", "var a;\nb=\"q8Zt5rLw2Nc7Vb4Xp1\"\n"}});
  EXPECT_THAT(ids, Contains("SEC-006 dist/assets/index.js:2"));
}

TEST(SecretReader, a_public_prefix_with_a_secret_name_is_found_once_also_in_example_files) {
  const auto ids = found({{".env.example", "VITE_MINIO_SECRET_KEY=\nVITE_STRIPE_PUBLISHABLE_KEY=\nVITE_API_URL=\n"},
                          {"src/s3.ts", "const s = import.meta.env.VITE_MINIO_SECRET_KEY;\n"}});
  EXPECT_EQ(std::count(ids.begin(), ids.end(), "SEC-004 .env.example:1"), 1);
  EXPECT_EQ(ids.size(), 1u);
}

TEST(SecretReader, an_address_of_a_public_ledger_is_no_credential) {
  const std::string coin = "833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";
  EXPECT_THAT(found({{"src/pay.ts", "export const o = { token: '0x" + coin + "' };\n"}}), IsEmpty());
  EXPECT_THAT(found({{"src/pay.ts", "export const o = { secret_token: '" + coin + "' };\n"}}),
              Contains("SEC-017 src/pay.ts:1"));
}

TEST(SecretReader, an_environment_file_counts_unless_git_ignores_it) {
  const std::string env = "JWT_SECRET=a8f5f167f44f4964e6c998dee827110c\n";
  EXPECT_THAT(found({{".env", env}}), Contains("ENV-001 .env:1"));
  // Without git nobody can say that it stayed there: told, with that doubt.
  EXPECT_THAT(found({{".env", env}, {".gitignore", "node_modules\n.env*\n!.env.example\n"}}),
              ElementsAre("SEC-017 .env:1"));
}

TEST(SecretReader, an_environment_file_that_opens_a_store_with_the_first_word_anybody_tries_is_told) {
  EXPECT_THAT(found({{".env", "A=1\nPOSTGRES_PASSWORD=postgres\n"}}), Contains("INF-003 .env:2"));
  EXPECT_THAT(found({{".env", "DB_PASS=root\n"}}), Contains("INF-003 .env:1"));
  EXPECT_THAT(found({{".env", "DB_PASS=root\n"}, {".gitignore", ".env\n"}}), Not(Contains("INF-003 .env:1")));
  EXPECT_THAT(found({{"dev.env", "DB_PASS=root\n"}}), Not(Contains("INF-003 dev.env:1")));
  EXPECT_THAT(found({{".env.example", "DB_PASS=root\n"}}), Not(Contains("INF-003 .env.example:1")));
  EXPECT_THAT(found({{".env", "DB_PASS=${DB_PASS}\nDB_USER=root\nDB_PASSWORD=your_password\n"}}), IsEmpty());
}

TEST(SecretReader, no_report_ever_carries_the_secret) {
  const std::string live = key("sk_live_", 60);
  auto tree =
      memory_files({{"a.py", "KEY = '" + live + "'\nprint('" + live + "')\n"}, {".env", "K_SECRET=" + live + "\n"}});
  Pack pack;
  add_secrets(pack);
  const std::string out = json::write(proof::to_json(audit_source(*tree, std::move(pack), {})));
  EXPECT_THAT(out, HasSubstr("SEC-001"));
  EXPECT_THAT(out, Not(HasSubstr(live.substr(0, live.size() / 2))));
}

}  // namespace
}  // namespace gatehouse::audit::secrets
