#include "services/webhooks/inbox_api.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "kit/webhook/sample.h"

namespace gatehouse::services::webhooks {
namespace {

using gate::AdminAnswer;

constexpr std::int64_t kMostListed = 500, kChunk = 500;

AdminAnswer error(int status, std::string_view code, std::string_view message) {
  json::Value inner, v;
  inner.set("code", code).set("message", message);
  v.set("error", std::move(inner));
  return {status, json::write(v)};
}
AdminAnswer bad(std::string_view message) { return error(400, "bad_request", message); }
AdminAnswer failed(const Problem& p) { return error(503, p.code, p.detail); }
AdminAnswer good(const json::Value& v) { return {200, json::write(v)}; }

std::int64_t now_ms(const Clock& clock) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock.wall().time_since_epoch()).count();
}

// "a=1&b=2", decoded; nothing when it does not read or a name is not one of `known`.
std::optional<std::map<std::string, std::string>> parameters(std::string_view query,
                                                             std::initializer_list<std::string_view> known) {
  std::map<std::string, std::string> all;
  if (query.empty()) return all;
  for (std::string_view pair : text::split(query, '&')) {
    auto equals = pair.find('=');
    auto name = text::percent_decode(pair.substr(0, equals));
    auto value = text::percent_decode(equals == pair.npos ? std::string_view() : pair.substr(equals + 1));
    if (!name || !value || std::find(known.begin(), known.end(), *name) == known.end()) return std::nullopt;
    all[*name] = *value;
  }
  return all;
}

// The numbers and words that choose events, from wherever they were read. A sentence when one cannot be used.
std::string read_filter(const std::map<std::string, std::string>& p, Filter& f) {
  for (const auto& [name, to, scale] : {std::tuple<const char*, std::int64_t*, std::int64_t>{"since", &f.since, 1000},
                                        {"until", &f.until, 1000},
                                        {"after", &f.after, 1},
                                        {"from", &f.from, 1},
                                        {"to", &f.to, 1},
                                        {"limit", &f.limit, 1}}) {
    auto it = p.find(name);
    if (it == p.end()) continue;
    auto n = text::parse_u64(it->second);
    if (!n || *n > 1'000'000'000'000) return std::string(name) + " is a whole number";
    *to = static_cast<std::int64_t>(*n) * scale;
  }
  auto word = [&](const char* name, std::string& to) {
    if (auto it = p.find(name); it != p.end()) to = it->second;
  };
  word("endpoint", f.endpoint);
  word("type", f.type);
  word("id", f.id);
  if (auto it = p.find("state"); it != p.end()) {
    f.state = state_of(it->second);
    if (!f.state) return "state is pending, delivered, dead, quarantined, discarded or skipped";
  }
  f.limit = std::clamp<std::int64_t>(f.limit, 1, kMostListed);
  return {};
}

AdminAnswer list(Inbox& inbox, std::string_view query) {
  auto p = parameters(query, {"endpoint", "state", "type", "id", "since", "until", "after", "from", "to", "limit"});
  if (!p) return bad("parameters are endpoint, state, type, id, since, until, after, from, to, limit");
  Filter f;
  if (std::string why = read_filter(*p, f); !why.empty()) return bad(why);
  auto rows = inbox.db().read_now([&](Transaction& t) { return InboxStore::list(t, f); });
  if (!rows) return failed(rows.error());
  json::Value all{json::Array{}}, v;
  for (const EventRow& r : *rows) all.push(to_json(r));
  v.set("events", std::move(all));
  return good(v);
}

