#include "audit/source/python_standstills.h"

#include <algorithm>

#include "audit/source/python_names.h"
#include "audit/source/recurring.h"
#include "audit/source/slow_patterns.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool answers(const File& file, Node f) {
  if (route_function(f)) return true;
  const Code given = f.child("parameters").code();
  return contains(given, "request") && (file.imports_from("django") || file.imports_from("aiohttp") ||
                                        file.imports_from("flask") || file.imports_from("starlette"));
}

// A number that the client names and nobody holds against a bound.
bool unbounded_number(Node f, Node n) {
  n = unwrap(n);
  if (!n.is("identifier")) return icontains_any(n.code(), {"request.query", "request.args", "request.get"});
  const std::string name(n.text());
  for (const Node c : f.all("comparison_operator"))
    if (has_token(c.code(), name)) return false;
  for (const Node a : f.all("assignment"))
    if (a.child("left").text() == name)
      return icontains_any(a.child("right").code(), {"request.", "data[", "data.get", "body["}) &&
             !icontains_any(a.child("right").code(), {"min(", "max(", "clamp"});
  for (const Node p : f.child("parameters").children())
    if (parameter_name(p) == name)
      return route_function(f) && !icontains_any(p.code(), {"le=", "lt=", "depends", "conint", "literal"}) &&
             icontains_any(p.child("type").text(), {"int", "float"});
  return false;
}

void judge_route(File& file, Node f) {
  const bool waits_alone = f.code().starts_with("async");
  for (const Call* c : file.calls_in(body(f))) {
    const std::string full = file.full(c->name);
    const Node a = c->arg(0);
    // Stops: one request that holds the loop, and everybody who waits for it.
    if (full == "time.sleep" && a && (waits_alone || unbounded_number(f, a))) {
      file.hit("RUN-003", c->node).title = "The whole process sleeps while one request is worked on";
      return;
    }
    const bool writes = full == "open" && literal(c->arg(1) ? c->arg(1) : c->keyword("mode")) &&
                        literal(c->arg(1) ? c->arg(1) : c->keyword("mode"))->find_first_of("wa") != std::string::npos;
    const bool halts = full.starts_with("requests.") || full == "shutil.copyfileobj" || full == "subprocess.run" ||
                       full == "urllib.request.urlopen" || full == "smtplib.SMTP" || full == "smtplib.SMTP_SSL" ||
                       writes;
    if (waits_alone && halts && route_function(f) && function_around(c->node) == f) {
      auto& told = file.hit("RUN-003", c->node);
      told.title = "A call that blocks stands in an async route: nobody else is answered meanwhile";
      told.severity = proof::Severity::low;
      return;
    }
    if (full == "range" && c->args.size() == 1 && unbounded_number(f, a)) {
      auto& told = file.hit("RUN-003", c->node);
      told.title = "The client says how much is worked on, without a bound";
      told.severity = proof::Severity::medium;
      return;
    }
  }
  for (const Node b : body(f).all("binary_operator"))
    if (b.has_token("*") && (b.child("left").is("list") || b.child("left").is("string")) &&
        unbounded_number(f, b.child("right"))) {
      file.hit("RUN-003", b).title = "The client says how much memory is taken, without a bound";
      return;
    }
}

// Work that holds whatever thread it is done on: a model's answer, a paper that is taken apart, another server.
bool holds_thread(const File& file, const Call& c) {
  const std::string full = file.full(c.name);
  if (full.starts_with("requests.") && last(full) != "Session") return true;
  if (full == "urllib.request.urlopen" || full == "smtplib.SMTP" || full == "smtplib.SMTP_SSL" ||
      full == "time.sleep" || full == "subprocess.run" || full == "fitz.open" || full == "pymupdf.open" ||
      full == "pdfplumber.open" || full.starts_with("pytesseract.image_to"))
    return true;
  const std::string_view f = last(full);
  // stripe.Subscription.modify(…), client.table("profiles").select("*").execute()
  if (full.starts_with("stripe.") && std::count(full.begin(), full.end(), '.') > 1 &&
      (f == "create" || f == "retrieve" || f == "modify" || f == "list" || f == "cancel" || f == "delete"))
    return true;
  if (f == "execute" && contains(c.node.code(), ".table(") && contains(c.node.code(), "client") &&
      !icontains_any(file.code(), {"acreate_client", "asyncclient", "create_async_client"}))
    return true;
  if (f == "PdfReader" || f == "PdfFileReader") return true;
  if (c.name.ends_with("completions.create") || c.name.ends_with("messages.create") ||
      c.name.ends_with("responses.create") || c.name.ends_with("images.generate") ||
      c.name.ends_with("transcriptions.create") || c.name.ends_with("embeddings.create") || f == "generate_content")
    return !icontains(c.name, "async") && !icontains(c.name, ".aio.") &&
           !icontains_any(file.code(), {"asyncopenai", "asyncanthropic", "asyncgroq", "asyncazureopenai",
                                        "asyncmistral", "asynctogether", "asyncclient"});
  const bool langchain = file.imports_from("langchain");
  return (langchain && (f == "invoke" || f == "similarity_search")) || f == "similarity_search_with_score";
}

