#include "audit/source/script_uses.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/script.h"
#include "audit/source/script_mails.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr int kDeepest = 4;  // calls from the handler down

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

bool money_key(std::string_view key) {
  return key == "amount" || key == "unit_amount" || key == "unitAmount" || key == "price" || key == "total" ||
         key == "value" || key == "amountInCents";
}

bool provider(std::string_view call) {
  return icontains_any(call, {"stripe", "paypal", "razorpay", "paystack", "charges.create", "paymentintents.create",
                              "flutterwave", "mollie", "checkout.sessions"});
}

bool reads_or_writes(std::string_view f) {
  return f == "readFile" || f == "readFileSync" || f == "createReadStream" || f == "sendFile" || f == "writeFile" ||
         f == "writeFileSync" || f == "createWriteStream" || f == "unlink" || f == "unlinkSync" || f == "rm" ||
         f == "rmSync";
}

bool asks_another_server(const Call& c) {
  const std::string_view f = last(c.name);
  return c.name == "fetch" || c.name.starts_with("axios") || c.name.starts_with("got") || c.name == "needle" ||
         (f == "request" && icontains(c.name, "http"));
}

class Reading {
 public:
  Reading(const File& file, Node function, const Names& names) : file_(file), function_(function), names_(names) {}

  std::vector<Use> read() {
    for (const Call* c : file_.calls_in(body(function_))) {
      if (out_.size() > 40) break;
      const std::string_view f = last(c->name);
      if (provider(c->name)) money(*c);
      if (asks_another_server(*c)) address(*c);
      if (reads_or_writes(f)) path(*c);
      if (f == "findOne" || f == "findOneAndUpdate") question(*c);
      if (icontains_any(c->name, {"sendmail", "emails.send", "mailer.send", "sgmail.send"})) markup(*c);
    }
    return std::move(out_);
  }

 private:
  Labels labels(Node n) const { return as_it_came(n, names_, false); }

  void add(std::string_view rule, std::string_view title, Labels l, Node at) {
    if (l == 0) return;
    const Spot spot{place(file_.path, at.line()), file_.shown(at)};
    if (std::any_of(out_.begin(), out_.end(),
                    [&](const Use& u) { return u.rule == rule && u.at.at.line == spot.at.line; }))
      return;
    out_.push_back({std::string(rule), std::string(title), l, spot});
  }

  // stripe.charges.create({ amount: dto.amount }), paypal.payment.create(payment)
  void money(const Call& c) {
    // What the shop itself asks for is looked up.
    if (!touches(file_, body(function_)).empty()) return;
    for (const Node a : c.args) {
      const Node value = a.is("identifier") ? value_of(file_, a) : unwrap(a);
      for (const Node p : value.all("pair"))
        // `price` of a page of Stripe's is the name of one, and told as a wish (script_checkout.cc).
        if (const std::string_view key = literal_or_name(p.child("key"));
            money_key(key) && !(key == "price" && (icontains(c.name, "stripe") || icontains(c.name, "sessions"))))
          add("PAY-001", {}, labels(p.child("value")), p);
    }
  }

  void address(const Call& c) {
    Node url = unwrap(c.arg(0));
    if (url.is("object")) url = unwrap(member(url, "url"));
    if (!url) return;
    if (url.is("identifier")) url = unwrap(value_of(file_, url));
    if (literal(url)) return;
    // The host is the client's only when nothing stands before it.
    const std::string said = spoken(url);
    const bool open = url.any_of("identifier", "member_expression") || said.starts_with("?") || said == "http://" ||
                      said == "https://" || said.starts_with("http://?") || said.starts_with("https://?");
    if (!open) return;
    const auto parts = holes(url);
    const Node host = parts.empty() ? url : parts.front();
    if (icontains_any(host.text(), {"base", "endpoint", "process.env", "config.", "apiurl", "api_url"})) return;
    if (icontains_any(function_.code(),
                      {"allowedhosts", "allowlist", "whitelist", "allowed_hosts", ".hostname", ".host)", ".origin "}))
      return;
    add("EX-013", {}, labels(host), c.node);
  }

  void path(const Call& c) {
    if (icontains_any(function_.code(), {"basename", "startswith(", "sanitize", "randomuuid", "nanoid", "includes(\"..",
                                         "includes('..", "isinside", "safejoin", "safepath", "/^[", "uuid"}))
      return;
    Node a = unwrap(c.arg(0));
    if (a.is("identifier") && labels(a) == 0) a = unwrap(value_of(file_, a));
    Labels l = labels(a);
    if (const auto joined = as_call(a); joined && (last(joined->name) == "join" || last(joined->name) == "resolve"))
      for (const Node part : joined->args) l |= labels(part);
    add("FA-018", {}, l, c.node);
  }

