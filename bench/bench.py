#!/usr/bin/python3
"""Side-by-side bench: gatehouse beside nginx, HAProxy and a raw byte forwarder, doing the same work.

Each proxy has one worker, pinned to core 1; the load generator (wrk) and the upstream share core 0. Within a row the
targets run in turn, round after round (A B C A B C), and the medians over the rounds are compared: nanoseconds that the
scheduler gave to the proxy, divided by the requests that the client saw answered. Every row sends the same 650-byte
request with a bearer token. A row's goal is a ratio of CPU time to the named peer; the table says met or missed.

  make bench                                   every row, about five minutes
  make bench ARGS="--rows plain,full --rounds 9 --seconds 2"
"""

import argparse
import json
import math
import os
import pathlib
import platform
import re
import resource
import secrets
import shutil
import socket
import statistics
import string
import subprocess
import sys
import sysconfig
import tempfile
import time

import peers
from peers import HERE, LOAD_CORE, ROOT

# name: (what is done, [targets], [(gatehouse target, peer, most of the peer's CPU)], load)
ROWS = {
    "plain": ("plain proxy", ["nginx-plain", "haproxy-plain", "raw", "gatehouse-plain"],
              [("gatehouse-plain", "nginx-plain", 0.85)], {}),
    "log": ("security headers, request id, JSON log", ["nginx-log", "haproxy-log", "gatehouse-log"],
            [("gatehouse-log", "nginx-log", 0.75)], {}),
    "full": ("headers, id, log, limit, RS256 token seen before", ["nginx-plain", "haproxy-jwt", "gatehouse-full"],
             [("gatehouse-full", "nginx-plain", 0.90), ("gatehouse-full", "haproxy-jwt", 0.30)], {}),
    "fresh": ("the same, every token new", ["haproxy-jwt", "gatehouse-fresh"],
              [("gatehouse-fresh", "haproxy-jwt", 0.70)], {"fresh": True}),
    "tls": ("TLS 1.3, kept connections", ["nginx-tls", "haproxy-tls", "gatehouse-tls"],
            [("gatehouse-tls", "nginx-tls", 0.90)], {}),
    "429": ("refused by the rate limit", ["nginx-429", "gatehouse-429"],
            [("gatehouse-429", "nginx-429", 0.75)], {"status": 429}),
    "401": ("refused for a forged token", ["nginx-401", "gatehouse-full"],
            [("gatehouse-full", "nginx-401", 0.65)], {"status": 401, "forged": True}),
    "big": ("1 MiB bodies", ["nginx-plain", "haproxy-plain", "raw", "gatehouse-plain"],
            [("gatehouse-plain", "nginx-plain", 0.50)], {"path": "/big", "connections": 8}),
}
EXTRA = ["idle", "allocations", "memory", "secrets", "parsed"]


def request_fields(work, forged=False):
    token = work.token()
    if forged:  # a signature that does not belong to these claims
        head, payload, signature = token.split(".")
        token = ".".join((head, payload, "A" * 8 + signature[8:]))
    fields = {"Authorization": "Bearer " + token, "Accept": "application/json", "User-Agent": "bench/1"}
    size = len("GET /hello HTTP/1.1\r\nHost: 127.0.0.1:00000\r\n\r\n") + sum(len(n) + len(v) + 4 for n, v in fields.items())
    fields["Cookie"] = "theme=" + "d" * max(1, 650 - size - len("Cookie: theme=\r\n"))
    return fields


def seconds_of(text):
    number, unit = re.match(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60}[unit]


