"""How JavaScript is laid out and written, the program being the same."""

import re

from .text import each, handlers, first_line, closing, modules, relined, script, split_top, swap

CALLER = r"\b(?:req|request)\.user"


def concatenated(text):
    """`a${x}b` becomes 'a' + x + 'b'."""
    def change(m):
        parts = re.split(r"\$\{([^{}`'\"]*)\}", m[2])
        if len(parts) == 1 or any(c in "".join(parts[::2]) for c in "'\\") or any("?" in p for p in parts[1::2]):
            return m[0]
        out = [(f"'{p}'" if i % 2 == 0 else p) for i, p in enumerate(parts) if p or i == 0]
        return m[1] + ("(" if m[1] in ".+" else "") + " + ".join(out) + (")" if m[1] in ".+" else "")
    # A tag before it makes it another thing.
    return re.sub(r"([(\[,:=] ?)`([^`\n]*)`(?=\s*[,;)\]}])", change, text)


def templated(text):
    """'a' + x becomes `a${x}`."""
    return re.sub(r"(?<![+\w] )([(,:=] ?)'([^'`$\\\n]*)' \+ ([\w.]+)(?=[,;)])", r"\1`\2${\3}`", text)


def denied(cond):
    if m := re.fullmatch(r"!(\w+(?:\.\w+)*)", cond):
        return m[1]
    if m := re.fullmatch(r"([\w.()?]+) !== ([\w.()?'\"]+)", cond):
        return f"{m[1]} === {m[2]}"
    return f"!({cond})"


def nested(text):
    """`if (!x) return no; rest` becomes `if (x) { rest } else { return no; }`, for the first refusal of a handler."""
    def change(head, body):
        m = re.match(r"((?:\s*(?:const|let) [^\n]*;[^\n]*\n)*\s*)if \(((?:[^()\n]|\((?:[^()\n]|\([^()\n]*\))*\))*)\) (?:\{ )?(return [^\n{}]*(?:\{[^\n{}]*\})?[^\n{}]*;|return;)(?: \})?( *(?://.*)?)\n", body)
        if not m or "else" in body[m.end():m.end() + 10]:
            return head + body + "}"
        rest = body[m.end():]
        if re.search(r"^\s*(?:case|break)", rest):
            return head + body + "}"
        return head + m[1] + f"if ({denied(m[2])}) {{" + m[4] + "\n" + rest.rstrip(" ") + "} else { " + m[3] + " } }"
    return handlers(text, change)


def early(text):
    """`const userId = req.user.id;` first."""
    def change(head, body):
        names = set(re.findall(CALLER + r"\.(id|_id|userId|uid|sub)\b", body))
        if len(names) != 1 or re.search(CALLER + r"(?:\?|\s*(?:\)|&|\||=))|\bmeId\b", body) or "next(" in body:
            return head + body + "}"
        name = re.search(r"\((\w+)", head).group(1)
        key = names.pop()
        return f"{head} const meId = {name}.user.{key};" + re.sub(CALLER + rf"\.{key}\b", "meId", body) + "}"
    return handlers(text, change)


def caller_taken(text):
    """`const { user } = req;` first."""
    def change(head, body):
        if not re.search(CALLER + r"\b", body) or re.search(r"\buser\b(?<!req\.user)(?<!request\.user)|" + CALLER + r" =|'[^'\n]*\buser\b", body) or "next(" in body:
            return head + body + "}"
        name = re.search(r"\((\w+)", head).group(1)
        return f"{head} const {{ user }} = {name};" + re.sub(CALLER + r"\b", "user", body) + "}"
    return handlers(text, change)


def caller_kept(text):
    """`const me = req.user;` first."""
    def change(head, body):
        if not re.search(CALLER + r"\.", body) or re.search(r"\bme\b|" + CALLER + r" =", body) or "next(" in body:
            return head + body + "}"
        name = re.search(r"\((\w+)", head).group(1)
        return f"{head} const me = {name}.user;" + re.sub(CALLER + r"\b", "me", body) + "}"
    return handlers(text, change)


def row_named(text):
    """The row that a handler holds has another local name."""
    def change(head, body):
        for m in re.finditer(r"\b(?:const|let) (\w+) = (?:await )", body):
            old, new = m[1], "found" + m[1][0].upper() + m[1][1:]
            if len(old) < 4 or re.search(rf"['\"`][^'\"`\n]*\b{old}\b[^'\"`\n]*['\"`]|\b{old}:|[{{,] ?{old} ?[,}}]|\b{new}\b", body):
                continue
            body = re.sub(rf"(?<![.\w]){old}\b(?!\()", new, body)
        return head + body + "}"
    return handlers(text, change)


