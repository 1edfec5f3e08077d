#include "audit/rules/patterns.h"

#include <hs/hs.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <set>

namespace gatehouse::audit {
namespace {

struct FreeDatabase {
  void operator()(hs_database_t* d) const { hs_free_database(d); }
};
struct FreeScratch {
  void operator()(hs_scratch_t* s) const { hs_free_scratch(s); }
};

std::vector<Patterns::Row> rows_of(std::span<const Rule> rules) {
  std::vector<Patterns::Row> out;
  for (const Rule& r : rules)
    for (const Match& m : r.matches) out.push_back({&r, &m});
  return out;
}

}  // namespace

struct Patterns::Impl {
  std::vector<Row> rows;  // pattern 2i is that of row i, 2i + 1 its exception
  std::unique_ptr<hs_database_t, FreeDatabase> database;
};

Patterns::Patterns(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Patterns::~Patterns() = default;
const std::vector<Patterns::Row>& Patterns::rows() const { return impl_->rows; }

std::shared_ptr<const Patterns> Patterns::compile(std::span<const Rule> rules, conf::Findings& findings) {
  auto impl = std::make_unique<Impl>();
  impl->rows = rows_of(rules);
  std::vector<const char*> texts;
  std::vector<unsigned> flags, ids;
  for (std::size_t i = 0; i < impl->rows.size(); ++i)
    for (const auto& [text, id] :
         {std::pair{&impl->rows[i].match->pattern, 2 * i}, {&impl->rows[i].match->except, 2 * i + 1}})
      if (!text->empty()) {
        texts.push_back(text->c_str());
        flags.push_back(HS_FLAG_SINGLEMATCH);
        ids.push_back(static_cast<unsigned>(id));
      }
  if (!texts.empty()) {
    hs_platform_info_t platform{};  // tune generic, no CPU features
    hs_database_t* database = nullptr;
    hs_compile_error_t* error = nullptr;
    if (hs_compile_multi(texts.data(), flags.data(), ids.data(), static_cast<unsigned>(texts.size()), HS_MODE_BLOCK,
                         &platform, &database, &error) != HS_SUCCESS) {
      const unsigned id = error->expression >= 0 ? ids[static_cast<std::size_t>(error->expression)] : 0;
      findings.add({conf::Severity::error, "bad_pattern", impl->rows[id / 2].match->place,
                    id % 2 == 0 ? "match.pattern" : "match.except", error->message,
                    "write it without lookaround and back references"});
      hs_free_compile_error(error);
      return nullptr;
    }
    impl->database.reset(database);
  }
  return std::shared_ptr<const Patterns>(new Patterns(std::move(impl)));
}

std::shared_ptr<const Patterns> Patterns::load(std::span<const Rule> rules, std::string_view bytes) {
  auto impl = std::make_unique<Impl>();
  impl->rows = rows_of(rules);
  hs_database_t* database = nullptr;
  if (hs_deserialize_database(bytes.data(), bytes.size(), &database) != HS_SUCCESS) return nullptr;
  impl->database.reset(database);
  return std::shared_ptr<const Patterns>(new Patterns(std::move(impl)));
}

std::string Patterns::bytes() const {
  char* raw = nullptr;
  std::size_t size = 0;
  if (!impl_->database || hs_serialize_database(impl_->database.get(), &raw, &size) != HS_SUCCESS) return {};
  std::string out(raw, size);
  std::free(raw);
  return out;
}

struct Patterns::Search::Scratch {
  std::unique_ptr<hs_scratch_t, FreeScratch> space;
};

Patterns::Search::Search(std::shared_ptr<const Patterns> patterns)
    : patterns_(std::move(patterns)), scratch_(std::make_unique<Scratch>()) {
  if (!patterns_->impl_->database) return;
  hs_scratch_t* space = nullptr;
  if (hs_alloc_scratch(patterns_->impl_->database.get(), &space) != HS_SUCCESS) throw std::bad_alloc();
  scratch_->space.reset(space);
}
Patterns::Search::~Search() = default;

std::vector<std::size_t> Patterns::Search::in(std::string_view fact) const {
  constexpr std::size_t kMost = std::size_t{1} << 20;
  std::vector<std::size_t> out;
  if (!scratch_->space) return out;
  std::set<unsigned> seen;
  auto note = [](unsigned id, unsigned long long, unsigned long long, unsigned, void* context) {
    static_cast<std::set<unsigned>*>(context)->insert(id);
    return 0;
  };
  hs_scan(patterns_->impl_->database.get(), fact.data(), static_cast<unsigned>(std::min(fact.size(), kMost)), 0,
          scratch_->space.get(), note, &seen);
  for (unsigned id : seen)
    if (id % 2 == 0 && !seen.contains(id + 1)) out.push_back(id / 2);
  return out;
}

}  // namespace gatehouse::audit
