// What a route does to records, seen from its handler down.
#pragma once

#include "audit/check.h"
#include "audit/source/schema.h"
#include "audit/source/script_notes.h"

namespace gatehouse::audit::source {

// Without a question who is calling, it reads people, or what is theirs, or changes it.
bool opens(const Flows& flows, const Schema& schema, const Flow* flow);
// All that is seen of its work is reading what is written for everybody: a listing that is asked by POST.
bool reads_only(const Flows& flows, const Flow* flow);
// Where nobody is ever asked: it changes or removes what is kept, or adds to what visitors are shown.
bool keeps_unasked(const Flows& flows, const Flow* flow, std::string_view path);
// Somebody's account is made by it.
bool makes_people(const Flows& flows, const Schema& schema, const Flow* flow);
// It changes or removes people, what is theirs, or papers of theirs, without a proof that came by mail.
bool alters(const Flows& flows, const Schema& schema, const Flow* flow);
// A record that nobody is said to own, changed by its id by whoever has an account.
void judge_unclaimed(const Schema& schema, const Verdict& verdict, Sink& sink);
// A stub: every call goes into the project's own classes, and nothing is kept there.
bool idle(const Flows& flows, const Flow* flow);
// All that it calls with what was sent is in sight, and touches no record.
bool keeps_nothing(const Flows& flows, const Flow& flow);
// The body handed to a service, and written there as it is.
void judge_written(const Flows& flows, const Schema& schema, const ScriptNotes& notes, const ScriptRoute& route,
                   const Flow& flow, Sink& sink);
// A route that is opened, by somebody who is signed in.
struct GetRoute {
  const ScriptRoute* route = nullptr;
  std::string path;
  const Flow* flow = nullptr;
  bool open = false;  // to everybody
};
// What is changed by opening an address, where a cookie says who opens it.
void judge_gets(const Project& project, const ScriptNotes& notes, const std::vector<GetRoute>& routes, Sink& sink);
// What people keep of their own: nobody else reads it.
bool papers(std::string_view record);
// "/portal/:token/accept": who knows the address has the key to it.
bool key_in_path(std::string_view path);
// Records that some part of the project takes by their owner, whether or not a schema says so.
std::set<std::string> scoped_records(const Flows& flows, const ScriptNotes& notes);
// Does the record belong to one person, so that another may not take it by its id?
bool somebody(const Schema& schema, const Verdict& v, std::string_view path);

}  // namespace gatehouse::audit::source
