// What the JavaScript and TypeScript readers learn from single files, for the checks over the whole project.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "audit/source/next_reach.h"
#include "audit/source/passwords.h"
#include "audit/source/script_layers.h"
#include "audit/source/unpaid.h"

namespace gatehouse::audit::source {

// What stands before a handler: requireAuth, authorize("admin").
struct ScriptGuard {
  std::string name, module;  // module: where it is imported from, resolved; empty for one of the same file or a package
  bool told = false;         // it is handed what it shall ask for
  bool staff = false;        // … and that is those who run the place alone: allowRoles("ADMIN")
};

struct ScriptRoute {
  std::string framework;           // "express" (and kin), "next", "nest"
  std::string file, path, method;  // method in lower case, "all" for any
  std::string handler;             // name of the handler when it is not written in place
  std::string handler_file;        // module it comes from, resolved, when imported
  std::string body_type;           // the class its body is held against
  bool any_method = false;         // of pages/api: it never looks how it was asked
  std::string about;               // the record that its maker is handed: router.delete("/:id", deleteOne(Tour))
  proof::Location at;
  std::string shown;
  bool guarded = false;
  bool limited = false;
  bool costly = false;
  bool hook_judged = false, verifies = false;  // of a webhook
  bool wants_bytes = false;                    // a parser of its own keeps the body as it came
  bool refuses = false;                        // only says that something is not there
  bool declared = false, whitelisted = false;  // NestJS: the body has a class; a pipe keeps to it
  bool validated = false;                      // something looks at what is sent before the handler does
  bool privileged = false;                     // for staff only
  bool meant_for_staff = false;                // … as the comment above it says
  bool hosted = false;                         // a provider signs people in, and counts by itself
  bool acts = false;                           // of a server action: it reads, keeps or sends something
  bool mighty = false;                         // works with a key that no policy of the database holds
  std::vector<ScriptGuard> before;             // the functions that are named before the handler
  std::optional<Spot> unowned;                 // a record taken by the path's id, whosever it is
  std::optional<Flow> flow;                    // of the handler, when it is written in this file
};

// app.use("/api", requireAuth, router)
struct ScriptMount {
  std::string file, path;
  std::string target;  // resolved module of the router
  bool guarded = false, limited = false, privileged = false;
  std::vector<ScriptGuard> before;
  bool after_json = false;  // a JSON body parser for everything stands before it
};

// A function other files may name as a handler.
struct ScriptFunction {
  bool guarded = false, limited = false;
  bool turns_away = false;      // a middleware that refuses who is nobody, whatever it is called
  std::optional<Spot> unowned;  // of a controller
  std::optional<Flow> flow;
};

// exports.deleteTour = factory.deleteOne(Tour): a handler that another function makes for a record.
struct ScriptMade {
  std::string maker, maker_file;  // its name, and the module it comes from
  std::string about;              // as record_key says it
};

// jwt.sign(payload, key), or a function of the project's own that does.
struct ScriptSigning {
  std::string purpose;  // "access", "refresh", "reset", "mail", or "token" when nothing says
  std::string key;      // "env:NAME", "name:setting"; empty when it is handed in
  std::string maker;    // the function that signs
  std::string calls;    // … or the one that is called to
  bool marked = false;  // something in it tells what it is for
  bool key_given = false;
  Spot at;
};

// res.json(await users.load(id)): what is answered was brought by a call.
struct ScriptAnswer {
  Give give;
  Spot at;
};

// ok(res, user): what is handed to a function that may answer with it.
struct ScriptHandedAnswer {
  std::string function;
  std::size_t slot = 0;
  ScriptAnswer answer;
};

// A helper opens a page of the payment provider with what it is handed: an address to come back to, or a price.
struct PaymentWish {
  std::string function, slot;
  bool address = false;
  Spot at;
};

struct ScriptNotes {
  std::set<std::string> unverified_functions;  // Supabase asks these for no token (verify_jwt = false)
  std::vector<ScriptAnswer> answers;
  std::set<std::pair<std::string, std::size_t>> answerers;  // functions that answer with what this slot is handed
  std::vector<ScriptHandedAnswer> handed_answers;
  std::vector<ScriptSigning> signings;
  std::vector<std::pair<bool, Spot>> sockets;  // doors of sockets; whether the client says who it is
  bool socket_guard = false;
  std::vector<Spot> undated_tokens;                 // signed without an end
  bool dated_tokens = false;                        // the settings of what signs them give them one
  std::map<std::string, std::string> token_makers;  // function -> key
  std::map<std::string, std::string> key_names;     // "jwtSecret" -> "env:JWT_SECRET"
  std::map<std::string, Spot> set_cookies, cleared_cookies;
  bool odd_cookies = false;                                    // some name of a cookie is not known
  std::map<std::string, Spot> attached_rows;                   // "user": a middleware lays a person's whole row there
  std::vector<std::pair<std::string, Spot>> attached_answers;  // … and an answer takes it along
  bool nest_ranks = false;                                     // some controller says @Roles(…)
  bool nest_guard = false;                                     // a NestJS guard over every controller
  bool nest_validates = false;                                 // a pipe holds what is sent against its class
  bool nest_whitelist = false;  // fields no class declares are dropped before a controller sees them
  std::vector<ScriptRoute> routes;
  std::vector<ScriptMount> mounts;
  std::set<std::string> guarded_files;  // router.use(requireAuth) before the routes
  std::set<std::string> limited_files;
  std::map<std::string, ScriptFunction> functions;  // "module#name"
  std::map<std::string, ScriptMade> made;           // "module#name"
  std::vector<Spot> apps;                           // express()
  std::vector<Spot> stripe_reads;                   // of the payment secret
  std::vector<Spot> unchecked_env;
  std::vector<Spot> unsure_origins;  // cross-origin rules that stand on a variable
  std::vector<Spot> session_cookies;
  std::vector<Spot> lax_identity;                              // clerkMiddleware() and kin on Express
  std::vector<std::pair<std::string, Spot>> identity_headers;  // x-user-role and kin, read
  std::set<std::string> own_headers;                           // … and written by the program itself
  std::vector<Spot> next_configs;
  bool edge_origins = false;  // edge functions answer every origin: said already
  bool sanitized = false;     // operators are taken out of everything that is sent
  bool query_parser = false;  // the project chooses its own for queries
  bool helmet = false, global_limit = false, any_limit = false, env_validated = false, csrf = false, csp = false,
       hsts = false;
  std::size_t markup_files = 0, browser_names = 0;  // React files; public variables read in browser code
  bool next_headers = false, next_app = false;
  bool hooked = false;            // a model hashes the passwords that are saved
  bool codes_end = false;         // one-time codes and links have an end
  std::optional<Spot> kept_code;  // where one is kept
  Passwords passwords;
  Unpaid unpaid;
  std::vector<PaymentWish> payment_wishes;
  std::set<std::pair<std::string, std::string>> handed_payments;  // function and slot that a request's data goes into
  bool makes_tokens = false;                                      // signs tokens of its own
  bool remembers_refresh = false;                                 // … or keeps what refresh tokens it gave
  bool forgets_tokens = false;                                    // has some way to refuse a token that was signed out
  std::optional<Spot> names_itself;                               // express() that says x-powered-by
  std::vector<Spot> client_sign_outs;                             // the browser forgets its token, and nobody else does
  bool reads_cookie_session = false;
  bool pages_guarded = false;             // … from pages, at least
  std::set<std::string> guarded_layouts;  // folders whose layout asks who is looking
  bool middleware_guard = false;          // Next's middleware turns strangers away
  MiddlewareReach middleware_reach;       // … from these addresses
  bool middleware_limits = false;
  bool middleware_ranks = false;           // it looks at roles
  std::optional<Spot> shallow_middleware;  // it asks whether there is a cookie, and not what it says
  bool confirms_mail = false;              // an address has to be confirmed
  std::optional<Spot> paid_by_mail;        // what one has paid for is looked up by an address
  std::optional<Spot> own_registration;    // accounts with passwords are made here
};

}  // namespace gatehouse::audit::source
