#include "audit/source/script_uses.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/money_words.h"
#include "audit/source/script.h"
#include "audit/source/script_mails.h"
#include "audit/source/script_objects.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr int kDeepest = 4;  // calls from the handler down

bool money_key(std::string_view key) {
  return key == "amount" || key == "unit_amount" || key == "unitAmount" || key == "price" || key == "total" ||
         key == "value" || key == "amountInCents";
}

bool provider(std::string_view call) {
  return icontains_any(call, {"stripe", "paypal", "razorpay", "paystack", "charges.create", "paymentintents.create",
                              "flutterwave", "mollie", "checkout.sessions", "mercadopago", "preference.create",
                              "preferences.create", "iyzipay", "midtrans", "xendit", "braintree", "transaction.sale"});
}

bool reads_or_writes(std::string_view f) {
  return f == "readFile" || f == "readFileSync" || f == "createReadStream" || f == "sendFile" || f == "writeFile" ||
         f == "writeFileSync" || f == "createWriteStream" || f == "unlink" || f == "unlinkSync" || f == "rm" ||
         f == "rmSync";
}

bool asks_another_server(const Call& c) {
  const std::string_view f = last(c.name);
  if (c.name == "fetch" || c.name.starts_with("axios") || c.name == "got" || c.name.starts_with("got.") ||
      c.name == "needle" || c.name.starts_with("superagent") || c.name == "ky" || c.name.starts_with("ky.") ||
      c.name == "undici.request" || c.name == "nodeFetch" || c.name == "$fetch" || c.name == "ofetch")
    return true;
  const bool verb = f == "get" || f == "post" || f == "request" || f == "put" || f == "delete" || f == "patch";
  return verb && (icontains_any(c.name, {"http", "axios"}) || c.name.ends_with("Api." + std::string(f)));
}

// A question of MongoDB's: an object of columns, in which objects are operators.
bool asks_documents(const Call& c) {
  const std::string_view f = last(c.name);
  static constexpr std::string_view kAsks[] = {"findOne",        "find",       "findOneAndUpdate", "findOneAndDelete",
                                               "updateOne",      "updateMany", "deleteOne",        "deleteMany",
                                               "countDocuments", "exists",     "findOneAndRemove"};
  return std::find(std::begin(kAsks), std::end(kAsks), f) != std::end(kAsks) && !is_function(unwrap(c.arg(0)));
}

class Reading {
 public:
  Reading(const File& file, Node function, const Names& names, bool handler)
      : file_(file), function_(function), names_(names), handler_(handler) {}

  std::vector<Use> read() {
    for (const Call* c : file_.calls_in(body(function_))) {
      if (out_.size() > 40) break;
      const std::string_view f = last(c->name);
      if (asks(*c)) part_of_address(*c);
      if (asks_documents(*c)) question(*c);
      if (c->name == "new RegExp" || c->name == "RegExp") pattern(c->arg(0), c->node);
      if ((asks(*c) || (f == "goto" && c->arg(0))) && !(handler_ && from_client(file_, c->arg(0)))) address(*c);
      if (handler_) continue;
      if (provider(c->name)) money(*c);
      if (asks_another_server(*c) && payment_host(*c)) money(*c);
      moved(*c);
      if (provider_object(c->name)) object(*c);
      if (reads_or_writes(f)) path(*c);
      if (icontains_any(c->name, {"sendmail", "emails.send", "mailer.send", "sgmail.send"})) markup(*c);
    }
    for (const Node p : body(function_).all("pair"))
      if (const auto key = literal_or_name(p.child("key"));
          key == "$regex" || contains(key, "Op.regexp") || contains(key, "Op.iRegexp"))
        pattern(p.child("value"), p);
    if (!handler_)
      for (const Node p : body(function_).all("pair"))  // a line of what Stripe is asked for, made by a helper
        if (p.child("key").text() == "unit_amount" && touches(file_, body(function_)).empty())
          add("PAY-001", {}, labels(p.child("value")), p);
    return std::move(out_);
  }

 private:
  Labels labels(Node n) const { return as_it_came(n, names_, handler_); }

  void add(std::string_view rule, std::string_view title, Labels l, Node at,
           std::optional<proof::Severity> severity = {}) {
    if (l == 0) return;
    const Spot spot{place(file_.path, at.line()), file_.shown(at)};
    if (std::any_of(out_.begin(), out_.end(),
                    [&](const Use& u) { return u.rule == rule && u.at.at.line == spot.at.line; }))
      return;
    out_.push_back({std::string(rule), std::string(title), l, severity, spot});
  }

  // const erp = axios.create({ baseURL }); erp.get(…)
  bool asks(const Call& c) const {
    if (asks_another_server(c)) return true;
    const std::string_view f = last(c.name);
    if (f != "get" && f != "post" && f != "put" && f != "delete" && f != "patch" && f != "request") return false;
    const std::size_t dot = c.name.find('.');
    if (dot == std::string::npos || c.name.find('.', dot + 1) != std::string::npos) return false;
    for (const Node d : file_.tree.all("variable_declarator"))
      if (!function_around(d) && d.child("name").text() == std::string_view(c.name).substr(0, dot))
        return icontains_any(d.child("value").code().substr(0, 40),
                             {"axios.create", "got.extend", "ky.create", "ky.extend"});
    return false;
  }