AdminAnswer show(Inbox& inbox, std::string_view number, std::string_view query) {
  auto seq = text::parse_u64(number);
  auto p = parameters(query, {"body"});
  if (!seq || *seq > 1'000'000'000'000 || !p) return bad("GET /webhooks/events/SEQ?body=1");
  struct Found {
    std::optional<EventRow> row;
    std::optional<InboxStore::Body> body;
    std::int64_t behind = 0;
  };
  auto found = inbox.db().read_now([&](Transaction& t) -> Result<Found> {
    auto row = InboxStore::find(t, static_cast<std::int64_t>(*seq));
    if (!row) return fail(std::move(row.error()));
    auto body = InboxStore::body(t, static_cast<std::int64_t>(*seq));
    if (!body) return fail(std::move(body.error()));
    auto behind = InboxStore::behind(t, static_cast<std::int64_t>(*seq));
    if (!behind) return fail(std::move(behind.error()));
    return Found{std::move(*row), std::move(*body), *behind};
  });
  if (!found) return failed(found.error());
  if (!found->row) return error(404, "not_found", "there is no such event");
  json::Value v = to_json(*found->row);
  if (found->behind) v.set("behind", found->behind);  // it waits for this one of the same key to end
  v.set("has_body", found->body.has_value());
  if (p->count("body") && found->body) {
    std::string bytes = std::move(found->body->bytes);
    if (!found->body->sealed_by.empty()) {
      auto plain = inbox.current()->ring->open(found->body->sealed_by,
                                               seal_context(found->row->endpoint, found->row->id), bytes);
      if (!plain) return error(409, "sealed", "the body was sealed with a key that is not in webhooks.seal_keys");
      bytes = std::move(*plain);
    }
    if (text::is_utf8(bytes))
      v.set("body", bytes);
    else
      v.set("body_base64", text::base64(bytes));
  }
  return good(v);
}

AdminAnswer stats(Inbox& inbox) {
  auto counts = inbox.db().read_now([](Transaction& t) { return InboxStore::counts(t); });
  if (!counts) return failed(counts.error());
  json::Value all{json::Array{}}, v;
  for (const Count& c : *counts) {
    json::Value one;
    one.set("endpoint", c.endpoint).set("state", text(c.state)).set("events", c.events).set("bytes", c.bytes);
    one.set("oldest_received_ms", c.oldest);
    all.push(std::move(one));
  }
  DbStats s = inbox.db().stats();
  json::Value store;
  store.set("commits", s.commits).set("writes", s.writes).set("failures", s.failures).set("bytes", s.bytes);
  v.set("endpoints", std::move(all)).set("store", std::move(store));
  return good(v);
}

// Replays or discards: one, a range, or everything in a state.
AdminAnswer change(Inbox& inbox, const json::Value& body, bool replays) {
  std::map<std::string, std::string> words;
  std::optional<std::int64_t> one;
  bool all = false;
  for (const auto& [name, value] : body.object()) {
    if (name == "seq") {
      one = value.integer();
      if (!one) return bad("seq is a number");
    } else if (name == "all") {
      all = value.boolean().value_or(false);
    } else if (auto s = value.string(); s && (name == "endpoint" || name == "state" || name == "type")) {
      words[name] = *s;
    } else if (value.integer() && (name == "from" || name == "to")) {
      words[name] = value.number_text();
    } else {
      return bad("members are seq, or from and to, or all; with endpoint, state, type");
    }
  }
  bool range = words.count("from") || words.count("to");
  if ((one ? 1 : 0) + (all ? 1 : 0) + (range ? 1 : 0) != 1) return bad("say one of seq, from and to, all");
  // Stops: "42, if it is dead" ending 42 whatever it is.
  if (one && !words.empty()) return bad("one event is named by its number alone: endpoint, state and type choose many");
  auto touch = [&](Transaction& t, std::int64_t seq) {
    std::int64_t now = now_ms(inbox.clock());
    return replays ? InboxStore::replay(t, seq, now) : InboxStore::discard(t, seq, now);
  };
  std::int64_t changed = 0;
  if (one) {
    auto done = inbox.db().write_now([&](Transaction& t) { return touch(t, *one); });
    if (!done) return failed(done.error());
    if (!*done)
      return error(404, "not_found",
                   replays ? "there is no such event, or its body is gone"
                           : "there is no such event, or it is not one that waits: delivered, skipped or discarded");
    changed = 1;
  } else {
    Filter f;
    f.state = State::dead;
    if (std::string why = read_filter(words, f); !why.empty()) return bad(why);
    f.from = std::max<std::int64_t>(f.from, 1);
    // Stops: an end that lies before the beginning, 0 above all, being read as no end.
    if (words.count("to") && f.to < f.from) return bad("to is the number of an event, and not below from");
    f.limit = kChunk;
    // Each number is visited once: an event that fails again meanwhile is not taken a second time.
    for (std::size_t seen = kChunk; seen == kChunk;) {
      auto part = inbox.db().write_now([&](Transaction& t) -> Result<std::int64_t> {
        auto rows = InboxStore::list(t, f);
        if (!rows) return fail(std::move(rows.error()));
        seen = rows->size();
        std::int64_t n = 0;
        for (const EventRow& r : *rows) {
          auto done = touch(t, r.seq);
          if (!done) return fail(std::move(done.error()));
          n += *done;
          f.from = r.seq + 1;
        }
        return n;
      });
      if (!part) return failed(part.error());
      changed += *part;
    }
  }
  for (const auto& e : inbox.current()->endpoints) inbox.poke(e->config.name);
  json::Value v;
  v.set("changed", changed);
  return good(v);
}

