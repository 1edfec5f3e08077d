"""Every command line that a document offers for copying names commands and options that exist, and every command's help
fits a terminal and says its exit codes."""

import os
import pathlib
import re
import shlex
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / os.environ.get("GATEHOUSE_BINARY", "build/release/gatehouse")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md")),
         *sorted((ROOT / "examples").rglob("README.md"))]
FENCE = re.compile(r"^```(?:sh|bash|console|shell)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(gatehouse [a-z][^`]*)`")
# What ends a command inside a line of shell.
END = {"|", "||", "&&", "&", ";", ">", ">>", "<", "2>", "2>&1"}


def run(*words):
    return subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def commands(text):
    """The words of each `gatehouse …` in lines of shell, without what stands around it."""
    joined = re.sub(r"\\\n\s*", " ", text)
    for line in joined.splitlines():
        line = line.removeprefix("$ ")
        if "gatehouse" not in line:
            continue
        # "$(gatehouse token …)" is a command, too.
        for part in re.split(r"\$\(|\)", line):
            lexer = shlex.shlex(part.strip(), posix=True, punctuation_chars="|&;<>")
            lexer.whitespace_split = True
            lexer.commenters = "#"
            try:
                words = list(lexer)
            except ValueError:  # a quote that the split above cut through
                continue
            for i, word in enumerate(words):
                before = words[i - 1] if i else ";"
                starts = before in END or re.fullmatch(r"[A-Z_]+=.*", before) or before in ("sudo", "exec")
                if word.rsplit("/", 1)[-1] != "gatehouse" or not starts:
                    continue
                mine = []
                for w in words[i + 1:]:
                    if w in END:
                        break
                    mine.append(w)
                if mine:
                    yield mine


def known(words):
    """A command's reader takes its options one by one until --help: what is unknown is told before."""
    return run(*words, "--help")


class Commands(unittest.TestCase):
    def test_every_command_line_of_the_documents_names_what_exists(self):
        seen = 0
        for page in PAGES:
            text = page.read_text()
            for block in FENCE.findall(text) + INLINE.findall(text):
                for words in commands(block):
                    if words[0].startswith("-") and words[0] not in ("--help", "--version"):
                        continue
                    # Words that stand for the reader's own: `gatehouse webhooks …`
                    if any(w in ("…", "...") or w.isupper() and w == words[0] for w in words):
                        continue
                    seen += 1
                    with self.subTest(page=page.relative_to(ROOT).as_posix(), command=" ".join(words)):
                        done = known(words)
                        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreaterEqual(seen, 40)

    def test_an_option_that_does_not_exist_would_be_noticed(self):
        (words,) = commands("$ gatehouse audit . --urll http://127.0.0.1 | less\n")
        self.assertEqual(known(words).returncode, 2)
        (words,) = commands("FOO=bar gatehouse chek\n")
        self.assertEqual(known(words).returncode, 2)

    def test_every_help_says_its_exit_codes_and_fits_a_terminal(self):
        listed = re.findall(r"^  ([a-z]+(?: [a-z]+)?)  +[A-Z]", run("--help").stdout, re.MULTILINE)
        self.assertGreaterEqual(len(listed), 25)
        for name in listed:
            with self.subTest(command=name):
                done = run(*name.split(), "--help")
                self.assertEqual(done.returncode, 0)
                self.assertRegex(done.stdout.lower(), "exit codes?:")
                for line in done.stdout.splitlines():
                    # Examples and what is set in columns stay whole, as does a word that is longer than a line.
                    if line.startswith((" ", "usage:")) or "  " in line or len(line.split(" ", 1)[0]) > 70:
                        continue
                    self.assertLessEqual(len(line), 80, line)


if __name__ == "__main__":
    unittest.main()
