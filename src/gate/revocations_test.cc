#include "gate/revocations.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "base/testing/temporary_folder.h"
#include "gate/revocations_api.h"

namespace gatehouse::gate {
namespace {

using Kind = Revocation::Kind;

Principal person(std::string subject, std::string session, std::int64_t issued_at) {
  Principal p;
  p.subject = std::move(subject), p.session = std::move(session), p.issued_at = issued_at;
  return p;
}

struct RevocationList : testing::Test {
  ManualClock clock{1000};
  Revocations list{clock};
  const TemporaryFolder folder;
  std::string file() const { return folder.at("revocations.jsonl"); }
  static Revocation of(Kind kind, std::string value, std::int64_t before = 0, std::int64_t expires = 0) {
    Revocation r;
    r.kind = kind, r.value = std::move(value), r.before = before, r.expires = expires;
    return r;
  }
  std::string read() const {
    std::ifstream in(file());
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_F(RevocationList, AnEmptyListRefusesNobody) { EXPECT_FALSE(list.refuses(person("u", "s", 0))); }

TEST_F(RevocationList, ASessionIsRefusedAndItsOwnerIsNot) {
  ASSERT_TRUE(list.add(of(Kind::session, "s1")));
  EXPECT_TRUE(list.refuses(person("u", "s1", 999)));
  EXPECT_TRUE(list.refuses(person("u", "s1", 5000)));
  EXPECT_FALSE(list.refuses(person("u", "s2", 999)));
  EXPECT_FALSE(list.refuses(person("s1", "", 999)));
}

TEST_F(RevocationList, ASubjectIsRefusedWhateverTheSession) {
  ASSERT_TRUE(list.add(of(Kind::subject, "u")));
  EXPECT_TRUE(list.refuses(person("u", "any", 5000)));
  EXPECT_FALSE(list.refuses(person("v", "any", 5000)));
}

TEST_F(RevocationList, AllSessionsOfASubjectMeansTokensIssuedUntilThen) {
  ASSERT_TRUE(list.add(of(Kind::subject_before, "u", 1000)));
  EXPECT_TRUE(list.refuses(person("u", "a", 999)));
  EXPECT_TRUE(list.refuses(person("u", "a", 1000)));
  EXPECT_FALSE(list.refuses(person("u", "a", 1001)));
  EXPECT_TRUE(list.refuses(person("u", "a", 0))) << "a token that does not say when it was issued";
  EXPECT_FALSE(list.refuses(person("v", "a", 1)));
}

TEST_F(RevocationList, EverythingMeansEverybodySignsInAgain) {
  ASSERT_TRUE(list.add(of(Kind::everything, "", 1000)));
  EXPECT_TRUE(list.refuses(person("u", "", 1000)));
  EXPECT_FALSE(list.refuses(person("u", "", 1001)));
}

TEST_F(RevocationList, AnEntryEndsWhenItExpiresAndWhenItIsLifted) {
  ASSERT_TRUE(list.add(of(Kind::session, "s1", 0, 1100)));
  ASSERT_TRUE(list.add(of(Kind::subject, "u")));
  clock.set_unix(1100);
  EXPECT_FALSE(list.refuses(person("v", "s1", 0)));
  EXPECT_EQ(list.list().size(), 1u);
  EXPECT_TRUE(list.lift(Kind::subject, "u").value());
  EXPECT_FALSE(list.lift(Kind::subject, "u").value());
  EXPECT_FALSE(list.refuses(person("u", "s1", 0)));
}

TEST_F(RevocationList, ALaterWeakerLineDoesNotShortenAnEarlierOne) {
  ASSERT_TRUE(list.add(of(Kind::session, "s1")));
  ASSERT_TRUE(list.add(of(Kind::session, "s1", 0, 1001)));
  ASSERT_TRUE(list.add(of(Kind::everything, "", 900)));
  ASSERT_TRUE(list.add(of(Kind::everything, "", 800)));
  clock.set_unix(2000);
  EXPECT_TRUE(list.refuses(person("u", "s1", 1500)));
  EXPECT_TRUE(list.refuses(person("u", "s2", 900)));
}

TEST_F(RevocationList, EveryChangeMovesTheEpoch) {
  const auto before = list.epoch();
  ASSERT_TRUE(list.add(of(Kind::session, "s1")));
  const auto between = list.epoch();
  EXPECT_GT(between, before);
  ASSERT_TRUE(list.lift(Kind::session, "s1"));
  EXPECT_GT(list.epoch(), between);
}

TEST_F(RevocationList, WhatMakesNoSenseIsNotTaken) {
  EXPECT_FALSE(list.add(of(Kind::session, "")));
  EXPECT_FALSE(list.add(of(Kind::session, "s", 5)));
  EXPECT_FALSE(list.add(of(Kind::subject_before, "u")));
  EXPECT_FALSE(list.add(of(Kind::everything, "u", 5)));
  EXPECT_FALSE(list.add(of(Kind::session, std::string(513, 'x'))));
  EXPECT_FALSE(list.add(of(Kind::session, "s", 0, 999)));
}

TEST_F(RevocationList, ItSurvivesARestartInAFileOnlyTheOwnerReads) {
  ASSERT_TRUE(list.open(file()));
  ASSERT_TRUE(list.add(of(Kind::session, "s\"1\n", 0, 5000)));
  ASSERT_TRUE(list.add(of(Kind::subject, "u")));
  ASSERT_TRUE(list.add(of(Kind::subject, "v")));
  ASSERT_TRUE(list.lift(Kind::subject, "v"));
  ASSERT_TRUE(list.add(of(Kind::everything, "", 900)));
  struct stat s{};
  ASSERT_EQ(::stat(file().c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0600u);

  Revocations again(clock);
  ASSERT_TRUE(again.open(file()));
  EXPECT_TRUE(again.refuses(person("x", "s\"1\n", 999)));
  EXPECT_TRUE(again.refuses(person("u", "", 999)));
  EXPECT_FALSE(again.refuses(person("v", "", 999)));
  EXPECT_TRUE(again.refuses(person("v", "", 900)));
  EXPECT_EQ(again.list().size(), 3u);
}

TEST_F(RevocationList, OpeningClearsAwayWhatHasExpiredOrWasLifted) {
  ASSERT_TRUE(list.open(file()));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(list.add(of(Kind::session, "s" + std::to_string(i), 0, 1100)));
  clock.set_unix(2000);
  Revocations again(clock);
  ASSERT_TRUE(again.open(file()));
  EXPECT_EQ(read(), "");
  EXPECT_FALSE(again.refuses(person("u", "s1", 0)));
}

TEST_F(RevocationList, ALastLineCutShortIsDroppedAndTheRestKept) {
  std::ofstream(file()) << R"({"kind":"subject","value":"u","made":1})" << "\n" << R"({"kind":"subj)";
  ASSERT_TRUE(list.open(file()));
  EXPECT_TRUE(list.refuses(person("u", "", 1)));
  ASSERT_TRUE(list.add(of(Kind::subject, "v")));
  Revocations again(clock);
  ASSERT_TRUE(again.open(file()));
  EXPECT_TRUE(again.refuses(person("v", "", 1)));
}

TEST_F(RevocationList, ADamagedFileIsAProblemAndNotAnEmptyList) {
  for (std::string_view line : {"garbage", "{}", R"({"kind":"nothing","value":"u"})", R"({"lift":"x"})", "[]",
                                R"({"kind":"everything","before":"soon"})"}) {
    std::ofstream(file()) << line << "\n";
    Revocations fresh(clock);
    const auto opened = fresh.open(file());
    ASSERT_FALSE(opened) << line;
    EXPECT_EQ(opened.error().code, "store_damaged");
  }
}

TEST_F(RevocationList, AFolderThatIsNotThereIsAProblem) { EXPECT_FALSE(list.open(folder.at("missing/file"))); }

TEST_F(RevocationList, ThreadsMayLookWhileAnotherWrites) {
  std::atomic<bool> stop = false;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!stop) (void)list.refuses(person("u", "s1", 999));
    });
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(list.add(of(Kind::session, "s" + std::to_string(i % 7))));
    ASSERT_TRUE(list.lift(Kind::session, "s" + std::to_string(i % 7)));
  }
  stop = true;
}

