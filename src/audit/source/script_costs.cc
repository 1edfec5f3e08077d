#include "audit/source/script_costs.h"

#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr int kDeepest = 3;  // calls from the handler down

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> tails) {
  return std::any_of(tails.begin(), tails.end(), [&](std::string_view t) { return name.ends_with(t); });
}

bool model_host(std::string_view address) {
  return icontains_any(address, {"api.openai.com",
                                 "api.anthropic.com",
                                 "api.x.ai",
                                 "api.groq.com",
                                 "api.mistral.ai",
                                 "api.deepseek.com",
                                 "openrouter.ai",
                                 "api.elevenlabs.io",
                                 "api.stability.ai",
                                 "fal.run",
                                 "generativelanguage.googleapis",
                                 "api.replicate.com",
                                 "api.together.xyz",
                                 "api.perplexity.ai",
                                 "huggingface.co",
                                 "ai.gateway.",
                                 "api.cohere.",
                                 "genai-api.",
                                 "api.runwayml.com",
                                 "api.fireworks.ai",
                                 "openai.azure.com",
                                 "api.deepgram.com",
                                 "api.assemblyai.com",
                                 "api.heygen.com",
                                 "api.d-id.com"});
}

bool asks_model(const File& file, const Call& c) {
  const std::string_view f = last(c.name);
  if (ends_with_any(c.name, {"completions.create",
                             "completions.parse",
                             "responses.create",
                             "images.generate",
                             "images.edit",
                             "images.createVariation",
                             "audio.speech.create",
                             "transcriptions.create",
                             "embeddings.create",
                             "generateContent",
                             "generateContentStream",
                             "replicate.run",
                             "predictions.create",
                             "fal.run",
                             "fal.subscribe",
                             "queue.submit",
                             "textToSpeech.convert",
                             "createChatCompletion",
                             "createCompletion",
                             "createImage",
                             "beta.threads.runs.create",
                             "models.generateImages"}))
    return true;
  if (c.name == f && (f == "generateText" || f == "streamText" || f == "generateObject" || f == "streamObject" ||
                      f == "generateImage" || f == "experimental_generateImage" || f == "embedMany" ||
                      f == "generateSpeech" || f == "experimental_transcribe"))
    return file.full(f).starts_with("ai.");
  const Code code = file.code();
  if (f == "sendMessage" || f == "sendMessageStream") return icontains(code, "generative") || icontains(code, "genai");
  if (ends_with_any(c.name, {"messages.create", "messages.stream"}))
    return icontains(code, "anthropic") || icontains(code, "claude");
  if (f == "invoke" || f == "stream") return file.imports_from("langchain");
  if (c.name == "fetch" || c.name.starts_with("axios") || c.name == "got.post" || c.name == "ky.post") {
    const Node address = value_of(file, c.arg(0));
    if (address.is("object")) return model_host(member(address, "url").text());
    return model_host(address.text());
  }
  return false;
}

// Data by the piece: maps, rates, search results, with the owner's key.
bool sells_data(const File& file, const Call& c) {
  if (c.name != "fetch" && !c.name.starts_with("axios") && !c.name.starts_with("got") && c.name != "ky.get")
    return false;
  Node address = value_of(file, c.arg(0));
  if (address.is("object")) address = member(address, "url");
  return icontains_any(address.text(), {"maps.googleapis.com",
                                        "places.googleapis",
                                        "rapidapi.com",
                                        "serpapi.com",
                                        "newsapi.org",
                                        "api.mapbox.com",
                                        "exchangerate",
                                        "openexchangerates",
                                        "serper.dev",
                                        "translation.googleapis",
                                        "api.deepl",
                                        "vision.googleapis",
                                        "api.yelp.com",
                                        "hunter.io",
                                        "clearbit",
                                        "tavily.com",
                                        "scrapingbee",
                                        "firecrawl",
                                        "api.apify",
                                        "smsapi",
                                        "here.com",
                                        "tomtom.com",
                                        "edamam",
                                        "spoonacular",
                                        "alphavantage",
                                        "polygon.io",
                                        "fixer.io"}) &&
         icontains_any(function_around(c.node).code(), {"process.env", "env.", "key", "token"});
}

