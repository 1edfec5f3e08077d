#include "audit/readers/kubernetes.h"

#include <optional>

#include "audit/readers/deployment.h"
#include "audit/readers/docker.h"
#include "audit/readers/yaml.h"
#include "audit/secrets/judge.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

// The pod of a Pod, of a Deployment and its kin, of a CronJob.
const yaml::Node* pod_of(const yaml::Node& document) {
  const yaml::Node* spec = document.find("spec");
  for (int i = 0; i < 4 && spec != nullptr && spec->find("containers") == nullptr; ++i) {
    const yaml::Node* inner = spec->find("template");
    if (inner == nullptr) inner = spec->find("jobTemplate");
    spec = inner == nullptr ? nullptr : inner->find("spec");
  }
  return spec;
}

void container(const yaml::Node& c, const Source& source, Sink& sink) {
  const std::string name(c.text_at("name"));
  if (const yaml::Node* image = c.find("image"); image != nullptr && floating_image(image->text))
    sink.find("DEP-011", source.path(), image->line, "image: " + text::printable(image->text));
  if (const yaml::Node* context = c.find("securityContext")) {
    if (const yaml::Node* p = context->find("privileged"); p != nullptr && p->text == "true")
      sink.find("INF-005", source.path(), p->line, name + ": privileged: true");
    if (const yaml::Node* user = context->find("runAsUser"); user != nullptr && user->text == "0")
      sink.find("INF-006", source.path(), user->line, name + ": runAsUser: 0");
  }
  const yaml::Node* env = c.find("env");
  if (env == nullptr) return;
  for (const yaml::Node& item : env->items) {
    const std::string_view variable = item.text_at("name");
    const yaml::Node* value = item.find("value");
    if (value == nullptr || value->text.size() < 8 || has(value->text, "$(") || has(value->text, "{{")) continue;
    const auto hit = secrets::judge_value(variable, value->text);
    if (hit && hit->verdict != secrets::Verdict::sample)
      sink.find("SEC-016", source.path(), value->line,
                name + ": " + text::printable(variable) + " = " + secrets::redact(value->text));
  }
}

// kind: Secret with its values in the file. Base64 hides nothing.
void secret(const yaml::Node& document, const Source& source, Sink& sink) {
  const yaml::Node* meta = document.find("metadata");
  const std::string name = meta == nullptr ? "" : text::printable(meta->text_at("name"));
  for (const std::string_view part : {"data", "stringData"}) {
    const yaml::Node* values = document.find(part);
    if (values == nullptr) continue;
    for (const auto& [key, value] : values->members()) {
      const auto plain = part == "data" ? text::unbase64(value->text) : std::optional<std::string>(value->text);
      if (!plain || plain->size() < 3 || has(*plain, "{{") || has(*plain, "${") || has(*plain, "$(") ||
          secrets::is_sample(*plain))
        continue;
      // Addresses and names stand in secrets, too.
      if (secrets::name_class(key) == secrets::NameClass::ordinary && !has(*plain, "-----BEGIN")) continue;
      sink.find("SEC-016", source.path(), value->line,
                "Secret " + name + ": " + text::printable(key) + " = " + secrets::redact(*plain));
    }
  }
}

// kind: ConfigMap, which nothing keeps from whoever may read the namespace.
void config_map(const yaml::Node& document, const Source& source, Sink& sink) {
  const yaml::Node* values = document.find("data");
  if (values == nullptr) return;
  for (const auto& [key, value] : values->members()) {
    if (has(value->text, "{{") || has(value->text, "\n") || !literal_secret(key, value->text)) continue;
    if (secrets::is_sample(value->text)) continue;
    sink.find("SEC-016", source.path(), value->line,
              "ConfigMap: " + text::printable(key) + " = " + secrets::redact(value->text));
  }
}

// kind: Service that opens a data store on every machine of the cluster, or to the world.
void service(const yaml::Node& document, const Source& source, Sink& sink) {
  const yaml::Node* spec = document.find("spec");
  if (spec == nullptr) return;
  const std::string_view type = spec->text_at("type");
  const yaml::Node* ports = spec->find("ports");
  if ((type != "NodePort" && type != "LoadBalancer") || ports == nullptr) return;
  for (const yaml::Node& p : ports->items) {
    const std::string_view inside = p.find("targetPort") != nullptr ? p.text_at("targetPort") : p.text_at("port");
    if (const Store* store = store_at(inside)) {
      auto& f = sink.find("INF-001", source.path(), spec->find("type")->line,
                          std::string(store->name) + ": type " + text::printable(type));
      f.title = std::string(store->name) + " is published to every network";
      f.fix = "Make it a ClusterIP service; reach it with kubectl port-forward where a person must.";
    }
  }
}

}  // namespace

void KubernetesReader::read(const Source& source, Project&, Sink& sink) {
  if (!has(source.text(), "apiVersion:") || !has(source.text(), "kind:")) return;
  auto documents = yaml::parse(source.text());
  if (!documents) {
    // Charts are templates: what stands between braces is no YAML.
    if (!has(source.text(), "{{"))
      sink.gave_up({std::string(source.path()), "not readable as YAML (" + documents.error().detail + ")"});
    return;
  }
  for (const yaml::Node& d : *documents) {
    if (d.text_at("kind") == "Secret") secret(d, source, sink);
    if (d.text_at("kind") == "ConfigMap") config_map(d, source, sink);
    if (d.text_at("kind") == "Service") service(d, source, sink);
    if (d.text_at("kind") == "ClusterRoleBinding")
      if (const yaml::Node* role = d.find("roleRef"); role != nullptr && role->text_at("name") == "cluster-admin") {
        auto& f = sink.find("INF-005", source.path(), role->line, "roleRef: cluster-admin");
        f.title = "An account of the cluster may do everything";
        f.fix = "Bind a role with the few verbs and resources that are needed.";
      }
    const yaml::Node* pod = pod_of(d);
    if (pod == nullptr) continue;
    for (const std::string_view share : {"hostNetwork", "hostPID"})
      if (const yaml::Node* n = pod->find(share); n != nullptr && n->text == "true")
        sink.find("INF-005", source.path(), n->line, std::string(share) + ": true");
    if (const yaml::Node* volumes = pod->find("volumes"))
      for (const yaml::Node& v : volumes->items)
        if (const yaml::Node* path = v.find("hostPath"); path != nullptr && has(path->text_at("path"), "docker.sock"))
          sink.find("INF-004", source.path(), path->line, "hostPath: " + text::printable(path->text_at("path")));
    for (const std::string_view list : {"containers", "initContainers"})
      if (const yaml::Node* all = pod->find(list))
        for (const yaml::Node& c : all->items) container(c, source, sink);
  }
}

}  // namespace gatehouse::audit
