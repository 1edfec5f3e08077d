#include "audit/readers/docker.h"
#include "audit/readers/env.h"
#include "audit/readers/nginx.h"
#include "audit/readers/yaml.h"
#include "audit/rules/matcher.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

constexpr std::size_t kMost = 100'000;  // facts of one file

void directives(const std::vector<NginxDirective>& list, std::vector<Fact>& out) {
  for (const NginxDirective& d : list) {
    std::string words;
    for (const std::string& w : d.words) words += (words.empty() ? "" : " ") + w;
    out.push_back({std::move(words), d.line});
    directives(d.block, out);
  }
}

void values(const yaml::Node& node, const std::string& way, std::vector<Fact>& out) {
  if (out.size() > kMost) return;
  for (const auto& [key, value] : node.members())
    values(*value, way.empty() ? std::string(key) : way + "." + std::string(key), out);
  if (node.kind == yaml::Node::Kind::list)
    for (const yaml::Node& item : node.items) values(item, way + "[]", out);
  if (node.kind == yaml::Node::Kind::scalar)  // a script is told line by line
    for (std::string_view line : text::split(node.text, '\n'))
      if (!line.empty() || node.text.empty()) out.push_back({way + " = " + std::string(line), node.line});
}

}  // namespace

std::vector<Fact> facts_of(const Source& source, Facts in) {
  std::vector<Fact> out;
  switch (in) {
    case Facts::line:
      break;  // as they stand in the text: PatternReader
    case Facts::env:
      for (const EnvLine& l : parse_env(source.text())) out.push_back({l.name + "=" + l.value, l.line});
      break;
    case Facts::dockerfile:
      for (const DockerLine& l : parse_dockerfile(source.text())) out.push_back({l.word + " " + l.rest, l.line});
      break;
    case Facts::nginx:
      directives(parse_nginx(source.text()), out);
      break;
    case Facts::package:
      break;  // what all manifests and lock files say together: PackageCheck
    case Facts::yaml:
      if (const auto documents = yaml::parse(source.text()))
        for (const yaml::Node& d : *documents) values(d, "", out);
      break;
  }
  return out;
}

}  // namespace gatehouse::audit
