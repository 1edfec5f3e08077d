// Addresses and numbers of those who own what everybody may read: populate("owner", "name email"); and of people whose
// rows are answered without their passwords, and with all the rest.
#pragma once

#include "audit/source/schema.h"
#include "audit/source/script_layers.h"

namespace gatehouse::audit::source {

// Where the owner of a record is joined to it with a way to reach him.
std::optional<Spot> contacts_asked(const File& file, syntax::Node code);
// A query's rows of people with a way to reach them, and without what is secret.
std::optional<Give> contact_given(const File& file, const Touch& touch, const Record* record, bool sql);
// What a handler answers with of that kind, and what it answers with that other functions bring.
std::vector<Give> contacts_answered(const File& file, syntax::Node handler);
// Stops: every customer's address, for whoever opened an account this morning.
void judge_address_book(const Flows& flows, const Flow& flow, Sink& sink);
// Stops: the addresses of all sellers, gathered by a stranger from one list.
void judge_contacts(const Flows& flows, const Flow& flow, Sink& sink);

}  // namespace gatehouse::audit::source
