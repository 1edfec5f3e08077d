#include "services/webhooks/config.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "gate/config.h"
#include "net/http/url.h"
#include "services/webhooks/pointer.h"

namespace gatehouse::services::webhooks {
namespace {

using conf::Form;
using namespace std::chrono_literals;

bool is_name(std::string_view s) {
  return !s.empty() && s.size() <= 40 && std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || text::is_digit(c) || c == '-' || c == '_';
  });
}

void judge_pointer(Form& f, std::string_view key, const std::string& pointer) {
  if (!pointer.empty() && !Pointer::parse(pointer))
    f.bad(key, "`" + text::printable(pointer, 60) + "` is no JSON pointer", "write it like \"/data/object/customer\"");
}

void judge_types(Form& f, std::string_view key, const std::vector<std::string>& types) {
  for (const std::string& t : types)
    if (t.empty() || t.find('*') < t.size() - 1)
      f.bad(key, "`" + text::printable(t, 60) + "` is no pattern of types", "write a whole type, or end it in \".*\"");
}

void describe_rule(Form& f, Rule& r) {
  f.field(conf::required("pointer", "JSON pointer (RFC 6901) into the body"), r.pointer);
  f.field({"values", "What may stand there; nothing: anything but null and the empty text"}, r.values);
  f.field({"types", "Only events of these types, \"checkout.*\""}, r.types);
  if (!f.reading()) return;
  judge_pointer(f, "pointer", r.pointer);
  judge_types(f, "types", r.types);
}

void judge_delivery(Form& f, const EndpointConfig& e) {
  if (e.deliver_to.empty()) {
    if (e.handle.empty() && !f.has("deliver_to"))
      f.report(conf::Severity::error, "missing_key", "deliver_to", "nobody gets the events of this endpoint",
               "add deliver_to = \"http://127.0.0.1:9000/events\" with deliver_secret, or handle = [\"billing\"]");
    return;
  }
  auto url = http::Url::parse(e.deliver_to);
  if (!url) return f.bad("deliver_to", "this is no http or https address", "write http://127.0.0.1:9000/events");
  if (!url->tls && url->host != "localhost" && !conf::ServerUrl{"http", url->host, url->port, ""}.loopback())
    f.unsafe("deliver_to", "events would travel in the clear to another machine", "use an https address");
  if (!e.deliver_secret.set() && !f.faulty("deliver_secret"))
    f.report(conf::Severity::error, "missing_key", "deliver_secret",
             "the backend could not tell our deliveries from anybody's",
             "add deliver_secret = { env = \"WEBHOOK_DELIVER_SECRET\" } (whsec_ and 32 bytes in base64)");
}

void describe_endpoint(Form& f, EndpointConfig& e, const std::string& base) {
  kit::webhook::describe(f, e.scheme);
  f.field({"path", "Where it stands; [webhooks] path and its name when not given"}, e.path);
  f.size({"body_limit", "The largest event"}, e.body_limit, 1024, 32u << 20);
  f.rate({"rate", "How often one address may send; this machine is exempt"}, e.rate);
  f.choice({"livemode", "stripe: which events count; by mode: live in production, any in development"}, e.livemode,
           {{"by-mode", static_cast<int>(Livemode::by_mode)},
            {"live", static_cast<int>(Livemode::live)},
            {"test", static_cast<int>(Livemode::test)},
            {"any", static_cast<int>(Livemode::any)}});
  f.field({"deliver_to", "The backend's address: events are posted there, signed (Standard Webhooks)"}, e.deliver_to);
  f.secret({"deliver_secret", "Signs what is delivered: whsec_ and 24 to 64 bytes in base64"}, e.deliver_secret);
  f.field({"ca_file", "Certificates that an https backend is verified with; the system's when not given"}, e.ca_file);
  f.field({"handle", "Built-in handlers that get the events first, for example \"billing\""}, e.handle);
  f.field({"types", "Only these types are delivered, \"checkout.*\"; the others are kept and marked skipped"}, e.types);
  f.field({"order_by", "JSON pointers: events with an equal value are delivered one after the other"}, e.order_by);
  f.field({"user_key", "JSON pointer to the user whose data an event holds: `gatehouse webhooks erase` finds it"},
          e.user_key);
  f.each({"rule", "What must be true of an event's body; otherwise it is kept in quarantine"},
         [&](Form& t, std::size_t) {
           Rule r;
           describe_rule(t, r);
           e.rules.push_back(std::move(r));
         });
  f.field({"concurrency", "Deliveries at once"}, e.concurrency, 1, 256);
  f.duration({"timeout", "How long the backend may take for one event"}, e.timeout, 100ms, 5min);
  f.duration({"first_pause", "Before the second try; it doubles from try to try"}, e.first_pause, 10ms, 24h);
  f.duration({"longest_pause", "The longest pause between tries"}, e.longest_pause, 10ms, 24h * 7);
  f.duration({"retry_for", "How long a failing event is tried before it is a dead letter"}, e.retry_for, 1s, 24h * 30);
  if (!f.reading()) return;
  e.place = f.place();
  if (!is_name(e.name))
    f.bad("", "`" + text::printable(e.name, 60) + "` cannot be a name in a path", "use a-z, 0-9, - and _");
  if (e.path.empty()) e.path = base + "/" + e.name;
  if (auto fault = gate::path_fault(e.path); !fault.empty() || e.path.find('{') != e.path.npos || e.path[0] != '/')
    f.bad("path", "`" + text::printable(e.path, 60) + "` is no path", "write a plain path like /webhooks/stripe");
  judge_types(f, "types", e.types);
  for (const auto& p : e.order_by) judge_pointer(f, "order_by", p);
  judge_pointer(f, "user_key", e.user_key);
  if (e.livemode != Livemode::by_mode && e.scheme.provider != kit::webhook::Provider::stripe)
    f.bad("livemode", "only Stripe's events say whether they are live", "remove it");
  judge_delivery(f, e);
}

}  // namespace

