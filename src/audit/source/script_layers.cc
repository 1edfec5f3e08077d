#include "audit/source/script_layers.h"

#include <algorithm>

#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/script_aliases.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr int kDeepest = 4;  // calls from the handler down

// `import { userService } from "./user.service"` is noted as "…/user.service.userService".
const Callee* instance_of(const Flows& flows, const std::string& module) {
  const std::size_t dot = module.rfind('.');
  const bool named = dot != std::string::npos && dot + 1 > module.rfind('/') + 1;
  for (const auto& [key, made] : flows.instances) {
    const std::size_t hash = key.rfind('#');
    const std::string_view home = std::string_view(key).substr(0, hash), name = std::string_view(key).substr(hash + 1);
    if (!same_module(home, module)) continue;
    if (name.empty() || (named && module.substr(dot + 1) == name) || !named) return &made;
  }
  return nullptr;
}

// The step itself, or a copy of one for any record with the record that is meant.
const Step* with_record(const Flows& flows, const Step& s, const std::string& about) {
  if (s.record != kAnyRecord || about.empty() || flows.named.size() > 10'000) return &s;
  flows.named.push_back(s);
  flows.named.back().record = about;
  return &flows.named.back();
}

}  // namespace

std::string noun_of(std::string_view name) {
  std::string out;
  for (const std::string& w : words(name.substr(name.rfind('/') == name.npos ? 0 : name.rfind('/') + 1)))
    if (!has_word(w,
                  {"service",  "services", "repository", "repositories", "repo",        "dao",     "store",  "manager",
                   "provider", "model",    "models",     "controller",   "controllers", "data",    "helper", "helpers",
                   "crud",     "base",     "generic",    "handler",      "handlers",    "factory", "api",    "index",
                   "db",       "impl",     "abstract",   "core",         "routes",      "route",   "router", "utils",
                   "util",     "common",   "entity",     "use",          "case",        "usecase", "module", "new"}))
      out += w;
  return record_key(out);
}

std::string noun_of(const Flows& flows, const Callee& c) {
  if (!c.about.empty()) return c.about;
  if (!c.type.empty()) {
    if (const auto it = flows.about.find(c.type); it != flows.about.end()) return it->second;
    return noun_of(c.type);
  }
  if (const Callee* made = c.module.empty() ? nullptr : instance_of(flows, c.module)) {
    if (std::string inner = noun_of(flows, *made); !inner.empty()) return inner;
  }
  std::string module = c.module;
  if (const std::size_t dot = module.rfind('.'); dot != std::string::npos && dot + 1 > module.rfind('/') + 1)
    module.resize(dot);
  return noun_of(module);
}

namespace {

std::vector<const Flow*> meant_at(const Flows& flows, const Callee& c, int renamed) {
  std::vector<const Flow*> out;
  const auto [from, to] = flows.by_name.equal_range(c.name);
  std::string type = c.type;
  if (!type.empty())
    if (const auto it = flows.implements.find(type); it != flows.implements.end()) type = it->second;
  for (auto it = from; it != to && out.size() < 4; ++it) {
    const Flow& f = it->second;
    if (!c.type.empty()) {
      if (!f.type.empty() && (text::iequals(f.type, c.type) || text::iequals(f.type, type))) out.push_back(&f);
    } else if (!c.module.empty() && same_module(f.module, c.module)) {
      out.push_back(&f);
    }
  }
  // What a class inherits, and what an object of another module can do.
  for (int up = 0; out.empty() && !c.type.empty() && up < 3; ++up) {
    const auto parent = flows.parents.find(type);
    if (parent == flows.parents.end()) break;
    type = parent->second;
    for (auto it = from; it != to; ++it)
      if (it->second.type == type) out.push_back(&it->second);
  }
  if (out.empty() && c.type.empty() && !c.module.empty())
    if (const Callee* made = instance_of(flows, c.module))
      return meant_at(flows, {{}, made->type, c.name, made->about}, renamed);
  if (out.empty() && renamed < kDeepest && (!flows.aliases.empty() || !flows.barrels.empty()))
    for (const Callee& behind : behind_alias(flows, c))
      if (auto found = meant_at(flows, behind, renamed + 1); !found.empty()) return found;
  // orderService.load(): a module or an object named like that.
  if (out.empty() && !c.type.empty())
    for (auto it = from; it != to && out.size() < 2; ++it) {
      std::string file = it->second.module.substr(it->second.module.rfind('/') + 1);
      std::erase_if(file, [](char x) { return !text::is_alpha(x) && !text::is_digit(x); });
      if (text::iequals(file, c.type)) out.push_back(&it->second);
    }
  return out;
}

}  // namespace

std::vector<const Flow*> meant_by(const Flows& flows, const Callee& c) { return meant_at(flows, c, 0); }

bool same_module(std::string_view file, std::string_view target) {
  if (target.empty()) return false;
  // `import { usersRouter } from "./routes/users"` is noted as "…/users.usersRouter".
  const auto ends = [&](std::string_view t) {
    if (file.size() < t.size() || file.empty() || t.empty() || file.back() != t.back()) return file == t;
    return file.ends_with(t) && (file.size() == t.size() || file[file.size() - t.size() - 1] == '/');
  };
  if (ends(target)) return true;
  const std::size_t dot = target.rfind('.');
  return dot != std::string_view::npos && dot + 1 > target.rfind('/') + 1 && ends(target.substr(0, dot));
}

