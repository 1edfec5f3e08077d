"""How Python is written and where things stand in it."""

import re

from .text import each, python, relined, swap


def functions(lines):
    """(line of `def`, first line of the body, line after it, indentation of the body) of each function."""
    for n, line in enumerate(lines):
        m = re.match(r"(\s*)(?:async )?def \w+\(", line)
        if not m:
            continue
        head = n
        while head < len(lines) and not re.search(r":\s*(?:#.*)?$", lines[head]):
            head += 1
        body = head + 1
        end = body
        while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > len(m[1])):
            end += 1
        first = next((x for x in lines[body:end] if x.strip()), "")
        if first:
            yield n, body, end, first[:len(first) - len(first.lstrip())]


def begun(wanted):
    """Puts a line at the beginning of functions: `wanted(head, body)` gives it and the new body, or None."""
    def change(lines):
        texts, added, done = list(lines), {}, 0
        for at, body, end, indent in functions(lines):
            made = wanted("\n".join(lines[at:body]), "\n".join(lines[body:end])) if at >= done else None
            if made:
                texts[body:end] = made[1].split("\n")
                added[body] = indent + made[0]
                done = end
        for n, line in enumerate(texts):
            if n in added:
                yield None, added[n]
            yield n, line
    return relined(python, change)


def user_first(head, body):
    if not re.search(r"\brequest\.user\.?\b", body) or re.search(r"(?<!\.)\buser\b|request\.user\s*=", body) or "request" not in head:
        return None
    owner = "self." if "self.request.user" in body else ""
    if owner and re.search(r"(?<!self\.)\brequest\.user", body):
        return None
    return f"user = {owner}request.user", body.replace(f"{owner}request.user", "user")


def data_first(head, body):
    m = re.search(r"(?<!\.)\brequest\.(data|POST|form)\b", body)
    if not m or re.search(r"(?<![.\w])(?:payload|data)\b(?!=)", body) or not re.search(r"\brequest\b", head):
        return None
    return f"payload = request.{m[1]}", body.replace(f"request.{m[1]}", "payload")


def parameter(old, new):
    """A parameter has another name; calls that name it are left as they are."""
    def change(text):
        lines = text.split("\n")
        for at, body, end, _ in functions(lines):
            whole = "\n".join(lines[at:end])
            if not re.search(rf"[(\s,]{old}\b ?(?:: [^=,]+)?= ?(?:Depends|Security)\(|[(\s,]{old}: [^,)]*(?:Depends\(|Dep\b|Current)", "\n".join(lines[at:body])) or re.search(rf"\b{new}\b|['\"][^'\"\n]*\b{old}\b[^'\"\n]*['\"]", whole):
                continue
            lines[at:end] = re.sub(rf"(?<![.\w]){old}\b(?! ?=(?!=) ?(?!Depends|Security)|\()", new, whole).split("\n")
        return "\n".join(lines)
    return each(python, change)


def alias(text):
    """`user: User = Depends(f)` becomes an alias that every handler names."""
    deps = re.findall(r"\w+: (\w+) = Depends\((\w+)\)(?=[,)])", text)
    if not deps or re.search(r"^def (?:%s)\(" % "|".join(d for _, d in deps), text, re.M):
        return text
    last = [m for m in re.finditer(r"^(?:from|import) [^\n(]*$", text, re.M)]
    if not last or "#" in last[-1][0]:
        return text
    names = {}
    for kind, dep in deps:
        names.setdefault((kind, dep), kind + "Dep" + (str(len(names)) if any(k == kind for k, _ in names) else ""))
    def named(m):
        # What has a default comes last: a parameter that loses its own may not stand after one.
        before = m.string[m.string.rfind("(", 0, m.start()) + 1:m.start()] if "\n" not in m.string[m.string.rfind("def ", 0, m.start()):m.start()] else "="
        return f"{m[1]}: {names[m[2], m[3]]}" if "=" not in m.string[m.string.rfind("def ", 0, m.start()):m.start()] and before != "=" else m[0]
    made = re.sub(r"(\w+): (\w+) = Depends\((\w+)\)(?=[,)])", named, text)
    if made == text:
        return text
    last = [m for m in re.finditer(r"^(?:from|import) [^\n(]*$", made, re.M)]
    text = made
    added = "; from typing import Annotated; " + "; ".join(f"{n} = Annotated[{k}, Depends({d})]" for (k, d), n in names.items())
    return text[:last[-1].end()] + added + text[last[-1].end():]


