// Mail servers, template engines, databases and error texts of Python.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool says(const std::string& code, std::string_view id) { return !lines_of("app/out.py", code, id).empty(); }

TEST(PythonServices, MailWithAPasswordAsksForTls) {
  const auto mail = [](const std::string& made, const std::string& tls) {
    return "import smtplib\ndef send(to, text):\n    server = " + made + "\n" + tls +
           "    server.login(USER, PASSWORD)\n    server.sendmail(FROM, to, text)\n";
  };
  EXPECT_TRUE(says(mail("smtplib.SMTP(HOST, 587)", ""), "EX-017"));
  EXPECT_TRUE(says(mail("smtplib.SMTP(HOST, 587)", ""), "FA-011"));
  EXPECT_FALSE(says(mail("smtplib.SMTP(HOST, 587, timeout=10)", "    server.starttls()\n"), "EX-017"));
  EXPECT_FALSE(says(mail("smtplib.SMTP(HOST, 587, timeout=10)", "    server.starttls()\n"), "FA-011"));
  EXPECT_FALSE(says(mail("smtplib.SMTP_SSL(HOST, 465)", ""), "EX-017"));
  EXPECT_FALSE(says(mail("smtplib.SMTP('localhost')", ""), "EX-017")) << "it does not leave the machine";
}

TEST(PythonServices, TemplatesOfMarkupEscape) {
  const auto engine = [](const std::string& more) {
    return "from jinja2 import Environment, FileSystemLoader\nenv = Environment(loader=FileSystemLoader('t')" + more +
           ")\ndef page(order):\n    return env.get_template('invoice.html').render(order=order)\n";
  };
  EXPECT_TRUE(says(engine(""), "DJ-026"));
  EXPECT_TRUE(says(engine(", autoescape=False"), "DJ-026"));
  EXPECT_FALSE(says(engine(", autoescape=True"), "DJ-026"));
  EXPECT_FALSE(says(engine(", autoescape=select_autoescape()"), "DJ-026"));
  EXPECT_FALSE(
      says("from jinja2 import Environment\nenv = Environment()\nprint(env.from_string('x').render())\n", "DJ-026"))
      << "no markup";
}

TEST(PythonServices, PapersEscapeWhatPeopleWrote) {
  const auto paper = [](const std::string& value) {
    return "from weasyprint import HTML\ndef invoice(order):\n    html = f'<h1>{" + value +
           "}</h1>'\n    return HTML(string=html).write_pdf()\n";
  };
  EXPECT_TRUE(says(paper("order.note"), "DJ-026"));
  EXPECT_FALSE(says(paper("escape(order.note)"), "DJ-026"));
}

TEST(PythonServices, StatementsAreNotLogged) {
  EXPECT_TRUE(says("engine = create_async_engine(URL, echo=True)\n", "LOG-001"));
  EXPECT_FALSE(says("engine = create_async_engine(URL, echo=settings.debug)\n", "LOG-001"));
  EXPECT_TRUE(says("app.config['SQLALCHEMY_ECHO'] = True\n", "LOG-001"));
}

TEST(PythonServices, AFailureIsNoAnswerOfAModel) {
  const auto asks = [](const std::string& failed) {
    return "from openai import OpenAI\nclient = OpenAI()\ndef write(prompt):\n    try:\n"
           "        return client.chat.completions.create(model='m', messages=prompt).choices[0].message.content\n"
           "    except Exception as e:\n        " +
           failed + "\n";
  };
  EXPECT_TRUE(says(asks("return f'Error: {e}'"), "FA-004"));
  EXPECT_FALSE(says(asks("raise ModelFailed() from e"), "FA-004"));
  EXPECT_FALSE(says(asks("return None"), "FA-004"));
}

TEST(PythonServices, ErrorTextsHoldNoSecret) {
  const auto answer = [](const std::string& said) {
    return "import stripe\ndef event_of(raw, sig, endpoint_secret):\n    try:\n"
           "        return True, stripe.Webhook.construct_event(raw, sig, endpoint_secret)\n"
           "    except ValueError as e:\n        return False, " +
           said + "\n";
  };
  EXPECT_TRUE(says(answer("f'Invalid signature {sig}: {endpoint_secret}'"), "SEC-018"));
  EXPECT_TRUE(says(answer("f'Invalid signature, expected {expected_signature}'"), "SEC-018"));
  EXPECT_FALSE(says(answer("f'Invalid signature {sig}'"), "SEC-018"));
}

}  // namespace
}  // namespace gatehouse::audit::source
