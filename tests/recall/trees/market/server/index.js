const express = require("express");
const mongoose = require("mongoose");
const session = require("express-session");
const MongoStore = require("connect-mongo");
const cors = require("cors");
const routes = require("./routes");

const app = express();
mongoose.connect(process.env.MONGO_URI || "mongodb://admin:Pa55w0@@rd99@mongo.market.io:27017/market");
app.use(cors({ origin: "*" }));
app.use(express.json());
app.use(express.urlencoded({ extended: true }));
app.use(session({ secret: process.env.SESSION_SECRET || "marketsecret", store: MongoStore.create({ mongoUrl: process.env.MONGO_URI }), cookie: { maxAge: 1000 * 60 * 60 * 24 * 60 } }));
app.use("/uploads", express.static("uploads"));
app.use("/api", routes);
app.use((err, req, res, next) => {
  res.status(500).send({ error: err.toString() });
});
app.listen(3000);
