// Webhook handlers, the same question in every framework: is the signature proven before anything happens, on every
// way through the function?
#pragma once

#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// `handler` answers a provider's event; `at` is where a reader looks first (the route or the function).
void judge_webhook(File& file, syntax::Node handler, syntax::Node at);

// Functions that prove signatures wherever they stand: noted by name for handlers in other files, and judged
// themselves.
void read_verifiers(File& file);
// Handlers without a proof of their own, once every file was read.
void judge_pending_webhooks(const Project& project, Sink& sink);

// Some call below proves a signature (constructEvent, Webhook.verify, a constant-time comparison, a helper named so).
bool verifies_signature(const File& file, syntax::Node within);

// A handler that is for a provider's events whatever its address says: it reads the provider's signature.
bool takes_signed_events(syntax::Node handler);

// The block ends the request with a refusal: an error status, a throw, a false answer.
bool refuses(syntax::Node block);

// The handler and the functions of this file that it calls, or finds in a table of handlers.
std::vector<syntax::Node> handler_and_helpers(const File& file, syntax::Node handler);
// Stops: a subscription that is paid back or cancelled and stays switched on, because only its beginning is listened
// to.
void judge_endings(File& file, syntax::Node handler);
// How subscriptions are sold; and once every file was read, what their webhooks miss of it.
void read_subscribing(File& file);
void judge_subscribing(const Project& project, Sink& sink);

// What a second delivery of the same event does once more, and whether anything would notice that it is the second.
struct Repeats {
  std::vector<syntax::Node> counts;  // credits and the like are added
  std::vector<syntax::Node> others;  // rows of payments are made, mails are sent
  bool remembered = false;
};
// One event gives a plan and another takes it, and nobody asks which of the two came last.
bool reawakens(const syntax::Code& code);
Repeats repeats_of(const File& file, syntax::Node handler);

}  // namespace gatehouse::audit::source
