#include "gate/pipeline.h"

#include <algorithm>
#include <exception>

#include "gate/render.h"

namespace gatehouse::gate {

namespace {

void note(Exchange& x, const Filter& filter, const Refusal& refusal, const Placed& placed) {
  x.facts.code = refusal.code;
  x.facts.detail = refusal.detail;
  x.facts.control = filter.name();
  x.facts.place = placed.place;
}

Refusal bug(const char* what) {
  Refusal r{Code::internal};
  r.detail.append("a filter threw: ").append(what);
  return r;
}

// A filter's answer, or the refusal that a throw earns. Stops: a bug in a guard that opens the door.
Outcome ask(const Filter& f, Exchange& x) {
  try {
    return f.request(x);
  } catch (const std::exception& e) {
    return Verdict(bug(e.what()));
  } catch (...) {
    return Verdict(bug("unknown"));
  }
}

Outcome ask_up(const Filter& f, Exchange& x, http::Response& r) {
  try {
    return f.response(x, r);
  } catch (const std::exception& e) {
    return Verdict(bug(e.what()));
  } catch (...) {
    return Verdict(bug("unknown"));
  }
}

Refusal refusal_of(const Problem& p) {
  Refusal r{Code::internal};
  r.detail.append(p.code).append(": ").append(p.detail);
  if (p.source == Source::origin || p.source == Source::client) {
    Code c = code_of(p.code);
    r.code = c != Code::none ? c : p.source == Source::origin ? Code::upstream_error : Code::bad_request;
  } else if (Code c = code_of(p.code); c != Code::none) {
    r.code = c;
  }
  return r;
}

}  // namespace

void Pipeline::add(Placed placed) {
  auto at = std::upper_bound(placed_.begin(), placed_.end(), placed.step,
                             [](Step step, const Placed& p) { return step < p.step; });
  placed_.insert(at, std::move(placed));
}

Task<http::Response> Pipeline::run(Exchange& x, const Origin* origin, Refusal forced) const {
  http::Response out(x.arena);
  std::size_t entered = 0;
  bool answered = false;

  // Down.
  for (const Placed& p : placed_) {
    if (forced.code != Code::none && !p.seal) {
      ++entered;
      continue;
    }
    Outcome outcome = ask(*p.filter, x);
    if (const Verdict* v = outcome.peek(); v && std::holds_alternative<Pass>(*v)) {  // nearly always
      ++entered;
      continue;
    }
    Verdict verdict = Pass{};
    if (outcome.ready()) {
      verdict = outcome.take();
    } else {
      try {
        verdict = co_await outcome.task();
      } catch (const std::exception& e) {
        verdict = bug(e.what());
      }
    }
    ++entered;
    if (std::holds_alternative<Pass>(verdict)) continue;
    if (auto* reply = std::get_if<Reply>(&verdict)) {
      if (forced.code != Code::none) continue;
      out = std::move(reply->response);
    } else {
      const Refusal& refusal = std::get<Refusal>(verdict);
      if (p.observe && refusal.code != Code::internal && x.unix_now < p.until) {
        x.facts.observed = refusal.code;
        x.facts.observed_control = p.filter->name();
        continue;
      }
      if (forced.code != Code::none) continue;
      note(x, *p.filter, refusal, p);
      out = render(x, refusal);
    }
    answered = true;
    break;
  }

  // The far end.
  if (forced.code != Code::none) {
    x.facts.code = forced.code;
    x.facts.detail = forced.detail;
    out = render(x, forced);
  } else if (!answered) {
    Result<http::Response> made = fail(Source::us, "internal", "no origin");
    try {
      auto asking = origin->answer(x);
      made = co_await asking;
    } catch (const std::exception& e) {
      made = fail(Source::us, "internal", e.what());
    }
    if (made) {
      out = std::move(*made);
    } else {
      Refusal refusal = refusal_of(made.error());
      x.facts.code = refusal.code;
      x.facts.detail = refusal.detail;
      out = render(x, refusal);
    }
  }

  // Up: those that were entered and every seal, in reverse.
  for (std::size_t i = placed_.size(); i-- > 0;) {
    const Placed& p = placed_[i];
    if (!p.seal && (i >= entered || forced.code != Code::none)) continue;
    Outcome outcome = ask_up(*p.filter, x, out);
    if (const Verdict* v = outcome.peek(); v && std::holds_alternative<Pass>(*v)) continue;
    Verdict verdict = Pass{};
    if (outcome.ready()) {
      verdict = outcome.take();
    } else {
      try {
        verdict = co_await outcome.task();
      } catch (const std::exception& e) {
        verdict = bug(e.what());
      }
    }
    if (std::holds_alternative<Pass>(verdict)) continue;
    if (auto* reply = std::get_if<Reply>(&verdict)) {
      out = std::move(reply->response);
    } else {
      const Refusal& refusal = std::get<Refusal>(verdict);
      if (p.observe && refusal.code != Code::internal && x.unix_now < p.until) {
        x.facts.observed = refusal.code;
        x.facts.observed_control = p.filter->name();
        continue;
      }
      note(x, *p.filter, refusal, p);
      out = render(x, refusal);
    }
  }
  co_return out;
}

void Pipeline::done(const Exchange& x, const Ending& ending) const noexcept {
  for (const Placed& p : placed_) p.filter->done(x, ending);
}

}  // namespace gatehouse::gate
