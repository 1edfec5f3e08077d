#!/usr/bin/env python3
"""Webhooks beside what a team writes by hand: events a second verified and synced, the p99 of the answer, and a backlog.

  bench/webhooks.py [--rows gatehouse,node,backlog] [--seconds 10] [--connections 64] [--backlog 1000000] [--json FILE]

Everything runs on this machine, the load generator included, so the numbers are for all of its cores together.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = ROOT / os.environ.get("GATEHOUSE_BINARY", "build/release/gatehouse")
SECRET = "whsec_" + os.urandom(16).hex()
DELIVER = "whsec_" + base64.b64encode(os.urandom(32)).decode()
ENVIRONMENT = {**os.environ, "STRIPE_WEBHOOK_SECRET": SECRET, "DELIVER_SECRET": DELIVER}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, process, seconds=20):
    for _ in range(seconds * 20):
        if process.poll() is not None:
            sys.exit(f"ended with {process.returncode} before it listened")
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit(f"nothing listens on {port}")


def end(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def body(number):
    return json.dumps({"id": f"evt_1Q{number:022d}", "object": "event", "api_version": "2026-10-28.endive", "created": 1700000000,
                       "livemode": False, "type": "checkout.session.completed", "pending_webhooks": 1,
                       "data": {"object": {"id": f"cs_test_{number:032d}", "object": "checkout.session", "customer": f"cus_{number % 5000:014d}",
                                           "payment_status": "paid", "amount_total": 4900, "currency": "eur",
                                           "metadata": {"user_id": f"user_{number % 5000}", "note": "x" * 200}}}}).encode()


def write_requests(path, count, port):
    with open(path, "wb") as out:
        for n in range(count):
            at = int(time.time())
            text = body(n)
            mac = hmac.new(SECRET.encode(), f"{at}.".encode() + text, hashlib.sha256).hexdigest()
            request = (f"POST /webhooks/stripe HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
                       f"Stripe-Signature: t={at},v1={mac}\r\nUser-Agent: Stripe/1.0\r\nContent-Length: {len(text)}\r\n\r\n").encode() + text
            out.write(b"%d\n" % len(request) + request + b"\n")


def load(port, folder, options):
    requests = folder / f"requests-{port}"
    write_requests(requests, options.events, port)
    done = subprocess.run(["wrk", "-t1", f"-c{options.connections}", f"-d{options.seconds}s", "--latency", "-s", ROOT / "bench/webhooks.lua",
                           f"http://127.0.0.1:{port}/"], env={**ENVIRONMENT, "WEBHOOK_REQUESTS": str(requests)}, capture_output=True, text=True)
    requests.unlink()
    found = re.search(r"^RESULT (\d+) (\d+) (\S+) (\S+) (\d+)$", done.stdout, re.MULTILINE)
    if not found or int(found[5]):
        sys.exit("wrk: " + done.stdout + done.stderr)
    answered, micros = int(found[1]), int(found[2])
    if answered > options.events:
        sys.exit(f"{answered} requests used up {options.events} events: raise --events")
    return {"events_per_second": round(answered / micros * 1e6), "p50_ms": float(found[3]), "p99_ms": float(found[4]), "answered": answered}


def cpu(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def configuration(folder, ports, endpoint):
    file = folder / "gatehouse.toml"
    file.write_text(f"""mode = "development"
