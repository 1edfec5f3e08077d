// Which functions of the project a door may reach by the names it calls, over files, and what each of them does about
// work that costs money, about rights that are bought, and about events that come twice. Python and scripts alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct MoneyFunction {
  std::string name, path, head;  // head: what a door is for; empty for other functions
  std::size_t number = 0;        // its place in MoneyMap::all
  Spot at;
  int end_line = 0;
  std::set<std::string> calls;
  bool staff = false;  // only for those who run the place

  // Work that is paid for (free_work.h).
  std::optional<Spot> works;
  bool asks = false;                                  // it speaks of credits, plans, trials, limits
  bool refuses = false;                               // … and refuses by them
  bool verdict = false;                               // … or answers with yes or no, and never throws
  std::optional<Spot> open;                           // … and lets pass when that fails
  std::vector<std::pair<std::string, Spot>> dropped;  // debits whose answer nobody looks at

  // Payments that a client shows (confirmed_payments.h).
  std::optional<Spot> proves, gives;  // asks the provider about one; writes what it opens
  bool gives_more = false;            // … a sum that a second time raises again
  bool binds = false;                 // holds it against an order, a payer, an amount
  bool merely_answered = false;       // asks a provider whose answer says two things with one word
  bool says_success = false;          // … and reads the right one

  // Events (event_repeats.h).
  bool events = false;       // answers a provider's events
  std::vector<Spot> counts;  // what a second time does once more
  bool remembers = false;
  std::optional<Spot> first_only;  // of a batch of events
  std::set<std::string> keys;      // columns of rows that are made before something counts, folded
};

class MoneyMap {
 public:
  std::deque<MoneyFunction> all;
  std::multimap<std::string, const MoneyFunction*, std::less<>> by_name;
  // HANDLERS = { "invoice.paid": on_paid }: the name of a table and what stands in it.
  std::multimap<std::string, std::set<std::string>, std::less<>> tables;
  std::set<std::string, std::less<>> asked_handlers;  // a route names them behind a guard that asks
  std::set<std::string, std::less<>> asked_modules;   // mounted as a whole behind such a guard
  std::set<std::string, std::less<>> unique;          // columns that no two rows share, folded
  std::string full_at;                                // the file from which on functions were left out

  // `from` and what it may call, over four functions; a name that more than three functions bear says nothing. Asked
  // when everything is read: what a name means is looked up once for each function, and not for each way to it.
  std::vector<const MoneyFunction*> reach(const MoneyFunction& from) const;

 private:
  using Functions = std::multimap<std::string, const MoneyFunction*, std::less<>>;
  struct Namesakes {
    Functions::const_iterator from, to;
    bool vague = false;
  };
  std::vector<Namesakes> meant_by(const std::set<std::string>& names) const;
  std::vector<Namesakes> called_by(const MoneyFunction& f) const;

  mutable std::vector<std::optional<std::vector<Namesakes>>> called_;  // by a function's number
  mutable std::vector<std::uint32_t> met_;                             // … and the last question that came to it
  mutable std::uint32_t questions_ = 0;
  mutable std::size_t room_ = 1'000'000;  // for what is kept; beyond it names are looked up again
};

// After Costs and the webhooks' readers.
void read_money_map(File& file);

}  // namespace gatehouse::audit::source
