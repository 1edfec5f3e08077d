// Parameters as Stripe's API takes them: application/x-www-form-urlencoded with brackets for what is nested.
#pragma once

#include <string>

#include "base/json.h"

namespace gatehouse::services::billing {

// {"a":{"b":[1,"x y"]},"c":null,"d":true} becomes a[b][0]=1&a[b][1]=x%20y&c=&d=true: lists by index, an empty text for
// null (which unsets a field), brackets of the structure as they are and everything but letters, digits and -._~
// percent-encoded, also in names. Empty objects and lists leave nothing. The value must be an object.
std::string encode_form(const json::Value& object);

}  // namespace gatehouse::services::billing
