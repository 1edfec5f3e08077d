// Handlers however a route names them.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source {
namespace {

using fixture::found;
using fixture::has;

const char* const kModel =
    "const mongoose = require('mongoose');\n"
    "module.exports = mongoose.model('Invoice', new mongoose.Schema({ user: { type: ObjectId, ref: 'User' }, sum: "
    "Number }));\n";

// The project of a controller with an unguarded load(), and a route that leads to it.
std::vector<std::string> routed(std::string route, std::string head, std::string controller) {
  return found(
      {{"models/invoice.js", kModel},
       {"controllers/invoices.js", std::move(controller)},
       {"routes/invoices.js", "const express = require('express');\nconst { protect } = require('../auth');\n" + head +
                                  "const router = express.Router();\n" + route + "\nmodule.exports = router;\n"}});
}

const char* const kClass =
    "const Invoice = require('../models/invoice');\n"
    "class InvoiceController {\n"
    "  async load(req, res) {\n"
    "    res.json(await Invoice.findById(req.params.id));\n  }\n}\n"
    "module.exports = InvoiceController;\n";

TEST(HandlerReferences, are_followed_to_methods_of_objects_made_here) {
  const std::string head =
      "const InvoiceController = require('../controllers/invoices');\nconst invoices = new InvoiceController();\n";
  for (const char* handler :
       {"invoices.load", "invoices.load.bind(invoices)", "(req, res) => invoices.load(req, res)", "wrap(invoices.load)",
        "async (req, res, next) => { await invoices.load(req, res, next); }"})
    EXPECT_TRUE(has(routed("router.get('/invoices/:id', protect, " + std::string(handler) + ");", head, kClass),
                    "AZ-001:controllers/invoices.js:4"))
        << handler;
}

TEST(HandlerReferences, are_followed_to_what_a_function_returns) {
  EXPECT_TRUE(has(routed("router.get(`${base}/:id`, protect, invoices.load);",
                         "const make = require('../controllers/invoices');\nconst base = '/invoices';\n"
                         "const invoices = make();\n",
                         "const Invoice = require('../models/invoice');\n"
                         "module.exports = () => ({\n  load: async (req, res) => {\n"
                         "    res.json(await Invoice.findById(req.params.id));\n  },\n});\n"),
                  "AZ-001:controllers/invoices.js:4"));
}

TEST(HandlerReferences, of_a_class_that_holds_its_router_are_followed_to_its_controller) {
  const auto all =
      found({{"models/invoice.js", kModel},
             {"controllers/invoices.js", kClass},
             {"routes/invoices.js",
              "import { Router } from 'express';\nimport InvoiceController from '../controllers/invoices';\n"
              "import { protect } from '../auth';\n"
              "class Routes {\n  path = '/invoices';\n  router = Router();\n"
              "  invoices = new InvoiceController();\n"
              "  constructor() {\n    this.router.get(`${this.path}/:id`, protect, this.invoices.load);\n  }\n}\n"}});
  EXPECT_TRUE(has(all, "AZ-001:controllers/invoices.js:4"));
}

TEST(Handlers, may_take_the_caller_out_of_the_request) {
  for (const auto& [taken, owner] : {std::pair{"const { user } = req;", "user.id"},
                                     {"const { user: me } = req;", "me.id"},
                                     {"const { params, user } = req;", "user.id"}}) {
    const auto listed = [&](const std::string& query) {
      return found({{"models/invoice.js", kModel},
                    {"routes/invoices.js",
                     "const express = require('express');\nconst { protect } = require('../auth');\n"
                     "const Invoice = require('../models/invoice');\nconst router = express.Router();\n"
                     "router.get('/:id', protect, async (req, res) => {\n  " +
                         std::string(taken) + "\n  res.json(await Invoice.findOne({ " + query +
                         " }));\n});\nmodule.exports = router;\n"}});
    };
    EXPECT_FALSE(has(listed("_id: req.params.id, user: " + std::string(owner)), "AZ-001:routes/invoices.js:7"))
        << taken;
    EXPECT_TRUE(has(listed("_id: req.params.id"), "AZ-001:routes/invoices.js:7")) << taken;
  }
}

TEST(Collections, of_the_driver_are_known_by_the_variable_that_holds_them) {
  const auto route = [](std::string body) {
    return found({{"routes/orders.js",
                   "const express = require('express');\nconst { protect } = require('../auth');\n"
                   "const router = express.Router();\n"
                   "router.get('/orders/:id', protect, async (req, res) => {\n" +
                       body + "});\n"}});
  };
  EXPECT_TRUE(has(route("  const orders = db.collection('orders');\n"
                        "  res.json(await orders.findOne({ _id: req.params.id }));\n"),
                  "AZ-001:routes/orders.js:6"));
  EXPECT_FALSE(has(route("  const orders = db.collection('orders');\n"
                         "  res.json(await orders.findOne({ _id: req.params.id, userId: req.user.id }));\n"),
                   "AZ-001"));
}

}  // namespace
}  // namespace gatehouse::audit::source
