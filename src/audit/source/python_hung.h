// What is put below somebody's record by an id that the client sends, in Python.
#pragma once

#include <initializer_list>
#include <string_view>

#include "audit/source/python.h"

namespace gatehouse::audit::source {

void read_python_hung(File& file);
void judge_python_hung(const Project& project, Sink& sink);

// The model of this name or table; or nothing.
const Model* model_named(const PythonNotes& notes, std::string_view name);
// What the key of `made` points to (or a key of this name, when nothing is known of `made`), when that is somebody's
// own and no person, nor what is written for everybody.
const Model* parent_of_key(const PythonNotes& notes, const Model* made, std::string_view field);
// A finding with one of these ids stands within three lines already.
bool told_near(const Sink& sink, const Spot& at, std::initializer_list<std::string_view> ids);
proof::Finding& tell_hung(const Spot& at, const Model& target, Sink& sink);

}  // namespace gatehouse::audit::source
