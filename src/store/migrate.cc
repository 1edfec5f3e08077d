#include "store/migrate.h"

#include "base/crypto/digest.h"
#include "base/text.h"

namespace gatehouse::store {
namespace {

std::string digest_of(const Migration& m) {
  crypto::Sha256Stream all;
  for (std::string_view s : m.statements) {
    all.add(s);
    all.add(";");
  }
  return text::hex(all.finish().view());
}

}  // namespace

Result<void> migrate(Transaction& t, std::string_view component, std::span<const Migration> steps,
                     const std::function<std::string(std::string_view)>& dialect) {
  auto made =
      t.run(dialect("CREATE TABLE IF NOT EXISTS schema_step (component TEXT NOT NULL, version BIGINT NOT NULL, "
                    "name TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (component, version))"));
  if (!made) return fail(std::move(made.error()));
  std::vector<std::string> applied;
  auto read =
      t.query("SELECT digest FROM schema_step WHERE component = $1 ORDER BY version", {component}, [&](const Row& r) {
        applied.push_back(r.string(0));
        return true;
      });
  if (!read) return read;
  std::string who(component);
  // Stops: an older program writing into tables whose meaning it does not know.
  if (applied.size() > steps.size())
    return fail(Source::store, "store_schema",
                who + ": the database was written by a newer gatehouse; install that version, or restore a backup");
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Migration& m = steps[i];
    if (m.version != static_cast<int>(i) + 1) throw std::logic_error(who + ": steps are numbered 1, 2, 3 …");
    std::string digest = digest_of(m);
    if (i < applied.size()) {
      if (applied[i] != digest)
        return fail(Source::store, "store_schema",
                    who + ": step " + std::to_string(m.version) + " was applied in another form");
      continue;
    }
    for (std::string_view s : m.statements)
      if (auto done = t.run(dialect(s)); !done) return fail(std::move(done.error()));
    auto kept = t.run("INSERT INTO schema_step (component, version, name, digest) VALUES ($1, $2, $3, $4)",
                      {component, m.version, m.name, digest});
    if (!kept) return fail(std::move(kept.error()));
  }
  return {};
}

}  // namespace gatehouse::store
