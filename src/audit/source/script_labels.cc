#include "audit/source/script_labels.h"

#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool word(char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_' || c == '$'; }

// The labels of the names that stand in the code: one pass over its words.
Labels labels_in(const Code& code, const Names& names) {
  Labels out = 0;
  for (std::size_t i = 0; i < code.size();) {
    if (!word(code[i])) {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    while (i < code.size() && word(code[i])) ++i;
    const bool property = begin > 0 && code[begin - 1] == '.' && !(begin > 2 && code[begin - 2] == '.');
    const bool key = i < code.size() && code[i] == ':' && (i + 1 >= code.size() || code[i + 1] != ':');
    // searchParams.get("userId") names a parameter, and no variable.
    const bool quoted = begin > 0 && i < code.size() && (code[begin - 1] == '"' || code[begin - 1] == '\'') &&
                        code[i] == code[begin - 1];
    if (property || key || quoted) continue;
    if (const auto it = names.find(code.substr(begin, i - begin)); it != names.end()) out |= it->second;
  }
  return out;
}

bool identity_text(const Code& code) {
  return icontains_any(code, {"req.user",        "request.user",   "req.auth",         "request.auth",
                              "req.userid",      "req.session",    "res.locals",       "session.user",
                              "session?.user",   "ctx.user",       "ctx.session",      "ctx.auth",
                              "ctx.state.user",  "context.user",   "context.req.user", "context.session",
                              "locals.user",     "c.get(",         "c.var.",           "currentuser",
                              "auth().userid",   "jwtpayload",     "ctx.req.user",     "context.userid",
                              "ctx.userid",      "context.me",     "ctx.me",           "context.currentuser",
                              "context.auth",    "context.viewer", "ctx.viewer",       "context?.user",
                              "ctx?.user",       " as any).user",  "request).user",    " as any).auth",
                              " as any).session"});
}

bool client_text(const Code& code) {
  return contains(code, "params.") || contains(code, "params).") || contains(code, "params?.") ||
         contains(code, "params[") || contains(code, "req.query") || contains(code, "request.query") ||
         contains(code, "req.body") || contains(code, "request.body") || contains(code, "searchParams.get(") ||
         contains(code, "req.param(") || contains(code, "request.params") || contains(code, "req.params") ||
         contains(code, "ctx.query") || contains(code, "ctx.params") || contains(code, "formData.get(") ||
         contains(code, "req.json()") || contains(code, "request.json()");
}

// req.member.sub: what a middleware laid down, whatever it is called.
bool attached(const Code& code) {
  for (const std::string_view head : {"req.", "request."})
    for (std::size_t at = code.find(head); at != std::string_view::npos; at = code.find(head, at + 1)) {
      if (at > 0 && word(code[at - 1])) continue;
      std::size_t end = at + head.size();
      const std::size_t begin = end;
      while (end < code.size() && word(code[end])) ++end;
      const std::string_view what = code.substr(begin, end - begin);
      if (end < code.size() && (code[end] == '.' || code[end] == '?' || code[end] == '!') && what != "body" &&
          what != "query" && what != "params" && what != "headers" && what != "cookies" && what != "files" &&
          what != "file" && what != "app" && what != "nextUrl" && what != "log" && what != "socket" &&
          what != "connection" && what != "url" && what != "method" && what != "originalUrl" && what != "path" &&
          what != "raw" && what != "server" && what != "io" && what != "get")
        return true;
    }
  return false;
}

bool converts(std::string_view f) {
  return f == "Number" || f == "parseInt" || f == "parseFloat" || f == "String" || f == "toFixed" || f == "round" ||
         f == "trim" || f == "toString" || f == "toUpperCase" || f == "toLowerCase" || f == "BigInt" || f == "floor" ||
         f == "ceil";
}

// await request.json(), formData.get("x"), schema.parse(req.body): what the client sent, in another form.
bool hands_over(const Call& c) {
  const std::string_view f = last(c.name);
  if (f == "json" || f == "formData" || f == "param" || f == "query" || f == "valid")
    return icontains_any(c.name, {"req", "request", "c.", "ctx"});
  if (f == "get") return icontains_any(c.name, {"formdata", "searchparams", "params"});
  return f == "parse" || f == "safeParse" || f == "parseAsync";
}

}  // namespace

Labels labels_of(const Code& code, const Names& names, bool handler) {
  Labels out = labels_in(code, names);
  if (handler) {
    if (body_object(code) || code == "...req.body") out |= kBody;
    if (client_text(code)) {
      out |= kClient;
      if (icontains_any(code, {"req.body", "request.body", "ctx.query", ".json()"})) out |= kShaped;
      if (icontains_any(code, {"req.query", "request.query"})) out |= kAsked;
    }
    for (auto it = names.lower_bound("params."); it != names.end() && it->first.starts_with("params."); ++it)
      if (has_token(code, it->first)) out |= it->second;
    if (identity_text(code) || attached(code)) out |= kIdentity;
    for (auto it = names.lower_bound("@"); it != names.end() && it->first.starts_with('@'); ++it)
      if (has_token(code, std::string_view(it->first).substr(1))) out |= it->second;
    for (auto it = names.lower_bound("req.body."); it != names.end() && it->first.starts_with("req.body."); ++it)
      if (contains(code, it->first)) out |= it->second;
  }
  return out;
}

