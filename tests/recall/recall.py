#!/usr/bin/python3
"""Precision and recall of the audit, set by set.

  make recall                   every set, the numbers as a table
  tests/recall/recall.py --short --check    fewer draws; fails when a number falls under its floor (part of `make test`)

GATEHOUSE_BINARY names the program (default: build/release/gatehouse). README.md says who wrote which set.
"""

import argparse
import fnmatch
import json
import os
import pathlib
import platform
import random
import re
import shutil
import subprocess
import sys
import tempfile
import zlib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROGRAM = pathlib.Path(os.environ.get("GATEHOUSE_BINARY", ROOT / "build/release/gatehouse")).resolve()
CPU = {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]
NODE = ROOT / f"tests/e2e/node_modules/node-linux-{CPU}/bin/node"


def audit(folder, only=None):
    command = [str(PROGRAM), "audit", str(folder), "--format", "json", "--fail-on", "never"]
    if only:
        command += ["--only", only]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1, 3):
        raise SystemExit(f"recall: {' '.join(command)} ended with {done.returncode}: {done.stderr[-500:]}")
    return json.loads(done.stdout)["findings"]


def places(finding):
    return [(p.get("path", ""), p.get("line", 0)) for p in [finding["location"], *finding.get("also", [])]]


class Score:
    """What was to be found, what was, and what else was said."""

    def __init__(self, name, who):
        self.name, self.who = name, who
        self.wanted = self.found = self.wanted_high = self.found_high = self.false = 0
        self.notes = []

    def want(self, found, high, what):
        self.wanted += 1
        self.wanted_high += high
        if found:
            self.found += 1
            self.found_high += high
        else:
            self.notes.append("missed " + what)

    def wrong(self, what):
        self.false += 1
        self.notes.append("false  " + what)

    @property
    def recall(self):
        return self.found / self.wanted if self.wanted else 1.0

    @property
    def precision(self):
        return self.found / (self.found + self.false) if self.found + self.false else 1.0

    def row(self):
        if not self.wanted:
            return f"{self.name:<34} {self.false} said that are not so   {self.who}"
        high = f"{self.found_high}/{self.wanted_high}" if self.wanted_high else "-"
        return (f"{self.name:<34} {self.found:>4} of {self.wanted:<4} recall {self.recall:.2f}   "
                f"critical and high {high:<8} false {self.false:<3} precision {self.precision:.2f}   {self.who}")


def golden(_):
    score = Score("fixture trees, five documents", "ours")
    for tree in sorted((ROOT / "tests/golden/audit").iterdir()):
        if not (tree / "expected.json").exists():
            continue
        wanted = {(f["id"], f["path"], f["line"]) for f in json.loads((tree / "expected.json").read_text())["findings"]}
        # The patterns' finds (SEC, ENV) are held in their own sets; these lists name what parsers see.
        said = {(f["id"], *places(f)[0]) for f in audit(tree / "faulty")}
        for w in sorted(wanted):
            score.want(w in said, False, f"{tree.name}: {w}")
        for f in audit(tree / "fixed"):
            score.wrong(f"{tree.name}/fixed: {f['id']} {places(f)[0]}")
    return score


def trees(_):
    """Whole small projects, each with a list of what a careful reader would report: ids | severity | files | text."""
    score = Score("projects in other styles", "ours, tuned on it")
    with tempfile.TemporaryDirectory() as work:
        for name in sorted(p.name for p in (HERE / "trees").iterdir() if p.is_dir()):
            one_tree(score, laid_out(name, pathlib.Path(work)), HERE / "trees" / (name + ".expect"))
    return score


def laid_out(name, work):
    """The project as it would stand in its own repository: `dot.env` is `.env`, and @@ breaks what looks like a key."""
    for source in (HERE / "trees" / name).rglob("*"):
        if source.is_file():
            path = work / name / source.relative_to(HERE / "trees" / name)
            path = path.with_name(re.sub(r"^dot\.", ".", path.name))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source.read_text().replace("@@", ""))
    return work / name


def one_tree(score, tree, expected):
    findings, used = audit(tree), set()
    for line in expected.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        ids, severity, files, text, *soft = line.split("|")
        hit = False
        for i, f in enumerate(findings):
            if f["id"] not in ids.split():
                continue
            for path, number in places(f):
                if not any(fnmatch.fnmatch(path, g) for g in files.split()):
                    continue
                lines = (tree / path).read_text(errors="replace").split("\n") if text else []
                if not text or any(text in s and abs(k + 1 - number) <= 3 for k, s in enumerate(lines)):
                    hit = True
                    used.add(i)
        if not soft:
            score.want(hit, severity in ("critical", "high"), f"{tree.name}: {line}")
    for i, f in enumerate(findings):
        if i not in used:
            score.wrong(f"{tree.name}: {f['id']} {places(f)[0]} {f['title']}")


