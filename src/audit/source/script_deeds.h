// What functions do to accounts, rights and money, and what the routes before them make of it.
#pragma once

#include "audit/source/script_layers.h"

namespace gatehouse::audit::source {

// Fills the deeds of a function's flow.
void read_deeds(const File& file, syntax::Node function, const HandlerNames* handler, Flow& flow);

// A route as the check over all of them has resolved it.
struct DeedRoute {
  const Flow* flow = nullptr;
  bool guarded = false, privileged = false, admin = false, door = false, webhook = false;
  bool hooked = false;  // the model hashes what is saved
};
struct Schema;
// A door at which passwords or codes may be guessed, whatever it is called: a password is tried, or a new one set.
bool opens_account(const Flows& flows, const Flow& flow);
void judge_deeds(const Flows& flows, const Schema& schema, const DeedRoute& route, Sink& sink);

}  // namespace gatehouse::audit::source
