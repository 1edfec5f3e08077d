#include "audit/source/pack.h"

#include "audit/source/account_addresses.h"
#include "audit/source/account_flags.h"
#include "audit/source/client_tokens.h"
#include "audit/source/dead_functions.h"
#include "audit/source/documents.h"
#include "audit/source/elements.h"
#include "audit/source/python.h"
#include "audit/source/script.h"
#include "audit/source/script_environment.h"
#include "audit/source/sign_ups.h"
#include "audit/source/unreached_routes.h"
#include "audit/source/unset_marks.h"
#include "audit/source/vanishing_papers.h"

namespace gatehouse::audit::source {

void add_source(Pack& pack) {
  pack.readers.push_back(python_reader());
  pack.readers.push_back(script_reader());
  pack.readers.push_back(account_flags_reader());
  pack.readers.push_back(account_addresses_reader());
  pack.readers.push_back(unset_marks_reader());
  pack.readers.push_back(vanishing_papers_reader());
  pack.readers.push_back(page_reader());
  pack.readers.push_back(template_reader());
  pack.readers.push_back(document_reader());
  pack.checks.push_back(python_check());
  pack.checks.push_back(script_check());
  pack.checks.push_back(account_flags_check());
  pack.checks.push_back(sign_ups_check());
  pack.checks.push_back(environment_check());
  pack.checks.push_back(kept_tokens_check());
  pack.checks.push_back(unreached_routes_check());
  pack.checks.push_back(account_addresses_check());
  pack.checks.push_back(unset_marks_check());
  pack.checks.push_back(dead_functions_check());
  pack.checks.push_back(document_check());  // last: it reads what the others found
}

}  // namespace gatehouse::audit::source
