#!/usr/bin/python3
"""The same fault in other words: does the audit still see it, and does it still leave the sound form alone?

  tests/recall/mutants.py                     every change on every tree of variants and textbook, a row each
  tests/recall/mutants.py --only wrapped -v   one change, every mark that it loses
  tests/recall/mutants.py --ids               the same by finding and change: where a reader leans on a form
  tests/recall/mutants.py --show wrapped variants/byid/mern-shop    the changed tree
  tests/recall/mutants.py --short --check     two changes a tree, the same in every run (part of `make test`); fails when
                                              more than 2 % of the faults are lost or 1 % of the sound marks are hit

A change here keeps what a program means (a noun, a handler's style, a guard's name, where the tree stands) and keeps every
line where it was, so each mark of the original still holds. What is lost is a reader that knows a form instead of a fact.
Only marks that hold without the change are counted.
"""

import argparse
import collections
import concurrent.futures
import os
import re
import zlib

import recall
from changes.layout import LAYOUT
from changes.places import PLACES
from changes.snakes import PYTHON
from changes.text import each, handlers, python, script, swap

def wrapped(text):
    """Handlers that stand in a call of a router go through a wrapper of a package."""
    def change(head, body):
        whole = head + body + "}"
        return f"asyncHandler({whole})" if head.startswith("async (") and "=>" in head else whole
    made = re.sub(r"(,\s*)asyncHandler\(asyncHandler\(", r"\1asyncHandler((", handlers(text, change))
    # A handler that is a constant of its own is wrapped where it stands, which is as usual.
    if made == text:
        return text
    if re.search(r"^(import|export) ", text, re.M):
        return "import asyncHandler from 'express-async-handler'; " + made
    return "const asyncHandler = require('express-async-handler'); " + made


def tried(text):
    def change(head, body):
        if body.lstrip().startswith("try") or "res" not in head or "next(" in body:
            return head + body + "}"
        return head + " try {" + body + "} catch (error) { res.status(500).json({ message: 'Something went wrong' }); } }"
    return handlers(text, change)


def input_first(text):
    """`req.body` is put into a constant first."""
    def change(head, body):
        name = re.search(r"\((\w+)", head).group(1)
        if f"{name}.body" not in body or re.search(r"\binput\b", body):
            return head + body + "}"
        return f"{head} const input = {name}.body;" + re.sub(rf"\b{name}\.body\b", "input", body) + "}"
    return handlers(text, change)


def declared(text):
    """`const f = async (a) => {` becomes `async function f(a) {`."""
    return re.sub(r"^(export )?const (\w+) = (async )?\(([^()\n]*)\)(: [\w<>\[\] .]+)? => \{",
                  lambda m: f"{m[1] or ''}{m[3] or ''}function {m[2]}({m[4]}){m[5] or ''} {{", text, flags=re.M)


def arrowed(text):
    """`async function f(a) {` becomes `const f = async (a) => {` where nothing before it calls it."""
    return re.sub(r"^(export )?(async )?function (?!GET|POST|PUT|PATCH|DELETE|middleware|proxy|generate)(\w+)\(([^()\n]*)\)(: [\w<>\[\] .]+)? \{",
                  lambda m: f"{m[1] or ''}const {m[3]} = {m[2] or ''}({m[4]}){m[5] or ''} => {{", text, flags=re.M)


def braced(text):
    return re.sub(r"^(\s*if \((?:[^()\n]|\((?:[^()\n]|\([^()\n]*\))*\))*\)) (return\b[^\n{}]*;|throw [^\n{}]*;|next\([^\n{}]*\);)((?:\s*//.*)?)$",
                  r"\1 { \2 }\3", text, flags=re.M)


def undone(text):
    """`const { a, b } = req.body;` becomes `const a = req.body.a, b = req.body.b;`."""
    def change(m):
        names = [n.strip() for n in m[1].split(",") if n.strip()]
        if not all(re.fullmatch(r"\w+", n) for n in names):
            return m[0]
        return "const " + ", ".join(f"{n} = {m[2]}.{n}" for n in names) + ";"
    return re.sub(r"const \{([^{}\n]*)\} = ((?:req|request|ctx|c)\.\w+(?:\.\w+)?);", change, text)


