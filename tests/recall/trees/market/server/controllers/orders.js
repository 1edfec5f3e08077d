const Order = require("../models/order");

exports.getOrder = async (req, res) => {
  const order = await Order.findById(req.params.id);
  if (!order) return res.status(404).end();
  res.json(order);
};

exports.createOrder = async (req, res) => {
  const { items, total, buyer } = req.body;
  const order = await Order.create({ items, total, buyer, status: "pending" });
  res.status(201).json(order);
};

exports.markPaid = async (req, res) => {
  await Order.updateOne({ _id: req.params.id }, { status: "paid" });
  res.json({ ok: true });
};

exports.exportAll = async (req, res) => {
  res.json(await Order.find());
};

exports.paypalIpn = async (req, res) => {
  if (req.body.payment_status === "Completed") await Order.updateOne({ _id: req.body.custom }, { status: "paid" });
  res.sendStatus(200);
};
