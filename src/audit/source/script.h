// The JavaScript and TypeScript side of the source reading: Express and its kin, Next.js, Vite and React.
#pragma once

#include <memory>
#include <optional>

#include "audit/check.h"
#include "audit/source/file.h"
#include "audit/source/script_notes.h"

namespace gatehouse::audit::source {

void read_express(File& file, ScriptNotes& notes);
void read_next(File& file, ScriptNotes& notes);
void read_nest(File& file, ScriptNotes& notes);
void read_nest_app(File& file, ScriptNotes& notes);
void read_graphql(File& file, ScriptNotes& notes);
void read_served(File& file, ScriptNotes& notes);  // handlers that a runtime calls
// A handler of the web's own kind: it takes a Request and gives a Response.
void read_web_handler(File& file, ScriptNotes& notes, const std::string& path, std::string_view method,
                      syntax::Node function, syntax::Node at);
void judge_client_gates(File& file);   // doors that the browser itself opens
void judge_client_writes(File& file);  // rights and payments that it writes
void read_client_trust(File& file, ScriptNotes& notes);
void read_balances(File& file);
void read_paid(File& file, ScriptNotes& notes);
void judge_paid(const ScriptNotes& notes, Sink& sink);
void read_script_hazards(File& file, ScriptNotes& notes);  // injection, execution
void judge_origins(File& file);
// { origin: true } and kin, given to cors(), enableCors() or NestFactory.create(); says whether it spoke.
bool judge_cors_options(File& file, ScriptNotes& notes, syntax::Node at, syntax::Node options);
void read_callers(File& file, ScriptNotes& notes);  // cross-origin rules, addresses and identities in headers
void read_claims(File& file);  // who did it, how much was used, which model answers: as the request says
void read_browser_quotas(File& file);
void read_setup(File& file);  // parts of a server that stand in the wrong order or do not hold
void read_sessions(File& file, ScriptNotes& notes);
void read_stores(File& file);  // what is kept wrongly
void read_environment(File& file, ScriptNotes& notes);
void read_error_texts(File& file);
void read_logs(File& file);
void read_codes(File& file, ScriptNotes& notes);  // one-time codes and links, passwords that are compared
void read_answers(File& file, ScriptNotes& notes);
void read_checkout(File& file, ScriptNotes& notes);  // which price, and where a payment page leads to
void judge_checkout(const ScriptNotes& notes, Sink& sink);
void read_lazy_queries(File& file);  // changes that nobody waits for, and that so never happen
void judge_given_rows(const Flows& flows, const Schema& schema, const ScriptNotes& notes,
                      Sink& sink);  // after the last file
void read_script_tokens(File& file, ScriptNotes& notes);
void read_returned(File& file, ScriptNotes& notes, syntax::Node handler);  // what a handler returns is answered
void read_prices(File& file);
void read_quantities(File& file);  // how many of a thing
void read_uploads(File& file);
void judge_bucket_uploads(const Project& project, Sink& sink);  // after the last file
double days_of(std::string_view duration);                      // "7d", "15m", "3600"
void read_sockets(File& file, ScriptNotes& notes);
void judge_sockets(const ScriptNotes& notes, Sink& sink);  // after the last file
void read_keys(File& file, ScriptNotes& notes);
void judge_keys(const ScriptNotes& notes, Sink& sink);  // after the last file
void read_cookies(File& file, ScriptNotes& notes);
void read_oauth(File& file);
void judge_oauth(const Project& project, Sink& sink);
void read_secret_uses(File& file);
void read_client(File& file);

void read_constants(File& file);  // keys that stand in the source, and where they are used
void judge_constants(const Project& project, Sink& sink);
void judge_secret_uses(const Project& project, Sink& sink);
void judge_script_routes(const Project& project, const ScriptNotes& notes, Sink& sink);
// `any_guard`: some route asks who is calling; `costly_told`: one without a limit was told already.
void judge_script_program(const ScriptNotes& notes, bool any_guard, bool costly_told, Sink& sink);

// Shared questions.
bool client_file(const File& file);                                        // runs in browsers
bool begins_with_directive(const File& file, std::string_view directive);  // "use client", "use server"
bool guard_middleware(std::string_view name);
bool staff_middleware(std::string_view name);            // lets only some of the signed-in pass
bool staff_only(const File& file, syntax::Node within);  // calls what lets only staff go on: requireAdmin()
bool limit_middleware(std::string_view name);
bool asks_identity(const syntax::Code& code);                 // a handler's own text verifies who is calling
bool claims_identity(const File& file, syntax::Node within);  // reads x-user-id: believed, not verified
bool asks_limit(const syntax::Code& code);
bool costly_route(std::string_view path, const syntax::Code& code);
// "../routes/users" seen from "src/app.ts" is "src/routes/users"; "@/lib/x" is "lib/x". Empty for packages.
std::string resolve_module(std::string_view from_file, std::string_view module);
std::string module_of(std::string_view file);  // path without its ending and without /index
// factory.deleteOne(Tour): a function of the project's own that makes a handler for a record.
std::optional<ScriptMade> made_handler(const File& file, syntax::Node value);
// What a name was given in its function or module; the node itself when nothing is known.
syntax::Node value_of(const File& file, syntax::Node n);
// process.env.X, import.meta.env.X, Deno.env.get("X"): the variable's name.
std::optional<std::string> env_name(syntax::Node n);
bool answers(const syntax::Call& c);  // res.json(…), new Response(…)
// Names taken out of the request's body or query in this function, with the place of each, and names that hold the
// body as a whole.
struct ClientData {
  std::vector<std::pair<std::string, syntax::Node>> fields;
  std::set<std::string> wholes;
  std::set<std::string> rests;  // of them: ...rest, _.omit(req.body, …), all that was not named
};
ClientData client_data(const File& file, syntax::Node function);
// Names that hold what the client sent to say which record is meant, and who the verified caller is.
HandlerNames handler_names(const File& file, syntax::Node handler);
std::set<std::string> path_ids(syntax::Node handler);
bool from_client(const File& file, syntax::Node expression, int depth = 0);
// Reports what one handler shows by itself. Returns the place where it touches a record by the path's id without asking
// whose it is: a finding once the route is known to be behind a sign-in.
std::optional<Spot> judge_handler(File& file, syntax::Node handler, std::string_view path);

std::unique_ptr<Reader> script_reader();
std::unique_ptr<Check> script_check();

}  // namespace gatehouse::audit::source