def on_decorator(text):
    """A caller that the handler does not name is asked for in its decorator."""
    lines = text.split("\n")
    for at, body, end, _ in functions(lines):
        if at == 0 or not re.match(r"\s*@\w+\.(?:get|post|put|patch|delete)\(.*\)\s*$", lines[at - 1]) or body != at + 1 or "dependencies" in lines[at - 1]:
            continue
        for m in re.finditer(r"(\w+)(?:: \w+)? ?= ?Depends\((\w+)\)", lines[at]):
            if re.search(r"user|admin|auth|require|current", m[2]) and not re.search(rf"\b{m[1]}\b", "\n".join(lines[body:end])):
                lines[at] = re.sub(r"(?:, )?" + re.escape(m[0]), "", lines[at], count=1).replace("(, ", "(")
                lines[at - 1] = re.sub(r"\)\s*$", f", dependencies=[Depends({m[2]})])", lines[at - 1])
                break
    return "\n".join(lines)


def on_router(text):
    """What every handler of a router asks for and none names, the router asks."""
    made = on_decorator(text)
    m = re.search(r"^(\w+) = APIRouter\((.*)\)[ ]*$", made, re.M)
    if not m or "dependencies" in m[2]:
        return text
    routes = re.findall(rf"^@{m[1]}\.(?:get|post|put|patch|delete)\((.*)\)[ ]*$", made, re.M)
    asked = {d[1] if (d := re.search(r"dependencies=\[Depends\((\w+)\)\]", r)) else None for r in routes}
    if len(asked) != 1 or None in asked:
        return text
    guard = asked.pop()
    if re.search(rf"^(?:async )?def {guard}\(", made[m.end():], re.M):
        return text
    made = re.sub(rf"^(@{m[1]}\..*), dependencies=\[Depends\({guard}\)\]\)", r"\1)", made, flags=re.M)
    return made.replace(m[0], f"{m[1]} = APIRouter({m[2] + ', ' if m[2] else ''}dependencies=[Depends({guard})])")


def apiview(files):
    """A function view of REST framework becomes a class with one method."""
    names = set()
    out = {}
    for path, lines in files.items():
        text = "\n".join(lines)
        if not python(path) or "api_view" not in text:
            out[path] = lines
            continue
        new = list(lines)
        for at, body, end, _ in functions(lines):
            top = at
            while top > 0 and lines[top - 1].startswith("@"):
                top -= 1
            heads = lines[top:at]
            m = re.fullmatch(r"def (\w+)\(request(.*)\):", lines[at].rstrip())
            one = [re.fullmatch(r"@api_view\(\[['\"](\w+)['\"]\]\)", h.strip()) for h in heads]
            rest = [re.fullmatch(r"@(permission_classes|authentication_classes|throttle_classes)\((\[.*\])\)", h.strip()) for h in heads]
            if not m or not any(one) or sum(o is not None for o in one) != 1 or any(o is None and r is None for o, r in zip(one, rest)) or one[0] is None:
                continue
            names.add(m[1])
            new[top] = f"class {m[1]}(APIView):"
            for k, r in enumerate(rest):
                if r:
                    new[top + k] = f"    {r[1]} = {r[2]}"
            new[at] = f"    def {one[0][1].lower()}(self, request{m[2]}):"
            for k in range(body, end):
                new[k] = "    " + lines[k] if lines[k].strip() else lines[k]
        if new != lines and "APIView" not in text:
            new[0] = "from rest_framework.views import APIView; " + new[0] if not new[0].startswith(("class", "@")) else new[0]
        out[path] = new
    if not names:
        return files
    word = re.compile(r"(?<=[ ,(])((?:\w+\.)?(?:%s))(?=[,)])" % "|".join(map(re.escape, sorted(names))))
    return {p: word.sub(r"\1.as_view()", "\n".join(lines)).split("\n") if p.endswith("urls.py") else lines for p, lines in out.items()}


def re_paths(text):
    if not re.search(r"^from django\.urls import .*\bpath\b", text, re.M):
        return text
    kinds = {"int": r"\\d+", "str": "[^/]+", "slug": r"[-\\w]+", "uuid": "[0-9a-f-]+"}
    def change(m):
        route = re.sub(r"<(?:(\w+):)?(\w+)>", lambda p: f"(?P<{p[2]}>{kinds.get(p[1] or 'str', '[^/]+')})".replace("\\\\", "\\"), m[2])
        return f"re_path(r{m[1]}^{route}{'' if m[3].startswith('include') else '$'}{m[1]}, {m[3]}"
    made = re.sub(r"(?<![\w.])path\((['\"])([^'\"\n]*)\1, (\w+)", change, text)
    return re.sub(r"^(from django\.urls import .*?)\bpath\b", r"\1path, re_path", made, flags=re.M)


