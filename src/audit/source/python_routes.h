// The parts of reading FastAPI and Flask, shared among their own files only.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "audit/source/python.h"

namespace gatehouse::audit::source {

// A route's function and what its parameters are.
struct Handler {
  PythonRoute* route;
  syntax::Node function;
  std::vector<std::string> path_ids;                                   // parameters that come from the path
  std::vector<std::string> identity;                                   // parameters that hold the verified user
  std::vector<std::pair<std::string, std::string>> bodies;             // parameter, model type
  std::vector<std::pair<std::string, std::string>> dependencies = {};  // parameter, what it may stand for
};

// One method of a class that answers requests.
struct ClassView {
  std::string path, router;
  std::string guards;  // what stands before all its methods, as written
};
std::optional<ClassView> read_class_view(const File& file, syntax::Node function);
bool class_view(syntax::Node function);

// "fastapi" or "flask", by what the file imports.
std::optional<std::string> framework_of(const File& file);
// Depends(x), Security(x) anywhere below, where x is about identity; `admin` may be null, `all` is given every x.
bool depends_on_guard(const File& file, syntax::Node n, bool* admin, std::set<std::string>* all = nullptr);
// The code refuses who is no administrator.
bool admin_in_body(syntax::Node function);
// The handler's own code asks who is calling.
bool guard_in_body(const syntax::Code& code);
// verify_caller(request), require_session(request, …): a helper that is shown the request and says who is calling.
bool verifies_request(const syntax::Code& code);

// `who` decides in this code which record is touched: compared, asked about, handed to what fetches; `but` is a call
// that is looked at elsewhere.
bool decides(const File& file, syntax::Node body, const std::string& who, bool of_somebody, int depth = 0,
             syntax::Node but = {});
// The same for callers known by a session, a token's identity or, when `unnamed`, Flask-Login's current_user.
bool caller_decides(const File& file, syntax::Node body, bool unnamed, bool of_somebody);

void read_routers(File& file, PythonNotes& notes);
void read_tenant_sources(File& file);
void read_python_tenants(File& file, const Handler& handler);
void judge_panels(File& file);  // administration panels over every table
void judge_cors(File& file, PythonNotes& notes);
void read_columns(File& file, PythonNotes& notes);
void read_models(File& file, PythonNotes& notes);  // of bodies
void judge_handler(File& file, const Handler& handler, std::string_view decorated, PythonNotes& notes);
void judge_whole_bodies(File& file, const Handler& handler);
void judge_answers(File& file, syntax::Node function, std::string_view decorated, PythonNotes& notes);
void judge_whole_rows(File& file);
void read_given(const File& file, PythonNotes& notes);  // what functions that say who is calling return
void judge_header_parameters(File& file, syntax::Node function);

}  // namespace gatehouse::audit::source
