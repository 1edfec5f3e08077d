// What the desks share behind the scenes: one database, and one thread for the work that no request waits for.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "app/background.h"
#include "store/db.h"

namespace gatehouse::services::webhooks {
class Inbox;
}

namespace gatehouse::app {

class Backstage {
 public:
  Backstage(const Clock& clock, std::string state_dir) : clock_(clock), state_dir_(std::move(state_dir)) {}
  ~Backstage();

  // Opened when the first desk asks: state_dir/gatehouse.db. Problem codes: those of open_sqlite.
  Result<Db*> db();
  // The thread, started when the first desk asks.
  Background& background();
  const std::string& state_dir() const { return state_dir_; }
  // Blocks until no call to the database is under way: after the threads that serve have ended, before they go.
  void settle();
  // Ends the thread: nothing is begun any more. Before the desks go.
  void stop();
  // The desk that the admin listener asks about events; null until one is configured.
  std::shared_ptr<services::webhooks::Inbox> inbox() const;
  void set_inbox(std::shared_ptr<services::webhooks::Inbox> inbox);

  // Lines of Prometheus text; none without a database.
  std::string metric_lines() const;

 private:
  const Clock& clock_;
  std::string state_dir_;
  mutable std::mutex mutex_;
  std::unique_ptr<Db> db_;
  std::unique_ptr<Background> background_;
  std::shared_ptr<services::webhooks::Inbox> inbox_;
};

}  // namespace gatehouse::app
