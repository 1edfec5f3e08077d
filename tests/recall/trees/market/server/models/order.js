const mongoose = require("mongoose");
module.exports = mongoose.model("Order", new mongoose.Schema({ buyer: String, items: Array, total: Number, status: String }));
