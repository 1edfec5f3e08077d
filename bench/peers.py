"""The programs of the bench: how each is configured, started, pinned, measured and ended."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
PROXY_CORE, LOAD_CORE = "1", "0"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Work:
    """A folder with keys, tokens, a certificate and rendered configurations."""

    def __init__(self, folder, upstream_port):
        self.folder = pathlib.Path(folder)
        self.run = self.folder / "run"
        shutil.rmtree(self.run, ignore_errors=True)
        self.run.mkdir(parents=True)
        self.upstream = upstream_port
        self.tls, self.keys = self.folder / "tls", self.folder / "keys"

    def render(self, name, port):
        """conf/NAME with its @WORDS@ filled in, as a file of this run."""
        words = {
            "RUN": self.run, "PORT": port, "UPSTREAM": self.upstream, "TLS": self.tls, "KEYS": self.keys,
            "CONF": HERE, "LUACPATH": "/usr/lib/%s-linux-gnu/lua/5.1/?.so" % os.uname().machine,
        }
        text = (HERE / "conf" / name).read_text()
        for word, value in words.items():
            text = text.replace(f"@{word}@", str(value))
        path = self.run / f"{pathlib.Path(name).stem}-{port}{pathlib.Path(name).suffix}"
        path.write_text(text)
        return path

    USERS = 1000  # among whom the tokens are dealt out, one after the other

    def make(self, tokens):
        """Keys, tokens and certificate; kept from an earlier run while they are good for another hour."""
        stamp = self.folder / "made.json"
        try:
            made = json.loads(stamp.read_text())
            if made["tokens"] >= tokens and made.get("users") == self.USERS and made["until"] > time.time() + 3600:
                return
        except (OSError, ValueError, KeyError):
            pass
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import padding, rsa

        print(f"bench: signing {tokens} tokens", flush=True)
        self.tls.mkdir(parents=True, exist_ok=True)
        self.keys.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
             "-keyout", self.tls / "key.pem", "-out", self.tls / "cert.pem", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
        os.chmod(self.tls / "key.pem", 0o600)
        (self.tls / "both.pem").write_text((self.tls / "cert.pem").read_text() + (self.tls / "key.pem").read_text())
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        numbers = key.public_key().public_numbers()
        (self.keys / "public.pem").write_bytes(key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
        jwk = {"kty": "RSA", "kid": "bench-1", "alg": "RS256", "use": "sig", "n": b64(numbers.n.to_bytes(256, "big")), "e": "AQAB"}
        (self.keys / "jwks.json").write_text(json.dumps({"keys": [jwk]}))
        until = int(time.time()) + 48 * 3600
        head = b64(json.dumps({"alg": "RS256", "typ": "JWT", "kid": "bench-1"}, separators=(",", ":")).encode())
        with open(self.keys / "tokens", "w", encoding="ascii") as out:
            for number in range(tokens):
                claims = {"iss": "https://issuer.example", "sub": f"user_{1234567890 + number % self.USERS}", "aud": "bench", "exp": until,
                          "iat": until - 48 * 3600, "jti": f"t{number}", "roles": ["user"]}
                signed = head + "." + b64(json.dumps(claims, separators=(",", ":")).encode())
                signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
                out.write(f"{signed}.{b64(signature)}\n")
        stamp.write_text(json.dumps({"tokens": tokens, "users": self.USERS, "until": until}))

    def token(self):
        with open(self.keys / "tokens", encoding="ascii") as file:
            return file.readline().strip()


def b64(data):
    import base64
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Peer:
    """One running program on the proxy core."""

    def __init__(self, name, command, port, work, env=None, scheme="http"):
        self.name, self.command, self.port, self.scheme = name, [str(c) for c in command], port, scheme
        self.next_token = 0  # of the tokens, the first that this program has not seen for longest
        self.output = open(work.run / f"{name}-{port}.out", "wb")
        self.process = subprocess.Popen(
            ["taskset", "-c", PROXY_CORE, *self.command], stdout=self.output, stderr=subprocess.STDOUT,
            env={**os.environ, "HOME": str(work.run), "XDG_STATE_HOME": str(work.run), **(env or {})}, cwd=work.run)

    def wait(self, seconds=15):
        end = time.time() + seconds
        while time.time() < end:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"{self.name} does not listen: {pathlib.Path(self.output.name).read_text(errors='replace')[-2000:]}")

    def pids(self):
        found = [self.process.pid]
        for pid in found:
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                        found += [int(child) for child in file.read().split()]
            except OSError:
                pass
        return found

    def cpu_ns(self):
        """Nanoseconds the scheduler gave to the program's threads, the kernel's work on their behalf included."""
        total = 0
        for pid in self.pids():
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
                        total += int(file.read().split()[0])
            except OSError:
                pass
        return total

    def status_kb(self, field):
        total = 0
        for pid in self.pids():
            try:
                with open(f"/proc/{pid}/status", encoding="ascii") as file:
                    found = re.search(rf"{field}:\s+(\d+)", file.read())
                total += int(found.group(1)) if found else 0
            except OSError:
                pass
        return total

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.output.close()


def nginx(work, kind):
    port = free_port()
    for part in ("head", "http", "proxy", "log-format", "headers"):
        rendered = work.render(f"nginx-{part}.conf", port)
        # The parts are included by name; the pid file of nginx-head carries the port of this instance.
        shutil.move(rendered, work.run / f"nginx-{part}-{port}.inc")
    path = work.render(f"nginx-{kind}.conf", port)
    path.write_text(re.sub(r"(include \S*/nginx-(?:head|http|proxy|log-format|headers))\.conf;", rf"\1-{port}.inc;", path.read_text()))
    # nginx resolves its modules against its prefix.
    return Peer(f"nginx-{kind}", ["nginx", "-p", "/usr/share/nginx", "-e", work.run / "nginx-error.log", "-c", path], port, work,
                scheme="https" if kind == "tls" else "http")


def haproxy(work, kind):
    port = free_port()
    parts = ["haproxy-head.cfg"] + (["haproxy-log.cfg", "haproxy-jwt.cfg"] if kind == "jwt" else [f"haproxy-{kind}.cfg"]) + ["haproxy-tail.cfg"]
    text = "".join(work.render(part, port).read_text() for part in parts)
    path = work.run / f"haproxy-{kind}-all-{port}.cfg"
    path.write_text(text)
    return Peer(f"haproxy-{kind}", ["haproxy", "-db", "-q", "-f", path], port, work, scheme="https" if kind == "tls" else "http")


def forwarder(work, _kind):
    port = free_port()
    return Peer("raw-forwarder", [ROOT / "build/release/bench/raw_forwarder", port, work.upstream], port, work)


def gatehouse(work, kind, env=None):
    port = free_port()
    path = work.render(f"gatehouse-{kind}.toml", port)
    path.write_text(path.read_text().replace("@ADMIN@", str(free_port())))
    return Peer(f"gatehouse-{kind}", [ROOT / "build/release/gatehouse", "serve", "-c", path], port, work, env=env,
                scheme="https" if kind == "tls" else "http")


MAKERS = {"nginx": nginx, "haproxy": haproxy, "raw": forwarder, "gatehouse": gatehouse}


def start(work, target, env=None):
    """A peer by its name, as in nginx-plain, raw, gatehouse-full."""
    program, _, kind = target.partition("-")
    peer = MAKERS[program](work, kind) if env is None else gatehouse(work, kind, env)
    return peer.wait()
