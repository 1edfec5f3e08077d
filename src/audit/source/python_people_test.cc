// FastAPI and Flask: callers, rights, passwords, what comes in and goes out whole. Each with its sound twin.
#include <gtest/gtest.h>

#include "audit/source/python_app.h"

namespace gatehouse::audit {
namespace {

using source::fastapi;
using source::finds;
using source::flask;
using Files = source::Texts;

TEST(PythonCallers, NamedByTheAddressAreNoCallers) {
  const auto tree = [](const std::string& parameter) {
    return "def current_member(" + parameter +
           ", db=Depends(get_db)):\n    member = db.query(Member).filter(Member.id == user_id).first()\n    if not "
           "member:\n"
           "        raise HTTPException(404)\n    return member\n"
           "@app.get('/{user_id}/notes')\ndef notes(member=Depends(current_member)):\n    return member.notes\n";
  };
  EXPECT_TRUE(fastapi(tree("user_id: int"), "AZ-002", "address"));
  EXPECT_FALSE(fastapi(tree("user_id: int = Depends(user_of_token)"), "AZ-002", "address"));
}

TEST(PythonCallers, ARoleSaysNotWhoseTheRecordIs) {
  const auto route = [](const std::string& check) {
    return "@app.get('/orders/{order_id}')\ndef read(order_id: int, user=Depends(get_current_user), "
           "db=Depends(get_db)):\n" +
           check + "    return db.query(Order).filter(Order.id == order_id).first()\n";
  };
  EXPECT_TRUE(fastapi(route("    if user.role != 'customer':\n        raise HTTPException(403)\n"), "AZ-001"));
  EXPECT_FALSE(fastapi(route("    if user.role != 'admin':\n        raise HTTPException(403)\n"), "AZ-001"));
  EXPECT_FALSE(fastapi(route("    check_owner(order_id, user.id)\n"), "AZ-001"));
}

TEST(PythonCallers, WhoWritesToAConversationNeedNotBeOfIt) {
  const auto route = [](const std::string& condition) {
    return "@app.post('/chats/{chat_id}/messages')\ndef write(chat_id: int, text: Text, "
           "user=Depends(get_current_user), "
           "db=Depends(get_db)):\n    chat = db.query(Chat).filter(Chat.id == chat_id" +
           condition +
           ").first()\n    db.add(Message(chat_id=chat.id, user_id=user.id, text=text.text))\n    db.commit()\n";
  };
  EXPECT_TRUE(fastapi(route(""), "AZ-001"));
  EXPECT_FALSE(fastapi(route(", Chat.owner_id == user.id"), "AZ-001"));
}

TEST(PythonRights, GivenAwayOrNeverAsked) {
  const auto promote = [](const std::string& guard) {
    return "@app.put('/roles')\ndef make(user=Depends(" + guard + ")):\n    user.role = 'admin'\n    db.commit()\n";
  };
  EXPECT_TRUE(fastapi(promote("get_current_user"), "AZ-007"));
  EXPECT_FALSE(fastapi(promote("require_admin"), "AZ-007"));
  const auto desk = [](const std::string& decorator) {
    return "from flask_login import login_required\n@app.route('/admin/users')\n@login_required\n" + decorator +
           "def users():\n    return render(User.query.all())\n";
  };
  EXPECT_TRUE(flask(desk(""), "AZ-008"));
  EXPECT_FALSE(flask(desk("@role_required('admin')\n"), "AZ-008"));
}

TEST(PythonQueries, WholeDocumentsInAndOut) {
  const auto set = [](const std::string& value) {
    return "@app.route('/me', methods=['PUT'])\ndef me():\n    data = request.get_json()\n    "
           "db.users.update_one({'_id': "
           "session['user_id']}, {'$set': " +
           value + "})\n    return ''\n";
  };
  EXPECT_TRUE(flask(set("data"), "AZ-007"));
  EXPECT_FALSE(flask(set("{'name': str(data['name'])}"), "AZ-007"));
  const auto show = [](const std::string& projection) {
    return "@app.route('/me')\ndef me():\n    user = db.users.find_one({'_id': session['user_id']}" + projection +
           ")\n    return jsonify(user)\n";
  };
  EXPECT_TRUE(flask(show(""), "FA-005"));
  EXPECT_FALSE(flask(show(", {'name': 1}"), "FA-005"));
}

TEST(PythonCors, AHeaderSetByHand) {
  const auto hook = [](const std::string& origin) {
    return "@app.after_request\ndef cors(response):\n    response.headers['Access-Control-Allow-Origin'] = " + origin +
           "\n    return response\n";
  };
  EXPECT_TRUE(flask(hook("'*'"), "FA-001"));
  EXPECT_FALSE(flask(hook("'https://shop.example'"), "FA-001"));
}

TEST(PythonUploads, SavedUnderTheClientsName) {
  const auto save = [](const std::string& name) {
    return "@app.route('/up', methods=['POST'])\ndef up():\n    f = request.files['f']\n    "
           "f.save(os.path.join('up', " +
           name + "))\n    return ''\n";
  };
  EXPECT_TRUE(flask(save("f.filename"), "FA-018"));
  EXPECT_FALSE(flask(save("secure_filename(f.filename)"), "FA-018"));
}

TEST(PythonCallers, KnownBySessionOrToken) {
  const auto note = [](const std::string& who, const std::string& check) {
    return "@app.route('/notes/<int:note_id>')\ndef note(note_id):\n    if 'user_id' not in session:\n        return "
           "redirect('/login')\n    user_id = " +
           who + "\n    user = User.query.get(user_id)\n    note = Note.query.get(note_id)\n" + check +
           "    return jsonify(note.text)\n";
  };
  const std::string check = "    if note.user_id != user.id:\n        abort(403)\n";
  for (const std::string who : {"session['user_id']", "get_jwt_identity()"}) {
    EXPECT_TRUE(flask(note(who, ""), "AZ-001"));
    EXPECT_FALSE(flask(note(who, check), "AZ-001"));
  }
}

TEST(PythonDoors, SocketsThatListenAndDoNotAsk) {
  const auto socket = [](const std::string& first) {
    return "@app.get('/mine')\ndef mine(user=Depends(get_current_user)):\n    return user\n"
           "@app.websocket('/ws/chat')\nasync def chat(ws: WebSocket):\n" +
           first +
           "    await ws.accept()\n    while True:\n        text = await ws.receive_text()\n        async for part in "
           "answer(text):\n            await ws.send_text(part)\n";
  };
  EXPECT_TRUE(fastapi(socket(""), "FA-003"));
  EXPECT_FALSE(fastapi(socket("    user = await authenticate(ws)\n"), "FA-003"));
  const auto tokened = [](const std::string& first) {
    return "@app.get('/mine')\ndef mine(user=Depends(get_current_user)):\n    return user\n"
           "@app.websocket('/ws/{token}')\nasync def chat(ws: WebSocket, token: str):\n" +
           first + "    while True:\n        text = await ws.receive_text()\n        await ws.send_text(text)\n";
  };
  EXPECT_TRUE(fastapi(tokened("    user_id = 1\n"), "FA-003"));  // taken in, and never looked at
  EXPECT_FALSE(fastapi(tokened("    user_id = whose(token)\n"), "FA-003"));
  EXPECT_TRUE(fastapi(tokened("    user_id = whose(token)\n"), "FA-019"));
}

TEST(PythonTokens, OnesOwnAndTheKeyInTheLine) {
  const auto peek = [](const std::string& made) {
    return "import jwt\ndef refresh(user):\n    token = " + made +
           "\n    return jwt.decode(token, options={'verify_signature': False})['jti']\n";
  };
  EXPECT_TRUE(fastapi(peek("user.token"), "JWT-001"));
  EXPECT_FALSE(fastapi(peek("create_token(user)"), "JWT-001"));
  const auto sign = [](const std::string& key) {
    return "import jwt\ndef make(u):\n    return jwt.encode({'sub': u, 'exp': soon()}, " + key +
           ", algorithm='HS256')\n";
  };
  EXPECT_TRUE(fastapi(sign("'mysecret'"), "SEC-008"));
  EXPECT_FALSE(fastapi(sign("settings.key"), "SEC-008"));
}

TEST(PythonPasswords, ComparedInClear) {
  const auto login = [](const std::string& value) {
    return "@app.route('/login', methods=['POST'])\ndef login():\n    password = " + value +
           "\n    return db.execute('SELECT id FROM users WHERE email = ? AND password = ?', (request.form['email'], "
           "password)).fetchone()\n";
  };
  EXPECT_TRUE(flask(login("request.form['password']"), "DJ-030", "clear"));
  EXPECT_FALSE(flask(login("slow_hash(request.form['password'])"), "DJ-030", "clear"));
}

TEST(PythonPasswords, SentBackOrSetByAnybody) {
  EXPECT_TRUE(
      flask("@app.route('/forgot', methods=['POST'])\ndef forgot():\n    user = find(request.json['email'])\n"
            "    return jsonify({'password': user['password']})\n",
            "FA-005"));
  const auto reset = [](const std::string& check) {
    return "@app.route('/reset-password', methods=['POST'])\ndef reset_password():\n    user = "
           "find(request.form['email'])\n" +
           check +
           "    user.password = generate_password_hash(request.form['new'])\n    db.session.commit()\n    return ''\n";
  };
  EXPECT_TRUE(flask(reset(""), "AZ-002", "sets its password"));
  EXPECT_FALSE(flask(reset("    user = user_of(request.form['token'])\n"), "AZ-002", "sets its password"));
}

TEST(PythonPasswords, ACookieThatNobodySigned) {
  EXPECT_TRUE(flask("@app.route('/')\ndef home():\n    return request.cookies.get('username')\n", "AZ-002", "cookie"));
  EXPECT_FALSE(flask("@app.route('/')\ndef home():\n    return signer.unsign(request.cookies.get('username'))\n",
                     "AZ-002", "cookie"));
}

TEST(PythonPasswords, CreditsTakenAfterALook) {
  const auto take = [](const std::string& condition) {
    return "@app.route('/v', methods=['POST'])\ndef v():\n    row = cur.execute('SELECT credits FROM users WHERE id = "
           "?', (me(),))\n    if row['credits'] < 3:\n        return 'no'\n    cur.execute('UPDATE users SET credits = "
           "credits - 3 WHERE id = ?" +
           condition + "', (me(),))\n    return 'ok'\n";
  };
  EXPECT_TRUE(flask(take(""), "PAY-004"));
  EXPECT_FALSE(flask(take(" AND credits >= 3"), "PAY-004"));
}

TEST(PythonPasswords, TokensThatLiveForWeeks) {
  const auto token = [](const std::string& minutes) {
    return "import jwt\ndef create_token(data, expires_minutes: int = " + minutes +
           "):\n    return jwt.encode({**data, 'exp': soon(expires_minutes)}, KEY, algorithm='HS256')\n";
  };
  EXPECT_TRUE(fastapi(token("60 * 24 * 14"), "JWT-006"));
  EXPECT_FALSE(fastapi(token("30"), "JWT-006"));
}

TEST(PythonPasswords, TokensOfAHelperEndWhereItIsCalled) {
  const auto tree = [](const std::string& claims) {
    return Files{{"requirements.txt", "fastapi==0.115.0\npyjwt==2.9.0\n"},
                 {"services/tokens.py",
                  "import jwt\n\n\ndef encode_jwt(claims: dict) -> str:\n    return jwt.encode(claims, KEY, "
                  "algorithm='RS256')\n"},
                 {"services/auth.py",
                  "from services import tokens\n\n\ndef create_access_token(user):\n    return tokens.encode_jwt(" +
                      claims + ")\n"}};
  };
  EXPECT_TRUE(finds(tree("{'sub': user.id}"), "JWT-006", "never expire"));
  EXPECT_FALSE(finds(tree("{'sub': user.id, 'exp': now() + timedelta(minutes=15)}"), "JWT-006", "never expire"));
}

}  // namespace
}  // namespace gatehouse::audit
