#include "audit/source/shared_answers.h"

#include "audit/source/script.h"
#include "audit/source/script_request.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// module.exports = new ApiResponse(), export default new ApiResponse(), export const answer = new ApiResponse()
bool made_for_all(const File& file, std::string_view cls) {
  for (const Call& c : file.calls) {
    if (c.name != "new " + std::string(cls) || function_around(c.node)) continue;
    const Node around = c.node.parent();
    if (around.is("export_statement") || around.is("variable_declarator")) return true;
    if (around.is("assignment_expression"))
      if (const std::string left = dotted(around.child("left"));
          left == "module.exports" || left.starts_with("exports.") || left.starts_with("module.exports."))
        return true;
  }
  return false;
}

// this.response.Result = data: the object that it is written into, or nothing.
std::string written_into(Node assignment, const std::vector<Node>& parameters) {
  const std::string left = dotted(assignment.child("left"));
  const std::size_t dot = left.rfind('.');
  if (!left.starts_with("this.") || dot < 5 || left.find('.', 5) != dot) return {};
  for (const Node p : parameters)
    if (has_token(assignment.child("right").code(), p.text())) return left.substr(0, dot);
  return {};
}

}  // namespace

// Stops: the answer to one visitor that holds what the one before was given.
void read_shared_answers(File& file) {
  if (client_file(file) || !contains(file.code(), "this.")) return;
  for (const Node cls : file.tree.all("class_declaration")) {
    if (!made_for_all(file, cls.child("name").text())) continue;
    for (const Node m : cls.all("method_definition")) {
      const auto parameters = parameters_of(m);
      if (m.child("name").text() == "constructor" || parameters.empty()) continue;
      std::string object;
      for (const Node a : body(m).all("assignment_expression"))
        if (object = written_into(a, parameters); !object.empty()) break;
      if (object.empty()) continue;
      bool anew = false, given = false;
      for (const Node a : body(m).all("assignment_expression")) anew = anew || dotted(a.child("left")) == object;
      for (const Node r : body(m).all("return_statement")) given = given || dotted(unwrap(r.first())) == object;
      if (anew || !given) continue;
      auto& f = file.hit("RUN-002", m);
      f.title = "One answer object is shared by all requests";
      f.impact =
          "What is not written anew is what the request before was given, and two at once mix: a refusal carries "
          "somebody else's data, his token or the list of all users.";
      f.fix = "Make a new object in each call: return { result, status };";
      return;
    }
  }
}

}  // namespace gatehouse::audit::source
