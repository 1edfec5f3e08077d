#include "audit/secrets/judge.h"

#include <algorithm>
#include <array>

#include "audit/secrets/judges.h"
#include "audit/secrets/look.h"

namespace gatehouse::audit::secrets {
namespace {

using text::is_digit;

std::optional<Hit> by_context(std::string_view text, std::size_t end, std::size_t length, Shape shape,
                              std::string_view word, std::string_view provider, std::string_view what) {
  if (end < length) return std::nullopt;
  const std::size_t begin = end - length;
  if (begin > 0 && is_word(text[begin - 1])) return std::nullopt;
  if (end < text.size() && is_word(text[end])) return std::nullopt;
  if (!word.empty()) {
    const std::string around = text::to_lower(before(text, begin, 120));
    if (!has(around, word)) return std::nullopt;
  }
  Hit hit;
  hit.shape = shape;
  hit.provider = provider;
  hit.what = what;
  hit.where = std::string(provider) + ", API keys";
  hit.begin = begin;
  hit.end = end;
  hit.name = name_before(text, begin);
  if (is_sample(text.substr(begin, length))) hit.verdict = Verdict::sample;
  return hit;
}

}  // namespace

std::optional<Hit> judge(std::string_view text, unsigned pattern, std::size_t end, Kind kind) {
  if (end > text.size()) return std::nullopt;
  if (pattern < formats().size()) return judge_format(text, formats()[pattern], end, kind);
  const std::size_t index = pattern - formats().size();
  if (index >= shapes().size()) return std::nullopt;
  switch (shapes()[index].shape) {
    case Shape::jwt:
      return judge_jwt(text, end);
    case Shape::pem:
      return judge_pem(text, end);
    case Shape::database_url:
      return judge_url(text, end, true);
    case Shape::web_url_password:
      return judge_url(text, end, false);
    case Shape::slack_hook: {
      const std::size_t begin = last_before(text, "hooks.slack.com", end, 80);
      if (begin == std::string_view::npos) return std::nullopt;
      auto hit = by_context(text, end, end - begin, Shape::slack_hook, "", "Slack", "incoming webhook address");
      if (hit) hit->severity = proof::Severity::high;
      return hit;
    }
    case Shape::discord_hook: {
      const std::size_t begin = last_before(text, "discord", end, 140);
      if (begin == std::string_view::npos) return std::nullopt;
      const std::size_t most = std::min(text.size(), end + 40);
      while (end < most && (is_word(text[end]) || text[end] == '-')) ++end;
      auto hit = by_context(text, end, end - begin, Shape::discord_hook, "", "Discord", "webhook address");
      if (hit) hit->severity = proof::Severity::high;
      return hit;
    }
    case Shape::telegram: {
      const std::size_t colon = last_before(text, ":", end, 40);
      if (colon == std::string_view::npos) return std::nullopt;
      const std::size_t begin = back_over(text, colon, 10, is_digit);
      return by_context(text, end, end - begin, Shape::telegram, "", "Telegram", "bot token");
    }
    case Shape::fal:
      return by_context(text, end, 36 + 1 + 32, Shape::fal, "", "Fal", "API key");
    case Shape::sentry_dsn: {
      Hit hit;
      hit.shape = Shape::sentry_dsn;
      hit.provider = "Sentry";
      hit.what = "DSN";
      hit.verdict = Verdict::publish;
      hit.begin = last_before(text, "https://", end, 140);
      hit.end = end;
      return hit.begin < end ? std::optional<Hit>(hit) : std::nullopt;
    }
    case Shape::twilio:
      return by_context(text, end, 34, Shape::twilio, "twilio", "Twilio", "API key");
    case Shape::aws_secret: {
      auto hit = by_context(text, end, 40, Shape::aws_secret, "", "AWS", "secret access key");
      if (hit && hit->verdict == Verdict::secret && entropy(text.substr(hit->begin, 40)) < 3.5) return std::nullopt;
      return hit;
    }
    case Shape::assignment:
      if (kind == Kind::env || kind == Kind::markdown || kind == Kind::text || kind == Kind::lock || kind == Kind::css)
        return std::nullopt;
      return judge_assignment(text, end);
    case Shape::password:
    case Shape::compared:
    case Shape::login:
    case Shape::carried:
      if (kind == Kind::env || kind == Kind::markdown || kind == Kind::text || kind == Kind::lock ||
          kind == Kind::css || kind == Kind::sql)
        return std::nullopt;
      return shapes()[index].shape == Shape::password   ? judge_password(text, end, kind)
             : shapes()[index].shape == Shape::compared ? judge_compared(text, end, kind)
             : shapes()[index].shape == Shape::carried  ? judge_carried(text, end, kind)
                                                        : judge_login(text, end);
    case Shape::fallback_call:
      return kind == Kind::markdown ? std::nullopt : judge_fallback(text, end, true);
    case Shape::fallback_or:
      return kind == Kind::markdown ? std::nullopt : judge_fallback(text, end, false);
    case Shape::log_call:
      return judge_log(text, end, kind);
    case Shape::public_name:
      return kind == Kind::markdown ? std::nullopt : judge_public_name(text, end);
    case Shape::sendgrid:
      return by_context(text, end, 69, Shape::sendgrid, "", "SendGrid", "API key");
    case Shape::mailchimp: {
      const std::size_t begin = last_before(text, "-us", end, 6);
      if (begin == std::string_view::npos || begin < 32) return std::nullopt;
      return by_context(text, end, end - begin + 32, Shape::mailchimp, "mailchimp", "Mailchimp", "API key");
    }
    case Shape::count_:
      break;
  }
  return std::nullopt;
}

std::optional<Hit> judge_value(std::string_view name, std::string_view value) {
  const NameClass cls = name_class(name);
  if (cls != NameClass::secret && cls != NameClass::weak) return std::nullopt;
  if (value.empty()) return std::nullopt;
  Hit hit;
  hit.shape = Shape::assignment;
  hit.what = "value of a secret variable";
  hit.name = name;
  hit.end = value.size();
  hit.severity = proof::Severity::high;
  hit.confidence = proof::Confidence::medium;
  if (is_sample(value)) {
    hit.verdict = Verdict::sample;
    return hit;
  }
  if (has(value, "://")) {
    const std::size_t at = value.find('@');
    return at != std::string_view::npos && value.find(':', value.find("://") + 3) < at ? std::optional<Hit>(hit)
                                                                                       : std::nullopt;
  }
  if (value.size() < 8) return std::nullopt;
  if (cls == NameClass::weak && !looks_random(value)) return std::nullopt;
  return hit;
}

}  // namespace gatehouse::audit::secrets
