#include "gate/config.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::gate {
namespace {

using conf::Choice;
using conf::Form;
using conf::required;
using namespace std::chrono_literals;

constexpr std::uint64_t kGiB = 1u << 30;

void header_name(Form& f, const conf::Key& key, std::string& out) {
  f.field(key, out);
  if (f.reading() && !conf::is_token(out))
    f.bad(key.name, "`" + text::printable(out, 60) + "` is no header name", "write a name such as X-Forwarded-For");
}

std::string quoted(std::string_view s) { return "`" + text::printable(s, 80) + "`"; }

bool public_ip(const conf::ServerUrl& u) {
  static constexpr std::string_view kInner[] = {"0.0.0.0/8",   "10.0.0.0/8",    "100.64.0.0/10",
                                                "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
                                                "::/127",      "fc00::/7",      "fe80::/10"};
  if (u.scheme == "unix" || !conf::is_ip_literal(u.host)) return false;
  auto address = conf::Cidr::parse(u.host);
  for (std::string_view inner : kInner) {
    auto network = conf::Cidr::parse(inner);
    if (!address || !network || address->v6 != network->v6) continue;
    int bits = network->prefix + (network->v6 ? 0 : 96);
    bool same = true;
    for (int bit = 0; bit < bits && same; ++bit) {
      auto byte = static_cast<std::size_t>(bit / 8);
      same = ((address->bytes[byte] ^ network->bytes[byte]) >> (7 - bit % 8) & 1) == 0;
    }
    if (same) return false;
  }
  return true;
}

bool metadata_service(const conf::ServerUrl& u) { return u.host == "169.254.169.254" || u.host == "fd00:ec2::254"; }

bool same_listener(const conf::ListenUrl& a, const conf::ListenUrl& b) {
  return a.host == b.host && a.port == b.port && (a.port != 0 || a.scheme == "unix");
}

void check_listeners(Form& f, const GateConfig& c) {
  bool https = false, open_http = false;
  for (std::size_t i = 0; i < c.listen.size(); ++i) {
    const conf::ListenUrl& l = c.listen[i];
    https |= l.scheme == "https";
    open_http |= l.scheme == "http" && !l.loopback();
    if (l.scheme != "unix" && l.host != "localhost" && !conf::is_ip_literal(l.host))
      f.bad("listen", quoted(l.text) + " names a host", "listen on an address: 0.0.0.0, [::] or 127.0.0.1");
    // Stops: a debugging gate, with its loose defaults and made-up certificate, that strangers can reach.
    if (c.mode == Mode::development && !l.loopback())
      f.unsafe("listen", "development mode listens on " + quoted(l.text) + ", which others can reach",
               "listen on 127.0.0.1, or remove `mode = \"development\"`");
    for (std::size_t j = 0; j < i; ++j)
      if (same_listener(l, c.listen[j]))
        f.report(conf::Severity::error, "clash", "listen", quoted(l.text) + " is listed twice", "remove one of them");
  }
  if (c.mode != Mode::production) return;
  if (https && c.tls.certificate.empty())
    f.report(conf::Severity::error, "missing_key", f.has("tls") ? "tls" : "listen",
             "an https listener has no certificate", "add [tls] with `certificate` and `key`");
  // Stops: passwords and tokens in cleartext on the open net.
  if (open_http && !https && !c.ingress.tls_upstream)
    f.unsafe(
        "listen", "production would be served in cleartext only",
        "add an https listener with [tls]; or, when TLS is ended in front of gatehouse, set [ingress] tls_upstream = "
        "true and trusted_proxies");
}

void check_admin(Form& f, const GateConfig& c) {
  // Stops: revocations, reloads and metrics in the hands of whoever finds the port.
  if (!c.admin.loopback())
    f.unsafe("admin", quoted(c.admin.text) + " can be reached from outside",
             "use a loopback address such as http://127.0.0.1:9100, or a Unix socket, and a tunnel to it");
  if (c.admin.scheme == "https")
    f.bad("admin", "the admin listener speaks plain http on loopback", "write http://127.0.0.1:9100");
  for (const conf::ListenUrl& l : c.listen)
    if (same_listener(l, c.admin))
      f.report(conf::Severity::error, "clash", f.has("admin") ? "admin" : "listen",
               quoted(l.text) + " is also the admin listener", "give the admin listener its own port");
}

void check_upstreams(Form& f, const GateConfig& c) {
  for (const UpstreamConfig& u : c.upstreams)
    for (const conf::ServerUrl& s : u.servers)
      for (const conf::ListenUrl& l : c.listen)
        if (same_listener(s, l) || (s.loopback() && s.port == l.port && s.port != 0 && l.scheme != "unix" &&
                                    (l.host == "0.0.0.0" || l.host == "::")))
          f.report(conf::Severity::error, "clash", "upstream",
                   "upstream " + quoted(u.name) + " sends requests back to the listener " + quoted(l.text),
                   "name the address of the backend itself");
}

}  // namespace