  // Stops: {"$ne": null} for a token, which every account answers.
  void question(const Call& c) {
    if (c.name.find('.') == std::string::npos ||
        icontains_any(c.node.child("arguments").code(), {"where:", "where :"}))  // SQL has no such questions
      return;
    const std::string_view code = function_.code();
    for (const auto& [key, value] : members(unwrap(c.arg(0)))) {
      const bool sign_in = has_word(function_name(function_), {"login", "signin"}) && icontains(code, "compare");
      if (!sign_in && !has_word(key, {"token", "code", "otp", "secret", "pin", "password"})) continue;
      const Node v = unwrap(value);
      if (!v.any_of("identifier", "member_expression", "shorthand_property_identifier")) continue;
      if (contains(code, "typeof " + std::string(v.text())) || contains(code, "String(" + std::string(v.text())))
        continue;
      add("EX-015", "What names the account may be sent as a question ({\"$ne\": null}) that every account answers",
          labels(v), c.node);
    }
  }

  // Stops: a phisher's link in a mail that comes from the right sender.
  void markup(const Call& c) {
    for (const Node a : c.args) {
      const Node options = a.is("identifier") ? unwrap(value_of(file_, a)) : unwrap(a);
      Node html = unwrap(member(options, "html"));
      if (html.is("identifier")) html = unwrap(value_of(file_, html));
      for (const Node hole : holes(html))
        if (!escaped(hole.code()) && !free_text(last(dotted(unwrap(hole)))) &&  // that is told where it stands
            !icontains_any(hole.code(), {"url", "link", "token", "code", "otp"}))
          add("RE-001", "What a client sends is put into the markup of a mail", labels(hole), html);
    }
  }

  static std::string_view literal_or_name(Node key) {
    std::string_view t = key.text();
    if (t.size() > 1 && (t.front() == '"' || t.front() == '\'')) t = t.substr(1, t.size() - 2);
    return t;
  }

  const File& file_;
  Node function_;
  const Names& names_;
  std::vector<Use> out_;
};

void reach(const Flows& flows, const Flow& flow, Labels client, bool texts,
           std::set<std::pair<const Flow*, Labels>>& seen, std::set<const Use*>& told, Sink& sink, int depth) {
  if (depth > kDeepest || !seen.emplace(&flow, client).second) return;
  for (const Use& u : flow.uses) {
    if ((u.labels & client) == 0 || (texts && u.rule == "EX-015") || !told.insert(&u).second) continue;
    auto& f = sink.find(u.rule, u.at.at, u.at.shown);
    if (!u.title.empty()) f.title = u.title;
    f.confidence = proof::Confidence::medium;
  }
  for (const Step& s : flow.steps) {
    if (s.touch || s.given.empty() || --flows.credit < 0) continue;
    if (std::none_of(s.given.begin(), s.given.end(), [&](const auto& g) { return (g.second & client) != 0; })) continue;
    for (const Flow* f : meant_by(flows, s.callee)) {
      Labels inner = 0;
      for (std::size_t i = 0; i < f->slots.size(); ++i)
        for (const auto& [slot, l] : s.given)
          if ((l & client) != 0 &&
              (slot == f->slots[i] ||
               (f->slots[i].starts_with(slot + ".") && std::none_of(s.given.begin(), s.given.end(), [&](const auto& x) {
                  return x.first.starts_with(slot + ".");
                }))))
            inner |= 1u << i;
      if (inner != 0) reach(flows, *f, inner, texts, seen, told, sink, depth + 1);
    }
  }
}

}  // namespace

Labels as_it_came(Node value, const Names& names, bool handler) {
  value = unwrap(value);
  std::vector<Node> calls = value.all("call_expression");
  if (value.is("call_expression")) calls.push_back(value);
  for (const Node c : calls)
    if (const auto call = as_call(c); !call || !(converts(last(call->name)) || hands_over(*call))) return 0;
  return labels_of(value.code(), names, handler);
}

std::vector<Use> uses_of(const File& file, Node function, const Names& names) {
  if (names.empty() || client_file(file)) return {};
  return Reading(file, function, names).read();
}

void judge_uses(const Flows& flows, const Flow& flow, bool texts, std::set<const Use*>& told, Sink& sink) {
  std::set<std::pair<const Flow*, Labels>> seen;
  reach(flows, flow, kClient | kBody, texts, seen, told, sink, 0);
}

}  // namespace gatehouse::audit::source
