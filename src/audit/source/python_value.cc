#include "audit/source/python_value.h"

#include <algorithm>
#include <cstdlib>

#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

bool Value::is_true() const {
  switch (kind) {
    case Kind::boolean:
      return truth;
    case Kind::number:
      return number != 0;
    case Kind::text:
      return !text.empty();
    case Kind::list:
      return !items.empty();
    default:
      return false;
  }
}

bool Value::is_false() const { return known() && !is_true(); }

Value Value::boolean(bool b) {
  Value v;
  v.kind = Kind::boolean;
  v.truth = b;
  return v;
}

Value Value::of(std::string s) {
  Value v;
  v.kind = Kind::text;
  v.text = std::move(s);
  return v;
}

namespace {

bool truthy_word(std::string_view s) {
  const std::string low = text::to_lower(text::trim(s));
  return low == "true" || low == "1" || low == "yes" || low == "on" || low == "t" || low == "y";
}

Value cast_to(Value v, std::string_view cast) {
  if (!v.known()) return v;
  if (cast == "bool" || cast == "strtobool" || cast == "boolean") {
    if (v.kind == Value::Kind::text) {
      Value b = Value::boolean(truthy_word(v.text));
      b.env = v.env;
      b.fallback = v.fallback;
      return b;
    }
  } else if (cast == "list" || cast == "Csv" || cast == "csv" || cast == "tuple") {
    if (v.kind == Value::Kind::text) {
      Value list;
      list.kind = Value::Kind::list;
      list.env = v.env;
      list.fallback = v.fallback;
      for (const std::string_view part : text::split(v.text, ','))
        if (!text::trim(part).empty()) list.items.emplace_back(text::trim(part));
      return list;
    }
  } else if (cast == "int" || cast == "float") {
    if (v.kind == Value::Kind::text) {
      v.kind = Value::Kind::number;
      v.number = std::atof(v.text.c_str());
    }
  }
  return v;
}

Value list_of(Node n, const Values& known, int depth) {
  Value v;
  v.kind = Value::Kind::list;
  for (const Node c : n.children()) {
    if (c.is("list_splat")) {
      const Value inner = evaluate(c.first(), known, depth + 1);
      v.items.insert(v.items.end(), inner.items.begin(), inner.items.end());
      v.whole = v.whole && inner.kind == Value::Kind::list && inner.whole;
      continue;
    }
    const Value item = evaluate(c, known, depth + 1);
    if (item.kind == Value::Kind::text) {
      v.items.push_back(item.text);
    } else if (c.any_of("attribute", "identifier")) {
      v.items.push_back(dotted(c));
    } else {
      v.items.emplace_back("?");
      v.whole = false;
    }
  }
  return v;
}

Value binary(Node n, const Values& known, int depth) {
  const Value a = evaluate(n.child("left"), known, depth + 1), b = evaluate(n.child("right"), known, depth + 1);
  if (n.has_token("+")) {
    if (a.kind == Value::Kind::list || b.kind == Value::Kind::list) {
      Value v = a.kind == Value::Kind::list ? a : Value();
      v.kind = Value::Kind::list;
      v.items.insert(v.items.end(), b.items.begin(), b.items.end());
      v.whole = a.kind == Value::Kind::list && b.kind == Value::Kind::list && a.whole && b.whole;
      return v;
    }
    if (a.kind == Value::Kind::text && b.kind == Value::Kind::text) return Value::of(a.text + b.text);
  }
  if (a.kind == Value::Kind::number && b.kind == Value::Kind::number) {
    Value v = a;
    if (n.has_token("*"))
      v.number = a.number * b.number;
    else if (n.has_token("+"))
      v.number = a.number + b.number;
    else if (n.has_token("-"))
      v.number = a.number - b.number;
    else
      return {};
    return v;
  }
  return {};
}

Value comparison(Node n, const Values& known, int depth) {
  const auto parts = n.children();
  if (parts.size() != 2) return {};
  const Value a = evaluate(parts[0], known, depth + 1), b = evaluate(parts[1], known, depth + 1);
  const bool negated = n.has_token("!=") || n.has_token("not in");
  if (a.kind != Value::Kind::text && a.kind != Value::Kind::none) return {};
  bool same = false;
  if (n.has_token("in") || n.has_token("not in")) {
    if (b.kind != Value::Kind::list) return {};
    same = std::find(b.items.begin(), b.items.end(), a.text) != b.items.end();
  } else if (n.has_token("==") || n.has_token("!=")) {
    if (b.kind != Value::Kind::text && b.kind != Value::Kind::none) return {};
    same = a.kind == b.kind && a.text == b.text;
  } else {
    return {};
  }
  Value v = Value::boolean(same != negated);
  v.env = a.env;
  v.fallback = a.fallback;
  return v;
}

Value of_call(Node n, const Values& known, int depth) {
  if (const auto read = env_read(n)) {
    Value v;
    if (read->fallback) v = cast_to(evaluate(read->fallback, known, depth + 1), read->cast);
    v.env = read->name;
    v.fallback = static_cast<bool>(read->fallback);
    return v;
  }
  const auto call = as_call(n);
  if (!call) return {};
  const std::string_view method = last(call->name);
  const Node function = n.child("function");
  const Node object = function.is("attribute") ? function.child("object") : Node();
  if (object && (method == "lower" || method == "strip" || method == "upper" || method == "casefold")) {
    Value v = evaluate(object, known, depth + 1);
    if (v.kind == Value::Kind::text) {
      if (method == "strip") v.text = std::string(text::trim(v.text));
      if (method == "lower" || method == "casefold") v.text = text::to_lower(v.text);
      if (method == "upper")
        for (char& c : v.text)
          if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    }
    return v;
  }
  if (object && method == "split") return cast_to(evaluate(object, known, depth + 1), "list");
  if (object && method == "startswith") return {};
  if (call->name == "bool" && call->args.size() == 1) {
    Value v = evaluate(call->arg(0), known, depth + 1);
    if (v.kind == Value::Kind::text) {  // bool("False") is True
      Value b = Value::boolean(!v.text.empty());
      b.env = v.env;
      b.fallback = v.fallback;
      b.always_true = !v.env.empty();
      return b;
    }
    if (!v.env.empty() && env_read(unwrap(call->arg(0)))) v.always_true = true;
    return v;
  }
  if ((call->name == "int" || call->name == "float" || call->name == "strtobool" || call->name == "str" ||
       call->name == "list" || call->name == "tuple" || method == "strtobool" || method == "str_to_bool" ||
       method == "str2bool" || method == "parse_bool" || method == "to_bool" || method == "as_bool") &&
      !call->args.empty()) {
    const Value v = evaluate(call->arg(0), known, depth + 1);
    return cast_to(v, icontains(call->name, "bool") ? "bool" : call->name);
  }
  if (icontains_any(method, {"bool"}) && call->args.size() >= 2)  // env_bool("DEBUG", True)
    return cast_to(evaluate(call->arg(1), known, depth + 1), "bool");
  return {};
}

}  // namespace

