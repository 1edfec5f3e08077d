// What pages settle by themselves about money: the price of what is ordered, the sum that a provider is asked for, and
// that it was paid.
#pragma once

#include <string>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct BrowserPayments {
  // A row that a page adds to what is bought or booked, and the field in which it names the price.
  struct Row {
    std::string table, field, function;
    std::vector<std::string> names;  // of the functions that are handed the row
    Spot at;
    bool staff = false;
  };
  std::vector<Row> sums;            // written where they are named
  std::vector<Row> takers;          // functions that write the row they are handed
  std::vector<Row> handed;          // rows with a price, and the function they go to
  std::vector<Row> state_takers;    // functions that write the status they are handed
  std::vector<Row> states;          // "paid", and the function it goes to
  std::vector<Row> called_paid;     // documents of Firestore that a page calls paid
  bool sells = false;               // something in the tree speaks of carts, checkouts or a payment provider
  std::vector<Spot> unheld;         // where a webhook writes that something is paid
  std::vector<Spot> provider_sums;  // what a provider's form or widget is told to charge
};

void read_browser_payments(File& file);
void judge_browser_payments(const Project& project, Sink& sink);

// A page tells a provider what to charge, and nothing in the tree holds it against what is owed.
bool believes_browser_sums(const Project& project);

}  // namespace gatehouse::audit::source
