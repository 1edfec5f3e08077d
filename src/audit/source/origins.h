// Origins that a list of allowed ones should not hold.
#pragma once

#include <string_view>

namespace gatehouse::audit::source {

// ".vercel.app" and kin: names under which anybody may publish pages of their own.
bool anybodys_host(std::string_view text);

// A pattern of origins that lets through every page of such a host: `https://.*\.vercel\.app`. A part of the name that
// is fixed (`https://shop-[a-z]+\.vercel\.app`) is taken for the owner's own.
bool lets_anybody_publish(std::string_view pattern);

}  // namespace gatehouse::audit::source