std::optional<EnvRead> env_read(Node n) {
  n = unwrap(n);
  if (n.is("subscript")) {
    const std::string of = dotted(n.child("value"));
    if (of != "os.environ" && of != "environ") return std::nullopt;
    if (const auto name = literal(n.child("subscript"))) return EnvRead{*name, {}, {}};
    return std::nullopt;
  }
  if (!n.is("call") || !icontains_any(n.child("function").text(), {"env", "config"})) return std::nullopt;
  const auto call = as_call(n);
  if (!call) return std::nullopt;
  const std::string& f = call->name;
  const auto name = literal(call->arg(0));
  const bool getenv =
      f == "os.getenv" || f == "getenv" || f == "os.environ.get" || f == "environ.get" || f == "os.environ.setdefault";
  // get_env, _env_bool, read_env_list: helpers of the project's own
  const bool own = has_word(f, {"env"}) && f.find('.') == std::string::npos && f.front() >= '_' && name &&
                   std::none_of(name->begin(), name->end(), [](char c) { return c >= 'a' && c <= 'z'; });
  const bool helper = own || f == "config" || f == "env" || f == "env_config" || f.starts_with("env.") ||
                      f == "decouple.config" || f == "get_env" || f == "get_env_variable" || f == "env_bool" ||
                      f == "get_bool_env" || f == "env_str" || f == "env_list" || f == "get_env_bool" ||
                      f == "bool_env" || f == "env_get";
  if (!name || (!getenv && !helper)) return std::nullopt;
  EnvRead read{*name, call->arg(1), {}};
  if (const Node d = call->keyword("default")) read.fallback = d;
  if (read.fallback && (read.fallback.text() == "None" || read.fallback.text() == "undefined")) read.fallback = {};
  if (const Node cast = call->keyword("cast")) {
    read.cast = std::string(last(dotted(cast)));
    if (cast.is("call")) {
      read.cast = dotted(cast.child("function"));
    } else if (cast.is("lambda")) {
      read.cast = icontains(cast.text(), "split") ? "list" : "";
    }
  } else if (f.starts_with("env.")) {
    read.cast = f.substr(4);
  } else if (icontains(f, "bool")) {
    read.cast = "bool";
  } else if (icontains(f, "list")) {
    read.cast = "list";
  }
  return read;
}

