"""Where things stand in a JavaScript project: in which file, under which name, behind which layer."""

import posixpath
import re

from .text import closing, each, first_line, imported, modules, resolved, script

NEXT = re.compile(r"(?:^|/)(?:app|pages)/|middleware\.[jt]s$|proxy\.[jt]s$|\.config\.|route\.[jt]s")


def texts_of(files):
    return {p: "\n".join(lines) for p, lines in files.items()}


def back(files, texts):
    return {p: texts[p].split("\n") if texts[p] != "\n".join(files[p]) else files[p] for p in files} | \
        {p: t.split("\n") for p, t in texts.items() if p not in files}


def members(files):
    """Functions of another file are called by the file's name: `auth.protect` for `protect`."""
    texts = texts_of(files)
    for path, text in texts.items():
        if not script(path) or path.endswith((".tsx", ".jsx")):
            continue
        taken = []
        def change(m):
            whole, names = (m[2], m[1]) if m[0].startswith("import") else (m[2], m[1])
            parts = [n.strip() for n in names.split(",") if n.strip()]
            if not resolved(files, path, whole[1:-1]) or not all(re.fullmatch(r"[a-z]\w*", n) for n in parts):
                return m[0]
            module = re.sub(r"\W", "", posixpath.basename(whole[1:-1]).split(".")[0]) + "Part"
            if any(re.search(rf"(?:const|let|function) {n}\b|[{{,(] ?{n} ?[,}}]|\b{n}:|\({n}\)|\b{n} =>|['\"`][^'\"`\n]*\b{n}\b[^'\"`\n]*['\"`]", text[m.end():]) and
                   not re.search(rf"\([^()\n{{]*, ?{n} ?,", text[m.end():]) for n in parts):
                return m[0]
            taken.extend((n, module) for n in parts)
            return f"import * as {module} from {whole};" if m[0].startswith("import") else f"const {module} = require({whole});"
        text = re.sub(r"^import \{ ?([\w, ]+?) ?\} from (['\"]\.[^'\"]*['\"]);", change, text, flags=re.M)
        text = re.sub(r"^const \{ ?([\w, ]+?) ?\} = require\((['\"]\.[^'\"]*['\"])\);", change, text, flags=re.M)
        for name, module in taken:
            text = re.sub(rf"(?<![.\w'\"/-]){name}\b(?!['\"/:-])", f"{module}.{name}", text)
        texts[path] = text
    return back(files, texts)


def named(files):
    """What a file gives by default it gives by name."""
    texts = texts_of(files)
    given = {}
    for path, text in texts.items():
        if script(path) and not NEXT.search(path) and not path.endswith((".tsx", ".jsx")):
            m = re.search(r"^(export default|module\.exports =) (\w+);?[ \t]*$", text, re.M)
            if m and len(re.findall(r"module\.exports", text)) <= 1:
                given[path] = m
    for path, text in list(texts.items()):
        if not script(path):
            continue
        if path in given:
            m = given[path]
            text = text[:m.start()] + (f"export {{ {m[2]} }};" if m[1].startswith("export") else f"module.exports = {{ {m[2]} }};") + text[m.end():]
        def importing(m):
            at = resolved(files, path, m[2][1:-1])
            if at not in given:
                return m[0]
            name = given[at][2]
            return f"import {{ {name if name == m[1] else f'{name} as {m[1]}'} }} from {m[2]}"
        def requiring(m):
            at = resolved(files, path, m[2][1:-1])
            if at not in given:
                return m[0]
            name = given[at][2]
            return f"const {{ {name if name == m[1] else f'{name}: {m[1]}'} }} = require({m[2]})"
        def inline(m):
            at = resolved(files, path, m[1][1:-1])
            return m[0] + "." + given[at][2] if at in given else m[0]
        text = re.sub(r"^import (\w+) from (['\"]\.[^'\"]*['\"])", importing, text, flags=re.M)
        text = re.sub(r"^const (\w+) = require\((['\"]\.[^'\"]*['\"])\)(?!\.)", requiring, text, flags=re.M)
        text = re.sub(r"(?<!= )require\((['\"]\.[^'\"]*['\"])\)(?!\.)", inline, text)
        texts[path] = text
    return back(files, texts)