std::int64_t lease_ms(const EndpointConfig& e) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(e.timeout).count() * 5 + 30'000;
}

void describe(Form& f, Config& c) {
  f.field({"path", "Where endpoints stand that name no path of their own"}, c.path);
  f.secrets({"seal_keys", "Keys that seal payloads on the disk (AES-256-GCM): 32 bytes in base64; the first seals"},
            c.seal_keys);
  f.duration({"keep", "How long delivered events are kept"}, c.keep, std::chrono::hours(1),
             std::chrono::hours(24 * 3650));
  f.duration({"keep_dead", "How long dead letters and quarantined events are kept"}, c.keep_dead, std::chrono::hours(1),
             std::chrono::hours(24 * 3650));
  f.size({"keep_bytes",
          "Payloads that nobody waits for go beyond this: of skipped events, discarded, delivered ones, oldest first"},
         c.keep_bytes, 1 << 20, std::uint64_t{1} << 44);
  while (c.path.size() > 1 && c.path.ends_with('/')) c.path.pop_back();
  f.entries({"endpoint", "One sender: its scheme, its secret, and where its events go"},
            [&](Form& t, std::string_view name) {
              EndpointConfig e;
              e.name = name;
              describe_endpoint(t, e, c.path);
              if (t.reading()) c.endpoints.push_back(std::move(e));
            });
}

std::vector<kit::MountedPath> mounted(const Config& c) {
  std::vector<kit::MountedPath> all;
  for (const EndpointConfig& e : c.endpoints)
    all.push_back({"webhooks", "=" + e.path, {"POST"}, kit::Entry::machine, e.body_limit, e.place});
  return all;
}

bool type_fits(const std::vector<std::string>& patterns, std::string_view type) {
  return patterns.empty() || std::any_of(patterns.begin(), patterns.end(), [&](std::string_view p) {
           if (!p.ends_with('*')) return p == type;
           return type.starts_with(p.substr(0, p.size() - 1));
         });
}

void check(const Config& c, const std::vector<KnownHandler>& handlers, conf::Findings& findings) {
  std::set<std::string> heard;
  for (const EndpointConfig& e : c.endpoints) {
    std::string key = "webhooks.endpoint." + e.name;
    if (auto weak = kit::webhook::weakness(e.scheme); !weak.empty())
      findings.add({conf::Severity::note, "webhook_weak", e.place, key, std::string(weak),
                    "accept it knowingly, and keep what these events may cause small"});
    for (const std::string& h : e.handle) {
      auto known = std::find_if(handlers.begin(), handlers.end(), [&](const KnownHandler& k) { return k.name == h; });
      if (known == handlers.end()) {
        findings.add({conf::Severity::error, "unknown_handler", e.place, key + ".handle",
                      "there is no handler `" + text::printable(h, 60) + "` in this configuration",
                      h == "billing" ? "add the [billing] table" : "handlers are: billing"});
        continue;
      }
      heard.insert(h + " " + e.name);
      // Stops: payments that look received and are applied by nobody.
      if (known->endpoint != e.name)
        findings.add(
            {conf::Severity::error, "wrong_endpoint", e.place, key + ".handle",
             "`" + h + "` hears the endpoint `" + text::printable(known->endpoint, 60) +
                 "` alone: every event of this one would become a dead letter",
             "set `" + known->told_by + "` to \"" + e.name + "\", or take \"" + h + "\" out of this `handle`"});
      else if (known->provider != e.scheme.provider)
        findings.add({conf::Severity::error, "wrong_provider", e.place, key + ".handle",
                      "`" + h + "` reads the events of `" + std::string(kit::webhook::traits(known->provider).name) +
                          "` alone: every event of this endpoint would become a dead letter",
                      "write provider = \"" + std::string(kit::webhook::traits(known->provider).name) +
                          "\", or take \"" + h + "\" out of this `handle`"});
    }
  }
  for (const KnownHandler& h : handlers)
    if (!heard.contains(h.name + " " + h.endpoint))
      findings.add(
          {conf::Severity::warning, "unheard_handler", h.place, h.told_by,
           "no event reaches `" + h.name + "`: no endpoint `" + text::printable(h.endpoint, 60) + "` hands it any",
           "write handle = [\"" + h.name + "\"] in [webhooks.endpoint." + text::printable(h.endpoint, 60) + "]"});
}

}  // namespace gatehouse::services::webhooks