  // A number, one of a list, or what was encoded: nothing that could mean anything else.
  bool harmless(Node n) const {
    n = unwrap(n);
    const auto made = [](const Code& code) {
      return icontains_any(code, {"number(", "parseint(", "parsefloat(", "encodeuri", "escape", "math."}) ||
             code.starts_with("+");
    };
    if (made(n.code())) return true;
    if (!n.any_of("identifier", "shorthand_property_identifier")) return false;
    if (const Node v = value_of(file_, n); !(v == n) && made(v.code())) return true;
    for (const Node p : function_.child("parameters").children())  // (page: number)
      if (p.child("pattern").text() == n.text() &&
          icontains_any(p.child("type").text(), {"number", "date", "boolean", "url"}))
        return true;
    return false;
  }

  // Stops: ?q=x&appid=…, ../admin and @evil.example in the middle of an address that is called with the server's key.
  void part_of_address(const Call& c) {
    Node url = unwrap(c.arg(0));
    if (url.is("object")) url = unwrap(member(url, "url") ? member(url, "url") : member(url, "uri"));
    if (url.is("identifier")) url = unwrap(value_of(file_, url));
    const auto parts = holes(url);
    if (parts.empty()) return;
    const std::string said = spoken(url);
    const Code code = function_.code();
    if (icontains_any(code, {".test(", ".match(", "allowed", "allowlist", "whitelist", "isvalid", "includes(", ".enum(",
                             ".uuid(", ".regex(", "validateobjectid"}))
      return;
    std::size_t before = 0;
    for (const Node hole : parts) {
      before = said.find('?', before) == std::string::npos ? before : said.find('?', before) + 1;
      if (harmless(hole) || has_word(last(dotted(unwrap(hole))), {"key", "token", "apikey", "secret", "url", "base"}))
        continue;
      const Labels l = labels(hole);
      if (l == 0) continue;
      if (hole.begin() == parts.front().begin() && !contains(said, "//") && said.starts_with("?") &&
          unwrap(url).begin() + 3 >= hole.begin())
        continue;  // the host itself is told as such
      add("EX-013", "What a client sends becomes part of an address that the server asks", l, c.node,
          // What is asked in the server's name.
          icontains_any(code, {"key", "token", "secret", "authorization"}) ? proof::Severity::medium
                                                                           : proof::Severity::low);
      return;
    }
  }

