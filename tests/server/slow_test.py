#!/usr/bin/python3
"""Clients that are slow on purpose, in heads, bodies and reading: each is cut off, and the others are served meanwhile. Waits for
states, never for times. With slowhttptest (Debian's package) the same by a tool that others use. Needs LIANQING_BINARY."""
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon, event  # noqa: E402

MANY = 60
PATIENCE = 180                                             # far more than any bound of the daemon
ATTACK = 60 if os.environ.get("LIANQING_NIGHTLY") else 4   # seconds of slowhttptest in each mode


def own_address():
    """One of this machine that is not loopback; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            address = probe.getsockname()[0]
        except OSError:
            return None
    return None if address.startswith("127.") else address


class Slow(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__)
        self.daemon.start()
        self.sent = 0
        self.token = self.daemon.token("ingester")
        for role in ("viewer", "sys_admin"):
            self.daemon.token(role)

    def served(self):
        """One of each kind of question of the others."""
        self.sent += 1
        self.assertEqual(self.daemon.post(event("good-%d" % self.sent)).status, 200)
        self.assertEqual(self.daemon.get("/v1/units").status, 200)
        self.assertEqual(self.daemon.get("/healthz").status, 200)

    def metric(self, name):
        text = self.daemon.get("/metrics", "sys_admin").bytes.decode()
        return float(re.search(r"(?m)^%s (\S+)$" % name, text)[1])

    def memory(self):
        with open("/proc/%d/status" % self.daemon.process.pid, encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])

    def connect(self, first, receive=None):
        connection = socket.socket()
        if receive:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        connection.connect(("127.0.0.1", self.daemon.port))
        connection.setblocking(False)
        connection.send(first)
        return connection

    def drip(self, first, drop):
        """Sends a little on each connection again and again, so that no silence is ever long, until the daemon has ended all."""
        slow = {self.connect(first): b"" for _ in range(MANY)}
        ended, rounds, end = [], 0, time.time() + PATIENCE
        while slow:
            self.assertLess(time.time(), end, "%d slow clients are not cut off" % len(slow))
            for connection in select.select(list(slow), [], [], 0.1)[0]:
                try:
                    part = connection.recv(65536)
                except OSError:
                    part = b""
                slow[connection] += part
                if not part:
                    ended.append(slow.pop(connection))
                    connection.close()
            for connection in slow:
                try:
                    connection.send(drop)
                except OSError:
                    pass
            self.served()
            rounds += 1
        self.assertEqual({answer.split(b" ")[1] for answer in ended if answer}, {b"408"})
        self.assertGreaterEqual(rounds, 2)

    def test_heads(self):
        self.drip(b"GET /healthz HTTP/1.1\r\nHost: a\r\n", b"X-a: b\r\n")

    def test_bodies(self):
        head = "POST /v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Type: application/x-ndjson\r\nContent-Length: 1000000\r\n\r\n"
        self.drip((head % self.token).encode(), b"{")

    def test_reading(self):
        """Asks for much and takes nothing: neither connections nor memory are held."""
        before, memory = self.metric("lianqing_http_connections"), self.memory()
        ask = b"GET /dashboard.js HTTP/1.1\r\nHost: a\r\n\r\n" * 500
        slow = [self.connect(ask, 2048) for _ in range(MANY)]
        self.served()
        self.assertGreater(self.metric("lianqing_http_connections"), before)
        end = time.time() + PATIENCE
        while self.metric("lianqing_http_connections") > before:
            self.assertLess(time.time(), end, "clients that do not read are not cut off")
            self.served()
            time.sleep(0.1)
        self.assertLess(self.memory() - memory, 64 * 1024)
        for connection in slow:
            connection.close()

    def test_one_address_does_not_take_all_connections(self):
        address = own_address()
        if address is None:
            self.skipTest("this machine has no address but loopback")
        with Daemon(arguments=["--listen", "0.0.0.0:0"]) as daemon:
            held = {socket.create_connection((address, daemon.port)) for _ in range(40)}
            turned, end = set(), time.time() + PATIENCE
            while len(turned) < 8:
                self.assertLess(time.time(), end)
                for connection in select.select(list(held - turned), [], [], 0.1)[0]:
                    self.assertEqual(connection.recv(1), b"")
                    turned.add(connection)
            self.assertEqual(daemon.get("/healthz", None).status, 200)   # from another address
            for connection in held - turned:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertTrue(connection.recv(100).startswith(b"HTTP/1.1 200"))
            for connection in held:
                connection.close()

    @unittest.skipUnless(shutil.which("slowhttptest"), "needs the program slowhttptest")
    def test_slowhttptest(self):
        for mode in (["-H"], ["-B"], ["-X", "-w", "10", "-y", "20", "-n", "5", "-z", "32", "-k", "3"]):
            attack = subprocess.Popen(["slowhttptest", *mode, "-c", "500", "-r", "200", "-i", "1", "-l", str(ATTACK), "-p", "60", "-u",
                                       "http://127.0.0.1:%d/dashboard.js" % self.daemon.port], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            rounds = 0
            while attack.poll() is None:
                self.served()
                rounds += 1
            said = attack.communicate()[0]
            self.assertIn("Exit status", said)
            self.assertIn("service available", said)
            self.assertGreaterEqual(rounds, 2, mode)
        self.served()
        self.assertEqual(self.daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main(argv=["slow_test"], verbosity=1)