def load(work, peer, seconds, path="/hello", connections=64, fresh=False, forged=False, status=200):
    """One wrk run: (requests, requests a second, p50, p99 in seconds, answers outside the wanted kind)."""
    command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency"]
    env = dict(os.environ)
    if fresh:
        command += ["-s", str(HERE / "tokens.lua")]
        env["TOKENS"], env["START"] = str(work.keys / "tokens"), str(peer.next_token)
    else:
        for name, value in request_fields(work, forged).items():
            command += ["-H", f"{name}: {value}"]
    command.append(f"{peer.scheme}://127.0.0.1:{peer.port}{path}")
    said = subprocess.run(command, capture_output=True, text=True, env=env, timeout=seconds + 60, check=True).stdout
    number = int(re.search(r"(\d+) requests in", said).group(1))
    peer.next_token += number + 2 * connections  # those under way at the end were sent too
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    refused = int(refused.group(1)) if refused else 0
    wrong = refused if status == 200 else max(0, number - refused - 64)
    errors = re.search(r"Socket errors: (.*)", said)
    if errors:
        wrong += sum(int(n) for n in re.findall(r"\d+", errors.group(1)))
    return (number, float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1)),
            seconds_of(re.search(r"\n\s+50%\s+(\S+)", said).group(1)), seconds_of(re.search(r"\n\s+99%\s+(\S+)", said).group(1)), wrong)


def status_of(work, peer, path, forged):
    """The status of one request sent by curl, to be sure that a row measures what it says."""
    fields = [part for n, v in request_fields(work, forged).items() for part in ("-H", f"{n}: {v}")]
    done = subprocess.run(["curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "5", *fields,
                           f"{peer.scheme}://127.0.0.1:{peer.port}{path}"], capture_output=True, text=True, check=False)
    return int(done.stdout or 0)


def measure_row(work, name, rounds, seconds):
    what, targets, goals, spec = ROWS[name]
    running, results = {}, {}
    try:
        for target in targets:
            running[target] = peers.start(work, target)
        for target, peer in running.items():
            load(work, peer, 1, **spec)  # warm: connections, caches, pages
            got, wanted = status_of(work, peer, spec.get("path", "/hello"), spec.get("forged", False)), spec.get("status", 200)
            if got != wanted and not (wanted == 429 and got == 200):
                raise RuntimeError(f"row {name}: {target} answers {got}, not {wanted}")
        for _ in range(rounds):
            for target, peer in running.items():
                before = peer.cpu_ns()
                number, rate, p50, p99, wrong = load(work, peer, seconds, **spec)
                spent = peer.cpu_ns() - before
                results.setdefault(target, []).append(
                    {"cpu_us": spent / 1e3 / max(1, number), "rps": rate, "p50_us": p50 * 1e6, "p99_us": p99 * 1e6, "wrong": wrong})
        for target, peer in running.items():
            results[target][-1]["peak_kb"] = peer.status_kb("VmHWM")
    finally:
        for peer in running.values():
            peer.stop()
    row = {"row": name, "what": what, "targets": {}, "goals": []}
    for target, samples in results.items():
        row["targets"][target] = {key: statistics.median(s[key] for s in samples) for key in ("cpu_us", "rps", "p50_us", "p99_us")}
        row["targets"][target]["cpu_us_min"] = min(s["cpu_us"] for s in samples)
        row["targets"][target]["wrong"] = sum(s["wrong"] for s in samples)
        row["targets"][target]["peak_kb"] = samples[-1]["peak_kb"]
    for ours, theirs, most in goals:
        ratio = row["targets"][ours]["cpu_us"] / row["targets"][theirs]["cpu_us"]
        row["goals"].append({"of": ours, "to": theirs, "ratio": ratio, "most": most, "met": ratio <= most})
    return row


def print_row(row):
    print(f"\n{row['row']}: {row['what']}")
    print(f"  {'':<18}{'CPU us':>9}{'least':>9}{'req/s':>10}{'p50 us':>9}{'p99 us':>9}{'peak MB':>9}{'wrong':>7}")
    for target, t in row["targets"].items():
        print(f"  {target:<18}{t['cpu_us']:>9.2f}{t['cpu_us_min']:>9.2f}{t['rps']:>10.0f}{t['p50_us']:>9.0f}{t['p99_us']:>9.0f}"
              f"{t['peak_kb'] / 1024:>9.1f}{t['wrong']:>7}")
    for g in row["goals"]:
        print(f"  {g['of']} is {g['ratio']:.2f} of {g['to']} (goal {g['most']:.2f}: {'met' if g['met'] else 'MISSED'})")
    sys.stdout.flush()