def environment(files):
    """What the environment says is read in one file, and is taken from its object everywhere else."""
    texts = texts_of(files)
    names = []
    where = next((p for p in files if script(p)), "")
    base = "src/" if any(p.startswith("src/") for p in files) else ""
    typescript = any(p.endswith(".ts") for p in files)
    esm = modules(texts.get(where, ""))
    home = f"{base}config/env.{'ts' if typescript else 'js'}"
    if home in files or any("Deno.env" in t for t in texts.values()):
        return files
    for path, text in texts.items():
        if not script(path) or NEXT.search(path) and ".config" in path or "process.env." not in text or re.search(r"\benv\b(?<!process\.env)|use client", text) or modules(text) != esm:
            continue
        found = [n for n in re.findall(r"process\.env\.(\w+)", text) if not n.startswith(("NEXT_PUBLIC", "VITE", "NODE_ENV"))]
        if not found:
            continue
        made = first_line(text, f"import {{ env }} from '{imported(path, home)}'; " if esm else f"const {{ env }} = require('{imported(path, home)}'); ")
        if made is None:
            continue
        names += [n for n in found if n not in names]
        texts[path] = re.sub(r"process\.env\.(\w+)", lambda m: f"env.{m[1]}" if m[1] in found else m[0], made)
    if not names:
        return files
    head = "export const env = {" if esm else "const env = {"
    texts[home] = "\n".join([head, *(f"  {n}: process.env.{n}{' as string' if typescript else ''}," for n in names), "};", "" if esm else "module.exports = { env };"])
    return back(files, texts)


ROUTE = re.compile(r"^(router|app)\.(get|post|put|patch|delete)\((.*?)((?:async )?\((?:req|_req)\b[^()\n]*\)(?:: [\w<>]+)? => \{)[ ]*((?://.*)?)$")


def controllers(files):
    """Handlers that stand in the routes' file move into a file of controllers."""
    out, where = dict(files), {}
    for path, lines in files.items():
        if not script(path) or not re.search(r"express", "\n".join(lines)) or NEXT.search(path):
            continue
        head, blocks, own, at, plain = [], [], [], 0, True
        while at < len(lines):
            line = lines[at]
            if m := ROUTE.match(line):
                end = next((k for k in range(at + 1, len(lines)) if lines[k].startswith("});")), None)
                if end is None or any(line[:1] not in " \t" and line.strip() for line in lines[at + 1:end]):
                    plain = False
                    break
                blocks.append((at, end, m))
                at = end + 1
                continue
            if re.match(r"(?:import .* from |import ['\"]|const [^=]+ = require\(.*\);|(?:module\.exports = |export default )(?:router|app);)", line):
                if not re.match(r"module|export", line):
                    head.append(at)
            elif not re.match(r"(?:const (?:router|app) = |const \w+ = (?:new \w+\(|process\.env|multer|express\.Router|Router\(|rateLimit)|router\.use|app\.(?:use|listen|set)|$|//)", line):
                plain = False
                break
            elif re.match(r"const \w+ = (?:new|process)", line):
                head.append(at)
            at += 1
        if not plain or not blocks or any("app.listen" in lines[k] for k in head):
            continue
        esm = modules("\n".join(lines))
        folder = posixpath.dirname(path)
        up = posixpath.dirname(folder) if posixpath.basename(folder) in ("routes", "api", "routers") else folder
        name = posixpath.basename(path)
        home = posixpath.join(up, "controllers", re.sub(r"\.(\w+)$", r"Controller.\1", re.sub(r"\.?[rR]outes?\.", ".", name)))
        if home in files:
            continue
        body, new, last = [], [], 0
        for k in head:
            line = lines[k]
            if re.match(r"(?:import express|const express|const \{ ?Router|import \{ ?Router)", line):
                continue
            line = re.sub(r"(['\"])(\.[^'\"]*)\1", lambda m: m[1] + moved_name(files, path, home, m[2]) + m[1], line)
            body.append(line)
        names = []
        for begin, end, m in blocks:
            f = f"{m[2]}{len(names)}Handler"
            names.append(f)
            if any(re.search(r"<<", lines[k]) for k in (begin, end)):
                plain = False
            new += list(enumerate(lines))[last:begin]
            new.append((begin, f"{m[1]}.{m[2]}({m[3]}{f});"))
            for k in range(begin, end + 1):
                text = f"const {f} = {m[4]}" if k == begin else "};" if k == end else lines[k]
                body.append(text)
                where.setdefault((path, k + 1), []).append((home, len(body)))
            last = end + 1
        new += list(enumerate(lines))[last:]
        body.append(f"export {{ {', '.join(names)} }};" if esm else f"module.exports = {{ {', '.join(names)} }};")
        bring = f"import {{ {', '.join(names)} }} from '{imported(path, home)}'; " if esm else f"const {{ {', '.join(names)} }} = require('{imported(path, home)}'); "
        out[path] = [text for _, text in new]
        out[path][0] = bring + out[path][0]
        # What a handler does wrong may be told where it stands now, or at its route.
        route = {k: begin for begin, end, _ in blocks for k in range(begin, end + 1)}
        stands = {k: n for n, (k, _) in enumerate(new, 1)}
        for k in range(len(lines)):
            if route.get(k, k) in stands:
                where.setdefault((path, k + 1), []).append((path, stands[route.get(k, k)]))
        out[home] = body
    return out, where