void describe(Form& f, IngressConfig& c) {
  c.place = f.place();
  f.networks({"trusted_proxies",
              "Proxies in front of gatehouse that may tell the client's address and scheme; nobody "
              "else is believed"},
             c.trusted_proxies);
  header_name(f,
              {"address_header", "Where they write the client's address: X-Forwarded-For, X-Real-IP, CF-Connecting-IP"},
              c.address_header);
  header_name(f, {"scheme_header", "Where they write http or https"}, c.scheme_header);
  f.field({"tls_upstream", "TLS is ended by a trusted proxy: its scheme header tells http from https"}, c.tls_upstream);
  if (!f.reading()) return;
  // Stops: every client being taken for the proxy, because what it says of them is not understood.
  if (text::iequals(c.address_header, "forwarded"))
    f.bad("address_header", "Forwarded (RFC 7239) is not read: it has too many forms to be read one way",
          "have the proxy write X-Forwarded-For or X-Real-IP, and name that");
  for (const conf::Cidr& network : c.trusted_proxies)
    // Stops: everybody on the net writing his own address past limits, bans and logs.
    if (network.prefix < (network.v6 ? 16 : 8))
      f.unsafe("trusted_proxies", quoted(network.text) + " trusts too many to be called proxies",
               std::string("list the proxies' own networks; nothing wider than ") + (network.v6 ? "/16" : "/8"));
  if (c.tls_upstream && c.trusted_proxies.empty())
    f.report(conf::Severity::error, "missing_key", "trusted_proxies",
             "TLS is ended by a proxy, but no proxy is trusted to say so",
             "list the proxy's address in trusted_proxies");
}

void describe(Form& f, SiteConfig& c) {
  c.place = f.place();
  f.field({"hosts", "The public names of the site; the first is the canonical one"}, c.hosts);
  if (!f.reading()) return;
  for (std::string& host : c.hosts) {
    host = text::to_lower(host);
    // Stops: links, redirects and cookies for a name that an attacker put into the Host field.
    if (host.find('*') != host.npos) {
      f.unsafe("hosts", quoted(host) + " would accept names that nobody chose", "write each name out");
    } else if (!conf::is_host_name(host) && !conf::is_ip_literal(host)) {
      f.bad("hosts", quoted(host) + " is no host name",
            "write the name alone, without scheme, port, slash or final dot");
    }
  }
}