// Not waited for, and not handed to a thread of its own.
bool on_the_loop(const Call& c, Node function) {
  for (Node n = c.node.parent(); n && !(n == function); n = n.parent())
    if (n.any_of("await", "lambda", "decorator")) return false;
  return function_around(c.node) == function;
}

// What an asynchronous route is told for by itself.
bool told_of_routes(const std::string& full) {
  return full.starts_with("requests.") || full == "subprocess.run" || full == "urllib.request.urlopen" ||
         full == "smtplib.SMTP" || full == "smtplib.SMTP_SSL" || full == "time.sleep";
}

struct Standstills {
  std::set<std::string> waiting;                    // asynchronous functions, by name
  std::map<std::string, Spot> holders;              // functions that hold their thread, by name
  std::vector<std::pair<std::string, Spot>> calls;  // … and what asynchronous ones call
  std::vector<Spot> direct;
};

bool on_a_loop(const File& file) {
  for (const std::string_view w : {"fastapi", "starlette", "aiohttp", "quart", "sanic"})
    if (file.imports_from(w) || file.project.depends_on(w)) return true;
  return false;
}

// Stops: one slow paper, or one answer of a model, for which everybody waits.
void note_standstills(const File& file) {
  if (!on_a_loop(file) ||
      has_word(file.path, {"scripts", "tests", "tasks", "worker", "workers", "celery", "cli", "migrations"}))
    return;
  auto& notes = file.project.notes<Standstills>();
  for (const Node f : file.tree.all("function_definition")) {
    const bool waits = f.code().starts_with("async");
    const std::string name = function_name(f);
    if (waits) notes.waiting.insert(name);
    for (const Call* c : file.calls_in(body(f))) {
      if (!on_the_loop(*c, f)) continue;
      const bool holds = holds_thread(file, *c);
      if (waits && holds && !(route_function(f) && told_of_routes(file.full(c->name))))
        notes.direct.push_back({place(file.path, c->line()), file.shown(c->node)});
      if (waits && !holds) {
        if (!c->name.empty() && notes.calls.size() < 20000)
          notes.calls.push_back({std::string(last(c->name)), {place(file.path, c->line()), file.shown(c->node)}});
      } else if (!waits && holds) {
        notes.holders.emplace(name, Spot{place(file.path, c->line()), file.shown(c->node)});
      }
    }
  }
}

}  // namespace

void judge_python_standstills(const Project& project, Sink& sink) {
  const auto& notes = project.notes<Standstills>();
  Recurring told(12);
  const auto tell = [&](const Spot& s) {
    if (auto* f = told.find(sink, "RUN-003", s)) {
      f->title = "Slow work is done on the event loop: nobody else is answered meanwhile";
      f->fix = "await asyncio.to_thread(work, …), or the asynchronous client of the library.";
      f->confidence = proof::Confidence::medium;
    }
  };
  for (const Spot& s : notes.direct) tell(s);
  for (const auto& [name, s] : notes.calls)
    if (name.size() > 7 && notes.holders.contains(name) && !notes.waiting.contains(name)) tell(s);
}

void read_python_standstills(File& file) {
  note_standstills(file);
  bool serves = false;
  for (const Node f : file.tree.all("function_definition"))
    if (answers(file, f)) {
      serves = true;
      judge_route(file, f);
    }
  if (!serves) return;
  for (const Node a : file.tree.all("assignment"))
    if (a.child("left").code().ends_with("MAX_IMAGE_PIXELS") && a.child("right").is("none"))
      file.hit("RUN-003", a).title = "Pictures of any size are unpacked into memory";
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    if (!full.starts_with("re.")) continue;
    if (const auto pattern = literal(c.arg(0)); pattern && backtracks(*pattern)) {
      auto& told = file.hit("RUN-003", c.node);
      told.title = "A pattern takes ages for some texts";
      told.confidence = proof::Confidence::medium;
      return;
    }
  }
}

}  // namespace gatehouse::audit::source
