#include "kit/webhook/verdict.h"

namespace gatehouse::kit::webhook {

std::string_view text(IdFrom from) {
  switch (from) {
    case IdFrom::signed_header:
      return "signed_header";
    case IdFrom::body:
      return "body";
    case IdFrom::unsigned_header:
      return "unsigned_header";
    case IdFrom::content:
      break;
  }
  return "content";
}

std::string_view text(Reason reason) {
  switch (reason) {
    case Reason::header_missing:
      return "header_missing";
    case Reason::header_repeated:
      return "header_repeated";
    case Reason::header_malformed:
      return "header_malformed";
    case Reason::header_too_long:
      return "header_too_long";
    case Reason::too_many_signatures:
      return "too_many_signatures";
    case Reason::timestamp_malformed:
      return "timestamp_malformed";
    case Reason::id_malformed:
      return "id_malformed";
    case Reason::content_encoded:
      return "content_encoded";
    case Reason::form_malformed:
      return "form_malformed";
    case Reason::query_mismatch:
      return "query_mismatch";
    case Reason::body_hash_malformed:
      return "body_hash_malformed";
    case Reason::signature_missing:
      return "signature_missing";
    case Reason::no_known_version:
      return "no_known_version";
    case Reason::signature_mismatch:
      return "signature_mismatch";
    case Reason::body_mismatch:
      return "body_mismatch";
    case Reason::timestamp_too_old:
      return "timestamp_too_old";
    case Reason::timestamp_too_new:
      break;
  }
  return "timestamp_too_new";
}

int status(Reason reason) { return reason < Reason::signature_missing ? 400 : 401; }

}  // namespace gatehouse::kit::webhook