// const { removeMediaIds } = req.body, req.body.removeMediaIds: the ten bits above those of the path.
static void name_ids_of_body(Node handler, Names& names) {
  if (!handler.code().may_hold("body")) return;
  std::map<std::string, Labels, std::less<>> bits;
  const auto bit = [&](std::string_view id) -> Labels {
    if (!has_word(id, {"id", "ids"})) return 0;
    if (const auto it = bits.find(id); it != bits.end()) return it->second;
    return bits.size() < 10 ? bits.emplace(id, Labels{1} << (10 + bits.size())).first->second : Labels{0};
  };
  for (const Node d : handler.all("variable_declarator"))
    if (d.child("name").is("object_pattern") && body_object(unwrap(d.child("value")).code()))
      for (const Node p : d.child("name").children()) {
        const Node name = p.is("pair_pattern") ? p.child("value") : p.is("object_assignment_pattern") ? p.first() : p;
        if (const auto it = names.find(name.text()); it != names.end())
          it->second |= bit(p.is("pair_pattern") ? p.child("key").text() : name.text());
      }
  // NestJS: @Body() dto: dto.removeMediaIds
  std::string bodied;
  for (const Node p : handler.child("parameters").children())
    for (const Node d : p.children())
      if (d.is("decorator") && d.code().starts_with("@Body()")) bodied = p.child("pattern").text();
  for (const Node m : handler.all("member_expression"))
    if (const std::string object = dotted(m.child("object")); !bodied.empty() && object == bodied) {
      if (const Labels l = bit(m.child("property").text())) names["@" + dotted(m)] |= l;
    } else if (object == "req.body")
      if (const Labels l = bit(m.child("property").text())) {
        auto& known = names["req.body." + std::string(m.child("property").text())];
        if ((known & kIdentity) == 0) known |= l;
      }
}

void name_each_id(Node handler, Names& names) {
  std::map<std::string, Labels, std::less<>> bits;
  const auto bit = [&](std::string_view id) -> Labels {
    if (const auto it = bits.find(id); it != bits.end()) return it->second;
    return bits.size() < 10 ? bits.emplace(id, Labels{1} << bits.size()).first->second : Labels{0};
  };
  name_ids_of_body(handler, names);
  for (const Node m : handler.all("member_expression"))
    if (m.child("object").code().ends_with("params")) {
      const std::string id(m.child("property").text());
      names["params." + id] |= bit(id);
    }
  for (const Node d : handler.all("variable_declarator"))
    if (d.child("name").is("object_pattern") && d.child("value").code().ends_with("params"))
      for (const Node p : d.child("name").children()) {
        const Node name = p.is("pair_pattern") ? p.child("value") : p;
        if (const auto it = names.find(name.text()); it != names.end())
          it->second |= bit(p.is("pair_pattern") ? p.child("key").text() : p.text());
      }
}

void bind_names(Node pattern, Labels labels, Names& names) {
  if (pattern.any_of("identifier", "shorthand_property_identifier_pattern")) {
    names[std::string(pattern.text())] = labels;
    return;
  }
  for (const Node n : pattern.all("identifier")) names[std::string(n.text())] = labels;
  for (const Node n : pattern.all("shorthand_property_identifier_pattern")) names[std::string(n.text())] = labels;
}

Labels whole_of(Node n, const Names& names, bool handler, int depth) {
  n = unwrap(n);
  if (depth > 3) return 0;
  if (n.any_of("identifier", "shorthand_property_identifier")) {
    const auto it = names.find(n.text());
    return it == names.end() ? 0 : it->second & (handler ? kBody : ~Labels{0});
  }
  if (handler &&
      (body_object(n.code()) || n.code() == "req.json()" || n.code() == "request.json()" || n.code() == "c.req.json()"))
    return kBody;
  Labels out = 0;
  for (const Node part : n.is("object") ? n.children() : std::vector<Node>()) {
    if (part.is("spread_element")) out |= whole_of(part.first(), names, handler, depth + 1);
    if (part.is("pair") && part.child("key").text() == "$set")
      out |= whole_of(part.child("value"), names, handler, depth + 1);
  }
  return out;
}

Labels as_it_came(Node value, const Names& names, bool handler) {
  value = unwrap(value);
  // price * quantity: worked out from what was sent and something else.
  if (value.is("binary_expression") && value.has_token("*")) {
    const auto other = [&](Node side) {
      side = unwrap(side);
      return side.any_of("identifier", "member_expression") && labels_of(side.code(), names, handler) == 0;
    };
    if (other(value.child("left")) || other(value.child("right"))) return 0;
  }
  std::vector<Node> calls = value.all("call_expression");
  if (value.is("call_expression")) calls.push_back(value);
  bool text = false;  // a schema or a conversion made it one
  for (const Node c : calls) {
    const auto call = as_call(c);
    if (!call || !(converts(last(call->name)) || hands_over(*call))) return 0;
    text = text || (converts(last(call->name)) || (call->name != "JSON.parse" && icontains(last(call->name), "parse")));
  }
  return labels_of(value.code(), names, handler) & (text ? ~(kShaped | kAsked) : ~Labels{0});
}

}  // namespace gatehouse::audit::source