namespace {

std::string noun_or_any(const Flows& flows, const Callee& callee) {
  std::string noun = noun_of(flows, callee);
  return noun.empty() ? std::string(kAnyRecord) : noun;
}

}  // namespace

namespace {

bool dresses(std::string_view name) {
  return has_word(name, {"serialize", "serializer", "serialise", "format", "transform", "sanitize", "present", "dto",
                         "plain", "stringify", "notify", "mail", "email", "render"});
}

}  // namespace

Verdict judge_flow(const Flows& flows, const Flow& flow, Labels client, Labels identity, int depth) {
  Verdict out;
  const auto owned = [] {
    Verdict v;
    v.kind = Verdict::Kind::owned;
    return v;
  };
  // Which of the client's ids: a handler's have bits of their own beside kClient.
  const Labels ids = client & kClient ? kEachId : client;
  const bool compared =
      std::any_of(flow.compared.begin(), flow.compared.end(), [&](Labels l) { return (l & identity) != 0; });
  bool asked = compared;
  Labels asked_by = 0;
  if (compared)  // if (listing.ownerId !== userId): whatever was fetched may be what was asked about
    for (const Step& s : flow.steps)
      if (s.touch ? *s.touch == Touch::Kind::one || *s.touch == Touch::Kind::change : true) {
        asked_by |= s.labels;
        for (const auto& [slot, l] : s.handed) asked_by |= s.touch ? Labels{0} : l;
      }
  std::vector<std::pair<Verdict, Labels>> changes;  // of what nobody asks whose it is, with the ids it is taken by
  const auto take = [&](Verdict v, Labels by) {
    if (v.touch == Touch::Kind::change || v.touch == Touch::Kind::remove) changes.emplace_back(v, by & ids);
    if (out.kind == Verdict::Kind::nothing || (out.touch == Touch::Kind::one && v.touch != Touch::Kind::one))
      out = std::move(v);
  };
  for (const Step& s : flow.steps) {
    if (--flows.credit < 0) return owned();
    if (s.touch) {
      if ((s.labels & client) == 0) continue;
      if (s.labels & identity) {
        if (*s.touch == Touch::Kind::create) continue;
        asked = true;
        asked_by |= s.labels;
        continue;
      }
      if (s.by_proof || *s.touch == Touch::Kind::create ||
          (*s.touch == Touch::Kind::list && !s.by_owner && !s.by_parent))
        continue;
      take({Verdict::Kind::unowned, s.record == kAnyRecord && !flow.about.empty() ? flow.about : s.record, s.by_owner,
            *s.touch, s.at, s.at, s.by_parent && *s.touch == Touch::Kind::list},
           s.labels);
      continue;
    }
    Labels all = 0;
    for (const auto& [slot, l] : s.handed) all |= l;
    const bool with_id = (all & client) != 0, with_who = (all & identity) != 0;
    if (!with_id || depth >= kDeepest) continue;
    const auto functions = meant_by(flows, s.callee);
    // It can tell whose it is; we cannot see that it does not. What only dresses an answer asks nobody.
    if (functions.empty() && with_who && !dresses(s.callee.name)) return owned();
    for (const Flow* f : functions) {
      Labels c = 0, w = 0;
      for (std::size_t i = 0; i < f->slots.size(); ++i)
        for (const auto& [slot, l] : s.handed)
          if (slot == f->slots[i] || (f->slots[i].starts_with(slot + ".") &&
                                      std::none_of(s.handed.begin(), s.handed.end(),
                                                   [&](const auto& x) { return x.first.starts_with(slot + "."); }))) {
            if (l & client) c |= 1u << i;
            if (l & identity) w |= 1u << i;
          }
      const Verdict inner = judge_flow(flows, *f, c & ~w, w, depth + 1);
      if (inner.kind == Verdict::Kind::owned) {
        asked = true;
        asked_by |= all;
      }
      if (inner.kind == Verdict::Kind::unowned)
        take({Verdict::Kind::unowned, inner.record == kAnyRecord ? noun_or_any(flows, s.callee) : inner.record,
              inner.claimed, inner.touch, inner.record_at, s.at, inner.child},
             all);
    }
  }
  if (!asked) return out;
  // Stops: a line of somebody else's invoice, removed below an invoice of one's own: /invoices/:id/lines/:line.
  // … and pictures taken out of somebody else's listing: removeMediaIds in the body of one's own. What a body names is
  // often changed on purpose, a product's stock; it is not removed.
  const Labels of_path = client & kClient ? (Labels{1} << 10) - 1 : compared ? Labels{0} : client;
  for (auto& [v, by] : changes)
    if (by != 0 && (by & asked_by) == 0 && (v.touch == Touch::Kind::remove || (by & of_path) != 0) &&
        std::none_of(flow.compared.begin(), flow.compared.end(), [&](Labels l) { return (l & by) != 0; })) {
      v.child = true;
      return v;
    }
  return owned();
}