def params_first(text):
    """`const params = req.params;` first."""
    def change(head, body):
        name = re.search(r"\((\w+)", head).group(1)
        if f"{name}.params." not in body or re.search(r"(?<!\.)\bparams\b", body):
            return head + body + "}"
        return f"{head} const params = {name}.params;" + re.sub(rf"\b{name}\.params\b", "params", body) + "}"
    return handlers(text, change)


def param_renamed(text):
    """`const { id } = req.params` becomes `const { id: wantedId } = req.params`."""
    def change(head, body):
        m = re.search(r"const \{ ?id ?\} = (\w+\.params)", body)
        if not m or re.search(r"\bid:|['\"`][^'\"`\n]*\bid\b[^'\"`\n]*['\"`]", body):
            return head + body + "}"
        rest = body[m.end():]
        rest = re.sub(r"([{,] ?)id(?= ?[,}])", r"\1id: wantedId", rest)
        rest = re.sub(r"(?<![.\w])id\b(?!:)", "wantedId", rest)
        return head + body[:m.start()] + f"const {{ id: wantedId }} = {m[1]}" + rest + "}"
    return handlers(text, change)


def own_wrapper(text):
    """Handlers go through a wrapper that the project has written itself."""
    def change(head, body):
        whole = head + body + "}"
        return f"catchAsync({whole})" if head.startswith("async (") and "=>" in head and "res" in head else whole
    made = re.sub(r"catchAsync\(catchAsync\(", "catchAsync((", handlers(text, change))
    if made == text or "express" not in text and "router" not in text.lower():
        return text
    return first_line(made, "const catchAsync = (fn) => (req, res, next) => Promise.resolve(fn(req, res, next)).catch(next); ") or text


NAMES = {"200": "OK", "201": "CREATED", "204": "NO_CONTENT", "400": "BAD_REQUEST", "401": "UNAUTHORIZED", "402": "PAYMENT_REQUIRED",
         "403": "FORBIDDEN", "404": "NOT_FOUND", "409": "CONFLICT", "429": "TOO_MANY_REQUESTS", "500": "INTERNAL_SERVER_ERROR"}


def named_status(text):
    made = re.sub(r"\bres\.status\((\d{3})\)", lambda m: f"res.status(StatusCodes.{NAMES[m[1]]})" if m[1] in NAMES else m[0], text)
    if made == text:
        return text
    return first_line(made, "import { StatusCodes } from 'http-status-codes'; " if modules(text) else "const { StatusCodes } = require('http-status-codes'); ") or text


def thrown(text):
    """Refusals are errors with a status, which the framework answers with."""
    made = handlers(text, lambda head, body: head + (re.sub(
        r"return res\.status\((4\d\d)\)\.json\(\{ ?(?:error|message|msg): ('[^'\n]*'|\"[^\"\n]*\") ?\}\);", r"throw createError(\1, \2);", body)
        if "catch" not in body else body) + "}")
    if made == text:
        return text
    return first_line(made, "import createError from 'http-errors'; " if modules(text) else "const createError = require('http-errors'); ") or text


def broken(lines):
    """A call's object goes over several lines, as a formatter would have it."""
    for n, line in enumerate(lines):
        m = re.fullmatch(r"(\s*)((?:const|let|return|await|res)\b.*\w\(\{) (.+)", line)
        end = closing(line, line.index(m[2]) + len(m[2]) - 1) if m else None
        if not m or end is None or not re.fullmatch(r"\}\)[).;\w(]*( //.*)?", line[end:]) or "`" in line:
            yield n, line
            continue
        yield n, m[1] + m[2]
        for part in split_top(line[line.index(m[2]) + len(m[2]):end]):
            yield n, f"{m[1]}  {part},"
        yield n, m[1] + line[end:]


def commented(lines):
    """A comment before every other statement."""
    count = 0
    for n, line in enumerate(lines):
        if m := re.match(r"(\s+)(?:const|if|return|await|res)\b.*;", line):
            count += 1
            before = lines[n - 1].rstrip() if n else ""
            if count % 2 and before.endswith((";", "{", "}")):
                yield None, m[1] + "// Step by step, so that it stays easy to follow."
        yield n, line


def exported_last(text):
    """`exports.f = ...` becomes a constant, and all are exported at the end."""
    names = re.findall(r"^exports\.(\w+) = (?:async )?(?:function ?)?\(", text, re.M)
    if not names or "module.exports" in text:
        return text
    every = re.findall(r"^exports\.(\w+) = ", text, re.M)
    text = re.sub(r"^exports\.(\w+) = ", r"const \1 = ", text, flags=re.M)
    text = re.sub(r"\bexports\.(\w+)\b", r"\1", text)
    return text.rstrip("\n").rstrip(";") + f"; module.exports = {{ {', '.join(every)} }};" + "\n" * (len(text) - len(text.rstrip("\n")))


