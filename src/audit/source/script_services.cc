#include "audit/source/script_services.h"

#include <algorithm>

#include "audit/source/script.h"
#include "audit/source/script_mails.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// The template that a name, a call of this file or the value itself stands for.
Node markup_of(const File& file, Node value, int depth = 0) {
  value = unwrap(value);
  if (value.any_of("template_string", "binary_expression") || depth > 4) return value;
  if (value.is("identifier")) {
    const Node given = value_of(file, value);
    return given && !(given == value) ? markup_of(file, given, depth + 1) : Node();
  }
  if (const auto c = as_call(value)) {
    const std::string_view name = last(c->name);
    for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
      for (const Node f : file.tree.all(type))
        if (function_name(f) == name)
          for (const Node t : f.all("template_string"))
            if (contains(t.code(), "<")) return t;
  }
  return {};
}

// What somebody wrote, and no number, date or style.
bool written(Node hole) {
  Node value = unwrap(hole);
  if (value.is("binary_expression") && (value.has_token("??") || value.has_token("||")))
    value = unwrap(value.child("left"));
  if (!value.any_of("identifier", "member_expression", "subscript_expression") || escaped(value.code())) return false;
  const std::string name = dotted(value);
  const bool record = value.is("member_expression") && !name.starts_with("this.") &&
                      !has_word(name, {"css", "style", "styles", "config", "env", "theme", "color"});
  return free_text(last(name)) ||
         (record && has_word(last(name), {"name", "title", "service", "text", "body", "content", "email", "phone"}));
}

// Stops: an invoice's note that reads the server's files or asks inside addresses from the browser that prints it.
void judge_papers(File& file) {
  if (!icontains_any(file.code(), {"setcontent", "html-pdf", "wkhtmltopdf", "createpdf", "htmltopdf", "generatepdf"}))
    return;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const bool browser = f == "setContent" && contains(c.name, ".");
    const bool maker = (f == "create" && has_word(c.name, {"pdf"})) || f == "wkhtmltopdf" || f == "generatePdf" ||
                       f == "createPDF" || f == "htmlToPdf";
    if (!browser && !maker) continue;
    const Node markup = markup_of(file, c.arg(0));
    if (!markup || !contains(markup.code(), "<")) continue;
    std::vector<Node> put = holes(markup);
    for (const Node inner : markup.all("template_string"))
      for (const Node h : holes(inner)) put.push_back(h);
    const auto raw = std::find_if(put.begin(), put.end(), written);
    if (raw == put.end()) continue;
    auto& told = file.hit("RE-001", c.node);
    told.title = "A paper is made of markup that people's words were put into as they are";
    told.impact =
        "A name or a note with markup in it runs in the browser on the server, which may read its files and "
        "ask addresses of the inside.";
    told.fix =
        "Escape each value, switch scripts off (page.setJavaScriptEnabled(false)), and let the page ask nothing.";
    told.confidence = proof::Confidence::medium;
    also(told, file, *raw);
    // Stops: the markup that breaks out of the page owning the server, too.
    for (const Node s : file.tree.all("string"))
      if (contains(s.text(), "--no-sandbox")) {
        auto& bare = file.hit("EX-014", s);
        bare.title = "The browser that renders people's markup runs without its sandbox";
        bare.severity = proof::Severity::medium;
        bare.confidence = proof::Confidence::medium;
        break;
      }
    break;
  }
}

// Stops: passwords' hashes and people's data in a log that far more people read than the database.
void judge_statements(File& file) {
  proof::Finding* told = nullptr;
  const auto tell = [&](Node at) {
    for (Node p = at.parent(); p; p = p.parent())  // … in development alone
      if (p.any_of("ternary_expression", "if_statement", "binary_expression") &&
          icontains_any(p.code().substr(0, 200), {"node_env", "development", "debug", "isdev"}))
        return;
    if (told != nullptr) return;
    told = &file.hit("LOG-001", at);
    told->title = "Every statement goes to the log with its values";
    told->severity = proof::Severity::low;
  };
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (c.name == "mongoose.set" && literal(c.arg(0)) == "debug" && c.arg(1).is("true")) tell(c.node);
    if (f == "forRoot" && contains(c.name, "TypeOrm") && member(unwrap(c.arg(0)), "logging").is("true")) tell(c.node);
  }
  for (const Node n : file.tree.all("new_expression")) {
    const std::string made = dotted(n.child("constructor"));
    if (made != "DataSource" && last(made) != "Sequelize" && last(made) != "PrismaClient") continue;
    for (const Node o : n.child("arguments").children()) {
      if (!o.is("object")) continue;
      if (made == "DataSource" && member(o, "logging").is("true")) tell(member(o, "logging"));
      if (last(made) == "Sequelize" && icontains(member(o, "logging").code(), "console.log") &&
          member(o, "logging").is("member_expression"))
        tell(member(o, "logging"));
    }
  }
}

