"""The staircase holds in this tree, and the tool that says so notices every kind of breach."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools" / "check_rooms.py"


def run(src):
    done = subprocess.run([sys.executable, "-B", str(TOOL), "--src", str(src)], capture_output=True, text=True)
    return done.returncode, done.stdout


class CheckRooms(unittest.TestCase):
    def judge(self, files):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = pathlib.Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return run(folder)

    def test_this_tree_keeps_to_the_staircase(self):
        code, said = run(ROOT / "src")
        self.assertEqual(code, 0, said)

    def test_an_upward_include_is_a_breach_with_its_line(self):
        code, said = self.judge({"net/a.cc": '\n#include "gate/route.h"\n', "gate/route.h": ""})
        self.assertEqual(code, 1)
        self.assertIn("src/net/a.cc:2:", said)

    def test_downward_and_own_includes_are_fine(self):
        code, said = self.judge({"gate/a.cc": '#include "gate/b.h"\n#include "base/text.h"\n', "gate/b.h": "", "base/text.h": ""})
        self.assertEqual(code, 0, said)

    def test_a_control_may_not_include_its_neighbour(self):
        code, said = self.judge({"controls/csrf/filter.cc": '#include "controls/jwt/filter.h"\n', "controls/jwt/filter.h": ""})
        self.assertEqual(code, 1)
        self.assertIn("neighbour", said)

    def test_the_tests_of_all_controls_share_their_fixtures_and_nothing_else_does(self):
        fixture = {"controls/testing/read.h": ""}
        code, said = self.judge({"controls/csrf/csrf_test.cc": '#include "controls/testing/read.h"\n', **fixture})
        self.assertEqual(code, 0, said)
        code, said = self.judge({"controls/csrf/filter.cc": '#include "controls/testing/read.h"\n', **fixture})
        self.assertEqual(code, 1)

    def test_the_catalogue_may_include_every_control(self):
        code, said = self.judge({"controls/catalog.cc": '#include "controls/jwt/control.h"\n', "controls/jwt/control.h": ""})
        self.assertEqual(code, 0, said)

    def test_the_wall_between_controls_and_services_stands_both_ways(self):
        for here, there in (("controls", "services"), ("services", "controls")):
            code, said = self.judge({f"{here}/a/a.cc": f'#include "{there}/b/b.h"\n', f"{there}/b/b.h": ""})
            self.assertEqual(code, 1)
            self.assertIn("wall", said)

    def test_a_third_party_header_outside_its_home_is_a_breach(self):
        for header, place in (("openssl/evp.h", "gate/a.cc"), ("sqlite3.h", "app/a.cc"), ("toml++/toml.h", "controls/b.cc"),
                              ("tree_sitter/api.h", "net/a.cc"), ("gtest/gtest.h", "base/a.cc")):
            code, _ = self.judge({place: f"#include <{header}>\n"})
            self.assertEqual(code, 1, header)

    def test_a_third_party_header_at_home_is_fine(self):
        for header, place in (("openssl/evp.h", "base/crypto/a.cc"), ("openssl/ssl.h", "net/tls/a.cc"),
                              ("sqlite3.h", "store/sqlite/a.cc"), ("gtest/gtest.h", "base/a_test.cc")):
            code, said = self.judge({place: f"#include <{header}>\n"})
            self.assertEqual(code, 0, said)


if __name__ == "__main__":
    unittest.main()
