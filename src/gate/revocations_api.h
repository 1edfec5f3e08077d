// The admin interface to the revocation list, as a plain function: the admin listener mounts it at /revocations.
#pragma once

#include <string>
#include <string_view>

#include "gate/revocations.h"

namespace gatehouse::gate {

struct AdminAnswer {
  int status = 200;
  std::string body;  // JSON
};

// GET                                          200
// {"revocations":[{"kind","value","before","expires","made","reason"}]} POST   {"kind","value","before","for","reason"}
// 201 the entry. kind: session, subject, subject-before, everything.
//        before: unix seconds, now when absent, for the last two. for: "30d"; 90 days for session, none for the others
// DELETE {"kind","value"}                      200 {"lifted":true}, 404 when it was not there
// Anything else: 400 or 405 with {"error":{"code","message"}}; 503 when the disk refuses.
AdminAnswer revocations_api(Revocations& list, std::string_view method, std::string_view body, const Clock& clock);

}  // namespace gatehouse::gate