  // Stops: a pattern that keeps the database or this process busy for minutes, or that fits everything.
  void pattern(Node what, Node at) {
    what = unwrap(what);
    if (!what || literal(what) || harmless(what)) return;
    Node value = what;
    if (what.is("identifier"))
      if (const Node v = value_of(file_, what); !(v == what) && icontains_any(v.code(), {"replace(", "escape"})) return;
    const auto parts = holes(value);
    Labels l = parts.empty() ? labels(value) : 0;
    for (const Node h : parts)
      if (!icontains_any(h.code(), {"replace(", "escape"})) l |= labels(h);
    if (value.is("binary_expression") && parts.empty()) l = labels(value.child("left"));  // req.query.q || ""
    add("VAL-002", {}, l, at);
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

  bool payment_host(const Call& c) const {
    Node url = unwrap(c.arg(0));
    if (url.is("object")) url = unwrap(member(url, "url"));
    if (url.is("identifier")) url = unwrap(value_of(file_, url));
    return takes_payments(literal(url).value_or(spoken(url)));
  }

  // Stops: another's card charged or taken away, by an id that the caller writes.
  void object(const Call& c) {
    const Code code = function_.code();
    if (icontains_any(code, {".metadata", ".customer !=", "customer:", "belongsto", "isowner"}) &&
        !icontains_any(c.name, {"list", "create"}))
      return;
    if (!touches(file_, body(function_)).empty()) return;  // found among one's own records
    Node value = unwrap(c.arg(0));
    if (value.is("object"))
      value = unwrap(member(value, "customer") ? member(value, "customer") : member(value, "payment_intent"));
    add("AZ-001", "Something of the payment provider's is taken by its id without asking whose it is", labels(value),
        c.node);
  }

  // Stops: minus a hundred sent to a friend, which takes a hundred from him.
  void moved(const Call& c) {
    const auto title = "An amount of the client's may be negative, and is taken from a balance";
    for (const Node p : c.node.child("arguments").all("pair")) {
      const std::string_view key = p.child("key").text();
      const Node value = unwrap(p.child("value"));
      if (key == "decrement") {
        if (const Node of = p.parent().parent(); of.is("pair") && purse(of.child("key").text()))
          add("PAY-001", title, labels(value), p);
      } else if (purse(key) && value.is("unary_expression") && value.has_token("-")) {
        add("PAY-001", title, labels(value), p);
      } else if (purse(key) && value.is("binary_expression") && value.has_token("-")) {
        add("PAY-001", title, labels(value.child("right")), p);
      }
    }
    const std::string sql = text::to_lower(literal(unwrap(c.arg(0))).value_or(""));
    const std::size_t set = sql.find(" set ");
    if (!contains(sql, "update ") || set == std::string::npos || c.args.size() < 2) return;
    const std::string_view rest = std::string_view(sql).substr(set + 5);
    const std::string column(rest.substr(0, rest.find_first_of(" =")));
    if (!purse(column) || !contains(rest, column + " - ")) return;
    const Node list = unwrap(c.arg(1));
    const auto values = list.is("array") ? list.children() : std::vector<Node>{list};
    if (!values.empty()) add("PAY-001", title, labels(values.front()), c.node);
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
    const Code code = function_.code();
    const Node first = unwrap(c.arg(0));
    const auto texts_asked = [&](Node v) {
      return contains(code, "typeof " + std::string(v.text())) || contains(code, "String(" + std::string(v.text())) ||
             contains(code, std::string(v.text()) + ".trim(") ||
             contains(code, std::string(v.text()) + ".toLowerCase(") ||
             contains(code, std::string(v.text()) + ".split(") || contains(code, "isEmail(" + std::string(v.text()));
    };
    // find(req.body.filter), find({ owner, ...req.query })
    const auto whole = [&](Node v) {
      if (const Labels l = labels(v) & shaped(); l != 0 && !texts_asked(v))
        add("EX-015", "The client writes the query", l, c.node);
    };
    if (first.any_of("identifier", "member_expression") && !first.is("string") && last(c.name) != "findOne") {
      if (!first.is("identifier") || !unwrap(value_of(file_, first)).is("object")) whole(first);
    }
    Node object = first;
    if (first.is("identifier")) object = unwrap(value_of(file_, first));
    if (!object.is("object")) return;
    for (const Node part : object.children())
      if (part.is("spread_element")) whole(unwrap(part.first()));
    for (const auto& [key, value] : members(object)) {
      const bool sign_in = has_word(function_name(function_), {"login", "signin"}) && icontains(code, "compare");
      const bool secret = sign_in || has_word(key, {"token", "code", "otp", "secret", "pin", "password"});
      const Node v = unwrap(value);
      if (!v.any_of("identifier", "member_expression", "shorthand_property_identifier") || harmless(v) ||
          texts_asked(v))
        continue;
      if (secret)
        add("EX-015", "What names the account may be sent as a question ({\"$ne\": null}) that every account answers",
            labels(v), c.node);
      else if (key != "_id" && !icontains(key, "id"))
        add("EX-015", "What the client sends may be an operator ({\"$ne\": null}) where text is meant",
            labels(v) & shaped(), c.node, proof::Severity::medium);
    }
  }
  // Of a parameter nothing is known yet; what a route hands to it is known later.
  Labels shaped() const { return handler_ ? kShaped | kAsked : ~Labels{0}; }

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
  bool handler_;
  std::vector<Use> out_;
};

// What stands before a use, in the functions above it.
struct Before {
  bool bounded = false;  // numbers are held against bounds
  bool staff = false;
  bool compared = false;  // ids are held against what is known
};

void reach(const Flows& flows, const Flow& flow, Labels client, bool questions, Before before,
           std::set<std::pair<const Flow*, Labels>>& seen, std::set<const Use*>& told, Sink& sink, int depth) {
  if (depth > kDeepest || !seen.emplace(&flow, client).second) return;
  before.bounded = before.bounded || (flow.bounded & client) != 0;
  before.compared = before.compared || std::any_of(flow.compared.begin(), flow.compared.end(),
                                                   [&](Labels l) { return (l & client) != 0; });
  for (const Use& u : flow.uses) {
    const bool negative = u.rule == "PAY-001" && !u.title.empty();
    if ((u.labels & client) == 0 || (u.rule == "EX-015") != questions || (before.bounded && negative) ||
        (u.rule == "AZ-001" && (before.staff || before.compared)) || !told.insert(&u).second)
      continue;
    auto& f = sink.find(u.rule, u.at.at, u.at.shown);
    if (!u.title.empty()) f.title = u.title;
    if (u.severity) f.severity = *u.severity;
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
      if (inner != 0) reach(flows, *f, inner, questions, before, seen, told, sink, depth + 1);
    }
  }
}

}  // namespace

std::vector<Use> uses_of(const File& file, Node function, const Names& names, bool handler) {
  if ((names.empty() && !handler) || client_file(file)) return {};
  return Reading(file, function, names, handler).read();
}

void judge_uses(const Flows& flows, const Flow& flow, Texts texts, bool staff, std::set<const Use*>& told, Sink& sink) {
  std::set<std::pair<const Flow*, Labels>> seen;
  reach(flows, flow, kClient | kBody, false, {texts.all, staff, false}, seen, told, sink,
        0);  // a shape bounds its numbers, too
  if (texts.all) return;
  seen.clear();
  reach(flows, flow, texts.of_queries ? kShaped : kShaped | kAsked, true, {texts.all, staff, false}, seen, told, sink,
        0);
}

}  // namespace gatehouse::audit::source
