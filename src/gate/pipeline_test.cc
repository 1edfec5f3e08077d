#include "gate/pipeline.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "gate/testing/exchange_fixture.h"

namespace gatehouse::gate {
namespace {

// Notes when it is asked, and answers as it is told.
struct Spy final : Filter {
  Spy(std::string& l, std::string n) : log(l), label(std::move(n)) {}
  std::string_view name() const override { return label; }
  Outcome request(Exchange&) const override {
    log += label + "<";
    if (throws) throw std::runtime_error("bug");
    if (refuse != Code::none) return Verdict(Refusal{refuse, "because"});
    return Verdict(Pass{});
  }
  Outcome response(Exchange&, http::Response&) const override {
    log += ">" + label;
    if (refuse_up != Code::none) return Verdict(Refusal{refuse_up});
    return Verdict(Pass{});
  }
  void done(const Exchange&, const Ending&) const noexcept override { log += "." + label; }
  std::string& log;
  std::string label;
  Code refuse = Code::none, refuse_up = Code::none;
  bool throws = false;
};

struct Backend final : Origin {
  explicit Backend(std::string& l) : log(l) {}
  std::string_view name() const override { return "backend"; }
  Task<Result<http::Response>> answer(Exchange& x) const override {
    log += "O";
    if (throws) throw std::runtime_error("bug");
    if (!problem.empty()) co_return fail(Source::origin, problem, "detail");
    http::Response r(x.arena);
    r.bytes = "ok";
    co_return r;
  }
  std::string& log;
  std::string_view problem;
  bool throws = false;
};

struct PipelineTest : ::testing::Test {
  Spy& add(std::string label, Step step, bool seal = false) {
    auto spy = std::make_unique<Spy>(log, std::move(label));
    Spy& out = *spy;
    Placed p;
    p.filter = std::move(spy);
    p.step = step;
    p.seal = seal;
    p.place = "gatehouse.toml:7";
    p.observe = observe;
    p.until = observe ? 4'000'000'000 : 0;
    pipeline.add(std::move(p));
    return out;
  }
  int run(Refusal forced = {Code::none}) {
    auto task = pipeline.run(f.x, &backend, forced);
    task.start();
    http::Response r = task.take();
    return r.status;
  }
  std::string log;
  Pipeline pipeline;
  Backend backend{log};
  testing::ExchangeFixture f;
  bool observe = false;
};

TEST_F(PipelineTest, walks_down_by_step_to_the_origin_and_up_in_reverse) {
  add("c", Step::shape);
  add("b", Step::limit);
  add("a", Step::trace, true);
  EXPECT_EQ(run(), 200);
  EXPECT_EQ(log, "a<b<c<O>c>b>a");
}

TEST_F(PipelineTest, a_refusal_stops_the_way_in_and_only_the_entered_and_the_seals_see_the_answer) {
  add("seal", Step::shield, true);
  add("no", Step::limit).refuse = Code::rate_limited;
  add("later", Step::authorize);
  add("late seal", Step::shape, true);
  EXPECT_EQ(run(), 429);
  EXPECT_EQ(log, "seal<no<>late seal>no>seal");
  EXPECT_EQ(f.x.facts.code, Code::rate_limited);
  EXPECT_EQ(f.x.facts.control, "no");
  EXPECT_EQ(f.x.facts.place, "gatehouse.toml:7");
}

TEST_F(PipelineTest, what_was_malformed_passes_the_seals_and_nothing_else) {
  add("seal", Step::trace, true);
  add("guard", Step::limit);
  EXPECT_EQ(run({Code::bad_request, "bare LF"}), 400);
  EXPECT_EQ(log, "seal<>seal");
  EXPECT_EQ(f.x.facts.detail.view(), "bare LF");
}

TEST_F(PipelineTest, a_guard_that_throws_closes_the_door) {
  add("guard", Step::limit).throws = true;
  EXPECT_EQ(run(), 500);
  EXPECT_EQ(log.find('O'), std::string::npos);
  EXPECT_EQ(f.x.facts.code, Code::internal);
}

TEST_F(PipelineTest, an_origin_that_throws_or_fails_becomes_a_refusal) {
  backend.throws = true;
  EXPECT_EQ(run(), 500);
  backend.throws = false;
  backend.problem = "upstream_timeout";
  EXPECT_EQ(run(), 504);
  EXPECT_EQ(f.x.facts.code, Code::upstream_timeout);
  backend.problem = "something_new";
  EXPECT_EQ(run(), 502);
}

TEST_F(PipelineTest, a_refusal_on_the_way_up_replaces_the_answer) {
  add("filter", Step::shield).refuse_up = Code::response_blocked;
  EXPECT_EQ(run(), info(Code::response_blocked).status);
  EXPECT_EQ(f.x.facts.code, Code::response_blocked);
}

TEST_F(PipelineTest, observing_lets_pass_and_says_what_would_have_been_refused) {
  observe = true;
  add("guard", Step::limit).refuse = Code::rate_limited;
  EXPECT_EQ(run(), 200);
  EXPECT_EQ(f.x.facts.code, Code::none);
  EXPECT_EQ(f.x.facts.observed, Code::rate_limited);
  EXPECT_EQ(f.x.facts.observed_control, "guard");
}

TEST_F(PipelineTest, observing_ends_with_its_date_and_never_covers_a_bug) {
  observe = true;
  add("guard", Step::limit).refuse = Code::rate_limited;
  f.x.unix_now = 4'000'000'001;
  EXPECT_EQ(run(), 429);
  Pipeline fresh;
  std::swap(fresh, pipeline);
  add("broken", Step::limit).throws = true;
  f.x.unix_now = 1'700'000'000;
  EXPECT_EQ(run(), 500);
}

}  // namespace
}  // namespace gatehouse::gate
