"""What changes of trees have in common: a tree is `{path: lines}`, and every line can be told where it went."""

import posixpath
import re

SCRIPT = (".js", ".ts", ".jsx", ".tsx", ".mjs", ".cjs")


def script(path):
    return path.endswith(SCRIPT)


def python(path):
    return path.endswith(".py")


def each(kind, change):
    """A change of text, for the files of one kind; told in lines so that none is added or lost."""
    def run(files):
        return {p: change("\n".join(lines)).split("\n") if kind(p) else lines for p, lines in files.items()}
    return run


def swap(pattern, by, flags=0):
    return lambda text: re.sub(pattern, by, text, flags=flags | re.M)


def relined(kind, change):
    """A change that adds lines: `change(lines)` gives (number of the line as it was or None, text) for each new line."""
    def run(files):
        out, where = {}, {}
        for path, lines in files.items():
            if not kind(path):
                out[path] = lines
                continue
            out[path] = []
            for n, (was, line) in enumerate(change(lines), 1):
                out[path].append(line)
                if was is not None:
                    where.setdefault((path, was + 1), []).append((path, n))
        return out, where
    return run


def imported(path, module):
    """How `path` names a file of the tree in an import."""
    rel = posixpath.relpath(module, posixpath.dirname(path) or ".")
    rel = re.sub(r"\.(?:js|ts|jsx|tsx|mjs|cjs)$", "", rel)
    return rel if rel.startswith(".") else "./" + rel


def resolved(files, path, name):
    """The file that a relative import means; None when there is none."""
    base = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
    for p in (base, *(base + e for e in SCRIPT), *(f"{base}/index{e}" for e in SCRIPT), *(re.sub(r"\.js$", e, base) for e in (".ts", ".tsx"))):
        if p in files:
            return p
    return None


def modules(text):
    return bool(re.search(r"^(import|export) ", text, re.M))


def first_line(text, added):
    """`added` before what the file says, on its first line; a directive stays first."""
    if m := re.match(r"(#!.*\n)?(['\"]use \w+['\"];?)", text):
        return text[:m.end()].rstrip(";") + "; " + added + text[m.end():]
    if text.startswith("#!") or text.lstrip().startswith("/*"):
        return None
    return added + text


def closing(text, at):
    """Where the bracket at `at` is closed; None when it is not. Strings and comments are stepped over."""
    depth, i = 0, at
    while i < len(text):
        c = text[i]
        if c in "'\"`":
            i += 1
            while i < len(text) and text[i] != c:
                i += 2 if text[i] == "\\" else 1
        elif text.startswith("//", i) and text[i - 1:i] != ":":
            i = text.find("\n", i)
            if i < 0:
                return None
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth == 0:
                return i
        i += 1
    return None


HANDLER = re.compile(r"(?:async )?(?:function ?\w* ?)?\((?:req|_req|request)\b[^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)(?: ?: ?[\w<>. ]+)? ?(?:=> ?)?\{")


def handlers(text, change):
    """`change(head, body)` gives the new text of each function that takes a request."""
    out, at = [], 0
    for m in HANDLER.finditer(text):
        if m.start() < at or text[m.start() - 1:m.start()].isalnum():
            continue
        end = closing(text, m.end() - 1)
        if end is None:
            continue
        out += [text[at:m.start()], change(m.group(0), text[m.end():end])]
        at = end + 1
    return "".join(out) + text[at:]


def split_top(text):
    """What commas part outside of brackets and strings."""
    out, depth, at, i = [], 0, 0, 0
    while i < len(text):
        c = text[i]
        if c in "'\"`":
            i += 1
            while i < len(text) and text[i] != c:
                i += 2 if text[i] == "\\" else 1
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        elif c == "," and depth == 0:
            out.append(text[at:i].strip())
            at = i + 1
        i += 1
    return [p for p in [*out, text[at:].strip()] if p]
