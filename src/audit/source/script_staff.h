// Doors for staff: who asks for a rank, and what everybody may do who has an account.
#pragma once

#include "audit/check.h"
#include "audit/source/schema.h"
#include "audit/source/script_notes.h"

namespace gatehouse::audit::source {

// The code decides by a role: in a condition, by a helper's name, in what it asks the database for. That a role is
// written or handed on says nothing.
bool asks_rank(syntax::Node function);

// Somebody is sent away for it, and not only looked up among tutors or students by it.
bool turns_away_by_rank(syntax::Node function);

// People of the project have ranks: a column of theirs, or a door that asks for one.
bool has_ranks(const Schema& schema, const ScriptNotes& notes);

// What stands before a handler, as far as it is known.
enum class Standing : unsigned char {
  unknown,
  plain,   // it asks who is calling, and for no rank
  ranked,  // it asks for a rank
};
Standing standing_of(const Flows& flows, const std::vector<ScriptGuard>& before, std::string_view file);

// … and for a rank of those who run the place, not one that customers have: a shop's seller, a clinic's doctor.
bool stands_for_staff(const Flows& flows, const std::vector<ScriptGuard>& before, std::string_view file);

// Names of ranks, and all of them of those who run the place: ("ADMIN"), ([Role.Admin, Role.SuperAdmin]).
bool ranks_of_staff(syntax::Node named);
// A branch at the beginning of the function turns away whoever has no rank of staff: if (user.role !== "admin") throw.
bool lets_only_staff(const File& file, syntax::Node function);

// What the people who run the place write, and nobody else.
bool kept_by_staff(std::string_view record);

// A route behind a sign-in, whose handler asks for no rank.
struct StaffRoute {
  const ScriptRoute& route;
  const Flow& flow;
  std::string_view path;      // with what it is mounted under
  bool ranks = false;         // has_ranks()
  bool open_sign_up = false;  // strangers make themselves accounts
};
// What staff keeps in order, changed by everybody who has an account; everybody's papers, listed to everybody.
// True when something was told.
bool judge_staff(const Flows& flows, const Schema& schema, const StaffRoute& at, Sink& sink);
// A new record whose owner, or whose place below somebody's record, the client names.
void judge_named_owner(const Flows& flows, const Schema& schema, const StaffRoute& at, const Verdict& verdict,
                       Sink& sink);
// An address that is named for administrators, behind a question that every account answers. True when it was told.
bool judge_staff_door(const Flows& flows, const StaffRoute& at, Standing standing, Sink& sink);

}  // namespace gatehouse::audit::source
