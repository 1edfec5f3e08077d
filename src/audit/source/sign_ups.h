// Where strangers make accounts, in every language: a row of a person with a password in it, and whether anything in
// the tree has the address confirmed.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "audit/check.h"
#include "audit/source/file.h"
#include "audit/source/made_people.h"

namespace gatehouse::audit::source {

struct SignUp {
  bool named = false;  // the door calls itself so: register, signup
  bool python = false;
  bool rows = false;   // the row is written right here
  bool mail = false;   // and there is an address in it
  std::string door;    // the function's name, or the class's
  Spot at;             // where the row is made
  Spot taken;          // where a body is taken apart of which nothing is asked; at line 0 when something is
  bool waits = false;  // somebody lets in whom the row is about
};

struct SignUps {
  std::vector<SignUp> doors;
  bool mail_forms = false;    // forms and serializers take an address and a password
  bool confirms = false;      // some name tells of a proof: verify_email, sendOtp, activationToken
  bool administered = false;  // who is signed in makes the accounts
};

// The best known door of a language: one that calls itself so, and that writes the row; null when there is none.
const SignUp* sign_up_of(const SignUps& notes, bool python);

// "register", "sign_up", "createAccount", "cadastro": a door for people who have no account yet.
bool sign_up_name(std::string_view name);
// A door for whoever has no account yet may be asked as often as somebody likes.
void unlimited_sign_up(Sink& sink, const proof::Location& at, const std::string& shown);
// One word of code tells that an address is proven: verifyEmail, verification_token, otp.
bool confirms_address(std::string_view identifier);

void read_sign_ups(File& file);  // Python, and scripts of a server
std::unique_ptr<Check> sign_ups_check();

}  // namespace gatehouse::audit::source