def moved_name(files, path, home, name):
    at = resolved(files, path, name)
    if not at:
        return posixpath.relpath(posixpath.normpath(posixpath.join(posixpath.dirname(path), name)), posixpath.dirname(home))
    made = imported(home, at)
    return made + ".js" if name.endswith(".js") else made


FORMS = {
    "find": "filter", "findOne": "filter", "findById": "id", "create": "data", "findByIdAndUpdate": "id, data, options", "findOneAndUpdate": "filter, data, options",
    "findByIdAndDelete": "id", "findOneAndDelete": "filter", "deleteOne": "filter", "updateOne": "filter, data", "deleteMany": "filter", "countDocuments": "filter",
    "updateMany": "filter, data", "findByPk": "id", "findAll": "options", "destroy": "options", "aggregate": "steps"}


def repositories(files):
    """A model is asked through a repository: a class between it and who asks."""
    texts = texts_of(files)
    made = {}
    for path, text in texts.items():
        if not script(path) or re.search(r"(?:^|/)(?:models?|middlewares?|repositories)/", path):
            continue
        added = ""
        for m in re.finditer(r"^(?:const|import) (\w+) (?:= require\(|from )(['\"]\.[^'\"]*[mM]odel[^'\"]*['\"])\)?;", text, re.M):
            model, at = m[1], resolved(files, path, m[2][1:-1])
            uses = re.findall(rf"\b{model}\.(\w+)\(", text)
            if not at or not uses or any(u not in FORMS for u in uses):
                continue
            esm = modules(text)
            folder = posixpath.dirname(posixpath.dirname(at))
            low = model[0].lower() + model[1:]
            home = posixpath.join(folder, "repositories", f"{low}Repository" + posixpath.splitext(at)[1])
            made.setdefault(home, (model, at, esm, set()))[3].update(uses)
            text = re.sub(rf"\b{model}\.(?=\w+\()", f"{low}Repository.", text)
            added += f"import {low}Repository from '{imported(path, home)}'; " if esm else f"const {low}Repository = require('{imported(path, home)}'); "
        if added:
            texts[path] = first_line(text, added) or texts[path]
    for home, (model, at, esm, uses) in made.items():
        bring = f"import {model} from '{imported(home, at)}';" if esm else f"const {model} = require('{imported(home, at)}');"
        any_type = (lambda names: ", ".join(f"{n.strip()}?: any" for n in names.split(","))) if home.endswith(".ts") else (lambda names: names)
        body = [line for u in sorted(uses) for line in (f"  {u}({any_type(FORMS[u])}) {{", f"    return {model}.{u}({FORMS[u]});", "  }")]
        texts[home] = "\n".join([bring, f"class {model}Repository {{", *body, "}", f"export default new {model}Repository();" if esm else f"module.exports = new {model}Repository();", ""])
    return back(files, texts)


