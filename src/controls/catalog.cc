#include "controls/catalog.h"

#include "controls/access/control.h"
#include "controls/auditor/control.h"
#include "controls/canonical/control.h"
#include "controls/client_address/control.h"
#include "controls/cors/control.h"
#include "controls/csrf/control.h"
#include "controls/error_mask/control.h"
#include "controls/headers/control.h"
#include "controls/https_only/control.h"
#include "controls/identity_out/control.h"
#include "controls/jwt/control.h"
#include "controls/limits/control.h"
#include "controls/log_policy/control.h"
#include "controls/rate_limit/control.h"
#include "controls/request_id/control.h"
#include "controls/security_txt/control.h"
#include "controls/startup/control.h"
#include "controls/tls/control.h"

namespace gatehouse::controls {

// The order of the way in. Inside a step, filters stand in this order; the way out is the reverse.
Catalog catalog() {
  Catalog all;
  // before a request: start-up, listeners, parser, addresses
  all.push_back(startup::make());
  all.push_back(canonical::make());
  all.push_back(limits::make());
  all.push_back(tls::make());
  all.push_back(client_address::make());

  // trace
  all.push_back(request_id::make());
  all.push_back(auditor::make());

  // shield: closest to the client on the way out
  all.push_back(https_only::make());
  all.push_back(headers::make());
  all.push_back(error_mask::make());

  // greet
  all.push_back(cors::make());

  // limit, account
  all.push_back(rate_limit::make());
  all.push_back(security_txt::make());

  // identify
  all.push_back(jwt::make());

  // authorize, verify
  all.push_back(access::make());
  all.push_back(csrf::make());

  // inspect

  // shape
  all.push_back(identity_out::make());

  // the record
  all.push_back(log_policy::make());

  return all;
}

}  // namespace gatehouse::controls
