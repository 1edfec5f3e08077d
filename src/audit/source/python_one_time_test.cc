// Codes and links that open an account, and passwords that are changed.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool says(const std::string& code, std::string_view id) { return !lines_of("app/views.py", code, id).empty(); }

TEST(PythonOneTime, ALinkThatSignsInEnds) {
  const auto view = [](const std::string& then) {
    return "from django.contrib.auth import login\nfrom django.shortcuts import get_object_or_404, redirect\n"
           "def magic(request, token):\n    link = get_object_or_404(Link, token=token)\n    login(request, "
           "link.user)\n" +
           then + "    return redirect('home')\n";
  };
  EXPECT_TRUE(says(view(""), "AU-007"));
  EXPECT_FALSE(says(view("    link.delete()\n"), "AU-007"));
  EXPECT_FALSE(says(view("    if link.expires_at < now():\n        raise Http404\n"), "AU-007"));
}

TEST(PythonOneTime, APasswordIsChangedByWhoKnowsTheOldOne) {
  const auto change = [](const std::string& first) {
    return "from fastapi import APIRouter, Depends\nrouter = APIRouter(prefix='/password')\n@router.put('')\n"
           "async def change(body: New, me: Login = Depends(signed_in)):\n" +
           first + "    me.password = make(body.password)\n    await me.save()\n";
  };
  EXPECT_TRUE(says(change(""), "AU-008"));
  EXPECT_FALSE(says(change("    if not verify(body.old, me.password):\n        raise HTTPException(400)\n"), "AU-008"));
}

}  // namespace
}  // namespace gatehouse::audit::source
