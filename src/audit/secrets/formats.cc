#include "audit/secrets/formats.h"

#include <stdexcept>
#include <utility>

#include "audit/rules/fields.h"

__asm__(
    ".section .rodata\n"
    ".global gatehouse_secret_formats\n"
    "gatehouse_secret_formats:\n"
    ".incbin \"" GATEHOUSE_SECRET_FORMATS
    "\"\n"
    ".global gatehouse_secret_formats_end\n"
    "gatehouse_secret_formats_end:\n"
    ".byte 0\n"
    ".previous\n");
extern "C" const char gatehouse_secret_formats[];
extern "C" const char gatehouse_secret_formats_end[];

namespace gatehouse::audit::secrets {
namespace {

using Need = Fields::Need;

Format read_format(Fields& f) {
  Format out;
  out.provider = f.text("provider", Need::required);
  out.what = f.text("what", Need::required);
  out.prefix = f.text("prefix", Need::required);
  if (!f.has("characters")) f.bad("characters", "this key is missing", "add `characters = \"alnum\"`");
  out.charset = f.choice<Charset>("characters",
                                  {{"alnum", Charset::alnum},
                                   {"word", Charset::word},
                                   {"dashed", Charset::dashed},
                                   {"dotted", Charset::dotted},
                                   {"hex", Charset::hex},
                                   {"base32", Charset::base32},
                                   {"upper", Charset::upper},
                                   {"base64", Charset::base64}},
                                  Charset::alnum);
  const auto length = f.numbers("length");
  if (length.size() != 2 || length[0] < 4 || length[0] > length[1]) {
    f.bad("length", "expected the fewest and the most characters", "write length = [20, 60]; at least 4");
  } else {
    out.min = static_cast<std::size_t>(length[0]);
    out.max = static_cast<std::size_t>(length[1]);
  }
  out.grade = f.choice<Grade>("opens", {{"live", Grade::live}, {"test", Grade::test}, {"nothing", Grade::publish}},
                              Grade::live);
  out.proof = f.choice<Proof>("proof", {{"github_crc", Proof::github_crc}, {"openai", Proof::openai}}, Proof::shape);
  out.where = f.text("revoke");
  return out;
}

ShapePattern read_shape(Fields& f) {
  ShapePattern out;
  if (!f.has("name")) f.bad("name", "this key is missing", "add `name = \"jwt\"`");
  out.shape = f.choice<Shape>("name",
                              {{"jwt", Shape::jwt},
                               {"pem", Shape::pem},
                               {"database_url", Shape::database_url},
                               {"web_url_password", Shape::web_url_password},
                               {"slack_hook", Shape::slack_hook},
                               {"discord_hook", Shape::discord_hook},
                               {"telegram", Shape::telegram},
                               {"fal", Shape::fal},
                               {"sentry_dsn", Shape::sentry_dsn},
                               {"twilio", Shape::twilio},
                               {"aws_secret", Shape::aws_secret},
                               {"assignment", Shape::assignment},
                               {"fallback_call", Shape::fallback_call},
                               {"fallback_or", Shape::fallback_or},
                               {"log_call", Shape::log_call},
                               {"public_name", Shape::public_name},
                               {"sendgrid", Shape::sendgrid},
                               {"mailchimp", Shape::mailchimp},
                               {"password", Shape::password},
                               {"compared", Shape::compared},
                               {"login", Shape::login},
                               {"carried", Shape::carried}},
                              Shape::count_);
  out.regex = f.text("pattern", Need::required);
  out.must = f.joined("must");
  out.must_not = f.joined("must_not");
  if (out.must.empty() || out.must_not.empty())
    f.bad("must", "a shape shows what it is and what it is not", "add must = [[\"…\"]] and must_not = [[\"…\"]]");
  return out;
}

Known collect() {
  conf::Findings findings;
  Known out = read_known(
      {gatehouse_secret_formats, static_cast<std::size_t>(gatehouse_secret_formats_end - gatehouse_secret_formats)},
      "rules/formats/secrets.toml", findings);
  if (!findings.empty()) throw std::logic_error(conf::render_text(findings, false));
  return out;
}

const Known& known() {
  static const Known all = collect();
  return all;
}

}  // namespace

Known read_known(std::string_view text, const std::string& file, conf::Findings& findings) {
  Known out;
  const auto root = conf::parse_toml(text, file, findings);
  if (!root) return out;
  Fields top(*root, "", findings);
  top.each("format", [&](Fields& f) { out.formats.push_back(read_format(f)); });
  top.each("shape", [&](Fields& f) { out.shapes.push_back(read_shape(f)); });
  top.finish();
  return out;
}

std::span<const Format> formats() { return known().formats; }
std::span<const ShapePattern> shapes() { return known().shapes; }

}  // namespace gatehouse::audit::secrets
