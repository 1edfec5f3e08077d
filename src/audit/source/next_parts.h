// What the readers of Next.js share.
#pragma once

#include <string_view>
#include <vector>

#include "audit/source/script.h"

namespace gatehouse::audit::source {

std::string_view name_of(std::string_view path);                                 // the part behind the last slash
syntax::Node function_called(const File& file, std::string_view name);           // of this file
std::vector<syntax::Node> called_here(const File& file, syntax::Node function);  // functions of this file it calls

void read_next_config(File& file, ScriptNotes& notes);
void read_next_middleware(File& file, ScriptNotes& notes);
void read_server_actions(File& file, ScriptNotes& notes);
void read_next_page(File& file, ScriptNotes& notes);
void judge_lost_filters(File& file, syntax::Node function);
void read_procedures(File& file, ScriptNotes& notes);    // tRPC
void judge_mails(File& file, syntax::Node handler);      // mails whose markup a visitor writes
void read_auth_options(File& file, ScriptNotes& notes);  // NextAuth, Auth.js, better-auth

}  // namespace gatehouse::audit::source
