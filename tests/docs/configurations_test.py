"""Every configuration that a document offers for copying (```toml check) passes `gatehouse check`."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / os.environ.get("GATEHOUSE_BINARY", "build/release/gatehouse")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").rglob("README.md"))]
FENCE = re.compile(r"^```toml check\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def check(text):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "gatehouse.toml"
        file.write_text(text)
        return subprocess.run([BINARY, "check", "-c", file], capture_output=True, text=True, timeout=60)


class Configurations(unittest.TestCase):
    def test_every_offered_configuration_passes_the_check(self):
        seen = 0
        for page in PAGES:
            for text in FENCE.findall(page.read_text()):
                seen += 1
                with self.subTest(page=page.relative_to(ROOT).as_posix()):
                    done = check(text)
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertGreaterEqual(seen, 5)

    def test_the_check_would_notice_a_wrong_one(self):
        done = check('listen = ["https://0.0.0.0:443"]\n[[ruote]]\npath = "/"\n')
        self.assertEqual(done.returncode, 1)
        self.assertIn("gatehouse.toml:2", done.stdout + done.stderr)

    def test_the_examples_have_policies_that_pass(self):
        files = sorted((ROOT / "examples").rglob("gatehouse.toml"))
        self.assertTrue(files)
        for file in files:
            done = subprocess.run([BINARY, "check", "-c", file], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_what_the_examples_offer_in_comments_passes_too(self):
        offered = re.compile(r"^# ((?:\[.*\]|[a-z_]+ = .*))$", re.MULTILINE)
        text = (ROOT / "examples/commerce-starter/gatehouse.toml").read_text().replace("prod_…", "prod_0")
        for table in ("[billing]", "[webhooks.endpoint.stripe]", "[webhooks.endpoint.clerk]"):
            self.assertIn("\n# " + table + "\n", text)
        done = check(offered.sub(r"\1", text))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
