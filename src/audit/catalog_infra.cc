#include "audit/catalog_parts.h"

namespace gatehouse::audit {
namespace {

using enum proof::Severity;
using C = proof::Confidence;

constexpr Rule kRules[] = {
    {"INF-001", high, C::high, "Data store published to every network", "668 1327", "A05/A02", "13.2.2", "DAT-1",
     "Docker opens the port past most firewalls: the database answers the whole internet.",
     "Do not publish it; containers of one network reach each other. For local tools write `127.0.0.1:PORT:PORT`.", "",
     "", "A development file that never runs on a server is harmless; call it so."},
    {"INF-003", high, C::high, "Stock password of a data store", "1392 521", "A07/A07", "13.2.3 6.3.2", "CFG-2",
     "It is the first password anybody tries.", "Take it from the environment without a default.", "", "",
     "A database that only CI or a laptop ever sees opens nothing."},
    {"INF-004", high, C::high, "Container may command the Docker daemon", "250", "A05/A02", "13.2.2", "",
     "Whoever breaks into this container is root on the machine.",
     "Do not mount the socket; use a proxy that allows the few calls needed.", "", "", ""},
    {"INF-005", medium, C::high, "Container with the host's privileges", "250", "A05/A02", "13.2.2", "",
     "The container's walls are taken down: a break-in there is a break-in on the machine.",
     "Drop `privileged`, `network_mode: host` and added capabilities; set `no-new-privileges`.", "", "", ""},
    {"INF-006", medium, C::high, "Container runs as root", "250", "A05/A02", "13.2.2", "",
     "A fault in the application gives root inside the container, one step from the machine.",
     "Make a user in the Dockerfile and switch to it with USER in the final stage.", "", "",
     "Some platforms set the user at run time."},
    {"INF-007", high, C::high, "nginx alias that can be left with ../", "22", "A01/A01", "5.3.2", "",
     "`location /x` with `alias /y/` maps /x../ to the parent folder: files beside it can be read.",
     "End both with a slash: `location /x/ { alias /y/; }`.", "[canonical] refuses dot segments", "canonical", ""},
    {"INF-008", medium, C::high, "nginx drops its security headers in a nested block", "693", "A05/A02", "3.4.1",
     "HDR-1", "An `add_header` in an inner block cancels every inherited one: these answers leave without protection.",
     "Repeat the headers there, or set them in one included file.", "[headers]", "headers", ""},
    {"INF-009", medium, C::high, "nginx accepts old TLS versions", "326", "A02/A04", "12.1.1", "TLS-1",
     "Old versions can be attacked and are refused by browsers anyway.", "`ssl_protocols TLSv1.2 TLSv1.3;`",
     "[tls] min = \"1.2\"", "tls", ""},
    {"INF-010", medium, C::medium, "nginx forwards to an address of the client's choice", "918 644", "A10/A01", "4.1.3",
     "", "A variable taken from the request decides where the proxy connects.", "Name the upstream in full.", "", "",
     ""},
    {"INF-012", low, C::high, "nginx tells its version or lists folders", "497 548", "A05/A02", "13.4.3 13.4.6",
     "HDR-1", "It helps whoever looks for known faults or forgotten files.", "`server_tokens off; autoindex off;`",
     "[headers]", "headers", ""},
    {"INF-014", high, C::high, "Bucket that everybody may write to or list", "732", "A01/A01", "13.2.2", "DAT-4",
     "Strangers can list, replace or delete the stored files, or fill them at your cost.",
     "Allow `s3:GetObject` on the public prefix only; write through the backend with pre-signed requests.",
     "[storage] pre-signed uploads and downloads", "storage", ""},
    {"INF-021", low, C::medium, "Whole bucket is publicly readable", "732", "A01/A01", "13.2.2", "DAT-4",
     "Everything that is ever stored there is public, also what was meant for one user.",
     "Restrict the public part to a prefix, and serve the rest by expiring pre-signed links.",
     "[storage] pre-signed uploads and downloads", "storage", "A bucket of public images only is meant to be read."},
    {"INF-015", medium, C::high, "Bucket lets every site write by CORS", "942", "A05/A02", "3.4.2", "DAT-4 CORS-1",
     "Any web page can send its visitors' browsers to write here.",
     "Name the origins; allow GET and HEAD for the rest.", "", "", ""},
    {"INF-017", medium, C::high, "Database connection without TLS", "319", "A02/A04", "12.3.1", "TLS-1",
     "Passwords and data cross the network in clear.", "`sslmode=verify-full` (or the driver's equivalent).", "", "",
     "A socket on the same machine needs none."},
    {"INF-019", high, C::medium, "Database dump or backup in the tree", "530 538", "A05/A02", "13.4.7", "DAT-2",
     "It carries users' data to everybody who can clone the tree or guess the address.",
     "Move it out, remove it from the history, ignore the pattern.", "", "", "A schema without data is no dump."},
    {"INF-020", high, C::medium, "Workflow prints secrets", "532", "A09/A09", "16.2.5", "LOG-2 SEC-K1",
     "Build logs are read by everybody with access to the repository.",
     "Never echo secrets; pass them to the step that needs them.", "", "", ""},
    {"INF-022", high, C::high, "Wildcard CORS in the proxy", "942", "A05/A02", "3.4.2", "CORS-1",
     "Every web page may read the answers, with the visitor's cookies where credentials are allowed too.",
     "Name the origins, or let the application decide.", "[cors] origins = [\"https://app.example.com\"]", "cors",
     "A public API without cookies or tokens may answer `*`."},
    {"INF-023", medium, C::medium, "Cross-site policy is left to the client's address header", "348", "A05/A02",
     "4.1.3", "IP-1", "The proxy trusts X-Forwarded-For from everybody: limits and bans can be dodged with one header.",
     "List the real proxies in `set_real_ip_from`.", "[ingress] trusted = [\"10.0.0.0/8\"]", "client_address", ""},
    {"AZ-005", critical, C::high, "Supabase table without row-level security", "862 284", "A01/A01", "8.2.2",
     "DAT-3 ID-10", "The anon key is public by design; without row-level security it reads and writes the whole table.",
     "`alter table … enable row level security;` and a policy that compares `auth.uid()` with the owner.", "", "",
     "Tables in schemas that the API does not expose are not reachable."},
    {"AZ-006", critical, C::high, "Storage or database rules open to everybody", "862 284", "A01/A01", "8.2.2",
     "DAT-3 ID-10", "The rule lets every caller read or write every record.",
     "Compare the signed-in user with the record's owner.", "", "",
     "A table of public facts may be readable by all; then allow select only."},
};

}  // namespace

std::span<const Rule> infra_rules() { return kRules; }

}  // namespace gatehouse::audit