// res.status(400).json({ error: "bad signature", expected })
void judge_told_secrets(File& file) {
  if (!icontains_any(file.code(), {"createhmac", "constructevent", "signature"})) return;
  const auto secret = [&](Node value) {
    value = unwrap(value);
    if (!value.any_of("identifier", "member_expression", "shorthand_property_identifier")) return false;
    const std::string name = dotted(value);
    const std::string_view tail = name.empty() ? value.text() : last(name);
    if (has_word(tail, {"secret"}) && secret_name(tail) && !has_word(tail, {"client"})) return true;
    return has_word(tail, {"expected", "computed", "calculated", "generated"}) &&
           has_word(tail, {"signature", "sig", "hmac", "digest", "hash"});
  };
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f != "json" && f != "send" && f != "Response") continue;
    if (!has_word(c.name, {"res", "response", "reply", "c", "ctx", "status"}) && !contains(c.node.code(), "error"))
      continue;
    const Node said = unwrap(c.arg(0));
    Node found;
    if (said.is("object")) {
      const bool wrong = icontains_any(said.code(), {"error", "invalid", "mismatch", "false", "message"});
      for (const auto& [key, value] : members(said))
        if (wrong && secret(value)) found = value;
      for (const Node s : said.all("shorthand_property_identifier"))
        if (wrong && secret(s)) found = s;
    }
    for (const Node t : c.node.all("template_string"))
      if (icontains_any(spoken(t), {"invalid", "expected", "error", "mismatch", "wrong", "failed"}))
        for (const Node h : holes(t))
          if (secret(h)) found = t;
    if (!found) continue;
    auto& told = file.hit("SEC-018", found);
    told.title = "An error text holds the secret of signatures, or the one that would have been right";
    return;
  }
}

// catch (error) { return `${error.message} …` } where a model's answer is meant: it is kept, shown and paid for.
void judge_failed_models(File& file) {
  if (!icontains_any(file.code(), {"generativelanguage", "openai", "anthropic", "generatecontent", "chat.completions",
                                   "groq", "openrouter", "huggingface", "replicate", "mistral"}))
    return;
  for (const Node clause : file.tree.all("catch_clause")) {
    const std::string name(clause.child("parameter").text());
    if (name.empty()) continue;
    const auto tells = [&](const Code& code) {
      return contains(code, name + ".message") || contains(code, name + ".response") ||
             contains(code, "{" + name + "}");
    };
    for (const Node r : clause.all("return_statement")) {
      if (!(function_around(r) == function_around(clause))) continue;
      const Node value = unwrap(r.first());
      if (!value.any_of("template_string", "identifier", "binary_expression", "member_expression")) continue;
      bool leaks = tells(value.code());
      for (const Node a : clause.all("assignment_expression"))  // errorMessage = error.response.data.error.message
        leaks = leaks || (has_token(value.code(), a.child("left").text()) && tells(a.child("right").code()));
      if (!leaks) continue;
      auto& told = file.hit("EX-010", r);
      told.title = "What failed at a model is handed on as its answer";
      told.impact = "The text of the error is shown, kept and paid for as if the model had written it.";
      told.fix = "Throw, so that nothing is kept or charged, and answer with words of your own.";
      told.confidence = proof::Confidence::medium;
      return;
    }
  }
}

// errorFormatter({ shape, error }) { return { …, stack: error.stack } } of tRPC, formatError of GraphQL
void judge_formatters(File& file) {
  if (!icontains_any(file.code(), {"errorformatter", "formaterror"})) return;
  const auto tells = [&](std::string_view name, Node f) {
    if (name != "errorFormatter" && name != "formatError") return false;
    const Code code = f.code();
    if (!icontains_any(code, {".stack", "cause?.message", "cause.message", "originalerror"}) ||
        icontains_any(code, {"node_env", "isdev", "development", "debug"}))
      return false;
    file.hit("EX-010", f);
    return true;
  };
  for (const Node m : file.tree.all("method_definition"))
    if (tells(m.child("name").text(), m)) return;
  for (const Node p : file.tree.all("pair"))
    if (tells(p.child("key").text(), p)) return;
}

}  // namespace

void read_script_services(File& file) {
  if (client_file(file)) return;
  judge_formatters(file);
  judge_failed_models(file);
  judge_papers(file);
  judge_statements(file);
  judge_told_secrets(file);
}

}  // namespace gatehouse::audit::source
