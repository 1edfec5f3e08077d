// The Python side of the source reading: one reader that parses each file once, and the checks over its notes.
#pragma once

#include <memory>

#include "audit/check.h"
#include "audit/source/file.h"
#include "audit/source/python_notes.h"

namespace gatehouse::audit::source {

// Each looks at one file, reports what needs no context and notes the rest.
void read_settings(File& file, PythonNotes& notes);
void read_django(File& file, PythonNotes& notes);
void read_django_views(File& file, PythonNotes& notes);   // called by read_django
void read_django_models(File& file, PythonNotes& notes);  // and serializers; called by read_django
void read_python_routes(File& file, PythonNotes& notes);
void read_flask(File& file, PythonNotes& notes);
void read_python_start(File& file, PythonNotes& notes);   // the stage, the server and the headers by default
void read_python_signup(File& file, PythonNotes& notes);  // rights that people give themselves
void read_python_tokens(File& file, PythonNotes& notes);  // JWT, OAuth, cookies
void read_python_webhooks(File& file);
void read_python_guards(File& file);                       // guards that are skipped
void read_python_writes(File& file, PythonNotes& notes);   // changes that a GET makes
void read_python_hazards(File& file);                      // injection, execution
void read_python_ranks(File& file);                        // who may give which rank inside a team
void read_python_fetches(File& file);                      // addresses that a client names
void read_python_errors(File& file);                       // their texts in answers; called by read_python_leaks
void read_python_leaks(File& file);                        // logs, defaults of secrets
void read_python_uploads(File& file, PythonNotes& notes);  // whose word is believed about a file
void read_python_environment(File& file);  // secrets and databases of settings; called by read_python_leaks
// Secrets that nobody misses at the start.
void judge_python_environment(const PythonNotes& notes, Sink& sink);
void read_python_accounts(File& file, PythonNotes& notes);  // passwords and sessions
void read_python_claims(File& file);                        // what a client says about itself
void read_python_proofs(File& file);                        // tokens and codes that prove nothing
void read_python_passwords(File& file);                     // compared in clear, set by anybody
void read_python_oauth(File& file);                         // state and PKCE
void read_python_limits(File& file, PythonNotes& notes);    // limits that are none
void read_python_money(File& file);                         // keys of payments, balances, plans
void read_python_queries(File& file, PythonNotes& notes);   // operators in what becomes a filter of MongoDB
void read_python_codes(File& file, PythonNotes& notes);     // other ways into an account than its password
void read_python_payments(File& file);                      // what counts as paid, and on whose word

void read_python_cookies(File& file);   // flags that hang on settings
void read_python_balances(File& file);  // read, reckoned with, written back
void read_python_checkout(File& file);  // pages of a payment provider
void read_python_prices(File& file);    // sums that clients name
void read_python_receipts(File& file);  // payments that clients name

// Each judges the whole project.
void judge_settings(const PythonNotes& notes, const Project& project, Sink& sink);
void judge_django(const PythonNotes& notes, const Project& project, Sink& sink);
void judge_writable(const PythonNotes& notes, Sink& sink);
void judge_python_accounts(const PythonNotes& notes, Sink& sink);
void judge_python_codes(const PythonNotes& notes, Sink& sink);
void judge_flask(const PythonNotes& notes, Sink& sink);
void judge_python_start(const PythonNotes& notes, const Project& project, Sink& sink);
void judge_python_signup(const PythonNotes& notes, Sink& sink);
void judge_python_uploads(const PythonNotes& notes, Sink& sink);
void judge_python_writes(const PythonNotes& notes, Sink& sink);
void judge_python_routes(const Project& project, const PythonNotes& notes, Sink& sink);
void judge_python_tenants(const Project& project, Sink& sink);
void judge_python_proofs(const Project& project, Sink& sink);
void judge_python_ranks(const Project& project, Sink& sink);
void judge_python_webhooks(const Project& project, Sink& sink);
void judge_python_fetches(const PythonNotes& notes, const Project& project, Sink& sink);
void judge_python_queries(const PythonNotes& notes, Sink& sink);
void judge_python_cookies(const Project& project, Sink& sink);
void judge_python_receipts(const Project& project, Sink& sink);

// Shared questions.
bool idle_limiter(const Project& project, Spot* where);  // a limiter is made at `where`, and applied to nothing
bool anybodys_host(std::string_view pattern);            // of origins: fits every customer of a host of pages
bool route_function(syntax::Node function);              // decorated as a route of FastAPI or Flask

std::unique_ptr<Reader> python_reader();
std::unique_ptr<Check> python_check();
std::unique_ptr<Reader> template_reader();  // of pages that Django and Jinja fill

}  // namespace gatehouse::audit::source
