#include "app/backstage.h"

#include "services/webhooks/inbox.h"
#include "store/sqlite/sqlite_db.h"

namespace gatehouse::app {

Backstage::~Backstage() {
  // First nothing new is asked, then what was asked ends; only then does what it refers to go.
  stop();
  settle();
  inbox_.reset();
}

Result<Db*> Backstage::db() {
  std::lock_guard lock(mutex_);
  if (!db_) {
    auto opened = store::open_sqlite({.file = state_dir_ + "/gatehouse.db"});
    if (!opened) return fail(std::move(opened.error()));
    db_ = std::move(*opened);
  }
  return db_.get();
}

Background& Backstage::background() {
  std::lock_guard lock(mutex_);
  if (!background_) background_ = std::make_unique<Background>(clock_);
  return *background_;
}

std::shared_ptr<services::webhooks::Inbox> Backstage::inbox() const {
  std::lock_guard lock(mutex_);
  return inbox_;
}

void Backstage::set_inbox(std::shared_ptr<services::webhooks::Inbox> inbox) {
  std::lock_guard lock(mutex_);
  inbox_ = std::move(inbox);
}

void Backstage::settle() {
  if (db_) db_->settle();
}

void Backstage::stop() {
  if (background_) background_->stop();
}

std::string Backstage::metric_lines() const {
  DbStats s;
  {
    std::lock_guard lock(mutex_);
    if (!db_) return {};
    s = db_->stats();
  }
  std::string out;
  auto line = [&](std::string_view name, std::string_view type, std::string_view help, std::uint64_t value) {
    std::string n = "gatehouse_store_" + std::string(name);
    out += "# HELP " + n + " " + std::string(help) + "\n# TYPE " + n + " " + std::string(type) + "\n" + n + " " +
           std::to_string(value) + "\n";
  };
  line("commits_total", "counter", "Batches made durable.", s.commits);
  line("writes_total", "counter", "Calls in those batches.", s.writes);
  line("failures_total", "counter", "Calls whose batch could not be made durable: a full or failing disk.", s.failures);
  line("waiting", "gauge", "Calls that wait for the database now.", s.waiting);
  line("bytes", "gauge", "What the database holds on the disk.", s.bytes);
  return out;
}

}  // namespace gatehouse::app
