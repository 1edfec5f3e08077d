"""The tour of `make run`: it starts, its three lines do what they show, and Ctrl-C ends everything it started."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


class Tour(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ports = {name: free_port() for name in ("BACKEND_PORT", "HTTP_PORT", "HTTPS_PORT", "ADMIN_PORT")}
        environment = {**os.environ, **{name: str(port) for name, port in cls.ports.items()}}
        cls.tour = subprocess.Popen([ROOT / "tools/run_example.sh"], env=environment, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True, start_new_session=True)
        cls.said = ""
        end = time.time() + 90
        while "Ctrl-C ends both." not in cls.said and time.time() < end:
            line = cls.tour.stdout.readline()
            if not line:
                break
            cls.said += line

    @classmethod
    def tearDownClass(cls):
        if cls.tour.poll() is None:
            cls.tour.send_signal(signal.SIGTERM)
            cls.tour.wait(40)
        cls.tour.stdout.close()

    def test_1_it_prints_addresses_and_three_lines_that_work(self):
        lines = re.findall(r"^  (curl -ki .*)$", self.said, re.MULTILINE)
        self.assertEqual(len(lines), 3, self.said)
        statuses = []
        for line in lines:
            answer = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=30)
            statuses.append(int(re.match(r"HTTP/[\d.]+ (\d+)", answer.stdout).group(1)))
            self.assertIn("x-content-type-options: nosniff", answer.stdout.lower())
            self.assertNotIn("Traceback", answer.stdout)
        self.assertEqual(statuses, [401, 500, 201])

    def test_2_the_backend_alone_shows_the_faults(self):
        answer = subprocess.run(["curl", "-si", f"http://127.0.0.1:{self.ports['BACKEND_PORT']}/api/crash/"],
                                capture_output=True, text=True, timeout=30)
        self.assertIn("Traceback", answer.stdout)

    def test_3_ctrl_c_ends_everything_that_it_started(self):
        self.assertIsNone(self.tour.poll(), self.said)
        # A terminal sends SIGINT to the whole foreground group.
        os.killpg(self.tour.pid, signal.SIGINT)
        self.assertEqual(self.tour.wait(40), 0, self.tour.stdout.read())
        for name, port in self.ports.items():
            self.assertFalse(listens(port), name)


if __name__ == "__main__":
    unittest.main()
