// The admin interface to the inbox, as a plain function: the admin listener mounts it at /webhooks. It blocks.
#pragma once

#include <string>
#include <string_view>

#include "gate/revocations_api.h"
#include "services/webhooks/inbox.h"

namespace gatehouse::services::webhooks {

// clang-format off
// GET  /webhooks/events?endpoint&state&type&id&since&until&after&limit
//                                                        {"events":[…]}; newest first, with `after` rising
// GET  /webhooks/events/SEQ[?body=1]                     the event; 404
// GET  /webhooks/stats                                   {"endpoints":[{endpoint,state,events,bytes,…}]}
// GET  /webhooks/anomalies                               {"anomalies":[…]}
// POST /webhooks/replay   {"seq"} | {"from","to"} | {"all":true}, with "endpoint", "state" (dead unless told), "type"
// POST /webhooks/discard  the same                       {"changed":N}; 404 for a lone seq that is not there
// POST /webhooks/erase    {"user"}                       {"erased":N}
// POST /webhooks/test     {"endpoint","type","body"}     a signed request: {"method","path","query","headers","body"}
// clang-format on
// since and until are unix seconds. Anything else: 400, 404 or 405 with {"error":{"code","message"}}; 503: the store.
gate::AdminAnswer inbox_api(Inbox& inbox, std::string_view method, std::string_view path, std::string_view query,
                            std::string_view body, Entropy& entropy);

}  // namespace gatehouse::services::webhooks
