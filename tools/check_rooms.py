#!/usr/bin/env python3
"""Holds the sources to the staircase of src/README.md.

A room includes itself and rooms below it; no control includes another control, no service another service, and neither
the other side of the wall. Each third-party library's headers stand in one home only. Says every breach with file, line
and remedy; exit 0 clean, 1 breaches, 2 usage.
"""

import argparse
import pathlib
import re
import sys

FLOORS = {
    "base": 1, "net": 2, "store": 3, "gate": 4, "kit": 5, "proof": 6, "controls": 7, "services": 7, "audit": 8, "app": 9,
}

# Third-party header -> the places (path prefixes under src/) that may include it.
HOMES = [
    (re.compile(r"^openssl/"), ["base/", "net/tls"]),
    (re.compile(r"^nghttp2/"), ["net/http2"]),
    (re.compile(r"^sqlite3\.h$"), ["store/sqlite"]),
    (re.compile(r"^(libpq|postgresql)|^libpq-fe\.h$"), ["store/postgres"]),
    (re.compile(r"^hiredis/"), ["store/redis"]),
    (re.compile(r"^toml\+\+|^toml\.hpp$"), ["base/conf/"]),
    (re.compile(r"^(hs/hs|hs)\.h$|^hs/"), ["audit/"]),
    (re.compile(r"^tree_sitter/"), ["audit/"]),
    (re.compile(r"^git2(\.h|/)"), ["audit/"]),
    (re.compile(r"^tl/"), ["base/result.h"]),
    (re.compile(r"^(gtest|gmock)/"), None),  # tests only, in any room
]

QUOTED = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
ANGLED = re.compile(r"^\s*#\s*include\s+<([^>]+)>")


def is_test(path):
    return path.endswith("_test.cc") or path.endswith("_test.h") or "/testing/" in path


def folder_in_wall(path):
    """controls/csrf/filter.h -> ('controls', 'csrf'); controls/control.h -> ('controls', None)."""
    parts = path.split("/")
    if parts[0] in ("controls", "services"):
        return parts[0], parts[1] if len(parts) > 2 else None
    return None, None


def breach_of(source, target):
    """The breach of `source` including "target" (paths under src/), or None."""
    here, there = source.split("/")[0], target.split("/")[0]
    if there not in FLOORS:
        return f'"{target}" is no room: write the path from src/, as in "base/text.h"'
    if here == there:
        wall, mine = folder_in_wall(source)
        _, theirs = folder_in_wall(target)
        fixture = theirs == "testing" and is_test(source)  # what the tests of all of them share
        if wall and mine and theirs and mine != theirs and not fixture:
            return f"{wall}/{mine} includes its neighbour {wall}/{theirs}: let them meet in kit, a store or an event"
        return None
    if FLOORS[there] == FLOORS[here]:
        return f"{here} and {there} stand on one floor with a wall between: let them meet in kit, a store or an event"
    if FLOORS[there] > FLOORS[here]:
        return f"{here} (floor {FLOORS[here]}) includes {there} (floor {FLOORS[there]}) above it: move what it needs down"
    return None


def home_breach_of(source, header):
    for pattern, homes in HOMES:
        if not pattern.search(header):
            continue
        if homes is None:
            return None if is_test(source) else f"<{header}> belongs in tests (x_test.cc) only"
        if not any(source.startswith(home) for home in homes):
            return f"<{header}> lives in {' and '.join(homes)} only: ask that room in our own words"
    return None


def breaches(src):
    found = []
    files = sorted(p for p in src.rglob("*") if p.suffix in (".h", ".cc") and p.is_file())
    for file in files:
        source = file.relative_to(src).as_posix()
        if source.split("/")[0] not in FLOORS:
            found.append((source, 1, "stands in no room"))
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            quoted, angled = QUOTED.match(line), ANGLED.match(line)
            why = None
            if quoted:
                why = breach_of(source, quoted.group(1))
            elif angled:
                why = home_breach_of(source, angled.group(1))
            if why:
                found.append((source, number, why))
    return files, found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--src", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent / "src")
    src = parser.parse_args().src
    if not src.is_dir():
        print(f"check_rooms: {src} is no folder", file=sys.stderr)
        return 2
    files, found = breaches(src)
    for source, line, why in found:
        print(f"src/{source}:{line}: {why}")
    print(f"check_rooms: {len(files)} files, {len(found)} breaches")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
