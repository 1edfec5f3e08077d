// What a house shows and sells, in Python: who may change it. Everybody who has an account is no answer where
// strangers make themselves accounts, or where people have ranks.
#pragma once

#include <string_view>

#include "audit/source/django_permissions.h"
#include "audit/source/python.h"

namespace gatehouse::audit::source {

void read_python_catalogue(File& file);

// What makes an account too little to ask for.
struct Crowd {
  bool ranks = false;      // some people have what others have not: a column of theirs says so, or a door asks for it
  bool strangers = false;  // whoever likes makes an account
};
Crowd crowd_of(const Project& project);

// The route's own lines look at who is calling.
bool asks_about_caller(const Project& project, const PythonRoute& route);

// What has this record_key() is nobody's own, and not for everybody to change; `by_id`: one that is there already.
// Records that belong to no person, found by their id: who may change them, when people have ranks or strangers
// accounts, is a question that an account alone does not answer. One remark for the project.
bool nobodys(const Project& project, std::string_view key, const Crowd& crowd);
void tell_nobodys(const proof::Location& at, const std::string& shown, Sink& sink);
// A record that is nobody's own; one that is made, and not found by its id, is none that everybody adds.
bool written_by_nobody(const Project& project, const std::string& kind, bool made);
bool kept_in_order(const Project& project, std::string_view key, const Crowd& crowd, bool by_id);

// A view of Django's that asks for an account and no more, and changes what is nobody's own.
void judge_catalogue(const Project& project, const View& view, const Asked& asked, const Crowd& crowd, Sink& sink);

}  // namespace gatehouse::audit::source