def facts(_):
    """Single lines: `must: ID` is to be found there, `must not` is to be left alone."""
    score = Score("facts of common rules, by line", "ours, facts of semgrep, bandit, njsscan")
    said = {}
    for f in audit(HERE / "facts"):
        for place in places(f):
            said.setdefault(place, set()).add(f["id"])
    for path in sorted((HERE / "facts").iterdir()):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            near = set().union(*(said.get((path.name, n), set()) for n in (number, number + 1)))
            if m := re.search(r"must: ([A-Z]+-\d+)", line):
                score.want(m.group(1) in near, True, f"{path.name}:{number} {m.group(1)}")
            elif "must not" in line and said.get((path.name, number)):
                score.wrong(f"{path.name}:{number} {sorted(said[(path.name, number)])}")
    return score


MARK = re.compile(r"\s*(?:(?://|#|--)\s*)?<<(not )?([A-Z0-9|*-]+)( anywhere)?>>\s*$")


def one_variant(text):
    """The files of a tree that is written down as one text, and its marks: (must not, ids, anywhere, path, line)."""
    files, marks, path = {}, [], None
    for line in text.split("\n"):
        if head := re.match(r"^-- (\S+) --$", line):
            path = head.group(1)
            files[path] = []
        elif path:
            while mark := MARK.search(line):
                marks.append((bool(mark.group(1)), mark.group(2).split("|"), bool(mark.group(3)), path,
                              len(files[path]) + 1))
                line = line[:mark.start()]
            files[path].append(line.replace("@@", ""))
    return files, marks


def audit_files(files):
    """What the audit says of a tree that is given as paths and lines."""
    with tempfile.TemporaryDirectory() as work:
        for path, lines in files.items():
            at = pathlib.Path(work) / "tree" / path
            at.parent.mkdir(parents=True, exist_ok=True)
            at.write_text("\n".join(lines))
        return audit(pathlib.Path(work) / "tree")


def said_of(findings, mark):
    """The findings that a mark speaks of."""
    must_not, ids, anywhere, path, line = mark
    reach = 2 if must_not else 12
    return [f for f in findings if (ids == ["*"] or f["id"] in ids) and
            (anywhere or any(p == path and abs(n - line) <= reach for p, n in places(f)[:1]))]


def judge_variant(score, name, text):
    files, marks = one_variant(text)
    if not marks:
        raise SystemExit(f"recall: {name} says nothing of what is to be found: mark a line with <<ID>>")
    findings = audit_files(files)
    for mark in marks:
        must_not, ids, _, path, line = mark
        hits = said_of(findings, mark)
        if must_not and hits:
            score.wrong(f"{name}: {hits[0]['id']} {places(hits[0])[0]} {hits[0]['title']}")
        elif not must_not:
            score.want(bool(hits), False, f"{name}: {'|'.join(ids)} {path}:{line}")


def variants(_):
    """One kind of fault as many hands write it, and its sound forms."""
    score = Score("kinds of fault in many hands", "ours, the readers were mended by them")
    for source in sorted((HERE / "variants").rglob("*.txt")):
        judge_variant(score, str(source.relative_to(HERE)), source.read_text())
    return score


def sections(text, head):
    """Name and lines of each section that a line of this form begins; what stands before the first has no name."""
    out, name = {"": []}, ""
    for line in text.split("\n"):
        if match := re.fullmatch(head, line):
            name = match[1]
            out[name] = []
        else:
            out[name].append(line)
    return out


def textbook_cases(source):
    """The trees of a textbook's file: name and text, the shared part filled in."""
    parts = sections(source.read_text(), r"== (\S+) ==")
    base = sections("\n".join(parts.pop("")), r"-- (\S+) --")
    for name, lines in parts.items():
        own = sections("\n".join(lines), r"-- (\S+) --")
        tree = []
        for path in [p for p in {**base, **own} if p]:
            body = own.get(path, [])
            if path in base:
                body = [x for line in base[path] for x in (own.get(path, []) if line == "{{here}}" else [line])]
            tree += [f"-- {path} --", *body]
        yield name, "\n".join(tree)


def textbook(_):
    """The plainest faults of each framework in each of its usual forms, and the guards that everybody writes."""
    score = Score("textbook faults by framework", "ours, the readers were mended by them")
    for source in sorted((HERE / "textbook").glob("*.txt")):
        for name, text in textbook_cases(source):
            judge_variant(score, f"textbook/{source.stem} {name}", text)
    return score