AdminAnswer erase(Inbox& inbox, const json::Value& body) {
  auto user = body.string_at("user");
  if (!user || user->empty() || body.object().size() != 1) return bad("the only member is user");
  auto keys = user_keys(*inbox.current()->ring, *user);
  auto erased = inbox.db().write_now([&](Transaction& t) -> Result<std::int64_t> {
    std::int64_t n = 0;
    for (const std::string& key : keys) {
      auto part = InboxStore::erase_user(t, key, now_ms(inbox.clock()));
      if (!part) return part;
      n += *part;
    }
    return n;
  });
  if (!erased) return failed(erased.error());
  json::Value v;
  v.set("erased", *erased);
  return good(v);
}

AdminAnswer test_event(Inbox& inbox, const json::Value& body, Entropy& entropy) {
  auto name = body.string_at("endpoint");
  auto current = inbox.current();
  const Endpoint* e = nullptr;
  for (const auto& candidate : current->endpoints)
    if (name && candidate->config.name == *name) e = candidate.get();
  if (!e) return error(404, "not_found", "there is no endpoint of that name");
  // What the operator asked for, else what the endpoint is for, else what nobody acts on.
  std::string_view type = body.string_at("type").value_or(std::string_view());
  if (type.empty() && !e->config.types.empty() && !e->config.types[0].ends_with('*')) type = e->config.types[0];
  if (type.empty()) type = "gatehouse.test";
  const std::string unique = text::hex(entropy.bytes<12>());
  const std::int64_t now = inbox.clock().unix_seconds();
  kit::webhook::Sample sample =
      kit::webhook::sample_of(e->config.scheme, {type, unique, {}, now, e->livemode.value_or(false)});
  if (const auto given = body.string_at("body"); given && !given->empty()) {
    // Stops: the admin token making money: an event that says "paid", signed as if the provider had sent it. The sample
    // of an endpoint in production proves nothing.
    if (e->production && !e->handlers.empty())
      return error(
          409, "production",
          "in production an endpoint with a built-in handler takes the sample alone; try a body of your own in "
          "development mode");
    sample.body = *given;
    sample.content_type = "application/json";
  }
  auto made = e->scheme.sign({sample.id, sample.type, now, sample.body, sample.content_type});
  if (!made) return error(409, made.error().code, made.error().detail);
  json::Value headers{json::Object{}}, v;
  headers.set("Content-Type", sample.content_type);
  for (const auto& [header, value] : made->headers) headers.set(header, value);
  v.set("method", "POST").set("path", e->config.path).set("query", made->query).set("headers", std::move(headers));
  v.set("body", sample.body).set("id", sample.id);
  return good(v);
}

}  // namespace

AdminAnswer inbox_api(Inbox& inbox, std::string_view method, std::string_view path, std::string_view query,
                      std::string_view body, Entropy& entropy) {
  constexpr std::string_view kEvents = "/webhooks/events/";
  if (method == "GET") {
    if (path == "/webhooks/events") return list(inbox, query);
    if (path.starts_with(kEvents)) return show(inbox, path.substr(kEvents.size()), query);
    if (path == "/webhooks/stats") return stats(inbox);
    if (path == "/webhooks/anomalies") {
      auto all = inbox.db().read_now([](Transaction& t) { return InboxStore::anomalies(t, kMostListed); });
      if (!all) return failed(all.error());
      json::Value v;
      v.set("anomalies", std::move(*all));
      return good(v);
    }
    return error(404, "not_found", "there is nothing here");
  }
  if (method != "POST") return error(405, "method_not_allowed", "GET or POST");
  auto parsed = json::parse(body);
  if (!parsed || !parsed->is_object()) return bad("the body is no JSON object");
  if (path == "/webhooks/replay") return change(inbox, *parsed, true);
  if (path == "/webhooks/discard") return change(inbox, *parsed, false);
  if (path == "/webhooks/erase") return erase(inbox, *parsed);
  if (path == "/webhooks/test") return test_event(inbox, *parsed, entropy);
  return error(404, "not_found", "there is nothing here");
}

}  // namespace gatehouse::services::webhooks
