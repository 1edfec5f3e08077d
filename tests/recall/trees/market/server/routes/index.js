const router = require("express").Router();
const users = require("../controllers/users");
const orders = require("../controllers/orders");
const { isLoggedIn, isAdmin } = require("../utils/guards");

router.post("/users/signup", users.signup);
router.post("/users/login", users.login);
router.post("/users/reset", users.resetPassword);
router.get("/users/:id", isLoggedIn, users.getUser);
router.put("/users/:id", isLoggedIn, users.updateUser);
router.get("/users", users.listUsers);
router.get("/orders/:id", isLoggedIn, orders.getOrder);
router.post("/orders", isLoggedIn, orders.createOrder);
router.post("/orders/:id/paid", orders.markPaid);
router.get("/orders/export/all", isLoggedIn, isAdmin, orders.exportAll);
router.post("/paypal/ipn", orders.paypalIpn);

module.exports = router;