def router_guard(text):
    """What every route of a router asks first, the router asks."""
    router = re.search(r"^const (router|api) = (?:express\.)?Router\(.*\);", text, re.M)
    if not router:
        return text
    routes = re.findall(rf"^{router[1]}\.(?:get|post|put|patch|delete)\((['\"][^'\"]*['\"]), (?:([a-zA-Z][\w.]*), )?", text, re.M)
    every = re.findall(rf"^{router[1]}\.(?:get|post|put|patch|delete|route|all)\(", text, re.M)
    guards = {g for _, g in routes}
    if len(guards) != 1 or "" in guards or len(every) != len(routes) or f"{router[1]}.use(" in text:
        return text
    guard = guards.pop()
    free = re.sub(rf"^({router[1]}\.(?:get|post|put|patch|delete)\(['\"][^'\"]*['\"], ){re.escape(guard)}, ", r"\1", text, flags=re.M)
    if re.search(rf"^const {guard} = (?!require\()|^(?:async )?function {guard}\b", free[router.end():], re.M) or not re.search(rf"(?:const|import)\b.*\b{guard.split('.')[0]}\b", free):
        return text
    # After everything is brought in.
    last = [m for m in re.finditer(r"^(?:import .*|const .*require\(.*\).*);[^;\n]*$|^const (?:router|api) = .*;", free, re.M)][-1]
    return text if "//" in last[0] else free[:last.end()].rstrip() + f" {router[1]}.use({guard});" + free[last.end():]


def guard_everywhere(text):
    """What the router asks, each of its routes asks."""
    m = re.search(r"^(router|api)\.use\(([a-zA-Z][\w.]*)\);[ ]*$", text, re.M)
    if not m or "." in m[2] or len(re.findall(rf"^{m[1]}\.use\(", text, re.M)) > 1 or re.search(rf"^{m[1]}\.(?:route|\w+\(\[)", text, re.M):
        return text
    after = re.sub(rf"^({m[1]}\.(?:get|post|put|patch|delete)\((?:['\"][^'\"]*['\"])), ", rf"\1, {m[2]}, ", text[m.end():], flags=re.M)
    return text[:m.start()] + after if after == text[m.end():] else text[:m.start()] + "// Each asks for itself." + after


def guard_at_mount(files):
    """What a router asks of everybody, the app asks where it mounts the router."""
    texts = texts_of(files)
    for path, text in list(texts.items()):
        if not script(path):
            continue
        m = re.search(r"^(router|api)\.use\((\w+)\);[ ]*$", router_guard(text), re.M) or re.search(r" (router|api)\.use\((\w+)\);", router_guard(text))
        one = router_guard(text)
        if not m or re.search(rf"^{m[1]}\.\w+\(", one[:m.start()], re.M):
            continue
        guard = m[2]
        bring = re.search(rf"^(?:const|import) (?:\{{ ?{guard} ?\}}|{guard}) (?:= require\(|from )(['\"]\.[^'\"]*['\"])\)?;", text, re.M)
        users = [(p, re.search(rf"^(?:const|import) (\w+) (?:= require\(|from )(['\"]\.[^'\"]*['\"])\)?;", t, re.M)) for p, t in texts.items() if script(p)]
        mounts = []
        for p, t in texts.items():
            for name, where in re.findall(r"^(?:const|import) (\w+) (?:= require\(|from )(['\"]\.[^'\"]*['\"])\)?;", t, re.M):
                if resolved(files, p, where[1:-1]) == path and re.search(rf"\.use\(['\"][^'\"]*['\"], {name}\);", t):
                    mounts.append((p, name))
            for where in re.findall(r"\.use\(['\"][^'\"]*['\"], require\((['\"]\.[^'\"]*['\"])\)\);", t):
                if resolved(files, p, where[1:-1]) == path:
                    mounts.append((p, f"require({where})"))
        if not bring or len(mounts) != 1 or not users:
            continue
        at, name = mounts[0]
        source = resolved(files, path, bring[1][1:-1])
        if not source or re.search(rf"\b{guard}\b", texts[at]):
            continue
        line = bring[0].replace(bring[1][1:-1], imported(at, source) + (".js" if bring[1][1:-1].endswith(".js") else "")) + " "
        made = first_line(texts[at], line)
        if made is None:
            continue
        texts[at] = re.sub(rf"(\.use\(['\"][^'\"]*['\"], )({re.escape(name)}\);)", rf"\1{guard}, \2", made)
        texts[path] = one[:m.start()] + one[m.end():].replace("\n", "\n", 1)
    return back(files, texts)


