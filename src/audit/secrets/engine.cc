#include "audit/secrets/engine.h"

#include <hs/hs.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

// The database the build step made, as bytes of the program.
__asm__(
    ".section .rodata\n"
    ".balign 16\n"
    ".global gatehouse_secret_database\n"
    "gatehouse_secret_database:\n"
    ".incbin \"" GATEHOUSE_SECRET_DATABASE
    "\"\n"
    ".global gatehouse_secret_database_end\n"
    "gatehouse_secret_database_end:\n"
    ".byte 0\n"
    ".previous\n");
extern "C" const char gatehouse_secret_database[];
extern "C" const char gatehouse_secret_database_end[];

namespace gatehouse::audit::secrets {
namespace {

struct FreeDatabase {
  void operator()(hs_database_t* d) const { hs_free_database(d); }
};
struct FreeScratch {
  void operator()(hs_scratch_t* s) const { hs_free_scratch(s); }
};
using Database = std::unique_ptr<hs_database_t, FreeDatabase>;
using Scratch = std::unique_ptr<hs_scratch_t, FreeScratch>;

Result<Scratch> scratch_for(const hs_database_t* database) {
  hs_scratch_t* raw = nullptr;
  if (hs_alloc_scratch(database, &raw) != HS_SUCCESS)
    return fail(gatehouse::Source::us, "no_engine", "no memory for the pattern pass");
  return Scratch(raw);
}

struct Candidate {
  unsigned pattern;
  std::size_t end;
};

// Which of two hits on the same bytes says more.
int weight(const Hit& h) {
  if (h.verdict == Verdict::logged || h.verdict == Verdict::exposed) return 5;  // about the line, not the value
  if (h.shape == Shape::password) return 0;
  if (h.shape == Shape::assignment) return 1;
  if (h.shape == Shape::aws_secret || h.shape == Shape::web_url_password) return 2;
  if (h.verdict == Verdict::fallback) return 4;
  return 3;
}

bool of_words(const Hit& h) {
  return h.shape == Shape::assignment || h.shape == Shape::password || h.shape == Shape::compared ||
         h.shape == Shape::login || h.shape == Shape::carried;
}

// Where Python's docstrings stand: what is written there is an example. One look at the text, at the first question.
class Docstrings {
 public:
  explicit Docstrings(std::string_view text) : text_(text) {}

  bool hold(std::size_t at) {
    if (!read_) read();
    return std::any_of(marks_.begin(), marks_.end(), [at](const std::vector<std::size_t>& places) {
      return (std::lower_bound(places.begin(), places.end(), at) - places.begin()) % 2 == 1;
    });
  }

 private:
  void read() {
    read_ = true;
    for (std::size_t k = 0; k < marks_.size(); ++k) {
      const std::string_view mark = k == 0 ? "\"\"\"" : "'''";
      for (std::size_t i = text_.find(mark); i != std::string_view::npos; i = text_.find(mark, i + 3))
        marks_[k].push_back(i);
    }
  }

