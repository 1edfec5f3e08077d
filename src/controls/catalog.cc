#include "controls/catalog.h"

namespace gatehouse::controls {

// The order of the way in. Inside a step, filters stand in this order; the way out is the reverse.
Catalog catalog() {
  Catalog all;
  // before a request: start-up, listeners, parser, addresses

  // trace

  // shield: closest to the client on the way out

  // greet

  // limit, account

  // identify

  // authorize, verify

  // inspect

  // shape

  // the record

  return all;
}

}  // namespace gatehouse::controls
