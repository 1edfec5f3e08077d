// People that nothing declares: the keys that are written into documents of Firestore.
#include "audit/source/schema_text.h"

namespace gatehouse::audit::source {

using namespace schema_text;

namespace {

constexpr std::string_view kBlank = " \n\t\r";

// Behind `at`, past .doc(…): where .add({, .set({ or .create({ opens its object.
std::size_t written_at(std::string_view s, std::size_t at) {
  for (int step = 0; step < 4; ++step) {
    at = skip(s, at, kBlank);
    if (at >= s.size() || s[at] != '.') return s.size();
    const std::string_view f = word_at(s, at + 1);
    const std::size_t open = at + 1 + f.size();
    if (open >= s.size() || s[open] != '(') return s.size();
    if (f == "add" || f == "set" || f == "create") {
      const std::size_t object = skip(s, open + 1, kBlank);
      return object < s.size() && s[object] == '{' ? object : s.size();
    }
    if (f != "doc") return s.size();
    at = open + block(s, open).size() + 2;
  }
  return s.size();
}

// { email, role: "user", ...rest }: email, role
void keys_written(std::string_view object, std::set<std::string>& out) {
  keys_of(object, out);
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= object.size() && out.size() < 200; ++i) {
    const char c = i < object.size() ? object[i] : ',';
    if (c == '{' || c == '(' || c == '[') ++depth;
    if (c == '}' || c == ')' || c == ']') --depth;
    if (c != ',' || depth != 0) continue;
    const std::string_view part = text::trim(object.substr(begin, i - begin));
    if (!part.empty() && word_at(part, 0).size() == part.size()) out.emplace(part);
    begin = i + 1;
  }
}

// const ref = db.collection("users").doc(uid); … ref.set({ … })
std::string_view held_in(std::string_view s, std::size_t at) {
  const std::size_t line = s.rfind('\n', at);
  const std::string_view before = s.substr(line == s.npos ? 0 : line + 1, at - (line == s.npos ? 0 : line + 1));
  const std::size_t equals = before.find(" = ");
  const std::size_t name = before.find_first_not_of(kBlank);
  if (equals == before.npos || name == before.npos) return {};
  for (const std::string_view keyword : {"const ", "let ", "var "})
    if (before.substr(name).starts_with(keyword)) return word_at(before, name + keyword.size());
  return {};
}

}  // namespace

void schema_text::read_documents(std::string_view s, Schema& schema) {
  if (!syntax::contains(s, "collection(") || !(syntax::contains(s, ".doc(") || syntax::contains(s, ".add("))) return;
  int seen = 0;
  for (std::size_t at = s.find("collection("); at != s.npos && ++seen < kMostDeclared;
       at = s.find("collection(", at + 1)) {
    const std::size_t open = at + 10;
    const std::string_view name = block(s, open);
    if (name.size() < 3 || name.size() > 60 || (name.front() != '"' && name.front() != '\'') ||
        name.back() != name.front())
      continue;
    const std::string_view collection = name.substr(1, name.size() - 2);
    if (!people(record_key(collection))) continue;  // whose the others are stands in no schema
    std::size_t object = written_at(s, open + name.size() + 2);
    if (object == s.size())
      if (const std::string_view ref = held_in(s, at); !ref.empty()) {
        const std::string set = std::string(ref) + ".set({";
        const std::size_t used = s.substr(at, 3000).find(set);
        if (used != s.npos) object = at + used + set.size() - 1;
      }
    if (object < s.size()) keys_written(block(s, object), record(schema, collection).columns);
  }
}

}  // namespace gatehouse::audit::source