def cjs(files):
    """Modules become CommonJS, where nothing but files of the tree and packages is imported by name or by default."""
    texts = {p: "\n".join(lines) for p, lines in files.items()}
    mixed = any(re.search(r"^export (?!default)", t, re.M) and re.search(r"^export default", t, re.M) for t in texts.values())
    if mixed or any("import.meta" in t for t in texts.values()) or any(p.endswith((".ts", ".tsx", ".jsx", ".vue")) for p in files):
        return files
    def change(t):
        t = re.sub(r"^import (\w+) from (['\"][^'\"]+['\"])", r"const \1 = require(\2)", t, flags=re.M)
        t = re.sub(r"^import \* as (\w+) from (['\"][^'\"]+['\"])", r"const \1 = require(\2)", t, flags=re.M)
        t = re.sub(r"^import (\{[^{}]*\}) from (['\"][^'\"]+['\"])", lambda m: f"const {m[1].replace(' as ', ': ')} = require({m[2]})", t, flags=re.M)
        t = re.sub(r"^import (['\"][^'\"]+['\"])", r"require(\1)", t, flags=re.M)
        t = re.sub(r"^export default (?:async )?function (\w+)", lambda m: "module.exports = " + m[0][15:], t, flags=re.M)
        t = re.sub(r"^export default ", "module.exports = ", t, flags=re.M)
        t = re.sub(r"^export (async function|function) (\w+)", r"exports.\2 = \1", t, flags=re.M)
        return re.sub(r"^export (?:const|let) (\w+) = ", r"const \1 = exports.\1 = ", t, flags=re.M)
    changed = {p: change(t) for p, t in texts.items() if script(p)}
    if any(re.search(r"^(import|export)\b", t, re.M) for t in changed.values()):
        return files
    return {p: changed[p].split("\n") if p in changed else re.sub(r"\"type\": ?\"module\",?", "", t).split("\n") if p == "package.json" else files[p]
            for p, t in texts.items()}


def identifier(old, new):
    """Another name for a variable, where the tree has none of that name."""
    def run(files):
        whole = "\n".join("\n".join(lines) for p, lines in files.items() if script(p))
        if not re.search(rf"\b(?:const|let) {old} = ", whole) or re.search(rf"(?<![\w'\"/.-]){new}\b", whole):
            return files
        word = re.compile(rf"(?<![\w'\"/.\-@$]){old}\b(?![\w'\"/-]|: )|(?<=exports\.){old}\b|(?<=globalThis\.){old}\b|(?<=global\.){old}\b")
        return {p: word.sub(new, "\n".join(lines)).split("\n") if script(p) else lines for p, lines in files.items()}
    return run


def typed_only(change):
    return each(lambda p: p.endswith((".ts", ".tsx")), change)


LAYOUT = {
    "tabs": each(script, swap(r"^(?:  )+", lambda m: "\t" * (len(m[0]) // 2))),
    "crlf": lambda files: {p: [line + "\r" for line in lines] for p, lines in files.items()},
    "broken": relined(script, broken),
    "commented": relined(script, commented),
    "concatenated": each(script, concatenated),
    "templated": each(script, templated),
    "nested": each(script, nested),
    "not-equal": each(script, swap(r"if \(([\w.]+(?:\(\))?) !== ([\w.]+(?:\(\))?|'\w*')\)", r"if (!(\1 === \2))")),
    "other-side": each(script, swap(r"if \(([\w.]+(?:\(\))?) (!==|===) ([\w.]+(?:\(\))?)\)", r"if (\3 \2 \1)")),
    "early": each(script, early),
    "caller-taken": each(script, caller_taken),
    "caller-kept": each(script, caller_kept),
    "row-named": each(script, row_named),
    "params": each(script, params_first),
    "param-named": each(script, param_renamed),
    "own-wrapper": each(script, own_wrapper),
    "status-named": each(script, named_status),
    "thrown": each(script, thrown),
    "sent": each(script, swap(r"\bres\.json\(|(?<=\d\)\.)json\((?=\{)", lambda m: m[0].replace("json", "send"))),
    "return-apart": each(script, swap(r"\{ return (res\.[^;\n]*\);) \}", r"{ \1 return; }")),
    "exported-last": each(script, exported_last),
    "cjs": cjs,
    "router-named": identifier("router", "api"),
    "app-named": identifier("app", "server"),
    "prisma-named": identifier("prisma", "client"),
    "db-named": identifier("db", "database"),
    "as-any": typed_only(swap(r"\b(req|request)\.user(?=\.)", r"(\1 as any).user")),
    "not-null": typed_only(swap(r"\b(req|request)\.user\.(?=\w)", r"\1.user!.")),
    "generic": typed_only(swap(r"\breq: Request(?=[,)])", "req: Request<any, any, any>")),
}
