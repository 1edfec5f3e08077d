// Routes that no request ever reaches: one before them takes every address of their form.
#pragma once

#include <memory>

#include "audit/check.h"

namespace gatehouse::audit::source {

// Express, Koa, Hono, NestJS and Starlette ask their routes in the order in which they were written down.
std::unique_ptr<Check> unreached_routes_check();

}  // namespace gatehouse::audit::source