def taken(text):
    """`const a = req.body.a;` becomes `const { a } = req.body;`."""
    return re.sub(r"const (\w+) = ((?:req|request)\.(?:body|query|params))\.\1;", r"const { \1 } = \2;", text)


def typed(files):
    """JavaScript of a server becomes TypeScript with its usual types."""
    out = {}
    for path, lines in files.items():
        if path.endswith(".js") and not path.endswith(".config.js"):
            text = "\n".join(lines)
            text = re.sub(r"\(req, res, next\)", "(req: Request, res: Response, next: NextFunction)", text)
            text = re.sub(r"\(req, res\)", "(req: Request, res: Response)", text)
            path, lines = path[:-3] + ".ts", re.sub(r"(require\(['\"]\.[^'\"]*)\.js(['\"])", r"\1\2", text).split("\n")
        out[path] = lines
    return out


def esm(text):
    """CommonJS becomes modules."""
    if re.search(r"^(import|export) ", text, re.M) or not re.search(r"require\(|module\.exports", text):
        return text
    text = re.sub(r"^const (\w+) = require\((['\"][^'\"]+['\"])\);", r"import \1 from \2;", text, flags=re.M)
    text = re.sub(r"^const \{ ?([\w, ]+?) ?\} = require\((['\"][^'\"]+['\"])\);", r"import { \1 } from \2;", text, flags=re.M)
    text = re.sub(r"^module\.exports = \{ ?([\w, ]+?) ?\};", r"export { \1 };", text, flags=re.M)
    text = re.sub(r"^module\.exports = ", "export default ", text, flags=re.M)
    return re.sub(r"^(?:module\.)?exports\.(\w+) = ", r"export const \1 = ", text, flags=re.M)


# Each by one that belongs to people as much, or as little: the order of a customer is a booking, and no catalogue.
NOUNS = {"invoice": "receipt", "note": "memo", "document": "contract", "task": "chore", "patient": "client",
         "lead": "prospect", "expense": "claim", "workout": "habit", "letter": "diary", "trip": "itinerary"}