def members(files):
    """`from .models import A` becomes `from . import models` and `models.A`."""
    out = {}
    for path, lines in files.items():
        text = "\n".join(lines)
        if python(path):
            for found in re.findall(r"^from (?:\.+|[\w.]*\.|)(?:models|schemas|services|crud|serializers) import \w[\w, ]*$", text, re.M):
                m = re.fullmatch(r"from (\.+|[\w.]*\.|)(\w+) import (.*)", found)
                where, module, names = m[1], m[2], [n.strip() for n in m[3].split(",")]
                if re.search(rf"(?<![.\w]){module}\b(?! import)", text) or " as " in m[3]:
                    continue
                source = f"from {where if where.startswith('.') else where[:-1]} import {module}" if where else f"import {module}"
                rest = text.replace(found, "\0", 1)
                for n in names:
                    if re.search(rf"^\s*(?:class|def|async def) {n}\b|['\"][^'\"\n]*\b{n}\b[^'\"\n]*['\"]|\b{n}=", rest, re.M):
                        break
                else:
                    for n in names:
                        rest = re.sub(rf"(?<![.\w]){n}\b", f"{module}.{n}", rest)
                    text = rest.replace("\0", source)
        out[path] = text.split("\n") if python(path) else lines
    return out


def environment(files):
    """What the environment says is read in one class, and is taken from its object."""
    names, out = [], {}
    for path, lines in files.items():
        text = "\n".join(lines)
        if not python(path) or re.search(r"settings|config|manage|celery", path) or "django" in text.lower() and "settings" in path or not re.search(r"os\.(?:environ|getenv)", text) or re.search(r"\benv\b", text):
            out[path] = lines
            continue
        found = re.findall(r"os\.environ\[['\"](\w+)['\"]\]|os\.(?:getenv|environ\.get)\(['\"](\w+)['\"]\)", text)
        # Only what has no value of its own in the code.
        if not found or not re.match(r"(?:import|from) ", text):
            out[path] = lines
            continue
        names += [a or b for a, b in found if (a or b) not in names]
        text = re.sub(r"os\.environ\[['\"](\w+)['\"]\]|os\.(?:getenv|environ\.get)\(['\"](\w+)['\"]\)", lambda m: f"env.{(m[1] or m[2]).lower()}", text)
        out[path] = ("from environment import env; " + text).split("\n")
    if not names:
        return files
    out["environment.py"] = ["from pydantic_settings import BaseSettings", "", "class Environment(BaseSettings):", *(f"    {n.lower()}: str" for n in names), "", "env = Environment()", ""]
    return out


def formatted(text):
    """f"a {b}" becomes "a {}".format(b)."""
    def change(m):
        parts = re.findall(r"\{([\w.]+)\}", m[2])
        bare = re.sub(r"\{[\w.]+\}", "{}", m[2])
        if not parts or "{" in bare.replace("{}", "") or "'" in m[2]:
            return m[0]
        return f"{m[1]}{bare}{m[1]}.format({', '.join(parts)})"
    return re.sub(r"(?<![\w\"'])f([\"'])([^\"'\n]*)\1(?![\"'])", change, text)


def split_filter(text):
    """`.filter(a, b)` becomes `.filter(a).filter(b)`."""
    def change(m):
        parts = [p.strip() for p in re.split(r", ?(?![^()\[\]]*[)\]])", m[1])]
        if len(parts) < 2 or any(p.startswith("*") or not p for p in parts):
            return m[0]
        return "".join(f".filter({p})" for p in parts)
    return re.sub(r"(?<=[)\w])\.filter\(([^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\)", change, text)


PYTHON = {
    "py-tabs": each(python, swap(r"^(?:    )+", lambda m: "\t" * (len(m[0]) // 4))),
    "py-user": begun(user_first),
    "py-data": begun(data_first),
    "py-told": begun(lambda head, body: ("\"\"\"What the interface is asked for here.\"\"\"", body) if not body.lstrip().startswith(('"""', "'''")) else None),
    "py-logged": begun(lambda head, body: ("print('called')", body) if re.search(r"\brequest\b|Depends", head) and not body.lstrip().startswith(('"""', "'''")) else None),
    "py-me": parameter("user", "me"),
    "py-account": parameter("current_user", "account"),
    "py-session": parameter("db", "database"),
    "py-alias": each(python, alias),
    "py-decorator": each(python, on_decorator),
    "py-on-router": each(python, on_router),
    "py-apiview": apiview,
    "py-re-path": each(python, re_paths),
    "py-members": members,
    "py-env-object": environment,
    "py-format": each(python, formatted),
    "py-filter-by": each(python, swap(r"\.filter\(\w+\.(\w+) == ([\w.]+)\)", r".filter_by(\1=\2)")),
    "py-filters": each(python, split_filter),
    "py-where-by": each(python, swap(r"db\.query\((\w+)\)\.filter\(\1\.id == ([\w.]+)\)\.first\(\)", r"db.get(\1, \2)")),
    "py-not-equal": each(python, swap(r"\bif ([\w.]+) != ([\w.]+|'\w*'|\"\w*\"):", r"if not (\1 == \2):")),
    "py-other-side": each(python, swap(r"\bif ([\w.]+) (!=|==) ([\w]+\.[\w.]+):", r"if \3 \2 \1:")),
    "py-status": each(python, swap(r"HTTPException\(status_code=(\d+), detail=", r"HTTPException(\1, ")),
}