Value evaluate(Node n, const Values& known, int depth) {
  n = unwrap(n);
  if (!n || depth > 30) return {};
  if (n.is("true")) return Value::boolean(true);
  if (n.is("false")) return Value::boolean(false);
  if (n.is("none")) {
    Value v;
    v.kind = Value::Kind::none;
    return v;
  }
  if (n.any_of("integer", "float")) {
    Value v;
    v.kind = Value::Kind::number;
    std::string digits;
    for (const char c : n.text())
      if (c != '_') digits += c;
    v.number = std::atof(digits.c_str());
    return v;
  }
  if (auto text = literal(n)) return Value::of(std::move(*text));
  if (n.is("identifier")) {
    const auto it = known.find(n.text());
    return it == known.end() ? Value() : it->second;
  }
  if (n.any_of("list", "tuple", "set")) return list_of(n, known, depth);
  if (n.is("list_comprehension")) {
    for (const Node c : n.children())
      if (c.is("for_in_clause")) return evaluate(c.child("right"), known, depth + 1);
    return {};
  }
  if (n.is("not_operator")) {
    const Value v = evaluate(n.child("argument"), known, depth + 1);
    if (!v.known()) return {};
    Value out = Value::boolean(!v.is_true());
    return out;
  }
  if (n.is("boolean_operator")) {
    const Value a = evaluate(n.child("left"), known, depth + 1);
    const Value b = evaluate(n.child("right"), known, depth + 1);
    if (n.has_token("or")) {
      if (a.is_true()) return a;
      if (a.is_false() || (!a.known() && !a.env.empty())) {  // env("X") or "default"
        Value v = b;
        if (v.env.empty()) v.env = a.env;
        v.fallback = v.fallback || !a.env.empty();
        return v;
      }
      return {};
    }
    if (a.is_false()) return a;
    if (b.is_false()) return b;
    return a.known() ? b : Value();
  }
  if (n.is("conditional_expression")) {
    const auto parts = n.children();  // then, condition, otherwise
    if (parts.size() != 3) return {};
    const Value c = evaluate(parts[1], known, depth + 1);
    if (c.is_true()) return evaluate(parts[0], known, depth + 1);
    if (c.is_false()) return evaluate(parts[2], known, depth + 1);
    return {};
  }
  if (n.is("binary_operator")) return binary(n, known, depth);
  if (n.is("comparison_operator")) return comparison(n, known, depth);
  if (n.any_of("call", "subscript")) return of_call(n, known, depth);
  return {};
}

}  // namespace gatehouse::audit::source
