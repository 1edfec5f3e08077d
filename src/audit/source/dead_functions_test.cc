#include "audit/source/dead_functions.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

std::vector<std::string> two_attempts(const std::string& exported) {
  return audited(
      {{"models/Order.js",
        "const mongoose = require('mongoose');\nmodule.exports = mongoose.model('Order', new "
        "mongoose.Schema({ buyer: { type: mongoose.Schema.Types.ObjectId, ref: 'User' }, total: Number }));\n"},
       {"controllers/orders.js",
        "const Order = require('../models/Order');\n"
        "const showOld = async (req, res) => {\n  res.json(await Order.findById(req.params.id));\n};\n"
        "const show = async (req, res) => {\n  res.json(await Order.findById(req.params.id));\n};\n"
        "module.exports = {" +
            exported + "};\n"},
       {"routes/orders.js",
        "const router = require('express').Router();\nconst auth = require('../middleware/auth');\n"
        "const { show } = require('../controllers/orders');\nrouter.get('/:id', auth, show);\n"
        "module.exports = router;\n"},
       {"middleware/auth.js",
        "const jwt = require('jsonwebtoken');\nmodule.exports = (req, res, next) => {\n  req.user = "
        "jwt.verify(req.headers.authorization, process.env.JWT_SECRET);\n  next();\n};\n"}});
}

TEST(DeadFunctions, AreNobodysFault) {
  const auto one = two_attempts(" show ");
  EXPECT_TRUE(said(one, "AZ-001:6"));
  EXPECT_FALSE(said(one, "AZ-001:3"));
  EXPECT_TRUE(said(two_attempts(" show, showOld "), "AZ-001:3")) << "somebody may call it";
}

}  // namespace
}  // namespace gatehouse::audit::source
