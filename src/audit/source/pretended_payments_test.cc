#include "audit/source/pretended_payments.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool python(const std::string& steps) {
  return finds({{"orders/services.py", "def create_payment(order):\n" + steps + "    return provider.open(order)\n"}},
               "PAY-002", "Without its keys the shop pretends");
}

TEST(PretendedPayments, WithoutKeys) {
  const std::string mock = "        return f'/mock-payment?order={order.id}'\n";
  EXPECT_TRUE(python("    if not settings.YOOKASSA_SECRET_KEY:\n" + mock));
  EXPECT_FALSE(
      python("    if not settings.YOOKASSA_SECRET_KEY:\n        raise ImproperlyConfigured('no mock here')\n"));
  EXPECT_FALSE(python("    if settings.DEBUG and not settings.YOOKASSA_SECRET_KEY:\n" + mock));
}

TEST(PretendedPayments, AfterAnError) {
  const auto script = [](const std::string& then) {
    return finds({{"package.json", R"({"dependencies":{"stripe":"17.3.1"}})"},
                  {"src/services/stripeService.ts",
                   "export async function createPaymentIntent(amount) {\n  try {\n    return await api.post('/intent', "
                   "{ amount });\n"
                   "  } catch (error) {\n" +
                       then + "  }\n}\n"}},
                 "PAY-002", "When the provider fails");
  };
  EXPECT_TRUE(script("    return { clientSecret: 'pi_mock_client_secret' };\n"));
  EXPECT_FALSE(script("    throw error;\n"));
  EXPECT_FALSE(
      script("    if (process.env.NODE_ENV !== 'production') return { clientSecret: 'pi_mock' };\n    throw error;\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
