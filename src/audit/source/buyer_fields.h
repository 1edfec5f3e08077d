// The field of a payment that carries whose it is: what the checkout puts there, and where the webhook looks.
#pragma once

#include <map>
#include <set>
#include <string>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct BuyerFields {
  std::map<std::string, Spot> read;   // const orderId = data.custom_str1
  std::map<std::string, Spot> names;  // custom_str1: order.client_name
  std::set<std::string> written;
  bool checkout = false;  // the fields of some payment are filled in this tree
};

void read_buyer_fields(File& file);
void judge_buyer_fields(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
