// What tells by the code around it: assignments, defaults, log lines, names that ship to browsers.
#include <algorithm>
#include <array>

#include "audit/secrets/judges.h"
#include "audit/secrets/look.h"

namespace gatehouse::audit::secrets {

using text::is_alpha;
using text::is_digit;

namespace {

bool wears_provider_prefix(std::string_view v) {
  for (const Format& f : formats())
    if (v.starts_with(f.prefix) && (v.size() >= f.prefix.size() + f.min || f.grade == Grade::publish)) return true;
  return has(v, "://") || v.starts_with("eyJ") || v.starts_with("-----BEGIN");
}

// The names under which keys of tokens and sessions are kept; a bare "secret" counts inside jwt: {…} and session({…}).
bool signs_tokens(std::string_view snake, std::string_view left) {
  static constexpr std::array<std::string_view, 22> kSigning = {
      "jwt_secret",          "jwt_secret_key",       "jwt_key",
      "session_secret",      "cookie_secret",        "token_secret",
      "access_token_secret", "refresh_token_secret", "jwt_access_secret",
      "jwt_refresh_secret",  "jwt_private_key",      "auth_secret",
      "app_secret",          "signing_secret",       "signing_key",
      "nextauth_secret",     "secret_key_base",      "access_secret",
      "refresh_secret",      "jwt_signing_key",      "session_secret_key",
      "secret_jwt"};
  if (std::find(kSigning.begin(), kSigning.end(), snake) != kSigning.end()) return true;
  if (snake != "secret" && snake != "secret_or_key" && snake != "secret_key") return false;
  std::string low;
  for (char c : left)
    if (c != ' ' && c != '\n' && c != '"' && c != '\'') low += text::lower(c);
  for (const std::string_view owner : {"jwt:{", "session:{", "session({", "jwtmodule.register({", "auth:{"})
    if (const std::size_t at = low.rfind(owner); at != std::string::npos && !has(low.substr(at), "}")) return true;
  return snake == "secret_or_key";
}

// What a person would type for it: one word, and no name of something else.
bool signing_value(std::string_view name, std::string_view v) {
  if (v.size() < 6 || v.size() > 200 || wears_provider_prefix(v)) return false;
  for (char c : v)
    if (!is_alpha(c) && !is_digit(c) && c != '-' && c != '_' && c != '!' && c != '@' && c != '#' && c != '=' &&
        c != '+' && c != '$' && c != '%' && c != '&' && c != '*')
      return false;
  if (v.front() == '$' || v.front() == '@' || v.front() == '#' || v.front() == '-') return false;
  std::string letters, own;
  for (char c : v)
    if (is_alpha(c) || is_digit(c)) letters += text::lower(c);
  for (char c : name)
    if (is_alpha(c) || is_digit(c)) own += text::lower(c);
  if (letters == own || letters == "string" || letters == "undefined" || letters == "required") return false;
  const bool constant = std::all_of(v.begin(), v.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
  return !constant && !has(v, "xxxx");
}

}  // namespace

std::optional<Hit> judge_assignment(std::string_view text, std::size_t end) {
  // Six characters of the value were seen; its quote stands before them.
  if (end < 8) return std::nullopt;
  const std::size_t quote_at = end - 7;
  const char q = text[quote_at];
  if (q != '"' && q != '\'' && q != '`') return std::nullopt;
  auto value = literal(text, quote_at);
  if (!value || value->size() < 8 || value->size() > 400) return std::nullopt;
  const bool comment = in_comment(text, quote_at);
  // Name: left of the operator, over a type annotation if there is one.
  auto blank = [](char c) { return c == ' ' || c == '\t'; };
  std::size_t i = back_over(text, quote_at, 2, [](char c) { return c == 'b' || c == 'r' || c == 'u'; });
  i = back_over(text, i, 40, blank);
  i = back_over(text, i, 3, [](char c) { return c == '=' || c == ':' || c == '>'; });
  i = back_over(text, i, 40, blank);
  if (i > 0 && is_alpha(text[i - 1])) {  // `name: string = "…"`
    const std::size_t k = back_over(text, i, 12, is_alpha);
    const std::string_view type = text.substr(k, i - k);
    const std::size_t c = back_over(text, k, 8, blank);
    if ((type == "str" || type == "string" || type == "String") && c > 0 && text[c - 1] == ':') i = c - 1;
  }
  i = back_over(text, i, 2, [](char c) { return c == '"' || c == '\'' || c == ']'; });
  const std::size_t name_end = i;
  i = back_over(text, i, 128, [](char c) { return is_word(c) || c == '-'; });
  const std::string name(text.substr(i, name_end - i));
  const NameClass cls = name_class(name);
  if (cls != NameClass::secret && cls != NameClass::weak) return std::nullopt;
  const std::string lower_name = text::to_lower(name);
  if (const bool signs = signs_tokens(to_snake(name), before(text, quote_at, 90));
      !comment && signs && signing_value(name, *value)) {
    Hit hit;
    hit.shape = Shape::assignment;
    hit.what = "signing secret in the code";
    hit.name = name;
    hit.begin = quote_at + 1;
    hit.end = hit.begin + value->size();
    hit.severity = proof::Severity::high;
    hit.confidence = proof::Confidence::medium;
    return hit;
  }
  if (lower_name == "password" || lower_name == "token" || lower_name == "secret" || lower_name == "api_key" ||
      lower_name == "apikey") {
    // Bare words are labels, columns and form fields far more often than secrets.
    if (!looks_random(*value)) return std::nullopt;
  }
  for (char c : {' ', '{', '}', '(', ')', '<', '>', '\t', ',', ';', '|'})
    if (value->find(c) != std::string_view::npos) return std::nullopt;
  if (value->starts_with("/") || value->starts_with("./") || value->starts_with("@") || value->starts_with("#") ||
      value->starts_with(".") || value->starts_with("$") || has(*value, "::") || has(*value, "@/"))
    return std::nullopt;
  if (wears_provider_prefix(*value)) return std::nullopt;  // its own format speaks for it
  if (is_sample(*value)) return std::nullopt;
  const bool constant = std::all_of(value->begin(), value->end(),
                                    [](char c) { return (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c); });
  if (constant && has(*value, "_")) return std::nullopt;  // the name of a variable
  const bool strong =
      looks_random(*value) && (cls == NameClass::secret || (value->size() >= 20 && entropy(*value) >= 3.6));
  const bool named = cls == NameClass::secret &&
                     (has(lower_name, "secret") || has(lower_name, "password") || has(lower_name, "passwd"));
  // JWT_SECRET = "super-secret-signing-key": weak, and still the key.
  const bool weak_key = named && !has(lower_name, "token") &&
                        (has(*value, "-") || has(*value, "!") || std::any_of(value->begin(), value->end(), is_digit)) &&
                        text::to_lower(*value) != lower_name && !value->ends_with("_token") &&
                        !value->ends_with("-token");
  if (!strong && (comment || !weak_key)) return std::nullopt;
  if (!strong && lower_name.find('_') == std::string::npos && lower_name.find("secret") == std::string::npos)
    return std::nullopt;
  Hit hit;
  hit.shape = Shape::assignment;
  hit.what = "hard-coded credential";
  hit.name = name;
  hit.begin = quote_at + 1;
  hit.end = hit.begin + value->size();
  hit.severity = comment ? proof::Severity::medium : proof::Severity::high;  // it may have been changed since
  hit.confidence = strong ? proof::Confidence::medium : proof::Confidence::low;
  return hit;
}

std::optional<Hit> judge_fallback(std::string_view text, std::size_t end, bool call) {
  if (end < 3) return std::nullopt;
  const std::size_t quote_at = end - 2;
  if (text[quote_at] != '"' && text[quote_at] != '\'' && text[quote_at] != '`') return std::nullopt;
  auto value = literal(text, quote_at);
  if (!value || value->empty()) return std::nullopt;
  const std::string_view left = before(text, quote_at, 160);
  std::string name;
  if (call) {
    const std::size_t close = left.find_last_of("\"'", left.find_last_of(','));
    if (close == std::string_view::npos || close == 0) return std::nullopt;
    const std::size_t open = left.find_last_of("\"'", close - 1);
    if (open == std::string_view::npos) return std::nullopt;
    name = left.substr(open + 1, close - open - 1);
  } else {
    std::size_t i = back_over(left, left.size(), 40, [](char c) { return c == ' ' || c == '\t' || c == '\n'; });
    const std::string_view said = left.substr(0, i);
    if (said.ends_with("default(") || said.ends_with("default:")) {  // NAME: z.string().default("…")
      i = said.rfind(':', said.ends_with(':') ? said.size() - 2 : said.size());
      const std::size_t line = said.rfind('\n');
      if (const std::size_t first = said.find(':', line == std::string_view::npos ? 0 : line);
          first != std::string_view::npos)
        i = first;
      if (i == std::string_view::npos) return std::nullopt;
    } else if (said.ends_with("||") || said.ends_with("??") || said.ends_with("or")) {
      i -= 2;
    } else {
      return std::nullopt;
    }
    while (i > 0 && !is_word(left[i - 1])) --i;
    std::size_t from = i;
    while (from > 0 && is_word(left[from - 1])) --from;
    name = left.substr(from, i - from);
  }
  const NameClass cls = name_class(name);
  if (cls != NameClass::secret && cls != NameClass::weak) return std::nullopt;
  if (in_comment(text, quote_at)) return std::nullopt;
  const std::string lower = text::to_lower(name);
  // A weak name with an address: only one that carries a password is a default secret.
  if (has(*value, "://")) {
    const std::size_t at = value->find('@');
    if (at == std::string_view::npos || value->find(':', value->find("://") + 3) > at) return std::nullopt;
  } else if (cls == NameClass::weak && !has(lower, "salt") && !has(lower, "secret") && !lower.ends_with("_key")) {
    return std::nullopt;
  }
  if (has(*value, "...")) return std::nullopt;  // sk_test_... opens nothing
  if (text::to_lower(*value) == "none" || *value == "0" || *value == "false" || *value == "true") return std::nullopt;
  Hit hit;
  hit.verdict = Verdict::fallback;
  hit.shape = call ? Shape::fallback_call : Shape::fallback_or;
  hit.what = "built-in default of a secret";
  hit.name = name;
  hit.begin = quote_at + 1;
  hit.end = hit.begin + value->size();
  hit.severity = has(*value, "://") ? proof::Severity::medium : proof::Severity::high;
  const bool signs = has(lower, "jwt") || has(lower, "session") || has(lower, "auth") || lower == "secret_key" ||
                     has(lower, "signing") || has(lower, "django_secret");
  if (signs) hit.severity = proof::Severity::critical;
  return hit;
}

// What a log call prints: identifiers outside string literals, and those put into them by {…} or ${…}.
std::optional<Hit> judge_log(std::string_view text, std::size_t end, Kind kind) {
  if (kind == Kind::markdown || kind == Kind::text) return std::nullopt;
  int depth = 1;
  char quote = 0;
  bool inserted = false;  // inside {…} of a literal
  std::string seen;       // the expressions, literals blanked
  std::size_t i = end;
  for (; i < text.size() && i - end < 400 && depth > 0; ++i) {
    const char c = text[i];
    if (quote != 0 && !inserted) {
      if (c == '\\') {
        ++i;
      } else if (c == quote) {
        quote = 0;
        seen += ' ';
      } else if (c == '{' && (quote == '`' ? text[i - 1] == '$' : true)) {
        inserted = true;
        seen += ' ';
      } else if (c == '\n' && quote != '`') {
        return std::nullopt;
      }
      continue;
    }
    if (inserted && c == '}') {
      inserted = false;
      continue;
    }
    if (!inserted && (c == '"' || c == '\'' || c == '`')) {
      // Is a plain Python literal's brace an insertion? Only behind an f.
      quote = c;
      if (kind == Kind::python && !(i > 0 && (text[i - 1] == 'f' || text[i - 1] == 'F'))) {
        auto lit = literal(text, i);
        if (!lit) return std::nullopt;
        i += lit->size() + 1;
        quote = 0;
        seen += ' ';
      } else if (c != '`' && kind != Kind::python) {
        auto lit = literal(text, i);
        if (!lit) return std::nullopt;
        i += lit->size() + 1;
        quote = 0;
        seen += ' ';
      }
      continue;
    }
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (depth > 0) seen += c;
  }
  Hit hit;
  hit.verdict = Verdict::logged;
  hit.shape = Shape::log_call;
  hit.what = "secret written to the log";
  hit.severity = proof::Severity::medium;
  hit.confidence = proof::Confidence::medium;
  hit.begin = line_start(text, end);
  hit.end = std::min(i, text.size());  // a backslash at the very end promises a character that is not there
  if (in_comment(text, end)) return std::nullopt;
  // Whole environments.
  for (std::string_view whole : {"process.env", "os.environ", "import.meta.env"}) {
    const std::size_t at = seen.find(whole);
    if (at == std::string::npos) continue;
    const std::size_t next = at + whole.size();
    const char c = next < seen.size() ? seen[next] : ' ';
    if (c != '.' && c != '[' && c != '?' && !is_word(c)) {
      hit.name = whole;
      hit.confidence = proof::Confidence::high;
      return hit;
    }
  }
  // Single secrets: the last name of a chain tells what it is; what is only measured or tested is not printed.
  for (std::size_t at = 0; at < seen.size();) {
    if (!is_word(seen[at])) {
      ++at;
      continue;
    }
    std::size_t to = at;
    while (to < seen.size() && (is_word(seen[to]) || seen[to] == '.')) ++to;
    std::string_view chain(seen.data() + at, to - at);
    const char next = to < seen.size() ? seen[to] : ' ';
    const char previous = at > 0 ? seen[at - 1] : ' ';
    at = to + 1;
    if (next == '(' || next == '[' || next == '?' || next == '=' || previous == '!') continue;
    // key ? "set" : "missing", key && "set": whether it is there, not what it is.
    const std::string_view behind = text::trim(std::string_view(seen).substr(to));
    if ((behind.starts_with("?") && !behind.starts_with("??") && !behind.starts_with("?.")) || behind.starts_with("&&"))
      continue;
    // "set" if key else "missing"
    if ((behind.starts_with("else ") || behind.starts_with("is not ") || behind.starts_with("is None")) &&
        text::trim(std::string_view(seen).substr(0, to - chain.size())).ends_with("if"))
      continue;
    if (chain.ends_with(".length") || chain.ends_with(".size")) continue;
    const std::size_t dot = chain.rfind('.');
    const std::string_view last = dot == std::string_view::npos ? chain : chain.substr(dot + 1);
    const std::string low = text::to_lower(last);
    if (previous == '(' && (has(seen, "bool(") || has(seen, "Boolean(") || has(seen, "len(") || has(seen, "mask") ||
                            has(seen, "redact") || has(seen, "hash")))
      continue;
    if (name_class(last) != NameClass::secret || low.ends_with("error") || low.ends_with("_set") ||
        low.ends_with("_present") || low.ends_with("_configured") || low.starts_with("has") || low.starts_with("is"))
      continue;
    if (low == "token" && !has(chain, ".") && kind != Kind::python) hit.confidence = proof::Confidence::low;
    hit.name = chain;
    return hit;
  }
  return std::nullopt;
}

std::optional<Hit> judge_public_name(std::string_view text, std::size_t end) {
  const std::size_t begin = back_over(text, end, 128, is_word);
  std::size_t stop = end;
  while (stop < text.size() && stop - end < 128 && is_word(text[stop])) ++stop;
  const std::string name(text.substr(begin, stop - begin));
  const bool prefixed = name.starts_with("VITE_") || name.starts_with("NEXT_PUBLIC_") ||
                        name.starts_with("REACT_APP_") || name.starts_with("EXPO_PUBLIC_") ||
                        name.starts_with("NUXT_PUBLIC_") || name.starts_with("GATSBY_") ||
                        name.starts_with("VUE_APP_") || name.starts_with("NG_APP_") || name.starts_with("PUBLIC_");
  if (!prefixed || in_comment(text, begin)) return std::nullopt;
  if (name_class(name) == NameClass::publish) return std::nullopt;
  Hit hit;
  hit.verdict = Verdict::exposed;
  hit.shape = Shape::public_name;
  hit.what = "secret in a variable that is built into the browser's code";
  hit.name = name;
  hit.begin = begin;
  hit.end = stop;
  for (std::string_view word :
       {"SECRET", "PASSWORD", "PASSWD", "PRIVATE", "SERVICE_ROLE", "SERVICEROLE", "DATABASE_URL", "CREDENTIAL"})
    if (has(name, word)) {
      if (name_class(name) == NameClass::ordinary && word != "PRIVATE") break;
      return hit;
    }
  if (name_class(name) == NameClass::ordinary) return std::nullopt;
  // Keys of providers that bill by use and know no publishable kind.
  for (std::string_view paid :
       {"OPENAI", "ANTHROPIC", "CLAUDE", "XAI", "GROK", "GROQ", "FAL_", "REPLICATE", "ELEVENLABS", "RESEND", "SENDGRID",
        "MAILGUN", "POSTMARK", "TWILIO", "HETZNER", "CLOUDFLARE", "AWS_", "GEMINI", "MISTRAL", "OPENROUTER",
        "HUGGINGFACE", "HF_TOKEN", "GITHUB_TOKEN", "ADMIN", "DEEPSEEK", "STABILITY", "DEEPL", "ASSEMBLYAI", "DEEPGRAM",
        "TAVILY", "RAPIDAPI", "BREVO", "SENDINBLUE", "ELEVEN_", "PERPLEXITY", "COHERE", "SERPAPI", "SERPER", "APIFY",
        "FIRECRAWL", "HEYGEN", "RUNWAY", "NOTION_", "AIRTABLE", "BOT_TOKEN", "SLACK", "PINECONE", "REMOVEBG",
        "REMOVE_BG", "PINATA", "NVIDIA", "CEREBRAS", "WHATSAPP",
        // What payments are signed with, whoever the provider is.
        "MERCHANT_KEY", "PASSPHRASE", "_SALT", "WORKING_KEY", "SERVER_KEY", "SERVICE_KEY", "SIGNING_KEY", "HASH_KEY",
        "MERCADOPAGO_ACCESS", "MP_ACCESS", "WEBHOOK_KEY", "INTEGRITY_KEY"})
    if (has(name, paid)) {
      hit.severity = proof::Severity::high;
      hit.confidence = proof::Confidence::medium;
      return hit;
    }
  return std::nullopt;
}

}  // namespace gatehouse::audit::secrets
