#include "audit/source/sign_ups.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

const std::pair<std::string, std::string> kMongoose{
    "models/person.js",
    "const s = new Schema({ email: String, password: String, name: String });\nmodule.exports = model('User', s);\n"};

std::string express(std::string_view more = "") {
  return "const bcrypt = require('bcrypt');\nconst User = require('../models/person');\n"
         "exports.register = async (req, res) => {\n  const { email, password } = req.body;\n" +
         std::string(more) +
         "  const made = await User.create({ email, password: await bcrypt.hash(password, 12) });\n"
         "  res.status(201).json({ id: made.id });\n};\n";
}

TEST(SignUps, FindsAccountsForAddressesThatNobodyConfirms) {
  EXPECT_TRUE(said(audited({kMongoose, {"controllers/auth.js", express()}}, "AU"), "AU-012:5"));
  // A small door of a framework that needs no other route.
  EXPECT_TRUE(said(lines_of("app/api/signup/route.ts",
                            "export async function POST(req: Request) {\n"
                            "  const { email, password } = await req.json();\n"
                            "  await prisma.user.create({ data: { email, password: await hash(password, 10) } });\n"
                            "  return Response.json({ ok: true });\n}\n",
                            "AU"),
                   "AU-012:3"));
  EXPECT_TRUE(said(lines_of("app/services/accounts.py",
                            "def register(db, email: str, password: str):\n"
                            "    person = User(email=email, hashed_password=hash_password(password))\n"
                            "    db.add(person)\n    db.commit()\n    return person\n",
                            "AU"),
                   "AU-012:2"));
  EXPECT_TRUE(
      said(lines_of("shop/views.py",
                    "from django.contrib.auth.models import User\n"
                    "def sign_up(request):\n"
                    "    User.objects.create_user(username=request.POST['email'], email=request.POST['email'],\n"
                    "                             password=request.POST['password'])\n"
                    "    return redirect('home')\n",
                    "AU"),
           "AU-012:3"));
  EXPECT_TRUE(said(lines_of("shop/api.py",
                            "from rest_framework import generics\n"
                            "class JoinSerializer(serializers.ModelSerializer):\n"
                            "    class Meta:\n        fields = ['email', 'password']\n\n"
                            "class RegisterView(generics.CreateAPIView):\n    serializer_class = JoinSerializer\n",
                            "AU"),
                   "AU-012:6"));
}

TEST(SignUps, LeavesThoseWhoHaveTheAddressConfirmedAlone) {
  EXPECT_FALSE(
      said(audited({kMongoose, {"controllers/auth.js", express("  await sendVerificationEmail(email);\n")}}, "AU"),
           "AU-012"));
  EXPECT_FALSE(said(audited({kMongoose,
                             {"controllers/auth.js", express()},
                             {"routes/auth.js", "router.get('/verify-email/:token', confirm);\n"}},
                            "AU"),
                    "AU-012"));
  EXPECT_FALSE(said(lines_of("app/accounts.py",
                             "def register(email, password):\n"
                             "    person = User(email=email, password_hash=hash_password(password), is_active=False)\n"
                             "    db.session.add(person)\n    send_activation_link(person)\n",
                             "AU"),
                    "AU-012"));
}

TEST(SignUps, LeavesThoseWhoAreMadeByOthersAlone) {
  EXPECT_FALSE(
      said(audited({kMongoose,
                    {"controllers/staff.js",
                     "exports.createEmployee = async (req, res) => {\n"
                     "  await User.create({ email: req.body.email, password: await hash(req.body.password) });\n"
                     "};\n"}},
                   "AU"),
           "AU-012"));
  EXPECT_FALSE(said(lines_of("app/users.py",
                             "@router.post('/users')\n"
                             "def create_user(body: UserIn, who=Depends(get_current_admin)):\n"
                             "    db.add(User(email=body.email, hashed_password=hash_password(body.password)))\n",
                             "AU"),
                    "AU-012"));
  EXPECT_FALSE(said(lines_of("scripts/seed.py",
                             "def register(email, password):\n"
                             "    db.add(User(email=email, hashed_password=hash_password(password)))\n",
                             "AU"),
                    "AU-012"));
  // A name is no address.
  EXPECT_FALSE(said(lines_of("app/join.py",
                             "def register(username, password):\n"
                             "    db.add(User(username=username, hashed_password=hash_password(password)))\n",
                             "AU"),
                    "AU-012"));
}

