#include "audit/source/money_words.h"

#include <algorithm>

#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

bool purse(std::string_view field) {
  return has_word(field, {"credits",    "credit", "balance",  "wallet",   "coins",    "coin",    "funds",  "points",
                          "tokens",     "saldo",  "guthaben", "creditos", "puntos",   "monedas", "moedas", "solde",
                          "kontostand", "punkte", "pontos",   "gems",     "diamonds", "savings"}) &&
         !has_word(field, {"id",     "at",      "limit", "max",    "card",  "total", "used",  "log",   "history",
                           "access", "refresh", "input", "output", "token", "min",   "cost",  "price", "per",
                           "prompt", "auth",    "reset", "date",   "type",  "name",  "usage", "note"});
}

bool spendable(std::string_view field) {
  if (purse(field)) return true;
  return has_word(field,
                  {"stock",        "quota",       "inventory",    "seats",      "tickets",  "available",  "remaining",
                   "availability", "bestand",     "lagerbestand", "verfuegbar", "estoque",  "disponible", "disponibles",
                   "disponiveis",  "existencias", "cupos",        "plazas",     "asientos", "vagas",      "spots",
                   "places",       "slots",       "kontingent",   "allowance",  "qoh",      "instock",    "restant",
                   "freie",        "plaetze",     "units"}) &&
         !has_word(field, {"id", "at", "limit", "max", "total", "used", "log", "history", "is", "from", "until", "date",
                           "time", "hours", "days", "status", "name", "type"});
}

bool counted_use(std::string_view field) {
  if (has_word(field, {"id", "at", "date", "by", "max", "limit"})) return false;
  const bool used = has_word(field, {"used", "uses", "usage", "usages", "redeemed", "redemptions", "consumed", "usos",
                                     "usados", "verwendet", "sold", "booked", "reserved"});
  const bool counts =
      has_word(field, {"generations", "generation", "requests", "messages", "prompts", "queries", "uploads",
                       "downloads", "scans", "exports", "attempts"}) &&
      has_word(field, {"count", "counter", "used", "today", "month", "daily", "monthly", "this", "made"});
  return used || counts;
}

bool sum_of_money(std::string_view field) {
  return has_word(field, {"price",        "amount",      "total",  "cost",  "subtotal", "preis",     "betrag", "gesamt",
                          "gesamtbetrag", "summe",       "precio", "monto", "importe",  "valor",     "preco",  "prix",
                          "montant",      "einzelpreis", "fee",    "cents", "paise",    "grandtotal"}) &&
         !has_word(field,
                   {"id",    "at",   "date",  "type", "currency", "method", "items",  "count", "pages", "label",
                    "stock", "time", "hours", "name", "format",   "range",  "status", "key",   "score", "quantity"});
}

bool quantity(std::string_view field) {
  return has_word(field, {"quantity", "qty", "count", "menge", "cantidad", "quantidade", "anzahl", "quantite", "seats",
                          "guests", "nights", "units", "pieces", "tickets"}) &&
         !has_word(field, {"id", "at", "max", "min", "limit"});
}

bool bookable(std::string_view record) {
  return has_word(
      record,
      {"booking",      "bookings",    "appointment",  "appointments", "reservation", "reservations", "reserva",
       "reservas",     "cita",        "citas",        "termin",       "termine",     "buchung",      "buchungen",
       "reservierung", "agendamento", "agendamentos", "turno",        "turnos",      "slot",         "slots",
       "timeslot",     "seat",        "seats",        "rental",       "rentals",     "enrollment",   "enrollments",
       "enrolment",    "rsvp",        "redemption",   "redemptions",  "attendee",    "attendees",    "participant",
       "participants", "rendezvous",  "ausleihe",     "couponusage",  "sitting",     "meeting",      "consultation"});
}

bool writing_call(std::string_view call) {
  static constexpr std::string_view kVerbs[] = {"update",
                                                "updateMany",
                                                "updateOne",
                                                "update_one",
                                                "updateById",
                                                "updateDoc",
                                                "updateUser",
                                                "updateUserById",
                                                "updateAttributes",
                                                "update_item",
                                                "updateUserMetadata",
                                                "update_document",
                                                "replaceOne",
                                                "findByIdAndUpdate",
                                                "findOneAndUpdate",
                                                "upsert",
                                                "find_one_and_update",
                                                "update_or_create",
                                                "setAttributes",
                                                "setDoc",
                                                "set",
                                                "values",
                                                "patch",
                                                "merge",
                                                "assign",
                                                "save"};
  return std::find(std::begin(kVerbs), std::end(kVerbs), call) != std::end(kVerbs);
}