  std::string_view text_;
  bool read_ = false;
  std::array<std::vector<std::size_t>, 2> marks_;  // the places of """ and of '''
};

}  // namespace

struct Engine::Impl {
  Database database;
  Scratch scratch;
};

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

Result<Engine> Engine::create() {
  const std::size_t size = static_cast<std::size_t>(gatehouse_secret_database_end - gatehouse_secret_database);
  hs_database_t* raw = nullptr;
  if (const hs_error_t e = hs_deserialize_database(gatehouse_secret_database, size, &raw); e != HS_SUCCESS)
    return fail(gatehouse::Source::us, "no_engine",
                "the pattern database does not fit this processor or library (code " + std::to_string(e) +
                    "); build gatehouse on this machine");
  auto impl = std::make_unique<Impl>();
  impl->database.reset(raw);
  auto scratch = scratch_for(raw);
  if (!scratch) return fail(scratch.error());
  impl->scratch = std::move(*scratch);
  return Engine(std::move(impl));
}

std::vector<Hit> Engine::scan(std::string_view text, Kind kind) const {
  std::vector<Candidate> candidates;
  auto collect = [](unsigned id, unsigned long long, unsigned long long to, unsigned, void* context) {
    auto& list = *static_cast<std::vector<Candidate>*>(context);
    if (list.size() < 200'000) list.push_back({id, static_cast<std::size_t>(to)});  // a hostile file stays bounded
    return 0;
  };
  // Blocks are counted in 32 bits; pieces overlap by more than the longest shape.
  constexpr std::size_t kPiece = std::size_t{1} << 30;
  const auto n = static_cast<unsigned>(std::min(text.size(), kPiece));
  hs_scan(impl_->database.get(), text.data(), n, 0, impl_->scratch.get(), collect, &candidates);

  std::vector<Hit> hits;
  Docstrings docstrings(text);
  for (const Candidate& c : candidates) {
    auto hit = judge(text, c.pattern, c.end, kind);
    if (!hit) continue;
    if (kind == Kind::python && of_words(*hit) && docstrings.hold(hit->begin)) continue;
    hits.push_back(std::move(*hit));
  }
  std::stable_sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) {
    return a.begin != b.begin ? a.begin < b.begin : weight(a) > weight(b);
  });
  std::vector<Hit> out;
  for (Hit& h : hits) {
    Hit* same = nullptr;  // an earlier hit on the same bytes; a log line is no value and stands beside it
    for (std::size_t back = 1; back <= 4 && back <= out.size() && same == nullptr; ++back) {
      Hit& o = out[out.size() - back];
      const bool alike = (h.verdict == Verdict::logged) == (o.verdict == Verdict::logged);
      if (alike && h.begin < o.end && o.begin < h.end) same = &o;
    }
    if (same == nullptr) {
      out.push_back(std::move(h));
    } else if (weight(h) > weight(*same)) {
      *same = std::move(h);
    } else if (h.shape == Shape::password && same->shape == Shape::assignment) {
      // The record around it says where the password leads.
      same->severity = std::max(same->severity, h.severity);
      same->clear = h.clear;
    }
  }
  return out;
}

struct ValueFinder::Impl {
  Database database;
  Scratch scratch;
  std::vector<std::size_t> lengths;
};

ValueFinder::ValueFinder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ValueFinder::ValueFinder(ValueFinder&&) noexcept = default;
ValueFinder& ValueFinder::operator=(ValueFinder&&) noexcept = default;
ValueFinder::~ValueFinder() = default;

Result<ValueFinder> ValueFinder::create(const std::vector<std::string>& values) {
  auto impl = std::make_unique<Impl>();
  if (!values.empty()) {
    std::vector<const char*> texts;
    std::vector<std::size_t> lengths;
    std::vector<unsigned> flags, ids;
    for (const std::string& v : values) {
      texts.push_back(v.data());
      lengths.push_back(v.size());
      ids.push_back(static_cast<unsigned>(ids.size()));
      flags.push_back(HS_FLAG_SINGLEMATCH);
    }
    hs_database_t* raw = nullptr;
    hs_compile_error_t* error = nullptr;
    if (hs_compile_lit_multi(texts.data(), flags.data(), ids.data(), lengths.data(),
                             static_cast<unsigned>(texts.size()), HS_MODE_BLOCK, nullptr, &raw, &error) != HS_SUCCESS) {
      hs_free_compile_error(error);
      return fail(gatehouse::Source::us, "no_engine", "the environment's values cannot be searched for");
    }
    impl->database.reset(raw);
    auto scratch = scratch_for(raw);
    if (!scratch) return fail(scratch.error());
    impl->scratch = std::move(*scratch);
    impl->lengths = std::move(lengths);
  }
  return ValueFinder(std::move(impl));
}

std::vector<ValueFinder::Found> ValueFinder::scan(std::string_view text) const {
  std::vector<Candidate> ends;
  if (!impl_->database) return {};
  auto collect = [](unsigned id, unsigned long long, unsigned long long to, unsigned, void* context) {
    static_cast<std::vector<Candidate>*>(context)->push_back({id, static_cast<std::size_t>(to)});
    return 0;
  };
  hs_scan(impl_->database.get(), text.data(), static_cast<unsigned>(std::min<std::size_t>(text.size(), 1u << 30)), 0,
          impl_->scratch.get(), collect, &ends);
  std::vector<Found> out;
  for (const Candidate& c : ends) out.push_back({c.pattern, c.end - impl_->lengths[c.pattern]});
  return out;
}

}  // namespace gatehouse::audit::secrets
