#include "audit/source/provider_widgets.h"

#include <algorithm>
#include <string>

#include "audit/source/browser_data.h"
#include "audit/source/money_words.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool sum_field(std::string_view key) {
  const std::string k = folded(key);
  static constexpr std::string_view kSums[] = {"amount",
                                               "amountincents",
                                               "amountinkobo",
                                               "amountcents",
                                               "totalamount",
                                               "total",
                                               "transactionamount",
                                               "paymentamount",
                                               "amountkobo",
                                               "purchaseamount",
                                               "totalprice",
                                               "amt",
                                               "grandtotal",
                                               "pamount",
                                               "vamount"};
  return std::find(std::begin(kSums), std::end(kSums), k) != std::end(kSums);
}

// What only a payment form has: who gets the money, and where its buyer comes back to.
bool payment_form(const std::vector<std::pair<std::string, Node>>& fields) {
  bool payee = false, back = false, key = false;
  for (const auto& [name, value] : fields) {
    const std::string k = folded(name);
    payee = payee || k == "merchantid" || k == "merchantkey" || k == "merchantcode" || k == "merchantlogin" ||
            k == "business" || k == "receiveremail";
    back = back || k == "returnurl" || k == "cancelurl" || k == "notifyurl" || k == "ipnurl" || k == "callbackurl" ||
           k == "successurl" || k == "redirecturl" || k == "cancelreturn";
    key = key || k == "publickey";
  }
  return key || (payee && back);
}

// What a server made before: its order or its signature settles the sum.
bool settled_elsewhere(std::string_view key) {
  const std::string k = folded(key);
  return k == "orderid" || k == "signature" || k == "hash" || k == "checksum" || k == "securehash" ||
         k == "accesscode" || k == "sessionid" || k == "signatureintegrity" || k == "integrity" || k == "txntoken" ||
         k == "clientsecret";
}

bool widget(std::string_view name) {
  const std::string_view f = last(name);
  static constexpr std::string_view kAlone[] = {
      "usePaystackPayment", "FlutterwaveCheckout", "useFlutterwave", "openKkiapayWidget", "getCheckout",
      "startPayment",       "newTransaction",      "payWithMonnify", "usePaystack",       "openWidget"};
  if (std::find(std::begin(kAlone), std::end(kAlone), f) != std::end(kAlone)) return true;
  return icontains_any(name, {"paystackpop.setup", "new razorpay", "new window.razorpay", "monnifysdk.initialize",
                              "khalticheckout", "korapay.initialize", "new widgetcheckout", "payhere.startpayment",
                              "intasend", "fedapay.init", "seerbit", "squadpay", "paystackinline"});
}

// Gifts are what their givers like.
bool gift(const File& file) {
  return icontains_any(file.path, {"donat", "tip", "sponsor", "fund", "spende", "doacao", "gift"}) ||
         icontains_any(file.code(), {"donation", "donate", "spende", "doação", "fundrais"});
}

Node sum_in(const std::vector<std::pair<std::string, Node>>& fields) {
  Node at;
  for (const auto& [key, value] : fields) {
    if (settled_elsewhere(key)) return {};
    if (!at && sum_field(key)) at = value;
  }
  return at;
}

std::string_view attribute_name(Node attribute) {
  return attribute.children().empty() ? std::string_view() : attribute.children().front().text();
}

// <form action="https://…payfast…"><input type="hidden" name="amount" value={total} />
void forms(const File& file, std::vector<Node>& out) {
  for (const Node form : file.tree.all("jsx_element")) {
    const Node head = form.first();
    if (!head.is("jsx_opening_element") || head.children().empty() || head.children().front().text() != "form")
      continue;
    bool provider = false;
    for (const Node a : head.children())
      if (a.is("jsx_attribute") && attribute_name(a) == "action")
        provider = takes_payments(a.text()) ||
                   icontains_any(a.text(), {"payfast.co.za", "webscr", "payhere.lk", "liqpay", "yoomoney", "ccavenue",
                                            "paytm", "robokassa", "wayforpay", "jazzcash"});
    if (!provider) continue;
    Node sum;
    bool signed_form = false;
    for (const char* type : {"jsx_self_closing_element", "jsx_opening_element"})
      for (const Node e : form.all(type))
        for (const Node a : e.children()) {
          if (!a.is("jsx_attribute") || attribute_name(a) != "name" || a.children().size() < 2) continue;
          const std::string name = literal(a.children()[1]).value_or("");
          signed_form = signed_form || settled_elsewhere(name);
          if (sum_field(name) || (name.starts_with("amount_") && !sum)) sum = e;
        }
    if (sum && !signed_form) out.push_back(sum);
  }
}

}  // namespace

std::vector<Node> charged_by_page(const File& file) {
  std::vector<Node> out;
  const Code code = file.code();
  const bool words = icontains_any(
      code, {"paystack", "flutterwave", "razorpay",   "monnify", "khalti",   "korapay",   "widgetcheckout", "payhere",
             "intasend", "fedapay",     "seerbit",    "squad",   "kkiapay",  "cinetpay",  "payfast",        "merchant",
             "webscr",   "publickey",   "public_key", "liqpay",  "yoomoney", "robokassa", "wayforpay"});
  if (!words || gift(file) || icontains_any(code, {"solana", "ethers", "web3", "stellar"})) return out;
  for (const Call& c : file.calls) {
    // checkout.show({ amount }), of a widget that was made before
    const std::string_view f = last(c.name);
    const bool opened = (f == "show" || f == "open" || f == "pay" || f == "launch" || f == "checkout") &&
                        c.name.find('.') != std::string::npos && unwrap(c.arg(0)).is("object");
    if ((!widget(c.name) && !opened) || c.args.empty()) continue;
    if (const Node at = sum_in(row_fields(file, c.arg(0)))) out.push_back(at);
  }
  for (const Node o : file.tree.all("object")) {
    if (!icontains_any(o.code(), {"merchant", "publickey", "public_key", "business", "receiver"})) continue;
    const auto fields = members(o);
    if (payment_form(fields))
      if (const Node at = sum_in(fields)) out.push_back(at);
  }
  for (const char* type : {"jsx_self_closing_element", "jsx_opening_element"})
    for (const Node e : file.tree.all(type)) {
      if (e.children().empty() ||
          !has_word(e.children().front().text(), {"paystack", "flutterwave", "flutter", "monnify", "korapay"}))
        continue;
      for (const Node a : e.children())
        if (a.is("jsx_attribute") && sum_field(attribute_name(a))) out.push_back(a);
    }
  if (contains(code, "<form")) forms(file, out);
  return out;
}

}  // namespace gatehouse::audit::source