bool takes_payments(std::string_view url) {
  return syntax::icontains_any(url, {"api.stripe.com",
                                     "paystack.co",
                                     "mercadopago.com",
                                     "mercadolibre",
                                     "paypal.com",
                                     "razorpay.com",
                                     "flutterwave.com",
                                     "mollie.com",
                                     "lemonsqueezy.com",
                                     "paddle.com",
                                     "xendit.co",
                                     "midtrans.com",
                                     "chapa.co",
                                     "squareup.com",
                                     "coinbase.com/charges",
                                     "commerce.coinbase",
                                     "nowpayments",
                                     "asaas.com",
                                     "pagar.me",
                                     "pagseguro",
                                     "wompi.co",
                                     "culqi.com",
                                     "conekta",
                                     "payu",
                                     "cashfree.com",
                                     "phonepe",
                                     "instamojo",
                                     "khalti.com",
                                     "esewa",
                                     "sslcommerz",
                                     "monnify",
                                     "kkiapay",
                                     "cinetpay",
                                     "notchpay",
                                     "fapshi",
                                     "openpix",
                                     "abacatepay",
                                     "creem.io",
                                     "polar.sh",
                                     "checkout/preferences",
                                     "transaction/initialize",
                                     "checkout/orders"});
}

std::string folded(std::string_view name) {
  std::string out;
  for (const char c : name)
    if (text::is_alpha(c) || text::is_digit(c)) out += text::lower(c);
  return out;
}

bool after_paying(std::string_view head) {
  return has_word(head, {"success",   "successful", "complete", "completed", "confirm", "confirmation", "thank",
                         "thanks",    "return",     "callback", "verify",    "erfolg",  "erfolgreich",  "exito",
                         "sucesso",   "obrigado",   "gracias",  "danke",     "capture", "finish",       "finalize",
                         "confirmar", "verificar",  "paid",     "done",      "fulfil",  "fulfill",      "merci"}) &&
         !has_word(head, {"email", "mail", "password", "otp", "phone", "account", "token", "code", "registration",
                          "signup", "user", "delivery", "appointment", "auth", "login", "oauth", "google", "friend"});
}

bool about_paying(std::string_view head) {
  return has_word(head,
                  {"upgrade",    "subscribe", "subscription", "subscriptions", "activate",    "plan",      "premium",
                   "membership", "purchase",  "buy",          "success",       "confirm",     "payment",   "payments",
                   "pay",        "billing",   "checkout",     "kaufen",        "bezahlen",    "zahlung",   "pago",
                   "pagar",      "comprar",   "abonnieren",   "abo",           "suscripcion", "suscribir", "assinar",
                   "assinatura", "pagamento", "paid",         "topup",         "recharge",    "deposit",   "unlock",
                   "enroll",     "enrol",     "complete",     "capture",       "exito",       "erfolg",    "sucesso",
                   "gold",       "pro",       "transaction",  "orders",        "order",       "credits",   "coins",
                   "tokens",     "balance",   "wallet",       "membresia",     "matricula",   "inscribir", "thank",
                   "pedidos",    "pedido",    "bestellung",   "donate",        "renew",       "switch",    "tier"}) &&
         !has_word(head,
                   {"cancel",   "downgrade", "refund",   "redeem",    "coupon",   "promo",       "referral",   "trial",
                    "webhook",  "webhooks",  "admin",    "plans",     "get",      "unsubscribe", "newsletter", "email",
                    "mail",     "push",      "topic",    "feed",      "password", "account",     "reactivate", "resume",
                    "use",      "spend",     "consume",  "deduct",    "withdraw", "delete",      "remove",     "cod",
                    "cash",     "daily",     "reward",   "bonus",     "claim",    "decrement",   "free",       "seed",
                    "reset",    "sync",      "transfer", "handle",    "process",  "internal",    "cron",       "refill",
                    "shipping", "ship",      "deliver",  "delivered", "sms",      "expire"});
}

bool asks_for_proof(std::string_view call) {
  return icontains_any(call, {"stripe",
                              "paypal",
                              "razorpay",
                              "lemonsqueezy",
                              "lemon_squeezy",
                              "paddle",
                              "polar.",
                              "paystack",
                              "mollie",
                              "flutterwave",
                              "mpesa",
                              "sslcommerz",
                              "braintree",
                              "xendit",
                              "midtrans",
                              "iyzi",
                              "payfast",
                              "khalti",
                              "esewa",
                              "phonepe",
                              "cashfree",
                              "mercadopago",
                              "asaas",
                              "checkout.session",
                              "signature",
                              "hmac",
                              "webhook",
                              "verify_pay",
                              "verifypay",
                              "verifytransaction",
                              "verify_transaction",
                              "revenuecat",
                              "entitlements.",
                              "requests.",
                              "httpx.",
                              "axios",
                              "constructevent",
                              "construct_event",
                              "adyen",
                              "stkpush",
                              "storekit",
                              "appstore",
                              "playstore",
                              "wompi",
                              "culqi",
                              "conekta",
                              "pagseguro",
                              "pagarme",
                              "openpix",
                              "verifyreceipt",
                              "verify_receipt",
                              "compare_digest",
                              "timingsafeequal"}) ||
         has_word(call, {"efi", "payu", "square", "gateway"}) || last(call) == "fetch" || last(call) == "retrieve" ||
         last(call) == "capture" || last(call) == "charge";
}

}  // namespace gatehouse::audit::source
