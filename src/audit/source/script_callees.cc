// Which function a call means: of this file, of an imported module, of a class that was handed in.
#include <algorithm>

#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/script_layers.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// "this.orders" of a class: the type it was declared with.
std::string type_of_member(Node function, std::string_view member) {
  const Node cls = function.above("class_declaration", "class", "abstract_class_declaration");
  for (const Node b : cls.children()) {
    if (!b.is("class_body")) continue;
    for (const Node m : b.children()) {
      if (m.any_of("public_field_definition", "field_definition")) {
        const Node name = m.child("name") ? m.child("name") : m.child("property");
        if (name.text() != member) continue;
        if (const auto made = as_call(unwrap(m.child("value"))); made && made->name.starts_with("new "))
          return made->name.substr(4);
        const Node type = m.child("type");
        if (type) return std::string(text::trim(type.text().substr(std::min<std::size_t>(1, type.text().size()))));
      }
      if (!m.is("method_definition") || m.child("name").text() != "constructor") continue;
      for (const Node p : m.child("parameters").children()) {
        if (p.child("pattern").text() != member) continue;
        if (const auto made = as_call(unwrap(p.child("value"))); made && made->name.starts_with("new "))
          return made->name.substr(4);  // constructor(private orders = new Orders())
        if (!p.child("type")) continue;
        const std::string_view type = p.child("type").text();
        return std::string(text::trim(type.substr(std::min<std::size_t>(1, type.size()))));
      }
      for (const Node a : m.all("assignment_expression"))
        if (a.child("left").text() == "this." + std::string(member))
          if (const auto made = as_call(unwrap(a.child("right"))); made && made->name.starts_with("new "))
            return made->name.substr(4);
    }
  }
  return {};
}

std::string bare_type(
    std::string type) {  // "Repository<Order>" -> "Repository", "orders.OrderService" -> "OrderService"
  type.resize(std::min(type.size(), type.find('<')));
  return std::string(last(type));
}

}  // namespace

std::string class_of(Node n) {
  const Node cls = n.above("class_declaration", "class", "abstract_class_declaration");
  return std::string(cls.child("name").text());
}

Callee callee_of(const File& file, const Call& c, Node function) {
  Callee out;
  const auto parts = text::split(c.name, '.');
  out.name = std::string(last(c.name));
  const auto module_for = [&](std::string_view name) {
    const auto it = file.imports.find(name);
    return it == file.imports.end() ? std::string() : resolve_module(file.path, it->second);
  };
  if (parts.size() == 1) {
    const auto it = file.imports.find(parts.front());
    if (it == file.imports.end()) {
      out.module = module_of(file.path);
    } else {
      out.module = resolve_module(file.path, it->second);
      // import { load as l } from "./x": the name it has at home
      if (const std::size_t dot = it->second.rfind('.');
          dot != std::string::npos && dot > it->second.rfind('/') + 1 && it->second.rfind('/') != std::string::npos)
        out.name = it->second.substr(dot + 1);
    }
    return out;
  }
  if (parts.front() == "this") {
    if (parts.size() == 2) {
      out.module = module_of(file.path);
      out.type = class_of(function);
    } else if (parts.size() == 3) {
      out.type = bare_type(type_of_member(function, parts[1]));
      if (out.type.empty()) out.type = std::string(parts[1]);  // this.orderService
    }
    return out;
  }
  if (parts.front().starts_with("new ")) {
    out.type = bare_type(std::string(parts.front().substr(4, parts.front().find('(') - 4)));
    return out;
  }
  if (parts.size() != 2) return out;
  // orders.load(): of a module, of a class, of an object made here.
  for (const Node d : file.tree.all("variable_declarator")) {
    if (d.child("name").text() != parts.front()) continue;
    const auto made = as_call(unwrap(d.child("value")));
    if (!made) continue;
    const Node what = unwrap(made->arg(0));
    if (made->name.starts_with("new ")) {
      out.type = bare_type(made->name.substr(4));
      if (what.is("identifier")) out.about = record_key(what.text());
      return out;
    }
    if ((last(made->name) == "resolve" || made->name == "Container.get") && what.is("identifier")) {
      out.type = std::string(what.text());  // of a container of services
      return out;
    }
  }
  out.module = module_for(parts.front());
  if (out.module.empty()) out.type = std::string(parts.front());
  return out;
}

}  // namespace gatehouse::audit::source
