const User = require("../models/user");

exports.signup = async (req, res) => {
  const user = await User.create(req.body);
  req.session.userId = user._id;
  res.json(user);
};

exports.login = async (req, res) => {
  const user = await User.findOne({ email: req.body.email, password: req.body.password });
  if (!user) return res.status(401).json({ error: "bad login" });
  req.session.userId = user._id;
  req.session.role = user.role;
  res.json({ user });
};

exports.resetPassword = async (req, res) => {
  const code = Math.floor(100000 + Math.random() * 900000);
  await User.updateOne({ email: req.body.email }, { resetCode: code });
  console.log(`reset code for ${req.body.email}: ${code}`);
  res.json({ ok: true });
};

exports.getUser = async (req, res) => {
  const user = await User.findById(req.params.id);
  res.json(user);
};

exports.updateUser = async (req, res) => {
  const user = await User.findByIdAndUpdate(req.params.id, req.body, { new: true });
  res.json(user);
};

exports.listUsers = async (req, res) => {
  const users = await User.find({ $where: `this.email.includes('${req.query.q}')` });
  res.json(users);
};