listen = ["http://127.0.0.1:{ports[0]}"]
admin = "http://127.0.0.1:{ports[1]}"
state_dir = "{folder}/state"
[log]
file = "{folder}/access.log"
[upstream.app]
servers = ["http://127.0.0.1:9"]
[[route]]
path = "/"
access = "public"
[webhooks.endpoint.stripe]
provider = "stripe"
secret = {{ env = "STRIPE_WEBHOOK_SECRET" }}
deliver_secret = {{ env = "DELIVER_SECRET" }}
{endpoint}
""")
    return file


def row_gatehouse(folder, options):
    ports = (free_port(), free_port())
    file = configuration(folder, ports, 'deliver_to = "http://127.0.0.1:9/"\ntypes = ["nobody.asks"]')
    process = subprocess.Popen([BINARY, "serve", "-c", file], env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    try:
        wait_for(ports[0], process)
        before = cpu(process.pid)
        result = load(ports[0], folder, options)
        result["cpu_us_per_event"] = round((cpu(process.pid) - before) / result["answered"] * 1e6)
        with sqlite3.connect(f"file:{folder}/state/gatehouse.db?mode=ro", uri=True) as db:
            result["stored"] = db.execute("SELECT count(*) FROM webhook_event").fetchone()[0]
        if result["stored"] < result["answered"]:
            sys.exit(f"answered {result['answered']}, stored {result['stored']}")
        return result
    finally:
        end(process)


def row_node(folder, options):
    cpu_name = {"x86_64": "x64", "aarch64": "arm64"}[os.uname().machine]
    node = ROOT / f"tests/e2e/node_modules/node-linux-{cpu_name}/bin/node"
    port = free_port()
    process = subprocess.Popen([node, ROOT / "bench/webhooks_peer.mjs", str(port), folder / "peer.db"], env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        before = cpu(process.pid)
        result = load(port, folder, options)
        result["cpu_us_per_event"] = round((cpu(process.pid) - before) / result["answered"] * 1e6)
        return result
    finally:
        end(process)


def memory(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) // 1024


def row_backlog(folder, options):
    """A backlog that was there before the start: how fast it drains, and what it costs in memory."""
    ports = (free_port(), free_port())
    sink = free_port()
    file = configuration(folder, ports, f'deliver_to = "http://127.0.0.1:{sink}/"\nconcurrency = 64')
    upstream = subprocess.Popen([ROOT / "build/release/bench/bench_upstream", str(sink)], stdout=subprocess.DEVNULL)
    process = subprocess.Popen([BINARY, "serve", "-c", file], env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    try:
        wait_for(ports[0], process)  # makes the tables
        end(process)
        db = sqlite3.connect(folder / "state/gatehouse.db")
        now = int(time.time() * 1000)
        for first in range(0, options.backlog, 50000):
            numbers = range(first, min(first + 50000, options.backlog))
            db.executemany("INSERT INTO webhook_event (seq, endpoint, event_id, type, content_type, digest, by_digest, created, received, remember, state, "
                           "sealed_by, size, next_at) VALUES (?, 'stripe', ?, 'checkout.session.completed', 'application/json', X'00', 0, 0, ?, ?, 0, '', 700, ?)",
                           ((n + 1, f"evt_{n}", now, now + 10**9, now) for n in numbers))
            db.executemany("INSERT INTO webhook_body VALUES (?, ?)", ((n + 1, body(n)) for n in numbers))
            db.commit()
        db.close()
        process = subprocess.Popen([BINARY, "serve", "-c", file], env=ENVIRONMENT, stderr=subprocess.DEVNULL)
        wait_for(ports[0], process)
        started, samples = time.time(), []
        while True:
            time.sleep(1)
            samples.append(memory(process.pid))
            text = urllib.request.urlopen(f"http://127.0.0.1:{ports[1]}/metrics").read().decode()
            delivered = int(re.search(r'outcome="delivered"\} (\d+)', text)[1])
            if delivered >= options.backlog:
                break
            if time.time() - started > 1800:
                sys.exit(f"only {delivered} of {options.backlog} in half an hour")
        took = time.time() - started
        return {"events": options.backlog, "seconds": round(took, 1), "events_per_second": round(options.backlog / took),
                "memory_mb_at_a_tenth": samples[len(samples) // 10], "memory_mb_at_the_end": samples[-1], "memory_mb_most": max(samples)}
    finally:
        end(process)
        end(upstream)


ROWS = {"gatehouse": row_gatehouse, "node": row_node, "backlog": row_backlog}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", default="gatehouse,node,backlog")
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--events", type=int, default=500000)
    parser.add_argument("--backlog", type=int, default=1000000)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    results = {}
    for name in options.rows.split(","):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="gatehouse-webhooks-"))
        try:
            results[name] = ROWS[name](folder, options)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        print(f"webhooks {name:10} " + "  ".join(f"{k} {v}" for k, v in results[name].items()), flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
