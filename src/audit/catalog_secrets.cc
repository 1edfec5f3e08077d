#include "audit/catalog_parts.h"

namespace gatehouse::audit {
namespace {

using enum proof::Severity;
using C = proof::Confidence;

constexpr std::string_view kRotate =
    "Treat it as known to others: make a new one at the provider, revoke the old one, read it from the environment or "
    "a "
    "secret manager, and take it out of the tree and its history.";

constexpr Rule kRules[] = {
    {"SEC-001", critical, C::high, "Provider secret in the source tree", "798 540", "A07/A07", "13.3.1",
     "SEC-K1 SEC-K4",
     "Whoever can read the tree, a fork, a build log or an image layer can act as this application at the provider: "
     "move "
     "money, read customers' data, send mail, run up bills.",
     kRotate, "credential_out on the provider's route: only gatehouse holds the key", "credential_out",
     "A key that was already revoked does no harm any more; say so with an ignore that names the day."},
    {"SEC-002", critical, C::high, "Provider secret in the git history", "798 540", "A07/A07", "13.3.1",
     "SEC-K1 SEC-K4", "The line is gone from the files but not from the repository: every clone still carries it.",
     "Revoke the key at the provider first; only then rewrite the history if you wish (git filter-repo). Rewriting "
     "alone "
     "does not help against clones.",
     "", "", "Harmless when the key was revoked at the time it was removed."},
    {"SEC-003", critical, C::high, "Secret in code built for browsers", "200 798", "A05/A02", "14.2.6 13.3.1", "SEC-K4",
     "Every visitor downloads it. Search engines and archives keep it.",
     "Move the call that needs the key to the server, revoke the key, build again and publish the new files.",
     "[response_filter] known_secrets = true", "response_filter",
     "Publishable keys are told apart and not reported here."},
    {"SEC-004", critical, C::high, "Secret in a variable that is built into browser code", "200 522", "A05/A02",
     "13.3.1 14.2.6", "SEC-K4 SEC-K5",
     "Variables with this prefix are copied into the JavaScript that every visitor downloads, whatever they are called "
     "after the prefix.",
     "Rename it without the public prefix, read it on the server only, let the browser call your own endpoint, and "
     "rotate "
     "the key if it was ever built in.",
     "[window_env] allow = [\"public names only\"]", "window_env",
     "Some providers sell keys made for browsers; then name the variable so (…_PUBLISHABLE_KEY)."},
    {"SEC-005", critical, C::high, "Server secret as the value of a public variable", "200 798", "A05/A02", "13.3.1",
     "SEC-K4 SEC-K5",
     "The name looks harmless, the value is a server key, and the build copies it into what browsers download.",
     "Put the publishable key there instead, and rotate the secret one.",
     "[window_env] allow = [\"public names only\"]", "window_env", ""},
    {"SEC-006", critical, C::high, "Value of a server variable found in code built for browsers", "200 522", "A05/A02",
     "13.3.1 14.2.6", "SEC-K4",
     "The very value from the environment file stands in a built file: the secret is public as soon as the file is "
     "served.",
     "Find out which import or `define` carried it in, remove that, rotate the value and build again.",
     "[response_filter] known_secrets = true", "response_filter",
     "A value that is public anyway (an address, a project id) should not be named like a secret."},
    {"SEC-007", critical, C::high, "Supabase service_role key in the tree", "798 285", "A01/A01", "8.3.1 13.3.1",
     "DAT-3 SEC-K4",
     "The service role passes every row-level security policy: with it anybody reads and writes every table.",
     "Roll the project's JWT secret or move to the new key kinds, keep the service key on the server only, and use the "
     "anon or publishable key with row-level security in clients.",
     "credential_out on the Supabase route: only gatehouse holds the key", "credential_out", ""},
    {"SEC-008", high, C::medium, "Weak signing secret", "321 1391", "A02/A04", "11.2.3 13.3.1", "CFG-2 ID-7",
     "A secret that can be guessed lets anybody sign a token for any user.",
     "Use at least 32 random bytes (`openssl rand -base64 32`) from the environment, and refuse to start without them.",
     "[jwt] verify with the provider's key set instead of a shared secret", "jwt", ""},
    {"SEC-009", critical, C::high, "Private key in the tree", "321 798", "A02/A04", "13.3.1 11.1.1", "SEC-K1",
     "Whoever has the key can pose as its holder, sign in its name or read what was encrypted for it.",
     "Make a new key and certificate, revoke the old, and mount keys at run time from outside the tree.", "", "",
     "Keys made for tests belong under tests/ or fixtures/."},
    {"SEC-010", high, C::high, "Database address with its password", "798 259", "A07/A07", "13.3.1", "SEC-K1",
     "Whoever reads the tree and reaches the server has the database.",
     "Change the password, read the address from the environment, and let only the backend's network reach the server.",
     "", "", "Addresses on localhost count less: they open nothing from outside."},
    {"SEC-011", medium, C::high, "Key of the wrong mode for this environment", "489 1188", "A05/A02", "13.4.2",
     "PAY-1 CFG-2", "A test key in production takes orders nobody pays; a live key in development charges real cards.",
     "Keep test keys outside production and live keys only in it; check the mode at start-up.",
     "gatehouse check --env judges the mode of every key", "startup", ""},
    {"SEC-012", medium, C::medium, "One secret used for several purposes", "1392 323", "A02/A04", "13.2.3",
     "SEC-K2 SEC-K5", "When one use leaks, all leak, and none can be rotated alone.",
     "Give each purpose and each environment its own value.", "", "",
     "Two names for one and the same purpose are a matter of taste."},
    {"SEC-013", high, C::high, "Secret with a built-in default", "1188 798", "A05/A02", "13.2.3 13.3.1", "CFG-1 CFG-2",
     "When the variable is missing in production the program starts all the same, with a secret that everybody can "
     "read "
     "in the source: tokens can be forged, data opened.",
     "Have no default: stop at start-up with a clear message when the variable is missing or weak.",
     "gatehouse check --env and the startup control refuse missing and placeholder secrets", "startup",
     "Harmless only if the deployment can never start without the variable."},
    {"SEC-014", medium, C::medium, "Secret written to the log", "532", "A09/A09", "16.2.5", "LOG-2",
     "Logs travel further than secrets should: to collectors, tickets and screens.",
     "Log that it is set, or a short hash of it, never the value.", "", "",
     "A variable that only sounds like a secret may be printed."},
    {"SEC-015", high, C::high, "Secret in a Dockerfile", "798 538", "A05/A02", "13.3.1", "SEC-K1",
     "ENV and ARG values stay in the image's layers and metadata: whoever can pull it can read them.",
     "Pass secrets at run time, or with `RUN --mount=type=secret` while building.", "", "",
     "A value that is replaced at run time is still readable in the image."},
    {"SEC-016", high, C::high, "Secret written into a deployment file", "798 538", "A05/A02", "13.3.1", "SEC-K1",
     "Deployment files are read by more people and machines than the servers they describe.",
     "Refer to a variable, a secret store or an env_file outside the repository.", "", "",
     "Passwords of throw-away databases in CI open nothing."},
    {"SEC-017", high, C::medium, "Hard-coded credential", "798 259", "A07/A07", "13.3.1", "SEC-K1 CFG-2",
     "It is the same in every installation, known to everybody who ever saw the source, and cannot be rotated without "
     "a release.",
     "Read it from the environment, without a default, and rotate it.", "", "",
     "A constant that only sounds like a credential; rename it."},

    {"ENV-001", critical, C::high, "Environment file in the repository", "538 312", "A05/A02", "13.4.1 13.3.1",
     "SEC-K4", "Every clone, fork and image built from the tree carries the application's secrets.",
     "`git rm --cached` it, ignore it, rotate every secret in it, and keep a .env.example without values.", "", "",
     "A file with public values only may stay; call it .env.example or .env.defaults."},
    {"ENV-002", medium, C::high, "Environment file that git does not ignore", "538", "A05/A02", "13.3.1", "SEC-K4",
     "The next `git add .` publishes the secrets.", "Add `.env` and `.env.*` to .gitignore, with `!.env.example`.", "",
     "", ""},
    {"ENV-003", high, C::medium, "Environment file goes into the container image", "538 200", "A05/A02", "13.4.1",
     "SEC-K4", "`COPY . .` takes .env along: whoever can pull the image has the secrets.",
     "List `.env*` in .dockerignore, or copy named folders only.", "", "",
     "No harm when images are built where no .env exists, as in CI."},
    {"ENV-004", medium, C::medium, "Secret file that others on the machine can read", "732", "A05/A02", "13.3.2",
     "DAT-1", "Any other account or compromised service on the machine can read it.",
     "`chmod 600`, owned by the service's user.", "", "",
     "Checkouts often lose modes; what counts is the file on the server."},
    {"ENV-005", high, C::high, "Real secret in an example file", "798 540", "A05/A02", "13.3.1", "SEC-K4",
     "Example files are committed on purpose and read by everybody.", "Put a placeholder there and rotate the secret.",
     "", "", ""},
    {"ENV-009", medium, C::medium, "Nothing keeps environment files out of git", "538", "A05/A02", "13.3.1", "SEC-K4",
     "The project reads its secrets from .env files, and no .gitignore names them: one careless `git add .` publishes "
     "them.",
     "Add `.env` and `.env.*` to .gitignore, with `!.env.example`.", "", "",
     "A global or parent .gitignore may already do it."},
};

}  // namespace

std::span<const Rule> secret_rules() { return kRules; }

}  // namespace gatehouse::audit
