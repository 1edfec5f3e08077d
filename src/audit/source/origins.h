// Origins that a list of allowed ones should not hold.
#pragma once

#include <string_view>

namespace gatehouse::audit::source {

// ".vercel.app" and kin: names under which anybody may publish pages of their own.
bool anybodys_host(std::string_view text);

// A pattern of origins that lets through every page of such a host: `https://.*\.vercel\.app`. Nothing of the
// name is fixed.
bool lets_anybody_publish(std::string_view pattern);
// … and one whose fixed part stands in front, so that whoever takes `shop-evil` is let in.
bool lets_anybody_take(std::string_view pattern);
// http://localhost:3000: a page on the machine of whoever visits it.
bool own_machine(std::string_view origin);

}  // namespace gatehouse::audit::source
