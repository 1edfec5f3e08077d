#include "audit/source/script_layers.h"

#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr int kDeepest = 4;  // calls from the handler down

}  // namespace

std::vector<const Flow*> meant_by(const Flows& flows, const Callee& c) {
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
  // orderService.load(): a module or an object named like that.
  if (out.empty() && !c.type.empty())
    for (auto it = from; it != to && out.size() < 2; ++it) {
      std::string file = it->second.module.substr(it->second.module.rfind('/') + 1);
      std::erase_if(file, [](char x) { return !text::is_alpha(x) && !text::is_digit(x); });
      if (text::iequals(file, c.type)) out.push_back(&it->second);
    }
  return out;
}

bool same_module(std::string_view file, std::string_view target) {
  if (target.empty()) return false;
  // `import { usersRouter } from "./routes/users"` is noted as "…/users.usersRouter".
  const auto ends = [&](std::string_view t) {
    return file == t || (file.size() > t.size() && file.ends_with(t) && file[file.size() - t.size() - 1] == '/');
  };
  if (ends(target)) return true;
  const std::size_t dot = target.rfind('.');
  return dot != std::string_view::npos && dot > target.rfind('/') && ends(target.substr(0, dot));
}

Verdict judge_flow(const Flows& flows, const Flow& flow, Labels client, Labels identity, int depth) {
  Verdict out;
  const auto owned = [] { return Verdict{Verdict::Kind::owned, {}, false, Touch::Kind::one, {}, {}}; };
  if (std::any_of(flow.compared.begin(), flow.compared.end(), [&](Labels l) { return (l & identity) != 0; }))
    return owned();
  for (const Step& s : flow.steps) {
    if (--flows.credit < 0) return owned();
    if (s.touch) {
      if ((s.labels & client) == 0) continue;
      if (s.labels & identity) {
        if (*s.touch == Touch::Kind::create) continue;
        return owned();
      }
      if (s.by_proof || *s.touch == Touch::Kind::create || (*s.touch == Touch::Kind::list && !s.by_owner)) continue;
      if (out.kind == Verdict::Kind::nothing || (out.touch == Touch::Kind::one && *s.touch != Touch::Kind::one))
        out = {Verdict::Kind::unowned, s.record, s.by_owner, *s.touch, s.at, s.at};
      continue;
    }
    Labels all = 0;
    for (const auto& [slot, l] : s.handed) all |= l;
    const bool with_id = (all & client) != 0, with_who = (all & identity) != 0;
    if (!with_id || depth >= kDeepest) continue;
    const auto functions = meant_by(flows, s.callee);
    if (functions.empty() && with_who) return owned();  // it can tell whose it is; we cannot see that it does not
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
      if (inner.kind == Verdict::Kind::owned) return owned();
      if (inner.kind == Verdict::Kind::unowned &&
          (out.kind == Verdict::Kind::nothing || (out.touch == Touch::Kind::one && inner.touch != Touch::Kind::one)))
        out = {Verdict::Kind::unowned, inner.record, inner.claimed, inner.touch, inner.record_at, s.at};
    }
  }
  return out;
}

void deeds(const Flows& flows, const Flow& flow, std::vector<const Step*>& out, int depth) {
  for (const Step& s : flow.steps) {
    if (out.size() > 100 || --flows.credit < 0) return;
    if (s.touch) {
      out.push_back(&s);
    } else if (depth < kDeepest) {
      for (const Flow* f : meant_by(flows, s.callee))
        if (f != &flow) deeds(flows, *f, out, depth + 1);
    }
  }
}

namespace {

std::optional<WholeWrite> write_of(const Flows& flows, const Flow& flow, Labels sent, Labels Step::* what, int depth) {
  for (const Step& s : flow.steps) {
    if (--flows.credit < 0) return std::nullopt;
    if (s.touch) {
      if (s.*what & sent) return WholeWrite{&s, s.at};
      continue;
    }
    if (depth >= kDeepest) continue;
    for (const Flow* f : meant_by(flows, s.callee)) {
      if (f == &flow) continue;
      Labels inner = 0;
      for (std::size_t i = 0; i < f->slots.size(); ++i)
        for (const auto& [slot, l] : s.handed)
          if (slot == f->slots[i] && (l & sent)) inner |= 1u << i;
      if (inner == 0) continue;
      if (auto found = write_of(flows, *f, inner, what, depth + 1)) return WholeWrite{found->step, s.at};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<WholeWrite> whole_write(const Flows& flows, const Flow& flow, Labels body, int depth) {
  return write_of(flows, flow, body, &Step::written, depth);
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

const Give* person_given(const Flows& flows, const Give& give, int depth) {
  if (give.person) return &give;
  if (depth >= kDeepest || --flows.credit < 0) return nullptr;
  for (const Flow* f : meant_by(flows, give.callee))
    for (const Give& inner : f->gives) {
      if (!give.part.empty() && inner.key != give.part) continue;
      if (const Give* found = person_given(flows, inner, depth + 1)) return found;
    }
  return nullptr;
}

}  // namespace gatehouse::audit::source