def measure_idle(work):
    """Resident bytes that one idle kept connection costs, from the growth over several thousand of them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    number = min(8000, hard - 500)
    rows = {}
    for target in ("nginx-plain", "gatehouse-plain"):
        peer, held = peers.start(work, target), []
        question = b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + work.token().encode() + b"\r\n\r\n"

        def add(count):
            for _ in range(count):
                s = socket.create_connection(("127.0.0.1", peer.port), 10)
                s.sendall(question)
                got = b""
                while len(got.partition(b"\r\n\r\n")[2]) < 200:
                    chunk = s.recv(8192)
                    if not chunk:
                        raise RuntimeError(f"{target} closed a kept connection")
                    got += chunk
                held.append(s)
        try:
            add(1000)  # pools and tables reach their first size
            time.sleep(0.3)
            before = peer.status_kb("VmRSS")
            add(number - 1000)
            time.sleep(0.5)
            rows[target] = (peer.status_kb("VmRSS") - before) * 1024 / (number - 1000)
        finally:
            for s in held:
                s.close()
            peer.stop()
    ours = rows["gatehouse-plain"]
    return {"row": "idle", "what": f"resident bytes an idle connection ({number} of them)", "bytes": rows,
            "goals": [{"of": "gatehouse-plain", "to": "1,500 bytes", "ratio": ours, "most": 1500, "met": ours <= 1500}]}


def measure_allocations(work):
    """Heap allocations a request, counted in the running program over 100,000 warm requests."""
    counts = {}
    for kind in ("plain", "log", "full"):
        file = work.run / f"malloc-{kind}"
        file.write_bytes(b"\0" * 4096)
        peer = peers.start(work, f"gatehouse-{kind}", env={
            "LD_PRELOAD": str(ROOT / "build/release/bench/libmalloc_count.so"), "MALLOC_COUNT": str(file)})
        read = lambda f=file: int.from_bytes(f.read_bytes()[:8], "little")
        try:
            rate = load(work, peer, 3)[1]
            first = read()
            number = load(work, peer, math.ceil(110_000 / rate) + 1)[0]
            counts[kind] = (read() - first) / number
        finally:
            peer.stop()
    # The run opens its 64 connections anew: their few allocations are spread over the requests, hence not exactly 0.
    return {"row": "allocations", "what": "heap allocations a request, over 100,000 warm requests", "count": counts,
            "goals": [{"of": f"gatehouse-{k}", "to": "zero", "ratio": v, "most": 0.01, "met": v <= 0.01} for k, v in counts.items()]}


def measure_memory(rows):
    """Peak resident memory over the rows that were run."""
    peak = {}
    for row in rows:
        for target, t in row.get("targets", {}).items():
            if target.startswith("gatehouse") and "nginx-plain" not in row["targets"] and "nginx-log" not in row["targets"]:
                continue
            program = target.partition("-")[0]
            peak[program] = max(peak.get(program, 0), t["peak_kb"])
    if "nginx" not in peak or "gatehouse" not in peak:
        return None
    ratio = peak["gatehouse"] / peak["nginx"]
    return {"row": "memory", "what": "peak resident kilobytes (plain, log, full, big)", "kb": peak,
            "goals": [{"of": "gatehouse", "to": "nginx", "ratio": ratio, "most": 1.0, "met": ratio <= 1.0}]}


def run_once(command, **more):
    """One program from its start to its end: (wall seconds, CPU seconds of all its threads, standard output)."""
    with tempfile.TemporaryFile() as out:
        begun = time.monotonic()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, **more)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        if process.returncode not in (0, 1, 3):
            raise RuntimeError(f"{command[0]} ended with {process.returncode}")
        return wall, used.ru_utime + used.ru_stime, out.read().decode()


def measure_secrets(work, rounds):
    """The audit's scan for secrets beside secretlint with its recommended rules, over the same files, which are in the
    page cache; each is started anew, in turn, and may use every core."""
    recall = ROOT / "tests/recall"
    if not (recall / "node_modules").exists():
        raise RuntimeError("tests/recall/node_modules is missing; tools/setup.sh bench brings it")
    cpu = {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]
    node = ROOT / f"tests/e2e/node_modules/node-linux-{cpu}/bin/node"
    tree = work.run / "secrets"
    shutil.rmtree(tree, ignore_errors=True)
    for copy in range(8):
        shutil.copytree(recall / "trees", tree / str(copy))
        # A fresh key in each, which both must find: a scan that looked away is no scan.
        key = "ghp_" + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(36))
        (tree / str(copy) / "planted.py").write_text(f'token = "{key}"\n')
    files = [f for f in sorted(tree.rglob("*")) if f.is_file()]
    for f in files:
        try:
            f.read_bytes().decode()
        except UnicodeDecodeError:
            f.unlink()  # the peer reads text only
    files = [f for f in files if f.exists()]
    size = sum(f.stat().st_size for f in files)
    listed = work.run / "secrets.list"
    listed.write_text("".join(f"{f}\n" for f in files))
    ours = [str(ROOT / "build/release/gatehouse"), "audit", str(tree), "--only", "SEC", "--format", "json", "--fail-on", "never"]
    samples = {"gatehouse": [], "secretlint": []}
    for turn in range(max(2, rounds) + 1):  # the first warms the cache
        wall, cpu_s, said = run_once(ours)
        if said.count("planted.py") < 8:
            raise RuntimeError("the audit did not find the planted keys")
        mine = (wall, cpu_s)
        with listed.open() as names:
            wall, cpu_s, said = run_once([str(node), "secretlint.mjs"], cwd=recall, stdin=names)
        if len(said.splitlines()) != len(files):
            raise RuntimeError("secretlint did not read every file")
        if sum(1 for line in map(json.loads, said.splitlines()) if line["lines"] and line["path"].endswith("planted.py")) != 8:
            raise RuntimeError("secretlint did not find the planted keys")
        if turn:
            samples["gatehouse"].append(mine)
            samples["secretlint"].append((wall, cpu_s))
    middle = {who: [statistics.median(s[i] for s in all_of) for i in (0, 1)] for who, all_of in samples.items()}
    seconds = {f"{who} {kind}": v for who, both in middle.items() for kind, v in zip(("wall", "CPU"), both)}
    goals = []
    for i, kind in enumerate(("wall", "CPU")):
        ratio = middle["gatehouse"][i] / middle["secretlint"][i]
        goals.append({"of": f"gatehouse {kind}", "to": "of secretlint", "ratio": ratio, "most": 0.5, "met": ratio <= 0.5})
    return {"row": "secrets", "what": f"seconds to scan {len(files)} files, {size / 1e6:.1f} MB, for secrets, start included",
            "seconds": seconds, "MB/s": {"gatehouse a core": size / 1e6 / middle["gatehouse"][1]}, "goals": goals}


PARSED_GOAL = 5  # MB a second of one core


def measure_parsed(work, rounds):
    """The whole audit over source that is parsed to its end: Python's own library, which nobody wrote for this. What is
    left out by design (over 1 MiB) or given up (too many words) is taken out first, so that only parsed bytes count."""
    library = pathlib.Path(sysconfig.get_path("stdlib"))
    tree = work.run / "parsed"
    shutil.rmtree(tree, ignore_errors=True)
    size = count = 0
    for f in sorted(library.rglob("*.py")):
        within = f.relative_to(library)
        if f.stat().st_size > 200_000 or {"test", "tests", "site-packages", "dist-packages"} & set(within.parts):
            continue
        to = tree / within
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(f, to)
        size += to.stat().st_size
        count += 1
    ours = [str(ROOT / "build/release/gatehouse"), "audit", str(tree), "--format", "json", "--fail-on", "never"]
    samples = []
    for turn in range(max(2, rounds) + 1):  # the first warms the cache
        _, cpu_s, said = run_once(ours)
        left = [line for line in json.loads(said)["not_checked"] if ".py" in line]
        if left:
            raise RuntimeError(f"not all of it was parsed: {left[0]}")
        if turn:
            samples.append(cpu_s)
    rate = size / 1e6 / statistics.median(samples)
    return {"row": "parsed", "what": f"the whole audit of {count} files of source, {size / 1e6:.1f} MB, start included",
            "seconds": {"gatehouse CPU": statistics.median(samples), "the quickest": min(samples)},
            "MB/s": {"gatehouse a core": rate},
            "goals": [{"of": "seconds a MB", "to": f"of those at {PARSED_GOAL} MB/s", "ratio": PARSED_GOAL / rate, "most": 1,
                       "met": rate >= PARSED_GOAL}]}


def print_figures(row):
    print(f"\n{row['row']}: {row['what']}")
    for key in ("bytes", "count", "kb", "seconds", "MB/s"):
        for name, value in row.get(key, {}).items():
            print(f"  {name:<18}{value:>12.3f}")
    for g in row["goals"]:
        print(f"  {g['of']}: {g['ratio']:.3f} (goal at most {g['most']:g}, {g['to']}: {'met' if g['met'] else 'MISSED'})")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", default=",".join([*ROWS, *EXTRA]), help="comma-separated: %(default)s")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=1, help="of each run (default 1)")
    parser.add_argument("--tokens", type=int, default=20000, help="different tokens of the row `fresh`")
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "build/bench/result.json")
    parser.add_argument("--strict", action="store_true", help="a missed goal is a failure (exit 1)")
    arguments = parser.parse_args()
    wanted = [row for row in arguments.rows.split(",") if row]
    unknown = [row for row in wanted if row not in ROWS and row not in EXTRA]
    if unknown:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join([*ROWS, *EXTRA])}")
    if len(os.sched_getaffinity(0)) < 2:
        print("bench: needs two cores, one for the proxy and one for the load", file=sys.stderr)
        return 1

    port = peers.free_port()
    work = peers.Work(ROOT / "build/bench", port)
    work.make(arguments.tokens)
    upstream = subprocess.Popen(["taskset", "-c", LOAD_CORE, str(ROOT / "build/release/bench/bench_upstream"), str(port)])
    done, failed = [], []
    try:
        for name in wanted:
            try:
                if name in ROWS:
                    done.append(measure_row(work, name, arguments.rounds, arguments.seconds))
                    print_row(done[-1])
                    continue
                row = {"idle": lambda: measure_idle(work), "allocations": lambda: measure_allocations(work),
                       "memory": lambda: measure_memory(done),
                       "secrets": lambda: measure_secrets(work, arguments.rounds),
                       "parsed": lambda: measure_parsed(work, arguments.rounds)}[name]()
                if row:
                    done.append(row)
                    print_figures(row)
            except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                failed.append(name)
                print(f"\n{name}: NOT MEASURED: {error}", file=sys.stderr, flush=True)
    finally:
        upstream.terminate()
        upstream.wait()
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps({"rounds": arguments.rounds, "seconds": arguments.seconds, "rows": done}, indent=1) + "\n")
    missed = [f"{row['row']} ({g['ratio']:.2f} > {g['most']:g})" for row in done for g in row["goals"] if not g["met"]]
    print(f"\n{arguments.json} has the figures. Goals missed: {', '.join(missed) or 'none'}.")
    return 1 if failed or (arguments.strict and missed) else 0


if __name__ == "__main__":
    sys.exit(main())
