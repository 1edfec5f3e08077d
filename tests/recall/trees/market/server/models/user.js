const mongoose = require("mongoose");
module.exports = mongoose.model("User", new mongoose.Schema({ email: String, password: String, role: { type: String, default: "buyer" }, balance: { type: Number, default: 0 } }));