DJANGO = {"W001": "DJ-001", "W002": "DJ-002", "W003": "DJ-003", "W004": "DJ-004", "W005": "DJ-005", "W006": "DJ-006",
          "W008": "DJ-007", "W009": "DJ-008", "W010": "DJ-009", "W011": "DJ-009", "W012": "DJ-009", "W013": "DJ-010",
          "W014": "DJ-010", "W015": "DJ-010", "W016": "DJ-011", "W018": "DJ-012", "W019": "DJ-002", "W020": "DJ-013",
          "W021": "DJ-005", "W022": "DJ-014", "E023": "DJ-014", "E024": "DJ-015"}
# Without its middleware Django stays silent about settings that middleware reads; we still name them.
READ_BY = {"DJ-001": {"DJ-004", "DJ-005", "DJ-006", "DJ-007", "DJ-014"}, "DJ-003": {"DJ-011"}}


def django(options):
    """Drawn settings modules; the labels are what Django's own `check --deploy` says."""
    score = Score("drawn Django settings", "Django's checks are the judge")
    count = 25 if options.short else 200
    said = subprocess.run(["/usr/bin/python3", "-B", HERE / "django_oracle.py", str(count), str(options.seed)],
                          capture_output=True, text=True, check=True).stdout
    with tempfile.TemporaryDirectory() as work:
        for n, case in enumerate(json.loads(said)):
            tree = pathlib.Path(work) / str(n)
            (tree / "shop").mkdir(parents=True)
            (tree / "shop/settings.py").write_text(case["settings"])
            wanted = {DJANGO[i.split(".")[1]] for i in case["ids"]}
            ours = {f["id"] for f in audit(tree, "DJ")}
            for i in sorted(wanted):
                score.want(i in ours, i in ("DJ-003", "DJ-008", "DJ-009", "DJ-010", "DJ-012"), f"{i} in\n{case['settings']}")
            silent = set().union(*(READ_BY.get(w, set()) for w in wanted))
            for i in sorted(ours & set(DJANGO.values()) - wanted - silent):
                score.wrong(f"{i} in\n{case['settings']}")
    return score


def github(rng):
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    body = "".join(rng.choice(alphabet) for _ in range(30))
    crc, tail = zlib.crc32(body.encode()), ""
    for _ in range(6):
        tail, crc = alphabet[crc % 62] + tail, crc // 62
    return "ghp_" + body + tail


def keys(rng):
    """One key of each kind that both programs know, of this run only."""
    word = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    pick = lambda n, alphabet=word: "".join(rng.choice(alphabet) for _ in range(n))
    digits, upper = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return {
        "AWS": "AKIA" + pick(16, upper), "GitHub": github(rng), "npm": "npm_" + pick(36),
        "Slack": f"xoxb-{pick(12, digits)}-{pick(13, digits)}-{pick(24)}",
        "SendGrid": f"SG.{pick(22)}.{pick(43)}", "Anthropic": "sk-ant-api03-" + pick(93) + "AA",
        "OpenAI": "sk-proj-" + pick(74) + "T3BlbkFJ" + pick(74), "Shopify": "shpat_" + pick(32, "0123456789abcdef"),
        "Linear": "lin_api_" + pick(40), "GitLab": "glpat-" + pick(20), "Groq": "gsk_" + pick(52),
        "database": f"postgres://app:{pick(16)}@db.{pick(8).lower()}.net:5432/app",
    }


def corpus():
    """Files nobody here wrote: Debian's Django and REST framework, the packages under node_modules."""
    for top, pattern in ((pathlib.Path("/usr/lib/python3/dist-packages"), ("django/**/*.py", "rest_framework/**/*.py",
                                                                           "corsheaders/**/*.py", "gunicorn/**/*.py")),
                         (ROOT / "tests/e2e/node_modules", ("**/*.js", "**/*.mjs", "**/*.ts")),
                         (HERE / "node_modules", ("**/*.js", "**/*.mjs", "**/*.ts"))):
        for p in pattern:
            for path in sorted(top.glob(p)):
                if path.is_file() and "node-linux" not in str(path) and 200 < path.stat().st_size < 200_000:
                    yield path