namespace {

void deeds_about(const Flows& flows, const Flow& flow, std::vector<const Step*>& out, int depth,
                 const std::string& about) {
  for (const Step& s : flow.steps) {
    if (out.size() > 100 || --flows.credit < 0) return;
    if (s.touch) {
      out.push_back(with_record(flows, s, about));
    } else if (depth < kDeepest) {
      for (const Flow* f : meant_by(flows, s.callee)) {
        if (f == &flow) continue;
        const bool own = s.callee.type == flow.type && s.callee.module == flow.module;  // this.load()
        const std::string inner = own ? about : noun_of(flows, s.callee);
        deeds_about(flows, *f, out, depth + 1, inner.empty() ? about : inner);
      }
    }
  }
}

}  // namespace

void deeds(const Flows& flows, const Flow& flow, std::vector<const Step*>& out, int depth) {
  deeds_about(flows, flow, out, depth, flow.about);
}

namespace {

std::optional<WholeWrite> write_of(const Flows& flows, const Flow& flow, Labels sent, Labels Step::* what, int depth) {
  for (const Step& s : flow.steps) {
    if (--flows.credit < 0) return std::nullopt;
    if (s.*what & sent) return WholeWrite{with_record(flows, s, flow.about), s.at};
    if (s.touch) continue;
    if (depth >= kDeepest) continue;
    for (const Flow* f : meant_by(flows, s.callee)) {
      if (f == &flow) continue;
      Labels inner = 0;
      // A sum that was worked out from what was sent is not the client's.
      for (std::size_t i = 0; i < f->slots.size(); ++i)
        for (const auto& [slot, l] : what == &Step::money ? s.given : s.handed)
          if (slot == f->slots[i] && (l & sent)) inner |= 1u << i;
      if (inner == 0) continue;
      if (auto found = write_of(flows, *f, inner, what, depth + 1))
        return WholeWrite{with_record(flows, *found->step, noun_of(flows, s.callee)), s.at};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<WholeWrite> whole_write(const Flows& flows, const Flow& flow, Labels body, int depth) {
  return write_of(flows, flow, body, &Step::written, depth);
}

std::optional<WholeWrite> owner_write(const Flows& flows, const Flow& flow, Labels client, int depth) {
  return write_of(flows, flow, client, &Step::owner, depth);
}

std::optional<WholeWrite> hung_write(const Flows& flows, const Flow& flow, Labels client, int depth) {
  return write_of(flows, flow, client, &Step::hung, depth);
}

std::optional<WholeWrite> money_write(const Flows& flows, const Flow& flow, Labels client, int depth) {
  return write_of(flows, flow, client, &Step::money, depth);
}

bool ranks_deeply(const Flows& flows, const Flow& flow, int depth) {
  if (flow.ranks) return true;
  if (depth >= 2) return false;
  for (const Step& s : flow.steps)
    if (!s.touch && --flows.credit > 0)
      for (const Flow* f : meant_by(flows, s.callee))
        if (f != &flow && ranks_deeply(flows, *f, depth + 1)) return true;
  return false;
}

bool limits_deeply(const Flows& flows, const Flow& flow, int depth) {
  if (flow.limits) return true;
  if (depth >= 2) return false;
  for (const Step& s : flow.steps)
    if (!s.touch && --flows.credit > 0)
      for (const Flow* f : meant_by(flows, s.callee))
        if (f != &flow && limits_deeply(flows, *f, depth + 1)) return true;
  return false;
}

bool asks_deeply(const Flows& flows, const Flow& flow, int depth) {
  if (flow.asks) return true;
  if (depth >= 2) return false;
  for (const Step& s : flow.steps)
    if (!s.touch && --flows.credit > 0)
      for (const Flow* f : meant_by(flows, s.callee))
        if (f != &flow && asks_deeply(flows, *f, depth + 1)) return true;
  return false;
}

namespace {

const Give* person_about(const Flows& flows, const Schema& schema, const Give& give, int depth,
                         const std::string& about) {
  if (give.contact) return nullptr;
  if (give.person) return &give;
  if (give.any) {
    const Record* r = schema.of(about);
    const bool secret = r != nullptr && r->person && !r->hides && secret_column(*r);
    return secret ? &give : nullptr;
  }
  if (depth >= kDeepest || --flows.credit < 0) return nullptr;
  for (const Flow* f : meant_by(flows, give.callee)) {
    const std::string inner_about = noun_of(flows, give.callee);
    for (const Give& inner : f->gives) {
      if (!give.part.empty() && inner.key != give.part) continue;
      if (const Give* found = person_about(flows, schema, inner, depth + 1, inner_about.empty() ? about : inner_about))
        return found;
    }
  }
  return nullptr;
}

}  // namespace

const Give* person_given(const Flows& flows, const Schema& schema, const Give& give, int depth) {
  return person_about(flows, schema, give, depth, noun_of(give.at.at.path.substr(0, give.at.at.path.rfind('.'))));
}

}  // namespace gatehouse::audit::source
