// Any bytes as a configuration: no crash, bounded work, and no finding without words.
#include <cstdint>
#include <cstdlib>

#include "base/conf/form.h"

namespace {

using namespace gatehouse;
using conf::Form;

void describe(Form& f) {
  bool flag = false;
  std::int64_t number = 0;
  std::string word;
  std::vector<std::string> words;
  Duration wait{};
  std::uint64_t bytes = 0;
  conf::Rate rate;
  std::optional<WallTime> until;
  conf::SecretRef key;
  std::vector<conf::SecretRef> keys;
  std::vector<conf::WebOrigin> origins;
  std::vector<conf::ServerUrl> servers;
  std::vector<conf::Cidr> networks;
  std::vector<std::pair<std::string, std::string>> strings;
  int kind = 0;
  auto inner = [&](Form& t) {
    t.field({"word", ""}, word);
    t.field({"words", ""}, words);
    t.field({"flag", ""}, flag);
    t.field({"number", ""}, number, 0, 9);
    t.duration({"wait", ""}, wait, Duration(0), std::chrono::hours(1));
    t.size({"bytes", ""}, bytes, 0, 1 << 20);
    t.rate({"rate", ""}, rate);
    t.date({"until", ""}, until);
    t.secret({"key", ""}, key);
    t.secrets({"keys", ""}, keys);
    t.origins({"origins", ""}, origins);
    t.servers({"servers", ""}, servers);
    t.networks({"networks", ""}, networks);
    t.choice({"kind", ""}, kind, {{"one", 1}, {"two", 2}});
    t.strings({"strings", ""}, strings);
  };
  inner(f);
  f.table({"table", ""}, inner);
  f.each({"route", ""}, [&](Form& t, std::size_t) { inner(t); });
  f.entries({"upstream", ""}, [&](Form& t, std::string_view) { inner(t); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  conf::Findings findings;
  auto d = conf::Document::parse({reinterpret_cast<const char*>(data), size}, "fuzz.toml", findings);
  d.read(describe, findings);
  for (const auto& f : findings.all())
    if (f.code.empty() || f.message.empty() || f.remedy.empty() || f.place.file.empty()) std::abort();
  if (!json::parse(json::write(conf::render_json(findings)))) std::abort();
  return 0;
}
