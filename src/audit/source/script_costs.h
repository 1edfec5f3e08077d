// Services that are paid by the call: models, pictures, voices, mails, short messages.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "audit/source/script_layers.h"

namespace gatehouse::audit::source {

struct Cost {
  Spot at;
  bool paid = false;     // asks another's service with the owner's key, by GET as well
  bool model = false;    // dear by itself; a mail is cheap, and a nuisance
  bool phone = false;    // a short message or a call, to a number that may be anybody's
  bool many = false;     // one for each of a list that the client sends
  bool browser = false;  // a whole browser is started, whatever the method
  bool named = false;    // only its name says that a mail goes out: what is behind it is not in sight
};

// By the place of the function that pays.
struct Costs {
  std::map<std::pair<std::string, int>, Cost> functions;
};

void read_costs(File& file);
// A model is asked or a message is sent, right here.
bool asks_dear(const File& file, syntax::Node within);
// … or data are bought by the piece; without messages. The call, or nothing.
const syntax::Call* dear_call(const File& file, syntax::Node within);
// What a function, or one that it calls, pays for. Nothing when a riddle for people stands before it.
const Cost* costs_deeply(const Costs& costs, const Flows& flows, const Flow& flow, int depth = 0);

}  // namespace gatehouse::audit::source