def planted(options):
    """Fresh keys put into files of others: who finds them, we and secretlint, and what either says of the rest."""
    rng = random.Random(options.seed)
    files = list(corpus())
    rng.shuffle(files)
    files = files[: 120 if options.short else 1500]
    score = Score("keys planted in packages", "places and files by others")
    peer = Score("  the same, secretlint", "peer")
    with tempfile.TemporaryDirectory() as work:
        want = {}
        for n, source in enumerate(files):
            lines = source.read_text(errors="replace").split("\n")
            path = pathlib.Path(work) / "tree/src" / f"f{n}{source.suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            if n % 3 == 0:
                kind, key = rng.choice(sorted(keys(rng).items()))
                lines[-1:] = [lines[-1], f'planted{n} = "{key}";' if source.suffix != ".py" else f'planted{n} = "{key}"']
                want[path] = (kind, len(lines))
            path.write_text("\n".join(lines))
        ours = {}
        for f in audit(pathlib.Path(work) / "tree", "SEC"):
            for p, number in places(f):
                ours.setdefault(pathlib.Path(work) / "tree" / p, set()).add((f["id"], number))
        theirs = {}
        if NODE.exists() and (HERE / "node_modules").exists():
            listed = "\n".join(str(p) for p in sorted((pathlib.Path(work) / "tree/src").iterdir()))
            said = subprocess.run([NODE, HERE / "secretlint.mjs"], input=listed, capture_output=True, text=True, cwd=HERE)
            if said.returncode != 0:
                raise SystemExit("recall: secretlint: " + said.stderr[-500:])
            for row in map(json.loads, said.stdout.splitlines()):
                theirs[pathlib.Path(row["path"])] = set(row["lines"])
        for path in sorted((pathlib.Path(work) / "tree/src").iterdir()):
            kind, line = want.get(path, ("", 0))
            if kind:
                score.want(any(n == line for _, n in ours.get(path, ())), True, f"{kind} in {path.name}")
                peer.want(line in theirs.get(path, ()), True, f"{kind} in {path.name}")
            for i, n in sorted(ours.get(path, ())):
                if n != line and i in ("SEC-001", "SEC-007", "SEC-009", "SEC-010", "SEC-017"):
                    score.wrong(f"{i} {files[int(path.stem[1:])]}:{n}")
            for n in sorted(theirs.get(path, ())):
                if n != line:
                    peer.wrong(f"{files[int(path.stem[1:])]}:{n}")
    return (score, peer) if theirs else score


def packages(options):
    """Published libraries as they are: what is said of them with force is false until shown otherwise."""
    score = Score("published libraries, must not", "nothing to find")
    with tempfile.TemporaryDirectory() as work:
        count = 0
        for source in corpus():
            if options.short and count >= 400:
                break
            count += 1
            path = pathlib.Path(work) / "library" / str(source).lstrip("/").replace("node_modules", "packages")
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, path)
        for f in audit(pathlib.Path(work) / "library"):
            if f["severity"] in ("critical", "high") and f["confidence"] == "high":
                score.wrong(f"{f['id']} {places(f)[0]} {f['title']}")
        score.notes.insert(0, f"{count} files, {1000 * score.false / max(1, count):.1f} false a thousand files")
    return score


# Sets with their floors: (recall, recall of critical and high, most false findings).
SETS = {"golden": (golden, 1.0, 1.0, 0), "trees": (trees, 0.95, 0.97, 10), "facts": (facts, 0.9, 0.9, 1),
        "variants": (variants, 0.9, 0.9, 5), "textbook": (textbook, 1.0, 1.0, 0),
        "django": (django, 0.98, 0.98, 2), "planted": (planted, 0.95, 0.95, 2), "packages": (packages, 0.0, 0.0, 20)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="fewer draws and files")
    parser.add_argument("--check", action="store_true", help="exit 1 when a number is under its floor")
    parser.add_argument("--sets", default=",".join(SETS), help="which, with commas")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-v", "--verbose", action="store_true", help="name every miss and every false finding")
    options = parser.parse_args()
    if not PROGRAM.exists():
        raise SystemExit(f"recall: {PROGRAM} is missing; run make build")
    low = []
    for name in options.sets.split(","):
        measure, recall, high, false = SETS[name]
        result = measure(options)
        for score in result if isinstance(result, tuple) else (result,):
            print(score.row(), flush=True)
            for note in score.notes if options.verbose else score.notes[:1] if name == "packages" else []:
                print("    " + note)
            if score.who != "peer" and (score.recall < recall or score.false > false or
                                        (score.wanted_high and score.found_high / score.wanted_high < high)):
                low.append(name)
                for note in [] if options.verbose else score.notes[:20]:
                    print("    " + note)
    if options.check and low:
        raise SystemExit("recall: under the floor: " + ", ".join(low))


if __name__ == "__main__":
    main()