TEST(SignUps, KnowsWordsOfProofsFromThoseOfOtherThings) {
  EXPECT_TRUE(confirms_address("verifyEmail"));
  EXPECT_TRUE(confirms_address("email-verification"));
  EXPECT_TRUE(confirms_address("verification_token"));
  EXPECT_TRUE(confirms_address("send_otp"));
  EXPECT_TRUE(confirms_address("activate_account"));
  EXPECT_FALSE(confirms_address("verify_password"));
  EXPECT_FALSE(confirms_address("verifyPayment"));
  EXPECT_FALSE(confirms_address("verify_token"));
  EXPECT_FALSE(confirms_address("email_format"));
  EXPECT_FALSE(confirms_address("verify_email_format"));
  EXPECT_TRUE(sign_up_name("createAccount"));
  EXPECT_TRUE(sign_up_name("/auth/sign-up"));
  EXPECT_FALSE(sign_up_name("registerWebhook"));
}

TEST(SignUps, FindsTheMarkOfAConfirmedAddressThatNobodyAsksFor) {
  const std::pair<std::string, std::string> model{
      "shop/models.py",
      "class CustomUser(AbstractUser):\n    email = models.EmailField(unique=True)\n"
      "    email_verified = models.BooleanField(default=False)\n"};
  const std::pair<std::string, std::string> join{
      "shop/views.py",
      "def register(request):\n    person = CustomUser.objects.create_user(email=request.POST['email'],\n"
      "        password=request.POST['password'])\n    send_verification_email(person)\n\n"
      "def login_view(request):\n    person = authenticate(request, email=e, password=p)\n    login(request, "
      "person)\n"};
  EXPECT_TRUE(finds({model, join}, "AU-012", "written down and never asked"));
  EXPECT_FALSE(finds(
      {model, join, {"shop/gate.py", "def may(user):\n    if not user.email_verified:\n        raise Refused()\n"}},
      "AU-012"));
}

TEST(SignUps, ToldToThoseWhoAskForAnAddressThatIsTaken) {
  EXPECT_TRUE(
      said(audited({kMongoose,
                    {"controllers/people.js",
                     "exports.createUser = async (req, res) => {\n  const { email, password } = req.body;\n"
                     "  const existing = await User.findOne({ email });\n"
                     "  if (existing) {\n    return res.status(400).json({ error: 'Email already in use.' });\n  }\n"
                     "  await User.create({ email, password: await bcrypt.hash(password, 10) });\n"
                     "  res.sendStatus(201);\n};\n"}},
                   "AU"),
           "AU-005:5"));
  EXPECT_TRUE(
      said(lines_of("app/doors.py",
                    "@router.post('/register')\nasync def register_user(body: Join):\n"
                    "    if await People.by_mail(body.email):\n        raise errors.UserAlreadyExists\n"
                    "    await People.add(email=body.email, hashed_password=get_password_hash(body.password))\n",
                    "AU"),
           "AU-005:4"));
  EXPECT_TRUE(said(lines_of("app/pages.py",
                            "@bp.route('/register', methods=['POST'])\ndef register():\n    errors = []\n"
                            "    if User.query.filter_by(email=request.form['email']).first():\n"
                            "        errors.append('Email already registered.')\n    return render(errors)\n",
                            "AU"),
                   "AU-005:5"));
}

TEST(SignUps, TakeWhateverIsSentWhereNothingIsAsked) {
  EXPECT_TRUE(finds({kMongoose, {"controllers/auth.js", express()}}, "VAL-001", "sign-up takes whatever"));
  EXPECT_FALSE(finds({kMongoose, {"controllers/auth.js", express("  Join.parse(req.body);\n")}}, "VAL-001", "sign-up"));
  EXPECT_FALSE(finds(
      {kMongoose, {"controllers/auth.js", express("  if (typeof email !== 'string') return res.sendStatus(400);\n")}},
      "VAL-001", "sign-up"));
}

TEST(SignUps, WithoutALimitAreNoSignIns) {
  const Texts doors{{"routes/auth.js",
                     "const express = require('express');\nconst app = express();\nconst router = express.Router();\n"
                     "router.post('/register', async (req, res) => { res.json(await join(req.body)); });\n"
                     "router.post('/login', async (req, res) => { res.json(await enter(req.body)); });\n"
                     "app.use('/auth', router);\n"}};
  const auto found = audited(doors);
  EXPECT_TRUE(said(found, "RL-002:4"));
  EXPECT_FALSE(said(found, "EX-004:4"));
  EXPECT_TRUE(said(found, "EX-004:5"));
}

}  // namespace
}  // namespace gatehouse::audit::source