def nouns(files):
    """What a business deals in has another name, everywhere."""
    def name(word):
        low = word.lower()
        plural, base = (True, low[:-1]) if low.endswith("s") and low[:-1] in NOUNS else (False, low)
        if base not in NOUNS:
            return word
        new = NOUNS[base] + ("s" if plural else "")
        return new.upper() if word.isupper() else new.capitalize() if word[0].isupper() else new

    def change(text):
        # Words within names: by their humps and underscores. What comes from a package or a framework stays.
        lines = []
        for line in text.split("\n"):
            # order_by, items() and the like are the language's own words.
            kept = re.split(r"(order_by\w*|orderBy\w*|\.order\(|ORDER BY|\.items\(|Items?\b\.|document\.\w+|FileField|line_items|lineItems|items:)", line)
            lines.append("".join(k if i % 2 else re.sub(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", lambda m: name(m[0]), k)
                                 for i, k in enumerate(kept)))
        return "\n".join(lines)
    skip = ("package.json", "requirements.txt", "next.config", "pyproject.toml", "docker", "nginx", ".env", ".md", ".yml", ".yaml")
    return {"/".join(re.sub(r"[A-Z]?[a-z]+", lambda m: name(m[0]), part) for part in p.split("/"))
            if not any(s in p.lower() for s in skip) else p:
            change("\n".join(lines)).split("\n") if not any(s in p.lower() for s in skip) else lines
            for p, lines in files.items()}


def renamed(found, call):
    """Names that `found` sees anywhere in the tree, each by another, in all files."""
    def run(files):
        names = []
        for p, lines in sorted(files.items()):
            for n in found(p, "\n".join(lines)):
                if n not in names:
                    names.append(n)
        by = {n: call(i, n) for i, n in enumerate(names)}
        if not by:
            return files
        word = re.compile(r"(?<![\w'\"/.-])(" + "|".join(map(re.escape, by)) + r")\b(?!['\"/-])|(?<=exports\.)(" +
                          "|".join(map(re.escape, by)) + r")\b|(?<=[a-z]\.)(" + "|".join(map(re.escape, by)) + r")\b(?=[,)(])")
        return {p: word.sub(lambda m: by[m[0]], "\n".join(lines)).split("\n") if script(p) or python(p) else lines
                for p, lines in files.items()}
    return run


KEPT = {"GET", "POST", "PUT", "PATCH", "DELETE", "middleware", "proxy", "handler", "get", "post", "put", "patch", "delete",
        "list", "create", "retrieve", "update", "destroy", "partial_update", "default", "main", "register", "login", "logout",
        "generateMetadata", "getServerSideProps", "beforeUser", "dispatch", "index", "next", "use"}


def guard_names(path, text):
    """Functions of the tree that stand before others: they take `next`."""
    if script(path):
        for m in re.finditer(r"(?:const|let|function|exports\.) ?(\w+) ?(?:= ?)?(?:async )?(?:function ?)?\((?:req|request)\w*(?:: \w+)?, ?\w+(?:: \w+)?, ?next(?:: \w+)?\)", text):
            if "next()" in text[m.end():m.end() + 900] and m[1] not in KEPT:
                yield m[1]
    if python(path):
        for m in re.finditer(r"Depends\((\w+)\)|^def (\w+)\((?:view|view_func|fn|func|f|handler)\):", text, re.M):
            name = m[1] or m[2]
            if re.search(rf"^(?:async )?def {name}\(", text, re.M) and name not in KEPT:
                yield name


def handler_names(path, text):
    """Functions of the tree that answer a request: what they are called is the author's affair."""
    if script(path):
        for m in re.finditer(r"(?:const|function|exports\.) ?(\w+) ?(?:= ?)?(?:async )?(?:function ?)?\((?:req|request)\w*(?:: \w+)?, ?res\w*(?:: \w+)?\)", text):
            if m[1] not in KEPT and len(m[1]) > 3:
                yield m[1]
    if python(path):
        for m in re.finditer(r"^(?:async )?def (\w+)\(request\b", text, re.M):
            if m[1] not in KEPT and len(m[1]) > 3:
                yield m[1]


def request_named(text):
    """`request` is called req: the first parameter of a view, or what Flask gives."""
    if re.search(r"^from flask import .*\brequest\b", text, re.M):
        text = re.sub(r"^(from flask import .*)\brequest\b(?! as)", r"\1request as req", text, flags=re.M)
    elif re.search(r"^(?:from|import) .*\brequest\b(?! as)", text, re.M):
        return text  # urllib's, and the like
    return re.sub(r"(?<![.\w'\"])request(?=[,.):\[])(?!s)", "req", text)


def moved(server, pages):
    """The tree stands in a folder of a larger one, which is called after what it is: a server's, or pages."""
    def run(files):
        shown = any(p.endswith((".tsx", ".jsx", ".vue", ".html")) or "src/pages/" in p or "src/components/" in p or
                    "src/hooks/" in p or re.search(r"from ['\"](?:react|@angular/|vue|svelte|@supabase/supabase-js)|\blocalStorage\b", "\n".join(lines))
                    for p, lines in files.items() if not p.startswith("supabase/"))
        return {(pages if shown or any(p.startswith("supabase/") for p in files) else server) + p: lines
                for p, lines in files.items()}
    return run


def caller_named(new):
    """The signed-in user hangs elsewhere at the request, when the tree's own code hangs it there."""
    def run(files):
        whole = "\n".join("\n".join(lines) for p, lines in files.items() if script(p))
        if not re.search(r"\breq\.user = ", whole) or "passport" in whole:
            return files
        return {p: [re.sub(r"\b(req|request)\.user\b", rf"\1.{new}", line) for line in lines] if script(p) else lines
                for p, lines in files.items()}
    return run


def compared(text):
    """Owners compared in another usual way."""
    text = re.sub(r"if \((\w+(?:\.\w+)+) !== (req\.user(?:\.\w+)+)\)", r"if (String(\1) !== String(\2))", text)
    return re.sub(r"if \((\w+(?:\.\w+)+)\.toString\(\) !== (req\.user(?:\.\w+)+)\)", r"if (!\1.equals(\2))", text)


def listed_roles(text):
    return re.sub(r"if \((req\.user(?:\.\w+)*\.role) !== ('\w+'|\"\w+\")\)", r"if (![\2].includes(\1))", text)


CHANGES = {
    # script
    "request": each(script, lambda t: re.sub(r"(?<![.\w'\"])res(?=[.,):])", "response", re.sub(r"(?<![.\w'\"])req(?=[.,):])", "request", t))),
    "wrapped": each(script, wrapped),
    "tried": each(script, tried),
    "input": each(script, input_first),
    "declared": each(script, declared),
    "arrowed": each(script, arrowed),
    "braced": each(script, braced),
    "undone": each(script, undone),
    "taken": each(script, taken),
    "typed": typed,
    "esm": each(script, esm),
    "quotes": each(script, swap(r"'([^'\"`\n$\\]*)'", r'"\1"')),
    "bare": each(script, swap(r";( *(?://.*)?)$", r"\1")),
    "caught": each(script, lambda t: re.sub(r"\be\.message\b", "problem.message", re.sub(r"catch \(e\)", "catch (problem)", t))
                   if not re.search(r"\be\b(?!\.message|\))", t) else t),
    "optional": each(script, swap(r"\breq\.user\.(\w+)", r"req.user?.\1")),
    "caller": caller_named("principal"),
    "member": caller_named("currentUser"),
    "compared": each(script, compared),
    "roles": each(script, listed_roles),
    "chatty": each(script, lambda t: handlers(t, lambda head, body: head + " console.log('request received');" + body + "}")),
    "answered": each(script, swap(r"(?<!return )(?<!\.)\bres\.json\(", "res.status(200).json(")),
    # python
    "py-request": each(python, request_named),
    "py-annotated": each(python, swap(r"(\w+): ([\w\[\]|. ]+) = (Depends\((?:[^()\n]|\([^()\n]*\))*\))", r"\1: Annotated[\2, \3]")),
    "py-sync": each(python, lambda t: re.sub(r"\bawait ", "", re.sub(r"\basync (def|with|for)\b", r"\1", t))),
    "py-subscript": each(python, swap(r"request\.(data|POST|GET|form|args|json)\.get\((['\"]\w+['\"])\)", r"request.\1[\2]")),
    "py-get": each(python, swap(r"request\.(data|POST|json)\[(['\"]\w+['\"])\](?! =)", r"request.\1.get(\2)")),
    "py-quotes": each(python, swap(r"(?<![\"\w])\"([^\"'\n\\{}]*)\"(?!\")", r"'\1'")),
    "py-typed": each(python, swap(r"^(\s*)def (\w+)\(self, request(?:, (\w+)(?:=None)?)?\):", lambda m: f"{m[1]}def {m[2]}(self, request: Request, {m[3] + ': int, ' if m[3] else ''}*args, **kwargs) -> Response:")),
    "py-result": each(python, swap(r"^(\s+)return (Response\(.*\)|JsonResponse\(.*\)|jsonify\(.*\))( *(?:#.*)?)$", r"\1response = \2; return response\3")),
    "py-found": each(python, swap(r"get_object_or_404\((\w+), (\w+=[\w.\[\]\"']+)\)", r"\1.objects.get(\2)")),
    "py-pk": each(python, lambda t: re.sub(r"\bpk\b", "id", t) if not re.search(r"\bid\b", t) else t),
    "py-env": each(python, swap(r"os\.getenv\(", "os.environ.get(")),
    "py-router": each(python, swap(r"(?<![\w.'\"/])router(?=\b[. ])(?!s)(?! import)", "api_router")),
    # any tree
    "nouns": nouns,
    "guards": renamed(guard_names, lambda i, n: f"gate{i}" if "_" not in n else f"gate_{i}"),
    "handlers": renamed(handler_names, lambda i, n: f"handle{i}" if "_" not in n else f"handle_{i}"),
    "backend": moved("backend/", "frontend/"),
    "apps": moved("apps/api/", "apps/web/"),
    "shared-name": moved("shopapp/", "shopapp/"),
    **LAYOUT, **PLACES, **PYTHON,
}


def bases():
    """Every tree that carries marks: name and text."""
    for source in sorted((recall.HERE / "variants").rglob("*.txt")):
        yield str(source.relative_to(recall.HERE))[:-4], source.read_text()
    for source in sorted((recall.HERE / "textbook").glob("*.txt")):
        for name, text in recall.textbook_cases(source):
            yield f"textbook/{source.stem}/{name}", text


def judged(files, marks):
    """For each mark whether it is as it should be: seen, or left alone."""
    findings = recall.audit_files(files)
    return [any(recall.said_of(findings, place) for place in places) != places[0][0] for places in marks]


def changed(name, text):
    """The tree after a change, and for each mark where it may now stand; None when the change does nothing here."""
    files, marks = recall.one_variant(text)
    after = CHANGES[name]({p: list(lines) for p, lines in files.items()})
    after, where = after if isinstance(after, tuple) else (after, None)
    if list(after.items()) == list(files.items()):
        return None
    # A change that adds no line leaves every mark on its own; one that does says where each line went.
    paths = dict(zip(files, after))
    assert where or all(len(after[paths[p]]) == len(files[p]) for p in files), f"{name} moves lines"
    went = lambda path, line: (where or {}).get((path, line)) or [(paths[path], line)]
    return after, [[(must_not, ids, anywhere, *place) for place in went(path, line)] for must_not, ids, anywhere, path, line in marks]


def one(task):
    name, text, wanted = task
    files, marks = recall.one_variant(text)
    whole = None
    lost = []
    for change in wanted:
        made = changed(change, text)
        if made is None:
            continue
        if whole is None:
            whole = judged(files, [[mark] for mark in marks])
        now = judged(*made)
        lost.append((change, [(mark, after) for mark, before, after in zip(marks, whole, now) if before]))
    return name, lost


def drawn(tree, text, wanted, count):
    """A few changes for one tree that do something there, the same in every run."""
    order = sorted(wanted, key=lambda change: zlib.crc32(f"{tree} {change}".encode()))
    out = []
    for change in order:
        if len(out) < count and changed(change, text) is not None:
            out.append(change)
    return out


MOST_LOST, MOST_FALSE = 0.02, 0.01


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(CHANGES), help="which changes, with commas")
    parser.add_argument("--trees", default="", help="only trees whose name holds this")
    parser.add_argument("--ids", action="store_true", help="lost marks by finding and change")
    parser.add_argument("--show", nargs=2, metavar=("CHANGE", "TREE"), help="print a changed tree")
    parser.add_argument("--short", action="store_true", help="two changes a tree")
    parser.add_argument("--check", action="store_true", help="fail when too much is lost")
    parser.add_argument("-v", "--verbose", action="store_true", help="name every lost mark")
    options = parser.parse_args()
    if options.show:
        files, _ = changed(options.show[0], dict(bases())[options.show[1]])
        for path, lines in files.items():
            print(f"-- {path} --", *lines, sep="\n")
        return
    wanted = options.only.split(",")
    tasks = [(n, t, drawn(n, t, wanted, 2) if options.short else wanted) for n, t in bases() if options.trees in n]
    rows = collections.defaultdict(lambda: [0, 0, 0, 0])
    by_id = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, result in pool.map(one, tasks):
            for change, marks in result:
                row = rows[change]
                for (must_not, ids, _, path, line), kept in marks:
                    row[2 * must_not] += 1
                    row[2 * must_not + 1] += not kept
                    if not kept:
                        by_id["not " * must_not + "|".join(ids), change] += 1
                        if options.verbose:
                            print(f"{change:<12} {'false ' if must_not else 'lost  '} {'|'.join(ids):<20} {name} {path}:{line}")
    if options.ids:
        for (ids, change), n in by_id.most_common():
            print(f"{n:4} {ids:<28} {change}")
    print(f"{'change':<14} {'faults':>7} {'lost':>6}      {'sound':>7} {'false':>6}")
    total = [sum(row[i] for row in rows.values()) for i in range(4)]
    for change, (faults, lost, sound, false) in [*((c, rows[c]) for c in wanted), ("together", total)]:
        print(f"{change:<14} {faults:>7} {lost:>6} {100 * lost / max(1, faults):4.1f}%  {sound:>6} {false:>6} {100 * false / max(1, sound):4.1f}%")
    faults, lost, sound, false = total
    if options.check and (lost > MOST_LOST * faults or false > MOST_FALSE * sound):
        raise SystemExit("mutants: the audit leans on how a thing is written; -v names what is lost")


if __name__ == "__main__":
    main()
