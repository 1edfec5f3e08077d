#include "audit/source/named_limits.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool counted_by(const std::string& key) {
  return finds(
      {{"requirements.txt", "fastapi==0.115.6\nredis==5.2.1\n"},
       {"app/auth.py",
        "from fastapi import APIRouter, HTTPException, Request\nfrom app.limits import RateLimiter\n"
        "from app.people import make_person\nfrom app.schemas import RegisterIn\n\nrouter = APIRouter(prefix='/auth')\n"
        "rate_limiter = RateLimiter(times=10, seconds=60)\n\n\n@router.post('/register')\n"
        "async def register(data: RegisterIn, request: Request):\n    if not await "
        "rate_limiter.check_rate_limit(f'register:{" +
            key + "}'):\n        raise HTTPException(429)\n    return await make_person(data)\n"}},
      "RL-002");
}

TEST(NamedLimits, CountWhatTheCallerWrites) {
  EXPECT_TRUE(counted_by("data.email"));
  EXPECT_FALSE(counted_by("request.client.host"));
}

}  // namespace
}  // namespace gatehouse::audit::source
