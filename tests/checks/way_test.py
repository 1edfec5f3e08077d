"""docs/way.md names the steps that Gate::serve walks, all of them and in the same order."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def steps_of_the_page(text):
    return re.findall(r"^## (.+)$", text, re.MULTILINE)


def steps_of_the_function(text):
    start = re.search(r"^Task<void> Gate::serve\(", text, re.MULTILINE)
    body = text[start.start():]
    body = body[: re.search(r"^}$", body, re.MULTILINE).end()]
    steps = []
    for line in re.findall(r"^  // (.+)$", body, re.MULTILINE):
        # "route: once, …", "filters down, origin, filters up: …", "accept, tls and parse happened in net: …"
        named = re.match(r"([a-z]+(?: [a-z]+)?(?:(?:, | and )[a-z]+(?: [a-z]+)?)*?)(?: happened in net)?:", line)
        if named:
            steps += re.split(r", | and ", named.group(1))
    return steps


class Way(unittest.TestCase):
    def test_the_page_and_the_function_name_the_same_steps(self):
        page = steps_of_the_page((ROOT / "docs/way.md").read_text())
        function = steps_of_the_function((ROOT / "src/gate/gate.cc").read_text())
        self.assertGreaterEqual(len(function), 8, "Gate::serve names its steps in comments, as in `// route: …`")
        self.assertEqual(page, function)


if __name__ == "__main__":
    unittest.main()