void describe(Form& f, UpstreamConfig& c) {
  c.place = f.place();
  f.servers(required("servers", "Addresses of the backend: http://host:port, https://host:port or unix:/path"),
            c.servers);
  f.field({"ca_file", "Certificate authorities (PEM) that sign the backend's certificate; the system's when empty"},
          c.ca_file);
  f.field({"server_name", "The name its certificate must carry; the host of the address when empty"}, c.server_name);
  f.field({"host_header", "What the backend gets as Host; the public host when empty"}, c.host_header);
  f.duration({"connect", "How long connecting may take"}, c.connect, 10ms, 5min);
  f.duration({"first_byte", "How long the backend may think before its answer begins"}, c.first_byte, 100ms, 1h);
  f.duration({"gap", "The longest silence inside an answer"}, c.gap, 100ms, 24h);
  f.duration({"idle", "How long an unused connection is kept; stay below the backend's own limit"}, c.idle, 0s, 10min);
  f.field({"max_idle", "Unused connections kept, a thread"}, c.max_idle, 0, 100000);
  f.field({"max_connections", "Connections at once, a thread"}, c.max_connections, 1, 100000);
  f.field({"buffer_chunked",
           "Read a request body that comes in chunks whole, up to the route's limit, and send it with its length: WSGI "
           "backends (Django, Flask) take a chunked body for an empty one. False streams it"},
          c.buffer_chunked);
  f.field({"health_path", "Asked regularly when set; 200 to 399 means well"}, c.health_path);
  f.duration({"health_interval", "How often it is asked"}, c.health_interval, 100ms, 1h);
  f.duration({"resolve_interval", "How often names are looked up again"}, c.resolve_interval, 1s, 24h);
  if (!f.reading()) return;
  bool https = false;
  for (const conf::ServerUrl& s : c.servers) {
    https |= s.scheme == "https";
    if (s.scheme != "unix" && s.port == 0) f.bad("servers", quoted(s.text) + " has port 0", "write the backend's port");
    // Stops: a gate that fetches the machine's own cloud credentials for whoever asks.
    if (metadata_service(s))
      f.unsafe("servers", quoted(s.text) + " is a cloud's metadata service", "name the backend's address");
    else if (s.scheme == "http" && public_ip(s))
      f.unsafe("servers", "requests to " + quoted(s.text) + " would cross the open net in cleartext",
               "use https:// for a backend outside the private network");
    if (s.scheme == "https" && conf::is_ip_literal(s.host) && c.server_name.empty())
      f.report(conf::Severity::error, "missing_key", "server_name",
               "an https backend is named by address only, so its certificate cannot be checked",
               "set server_name to the name in its certificate");
  }
  if (f.has("servers") && c.servers.empty() && !f.faulty("servers"))
    f.bad("servers", "the list is empty", "name at least one address");
  if (!https && (!c.ca_file.empty() || !c.server_name.empty()))
    f.bad(c.ca_file.empty() ? "server_name" : "ca_file", "this has no meaning for a backend without TLS",
          "write its address with https://, or remove this key");
  if (!c.server_name.empty() && !conf::is_host_name(c.server_name))
    f.bad("server_name", quoted(c.server_name) + " is no host name", "write the name in the backend's certificate");
  if (!c.host_header.empty() && !conf::ServerUrl::parse("http://" + c.host_header))
    f.bad("host_header", quoted(c.host_header) + " is no host", "write host or host:port");
  if (!c.health_path.empty()) {
    std::string fault = path_fault(c.health_path);
    if (!fault.empty() || c.health_path.find_first_of("={") != std::string::npos)
      f.bad("health_path", quoted(c.health_path) + " is no path", "write a plain path such as /healthz");
  }
}

void describe(Form& f, LimitsConfig& c) {
  c.place = f.place();
  f.duration({"header_time", "How long a client may take to send its header"}, c.header_time, 100ms, 2min);
  f.size(
      {"min_body_rate", "Bytes a second that a body must bring, and that a client must take of an answer, after 5 s"},
      c.min_body_rate, 1, kGiB);
  f.duration({"idle", "How long a kept connection may be silent"}, c.idle, 1s, 1h);
  f.size({"header_bytes", "The largest header"}, c.header_bytes, 1024, 1u << 20);
  f.field({"header_count", "The most header fields"}, c.header_count, 10, 1000);
  f.size({"body", "The largest body, unless the route says otherwise (`body_limit`)"}, c.body, 0, 64 * kGiB);
  f.field({"connections", "Connections in all"}, c.connections, 1, 10000000);
  f.field(
      {"connections_per_address", "Connections of one address (an IPv6 /64); loopback and trusted proxies are exempt"},
      c.connections_per_address, 1, 10000000);
  f.size({"buffered_bytes", "All bodies held in memory at once"}, c.buffered_bytes, 1u << 20, 64 * kGiB);
  f.field({"max_exchanges", "Requests at once; more are answered 503"}, c.max_exchanges, 1, 10000000);
}

void describe(Form& f, LogConfig& c) {
  c.place = f.place();
  f.field({"file", "Where the record goes; - is standard output"}, c.file);
  f.choice({"level", "The least that is written"}, c.level, {{"debug", 0}, {"info", 1}, {"warning", 2}, {"error", 3}});
  f.field({"hash_user", "Write a keyed hash instead of the user's id"}, c.hash_user);
  f.field({"hash_address", "Write a keyed hash instead of the client's address"}, c.hash_address);
  f.field({"redact_query", "Query parameters whose values are never written"}, c.redact_query);
  if (f.reading() && c.file.empty()) f.bad("file", "the name is empty", "write a path, or - for standard output");
}