// A whole browser, started for one call; a paper taken apart.
bool starts_browser(const File& file, const Call& c) {
  // Papers are read page by page in the request.
  if (c.name == last(c.name) && !c.args.empty() && file.full(c.name).starts_with("pdf-parse")) return true;
  return last(c.name) == "launch" && icontains_any(c.name, {"puppeteer", "chromium", "playwright", "browser"});
}

bool sends(const File& file, const Call& c) {
  if (ends_with_any(c.name, {"emails.send", "sendMail", "sgMail.send", "mailgun.messages", "postmark.sendEmail"}))
    return true;
  return c.name.ends_with("messages.create") && icontains(file.code(), "twilio");
}

// await sendEmail({ to, … }) of a module that may stand anywhere.
bool sends_by_name(const Call& c) {
  const std::vector<std::string> w = words(last(c.name));
  if (w.size() < 2 || c.args.empty()) return false;
  return (w.front() == "send" || w.front() == "deliver") &&
         std::any_of(w.begin() + 1, w.end(), [](const std::string& part) {
           return part == "mail" || part == "email" || part == "emails" || part == "sms" || part == "whatsapp";
         });
}

bool phones(const File& file, const Call& c) {
  const std::string_view f = last(c.name);
  if (f == "create" && icontains_any(c.name, {"verifications", "messages", "calls"}))
    return icontains(file.code(), "twilio");
  return (icontains_any(c.name, {"sms.send", "sendsms", "send_sms", "vonage", "messagebird", "plivo"}) &&
          f != "default") ||
         (f == "publish" && icontains(c.node.code(), "phonenumber"));
}

// for (const to of req.body.emails) await send(to)
bool for_each_sent(const File& file, const Call& c) {
  for (Node loop = c.node.above("for_in_statement"); loop; loop = loop.above("for_in_statement"))
    if (loop.has_token("of") && from_client(file, loop.child("right"))) return true;
  const Node inner = function_around(c.node);
  const auto around = inner && inner.parent().is("arguments") ? as_call(inner.parent().parent()) : std::nullopt;
  return around && (last(around->name) == "map" || last(around->name) == "forEach") &&
         from_client(file, unwrap(around->node.child("function").child("object")));
}

}  // namespace

void read_costs(File& file) {
  if (client_file(file)) return;
  Costs& costs = file.project.notes<Costs>();
  for (const Call& c : file.calls) {
    const bool model = asks_model(file, c), paid = !model && sells_data(file, c);
    const bool phone = phones(file, c);
    const bool browser = starts_browser(file, c);
    const bool sure = model || paid || phone || browser || sends(file, c);
    if (!sure && !sends_by_name(c)) continue;
    const bool many = for_each_sent(file, c);
    // Each function around it: the handler may hold the call in a callback.
    for (Node f = function_around(c.node); f; f = function_around(f)) {
      if (icontains_any(f.code(), {"captcha", "turnstile"})) break;
      auto& cost = costs.functions[{std::string(file.path), f.line()}];
      if (cost.at.at.path.empty() || (model && !cost.model) || (cost.named && sure)) {
        cost = {{place(file.path, c.line()), file.shown(c.node)}, paid, model};
        cost.named = !sure;
      }
      cost.phone = cost.phone || phone;
      cost.browser = cost.browser || browser;
      cost.many = cost.many || many;
    }
  }
}

bool asks_dear(const File& file, Node within) {
  for (const Call* c : file.calls_in(within))
    if (asks_model(file, *c) || sends(file, *c) || phones(file, *c)) return true;
  return false;
}

const Call* dear_call(const File& file, Node within) {
  for (const Call* c : file.calls_in(within))
    if (asks_model(file, *c) || sells_data(file, *c)) return c;
  return nullptr;
}

const Cost* costs_deeply(const Costs& costs, const Flows& flows, const Flow& flow, int depth) {
  const Cost* by_name = nullptr;
  if (const auto it = costs.functions.find({flow.at.at.path, flow.at.at.line}); it != costs.functions.end()) {
    if (!it->second.named) return &it->second;
    by_name = &it->second;
  }
  if (depth >= kDeepest) return by_name;
  for (const Step& s : flow.steps)
    if (!s.touch && --flows.credit > 0)
      for (const Flow* f : meant_by(flows, s.callee))
        if (f != &flow)
          if (const Cost* found = costs_deeply(costs, flows, *f, depth + 1)) return found;
  return by_name;
}

}  // namespace gatehouse::audit::source
