#include "audit/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/audit.h"
#include "audit/files.h"

namespace gatehouse::audit {
namespace {

Entry entry(std::string path) {
  Entry e;
  e.kind = kind_of(path);
  e.path = std::move(path);
  return e;
}

std::string decoded(std::string path, std::string bytes) {
  EXPECT_EQ(decode(entry(std::move(path)), bytes), Content::text);
  return bytes;
}

std::string utf16(std::u16string_view text, bool big) {
  std::string out = big ? "\xfe\xff" : "\xff\xfe";
  for (const char16_t c : text) {
    const char high = static_cast<char>(c >> 8), low = static_cast<char>(c & 0xff);
    out += big ? high : low;
    out += big ? low : high;
  }
  return out;
}

TEST(Decode, takes_the_mark_off_and_leaves_other_text_alone) {
  EXPECT_EQ(decoded("a.py", "x = 'ä'\n"), "x = 'ä'\n");
  EXPECT_EQ(decoded("a.py", "\xef\xbb\xbfx = 1\n"), "x = 1\n");
  EXPECT_EQ(decoded("a.py", ""), "");
}

TEST(Decode, reads_utf16_of_either_order_with_pairs_and_halves_of_pairs) {
  for (const bool big : {false, true}) {
    EXPECT_EQ(decoded(".env", utf16(u"KEY=ä€\U0001F511\r\n", big)), "KEY=ä€\U0001F511\r\n");
    EXPECT_EQ(decoded(".env", utf16({u"a\xd800z", 3}, big)), "a\xef\xbf\xbdz");
    EXPECT_EQ(decoded(".env", utf16({u"a\xdc00", 2}, big)), "a\xef\xbf\xbd");
    EXPECT_EQ(decoded(".env", utf16(u"ab", big) + "c"), "ab") << "an odd byte at the end";
  }
}

TEST(Decode, makes_zeros_in_sources_blanks_wherever_they_stand) {
  EXPECT_EQ(decoded("a.js", std::string("/*\0*/x", 6)), "/* */x");
  EXPECT_EQ(decoded("a.js", std::string(9000, ' ') + std::string("\0x", 2)), std::string(9001, ' ') + "x");
}

TEST(Decode, knows_what_is_no_text) {
  std::string bytes("\0\1\2", 3);
  EXPECT_EQ(decode(entry("data.dat"), bytes), Content::binary);
  bytes = std::string("\0GITCRYPT\0xyz", 13);
  EXPECT_EQ(decode(entry(".env"), bytes), Content::encrypted);
  bytes = "G" + std::string("@\0\x10", 3) + std::string(184, '\xff') + "G" + std::string(187, 'x') + "G" + "x";
  EXPECT_EQ(decode(entry("film.ts"), bytes), Content::stream);
}

// Stops: a script that looks like a film to us and runs all the same.
TEST(Decode, a_script_that_poses_as_a_film_is_read) {
  std::string bytes = "G=1;/*" + std::string(182, 'x') + "G" + std::string(187, '\0') + "G*/";
  EXPECT_EQ(decode(entry("film.ts"), bytes), Content::text);
}

TEST(Decode, lets_the_readers_see_a_secret_that_powershell_wrote) {
  const std::u16string line = u"STRIPE_SECRET_KEY=sk_li";
  const std::string text = utf16(line + u"ve_51NqWz8Lk2mXo4Pv7RtYb3JcHd\r\n", false);
  const auto report = audit_source(*memory_files({{"deploy/.env.production", text}}), source_pack(), {});
  EXPECT_FALSE(report.findings.empty());
}

// Stops: a zero in a comment, behind which parsers see the end of the file.
TEST(Decode, a_zero_hides_nothing_that_stands_behind_it) {
  const std::string code =
      "const app = require('express')();\napp.get('/x', (req, res) => { eval(req.query.code); });\n";
  const auto found = [](std::string text) {
    std::vector<std::string> out;
    const auto report = audit_source(*memory_files({{"src/a.js", std::move(text)}}), source_pack(), {});
    for (const auto& f : report.findings) out.push_back(f.id);
    return out;
  };
  const auto plain = found("/* */\n" + code);
  EXPECT_FALSE(plain.empty());
  EXPECT_EQ(found(std::string("/*\0*/\n", 6) + code), plain);
  EXPECT_EQ(found("/*" + std::string(9000, '\n') + std::string("\0*/\n", 4) + code), plain);
}

}  // namespace
}  // namespace gatehouse::audit