TEST_F(RevocationList, TheAdminInterfaceAddsListsAndLifts) {
  auto call = [&](std::string_view method, std::string_view body) {
    return revocations_api(list, method, body, clock);
  };
  EXPECT_EQ(call("POST", R"({"kind":"session","value":"s1","for":"1h","reason":"stolen laptop"})").status, 201);
  EXPECT_TRUE(list.refuses(person("u", "s1", 1)));
  EXPECT_EQ(call("GET", "").body,
            R"({"revocations":[{"kind":"session","value":"s1","expires":4600,"made":1000,"reason":"stolen laptop"}]})");
  EXPECT_EQ(call("DELETE", R"({"kind":"session","value":"s1"})").status, 200);
  EXPECT_EQ(call("DELETE", R"({"kind":"session","value":"s1"})").status, 404);
  EXPECT_EQ(call("POST", R"({"kind":"subject-before","value":"u"})").status, 201);
  EXPECT_TRUE(list.refuses(person("u", "", 1000)));
  EXPECT_EQ(call("POST", R"({"kind":"everything"})").status, 201);
  EXPECT_TRUE(list.refuses(person("v", "", 1000)));
}

TEST_F(RevocationList, TheAdminInterfaceRefusesWhatItDoesNotUnderstand) {
  for (std::string_view body :
       {"", "[]", "{}", R"({"kind":"session"})", R"({"kind":"sesion","value":"s"})",
        R"({"kind":"session","value":"s","befor":5})", R"({"kind":"session","value":"s","for":"soon"})",
        R"({"kind":"subject-before","value":"u","before":"x"})"})
    EXPECT_EQ(revocations_api(list, "POST", body, clock).status, 400) << body;
  EXPECT_EQ(revocations_api(list, "PUT", "{}", clock).status, 405);
  EXPECT_TRUE(list.list().empty());
}

}  // namespace
}  // namespace gatehouse::gate
