// How JavaScript servers name what came with a request: Express, Fastify, Hono, Koa, and functions of the web's own
// kind.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// The names or patterns of a function's parameters, without their types and defaults; `ctx => …` has one, too.
std::vector<syntax::Node> parameters_of(syntax::Node function);
// "req", "ctx", "c": what frameworks hand to a handler first.
bool request_name(std::string_view parameter);
// The object of all that was sent in the body, or in the address: "req.body", "ctx.request.body", "ctx.query" …
bool body_object(std::string_view dotted);
bool query_object(std::string_view dotted);
inline bool sent_object(std::string_view dotted) { return body_object(dotted) || query_object(dotted); }
// The code takes something from the request that the client chose.
bool takes_from_client(const syntax::Code& code);

// What a function is a door for, as far as names tell: its own, the address it is given to ("/login"), the folder of a
// route file, the class of an execute().
std::string door_name(const File& file, syntax::Node function);

// What a handler answers: the arguments of res.json(…), what ctx.body is given.
struct Said {
  syntax::Node at;    // the call or the assignment
  syntax::Node what;  // its arguments, or the value
  // Each thing that is answered.
  std::vector<syntax::Node> values() const;
};
// All answers below a node, in the order of the text but the assigned ones first.
std::vector<Said> answers_in(const File& file, syntax::Node within);
// Answers that are assigned: ctx.body = user, this.body = user.
std::vector<Said> assigned_answers(syntax::Node within);

}  // namespace gatehouse::audit::source
