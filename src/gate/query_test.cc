#include "gate/query.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gatehouse::gate {
namespace {

// "name=value|…", or "bad".
std::string read(std::string_view query) {
  Arena arena;
  QueryReader reader(query, arena);
  QueryPair pair;
  std::string out;
  for (;;) {
    switch (reader.next(pair)) {
      case QueryReader::Next::bad:
        return "bad";
      case QueryReader::Next::end:
        return out;
      case QueryReader::Next::pair:
        out.append(pair.name).append("=").append(pair.value).append("|");
    }
  }
}

TEST(QueryReader, ReadsPairsAndDecodesThemOnce) {
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read("a=1&b=2"), "a=1|b=2|");
  EXPECT_EQ(read("a=1=2&flag&c="), "a=1=2|flag=|c=|");
  EXPECT_EQ(read("a=%41%2b+%2541"), "a=A+ %41|");
  EXPECT_EQ(read("&&a=1&"), "a=1|");
  EXPECT_EQ(read("%69d=7"), "id=7|");
  EXPECT_EQ(read("a=%e2%82%ac"), "a=\xe2\x82\xac|");
}

TEST(QueryReader, RefusesWhatTwoReadersReadInTwoWays) {
  for (std::string_view query : {"a=1;b=2", "a=%", "a=%4", "a=%4g", "a=%00", "a=%0d%0a", "a=%ff", "a=%c0%af", "=1",
                                 "a;b", "a=1&=2", "a=\x7f", "a=\xff"})
    EXPECT_EQ(read(query), "bad") << query;
}

TEST(QueryReader, TellsARawPlus) {
  Arena arena;
  QueryReader reader("a=1+2&b=1%2b2", arena);
  QueryPair pair;
  ASSERT_EQ(reader.next(pair), QueryReader::Next::pair);
  EXPECT_TRUE(pair.plus);
  ASSERT_EQ(reader.next(pair), QueryReader::Next::pair);
  EXPECT_FALSE(pair.plus);
}

TEST(AliasesParameter, KnowsListAndObjectSpellings) {
  for (std::string_view name : {"id", "ID", "Id", "id[]", "id[0]", "id.x", "iD[a]"})
    EXPECT_TRUE(aliases_parameter(name, "id")) << name;
  for (std::string_view name : {"ident", "i", "xid", "_id", "id_"}) EXPECT_FALSE(aliases_parameter(name, "id")) << name;
}

}  // namespace
}  // namespace gatehouse::gate