void describe(Form& f, TlsConfig& c) {
  f.field({"certificate", "The certificate and its chain (PEM file)"}, c.certificate);
  f.secret({"key", "Its private key (PEM)"}, c.key);
  f.each({"more", "Further certificates, chosen by the name a client asks for"}, [&](Form& t, std::size_t) {
    TlsConfig::Extra extra;
    t.field(required("certificate", "The certificate and its chain (PEM file)"), extra.certificate);
    t.secret(required("key", "Its private key (PEM)"), extra.key);
    if (t.reading()) c.more.push_back(std::move(extra));
  });
  f.field({"tls12", "Accept TLS 1.2 beside 1.3; nothing older exists here"}, c.tls12);
  if (!f.reading()) return;
  if (!c.certificate.empty() && !f.has("key"))
    f.report(conf::Severity::error, "missing_key", "key", "a certificate without its private key",
             "add key = { file = \"/path/key.pem\" }");
  if (f.has("key") && c.certificate.empty())
    f.report(conf::Severity::error, "missing_key", "certificate", "a private key without its certificate",
             "add certificate = \"/path/fullchain.pem\"");
}

void describe(Form& f, GateConfig& c) {
  if (f.has("listen")) c.listen_place = f.place("listen");
  f.choice({"mode", "Development is for one's own machine: loopback only, with a made-up certificate"}, c.mode,
           {{"production", 0}, {"development", 1}});
  f.servers(required("listen", "Where clients come in: http://0.0.0.0:80, https://0.0.0.0:443"), c.listen);
  std::vector<conf::ListenUrl> admin{c.admin};
  f.servers({"admin", "Health, metrics and revocations; loopback only"}, admin);
  f.field({"threads", "Worker threads; 0: one a core"}, c.threads, 0, 1024);
  f.field({"state_dir", "Where databases, keys and development certificates stand"}, c.state_dir);
  f.table({"site", "The site's names"}, [&](Form& t) { describe(t, c.site); });
  f.table({"ingress", "Who stands in front of gatehouse"}, [&](Form& t) { describe(t, c.ingress); });
  f.table({"tls", "Certificates"}, [&](Form& t) { describe(t, c.tls); });
  f.table({"limits", "What one client may take"}, [&](Form& t) { describe(t, c.limits); });
  f.table({"log", "The record of requests"}, [&](Form& t) { describe(t, c.log); });
  f.entries({"upstream", "The backends, by name"}, [&](Form& t, std::string_view name) {
    UpstreamConfig u;
    u.name = name;
    describe(t, u);
    if (t.reading()) c.upstreams.push_back(std::move(u));
  });
  if (!admin.empty()) c.admin = admin[0];
  if (!f.reading()) return;

  if (admin.size() > 1) f.bad("admin", "there is one admin listener", "write one address");
  if (f.has("listen") && c.listen.empty() && !f.faulty("listen"))
    f.bad("listen", "nothing listens", "write listen = [\"https://0.0.0.0:443\"]");
  check_listeners(f, c);
  check_admin(f, c);
  check_upstreams(f, c);
  bool open = std::any_of(c.listen.begin(), c.listen.end(), [](const auto& l) { return !l.loopback(); });
  if (c.mode == Mode::production && c.log.level == 0 && open)
    f.unsafe("log", "debug detail would be logged on a public address", "set [log] level to \"info\" or above");
  if (c.mode == Mode::production && c.site.hosts.empty() && !f.faulty("site"))
    f.report(conf::Severity::error, "missing_key", "site", "production needs the public names of the site",
             "add [site] with hosts = [\"app.example.com\"]");
  if (c.mode == Mode::development && !c.ingress.trusted_proxies.empty())
    f.report(conf::Severity::warning, "ignored", "ingress", "development ignores forwarded headers",
             "remove [ingress], or remove `mode = \"development\"`");
  for (std::string_view shared : {"", "/", "/tmp", "/tmp/", "/var/tmp", "/var/tmp/", "/dev/shm", "/dev/shm/"})
    // Stops: another user of the machine planting keys or a database before the first start.
    if (c.state_dir == shared)
      f.unsafe("state_dir", quoted(c.state_dir) + " is no directory of its own",
               "write one that only gatehouse uses, "
               "for example /var/lib/gatehouse");
}

}  // namespace gatehouse::gate
