#include "audit/source/dropped_tables.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool drops(const std::string& settings, const std::string& start) {
  return finds(
      {{"requirements.txt", "fastapi==0.115.5\nsqlalchemy==2.0.36\n"},
       {"app/config.py", "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n" + settings},
       {"app/main.py",
        "from fastapi import FastAPI\nfrom .config import settings\ndef create_app():\n"
        "    app = FastAPI()\n" +
            start + "    return app\n"}},
      "RUN-005", "Every start drops the tables");
}

TEST(DroppedTables, AtEveryStart) {
  const std::string under = "    if settings.reset_db:\n        Base.metadata.drop_all(bind=engine)\n";
  EXPECT_TRUE(drops("    reset_db: bool = True\n", under));
  EXPECT_TRUE(drops("    reset_db: bool = Field(True, env='RESET_DB')\n", under));
  EXPECT_FALSE(drops("    reset_db: bool = False\n", under));
  EXPECT_TRUE(drops("    name: str = 'x'\n", "    Base.metadata.drop_all(bind=engine)\n"));
  EXPECT_FALSE(
      drops("    name: str = 'x'\n", "    if settings.app_env == 'test':\n        Base.metadata.drop_all(engine)\n"));
}

TEST(DroppedTables, ByACommandAreDroppedOnPurpose) {
  EXPECT_FALSE(
      finds({{"scripts/reset.py", "from app.db import Base, engine\nBase.metadata.drop_all(engine)\n"}}, "RUN-005"));
}

}  // namespace
}  // namespace gatehouse::audit::source
