// Events behind a question who is calling: whose rooms, whose rows?
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

std::vector<std::string> events(const std::string& on) {
  return audited(
      {{"models.js",
        "exports.User = mongoose.model('User', new mongoose.Schema({ email: String, password: String }));\n"
        "exports.Message = mongoose.model('Message', new mongoose.Schema({ sender: { type: ObjectId, ref: "
        "'User' }, text: String }));\n"},
       {"server.js",
        "const { Server } = require('socket.io');\nconst { Message } = require('./models');\nconst io = new "
        "Server(http);\nio.use((socket, next) => { socket.user = jwt.verify(socket.handshake.auth.token, key); "
        "next(); });\nio.on('connection', (socket) => {\n" +
            on + "});\n"}});
}

TEST(Sockets, ThatJoinWhateverIsNamedHearEverything) {
  EXPECT_TRUE(said(events("  socket.on('join', (id) => socket.join(id));\n"), "AZ-001:6"));
  EXPECT_FALSE(said(events("  socket.on('join', async (id) => { if (await member(id, socket.user.id)) socket.join(id); "
                           "});\n"),
                    "AZ-001"));
  EXPECT_FALSE(said(events("  socket.join(socket.user.id);\n"), "AZ-001"));
}

TEST(Sockets, WriteForTheOneWhoIsSignedIn) {
  EXPECT_TRUE(said(events("  socket.on('say', async ({ senderId, text }) => { await Message.create({ sender: senderId, "
                          "text }); });\n"),
                   "AZ-002:6"));
  EXPECT_FALSE(said(events("  socket.on('say', async ({ text }) => { await Message.create({ sender: socket.user.id, "
                           "text }); });\n"),
                    "AZ-002"));
  EXPECT_TRUE(
      said(events("  socket.on('unsay', async (id) => { await Message.findByIdAndDelete(id); });\n"), "AZ-001:6"));
}

TEST(Sockets, AreNotWhoTheirAddressSays) {
  const auto server = [](const std::string& who) {
    return said(audited({{"socket.js",
                          "const { Server } = require('socket.io');\nconst online = new Map();\n"
                          "const io = new Server(http);\nio.on('connection', (socket) => {\n" +
                              who + "  online.set(userId, socket.id);\n});\n"}}),
                "AZ-002:4");
  };
  EXPECT_TRUE(server("  const userId = socket.handshake.query?.userId;\n"));
  EXPECT_TRUE(server("  const { userId } = socket.handshake.auth;\n"));
  EXPECT_FALSE(server("  const userId = jwt.verify(socket.handshake.auth.token, key).id;\n"));
}

TEST(Sockets, WithoutAnyQuestionOpenTheirRoomsToAll) {
  const auto server = [](const std::string& on) {
    return said(audited({{"socket.js",
                          "const { Server } = require('socket.io');\nconst io = new Server(http);\n"
                          "io.on('connection', (socket) => {\n" +
                              on + "});\n"}}),
                "EX-023");
  };
  EXPECT_TRUE(server("  socket.on('watch', (id) => { socket.join(`tutor_${id}`); });\n"));
  EXPECT_TRUE(server("  socket.on('watch', () => { socket.join('admin_room'); });\n"));
  EXPECT_FALSE(server("  socket.on('watch', () => { socket.join('news'); });\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