def classed(files):
    """Handlers that a file gives by name become static methods of a class, and routes name them by it."""
    texts = texts_of(files)
    for path in list(files):
        text = texts[path]
        pattern = re.compile(r"^(?:export const|exports\.)(?: ?)(\w+)(: [\w<>]+)? = (async )?\(((?:req|_req|request)\b[^()\n]*)\)(: [\w<>]+)? => \{", re.M)
        found = list(pattern.finditer(text))
        if not script(path) or not found or NEXT.search(path):
            continue
        ends = []
        for m in found:
            end = closing(text, m.end() - 1)
            if end is None or not re.match(r"\};?", text[end:]):
                break
            ends.append(end)
        others = re.findall(r"^(?:export|exports|module\.exports)\b.*", text, re.M)
        between = [text[a:m.start()] for a, m in zip(ends, found[1:])]
        if len(ends) != len(found) or len(others) != len(found) or any(not re.fullmatch(r"\};?\s*", b) for b in between) or any(re.search(rf"\b{m[1]}\(", text) for m in found):
            continue
        esm = "export const" in found[0][0]
        name = re.sub(r"\W", "", posixpath.splitext(posixpath.basename(path))[0].title()) + "Class"
        out, at = text[:found[0].start()] + f"class {name} {{ ", found[0].start()
        for m, end in zip(found, ends):
            out += text[at:m.start()] + f"static {m[3] or ''}{m[1]}({m[4]}){m[5] or ''} {{" + text[m.end():end] + "}"
            at = end + (2 if text[end:end + 2] == "};" else 1)
        out += " } " + (f"export default {name};" if esm else f"module.exports = {name};") + text[at:]
        names = {m[1] for m in found}
        users = {}
        for p, t in texts.items():
            if not script(p) or p == path:
                continue
            def taken(m):
                if resolved(files, p, m[2][1:-1]) != path:
                    return m[0]
                users.setdefault(p, []).extend(n.strip() for n in m[1].split(","))
                return f"import {name} from {m[2]}" if m[0].startswith("import") else f"const {name} = require({m[2]})"
            made = re.sub(r"^import \{ ?([\w, ]+?) ?\} from (['\"]\.[^'\"]*['\"])", taken, t, flags=re.M)
            made = re.sub(r"^const \{ ?([\w, ]+?) ?\} = require\((['\"]\.[^'\"]*['\"])\)", taken, made, flags=re.M)
            for n in users.get(p, []):
                made = re.sub(rf"(?<![.\w'\"/-]){n}\b(?!['\"/:-])", f"{name}.{n}", made)
            if any(resolved(files, p, w) == path for w in re.findall(r"import \* as \w+ from ['\"](\.[^'\"]*)", t)):
                break
            users[p, "text"] = made
        else:
            if esm and not any(isinstance(k, str) for k in users):
                continue
            texts[path] = out
            for key, made in users.items():
                if isinstance(key, tuple):
                    texts[key[0]] = made
            assert names
    return back(files, texts)


PLACES = {
    "members": members,
    "named": named,
    "env-object": environment,
    "controllers": controllers,
    "repositories": repositories,
    "router-guard": each(script, router_guard),
    "each-guard": each(script, guard_everywhere),
    "mount-guard": guard_at_mount,
    "classed": classed,
}
