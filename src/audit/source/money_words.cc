#include "audit/source/money_words.h"

#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using syntax::has_word;

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

}  // namespace gatehouse::audit::source
