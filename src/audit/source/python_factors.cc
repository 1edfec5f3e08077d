#include "audit/source/python_factors.h"

#include <optional>

#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct PythonFactors {
  std::optional<Spot> enrolled;  // user.mfa_enabled = True
  std::optional<Spot> door;      // a sign-in that holds a password against its hash and lets in
  bool asked = false;
};

bool second_word(const Code& code) {
  return icontains_any(code, {"two_factor", "twofactor", "2fa", "mfa", "totp", "otp_enabled", "otp_secret", "tfa_",
                              "second_factor", "authenticator", "pyotp", "verify_otp", "send_otp", "login_code"});
}

// A function in which it is switched on or off, and not asked for.
bool settings(std::string_view name) {
  return has_word(name, {"setup", "enable", "enroll", "disable", "activate", "deactivate", "status", "generate", "qr",
                         "regenerate", "backup", "profile", "settings", "toggle"});
}

bool sign_in(std::string_view name) {
  return has_word(name, {"login", "signin", "authenticate", "logon"}) ||
         (has_word(name, {"sign", "log"}) && has_word(name, {"in"})) || icontains(std::string(name), "signin");
}

}  // namespace

void read_python_factors(File& file) {
  const Code code = file.code();
  auto& notes = file.project.notes<PythonFactors>();
  if (has_word(file.path, {"test", "tests", "migrations"})) return;
  const bool second = second_word(code);
  if (!second && notes.door) return;
  // Who leaves it to a library is asked by it.
  if (icontains_any(code, {"django_otp", "allauth.mfa", "two_factor.urls", "otp_required", "pyotp"}) &&
      !icontains(code, "pyotp"))
    notes.asked = true;
  if (second && !notes.enrolled)
    for (const Node a : file.tree.all("assignment")) {
      const Node left = a.child("left");
      if (left.is("attribute") && a.child("right").is("true") && second_word(left.child("attribute").code()) &&
          has_word(left.child("attribute").text(), {"enabled", "active", "activated", "on", "confirmed", "required"})) {
        notes.enrolled = Spot{place(file.path, a.line()), file.shown(a)};
        break;
      }
    }
  for (const Node f : file.tree.all("function_definition")) {
    const std::string own = function_name(f);
    const std::string name = own + " " + std::string(f.above("class_definition").child("name").text());
    if (second && !settings(name))
      for (const char* type : {"if_statement", "elif_clause", "conditional_expression"})
        for (const Node i : body(f).all(type))
          if (const Node c = i.child("condition"); c && second_word(c.code())) notes.asked = true;
    if (!sign_in(name)) continue;
    const Code inside = body(f).code();
    if (second_word(inside)) notes.asked = true;
    if (!notes.door &&
        icontains_any(inside, {"check_password", "verify_password", "authenticate(", "checkpw", "pwd_context.verify",
                               "verify("}) &&
        icontains_any(inside, {"token", "login(", "login_user", "session", "for_user"}))
      notes.door = Spot{place(file.path, f.line()), file.shown(f)};
  }
}

void judge_python_factors(const Project& project, Sink& sink) {
  const auto& notes = project.notes<PythonFactors>();
  if (!notes.enrolled || !notes.door || notes.asked || project.depends_on("django-otp") ||
      project.depends_on("django-two-factor-auth"))
    return;
  // Stops: a stolen password that is enough, though its owner was told that it would not be.
  auto& f = sink.find("AU-011", notes.door->at, notes.door->shown);
  f.locations.push_back(notes.enrolled->at);
  f.evidence.push_back(notes.enrolled->shown);
}

}  // namespace gatehouse::audit::source
