// Which record the thing stands for that a call is made on: users of users.findOne(…). Part of data.h's reading.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// const users = db.collection("users"), in the functions around the call or among the first 400 statements of the file.
// Empty when `variable` is given no collection or repository.
std::string held_collection(const File& file, const syntax::Call& c, std::string_view variable);

// constructor(private readonly termine: Repository<Termin>): the record that this.termine is for.
std::string typed_record(const syntax::Call& c, std::string_view member);

// this.model.findById(id) of a class for all records, Model.findById(id) of a function that is handed the model.
bool handed_model(const syntax::Call& c, const std::vector<std::string_view>& parts);

}  // namespace gatehouse::audit::source
