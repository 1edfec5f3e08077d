// The words of money in the code of many hands: what is spent, what is counted against a limit, what a thing costs.
// English, and what German, Spanish, Portuguese and French shops write.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::audit::source {

// A number of which there is only so much: credits, balance, stock, seats, "saldo", "bestand".
bool spendable(std::string_view field);
// The kind of it that is money or stands for money, so that it matters upwards, too.
bool purse(std::string_view field);
// A number that grows until a limit is reached: used_count, generationsUsed.
bool counted_use(std::string_view field);
// A price, a sum: price, unit_amount, "gesamtbetrag", "monto".
bool sum_of_money(std::string_view field);
// How many of a thing.
bool quantity(std::string_view field);
// Something of which there is one for each hour, seat or room: booking, "reserva", "termin".
bool bookable(std::string_view record);
// A call that changes a row there is: update, findByIdAndUpdate, setDoc.
bool writing_call(std::string_view call);
// An address of a payment provider's.
bool takes_payments(std::string_view url);
// "stockQuantity", "stock_quantity" -> "stockquantity"
std::string folded(std::string_view name);
// A name or an address that speaks of paying: "upgrade", "/orders/:id/pay", "zahlung_erfolgreich".
bool about_paying(std::string_view head);
// … of the page that follows a payment.
bool after_paying(std::string_view head);
// A call that asks a payment provider, or proves what it signed.
bool asks_for_proof(std::string_view call);

}  // namespace gatehouse::audit::source
