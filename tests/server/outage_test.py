#!/usr/bin/python3
"""Receivers that fail in every way that HTTP knows, all at once, beside sinks that work: events are taken and told meanwhile as if
nothing were, nothing is called that a redirect names, and when the receivers are well again each gets what it missed, in the
order of its unit. Every kind of sink of the registry hangs among them. Needs LIANQING_BINARY."""
import collections
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import BINARY, ROOT, SECONDS, Daemon, event  # noqa: E402
from receiver import Receiver  # noqa: E402

BATCH = "application/cloudevents-batch+json"
BATCHES, UNITS = 20, 12

PACK = """version: 1
pack: {id: desk, title: {zh: 窗口, en: Desk}, timezone: Asia/Shanghai}
measures:
  n: {count: complaint, over: 30d}
rules:
  first: {title: {zh: 一, en: First}, because: "{n}", yellow: "n >= 1", red: "n >= 11"}
  second: {title: {zh: 二, en: Second}, because: "{n}", yellow: "n >= 6", red: "n >= 16"}
"""

ANSWERS = {  # what they say to each message; the others below say nothing
    "broken": "500 x", "busy": "503 x\r\nRetry-After: 1", "fast": "429 x\r\nRetry-After: 2", "elsewhere": "302 x\r\nLocation: {inner}",
    "moved": "308 x\r\nLocation: {inner}", "metadata": "301 x\r\nLocation: http://169.254.169.254/latest/", "nonsense": None}


class Rude:
    """A receiver with bad manners until it is told to be well. Keeps what it took when it was well: (headers, body)."""

    def __init__(self, manner, inner):
        self.manner, self.inner = manner, inner
        self.tries, self.held, self.got = 0, 0, []
        self.changed = threading.Condition()
        self.listening = socket.socket()
        self.listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self.listening.bind(("127.0.0.1", 0))
        self.listening.listen(64)
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with self.changed:
            self.tries += 1
            self.held += 1
            manner = self.manner
        try:
            with connection:
                connection.settimeout(SECONDS * 4)
                getattr(self, manner, self.answer)(connection, manner)
        except OSError:
            pass                                           # the daemon went away
        with self.changed:
            self.held -= 1
            self.changed.notify_all()

    def message(self, connection, step=65536):
        text = b""
        while b"\r\n\r\n" not in text:
            part = connection.recv(step)
            if not part:
                raise OSError("gone")
            text += part
        head, body = text.split(b"\r\n\r\n", 1)
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in head.decode().split("\r\n")[1:])}
        while len(body) < int(headers.get("content-length", 0)):
            part = connection.recv(step)
            if not part:
                raise OSError("gone")
            body += part
            if step == 1:
                time.sleep(0.01)
        return headers, body

    def well(self, connection, _):
        headers, body = self.message(connection)
        with self.changed:
            self.got.append((headers, body))
        body = b'{"errcode":0,"code":0}'
        connection.sendall(b"HTTP/1.1 200 x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def answer(self, connection, manner):
        self.message(connection)
        said = ANSWERS[manner]
        text = "SMTP ready?\r\n\r\n" if said is None else "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % said.format(inner=self.inner)
        connection.sendall(text.encode())

    def resets(self, connection, _):
        connection.recv(10)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def hangs(self, connection, _):                        # half open: nothing is read, nothing is said
        with self.changed:
            self.changed.wait_for(lambda: self.manner == "well", SECONDS * 4)

    def reads_slowly(self, connection, _):                 # a byte at a time, never to the end
        self.message(connection, 1)
        self.hangs(connection, _)

    def answers_slowly(self, connection, _):               # likewise
        self.message(connection)
        for byte in b"HTTP/1.1 200 x\r\nX: " + b"y" * 100000:
            if self.manner == "well":
                return
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    def recover(self):
        with self.changed:
            self.manner = "well"
            self.changed.notify_all()

    def ids(self):
        with self.changed:
            return [headers["webhook-id"] for headers, _ in self.got if "webhook-id" in headers]

    def close(self):
        self.recover()
        self.listening.close()


def kinds(folder):
    """Of the registry, as the program names them to who asks for one that there is not."""
    path = os.path.join(folder, "kinds.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("sinks: {x: {kind: none-such}}\n")
    done = subprocess.run([BINARY, "serve", "--config", path, "--data", folder, "--rules", "x", "--lang", "en"], capture_output=True, text=True,
                          timeout=SECONDS)
    return re.search(r"known: (.*)", done.stderr).group(1).split(", ")


def takes_url(kind, folder):
    path = os.path.join(folder, "kinds.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("rules: x\nsinks: {x: {kind: %s, url: 'https://hooks.example.org/x'}}\n" % kind)
    done = subprocess.run([BINARY, "connect", "list", "--config", path, "--lang", "en"], capture_output=True, text=True, timeout=SECONDS)
    return "unknown key 'url'" not in done.stderr


class Outage(unittest.TestCase):
    def wait(self, done, what):
        end = time.monotonic() + 4 * SECONDS
        while not done():
            self.assertLess(time.monotonic(), end, "waited in vain for %s\n%s" % (what() if callable(what) else what, self.office.said()[-1500:]))
            time.sleep(0.05)

    def gauges(self, name):
        page = self.office.get("/metrics", "operator").bytes.decode()
        return {sink: int(value) for sink, value in re.findall(r'lianqing_sink_%s\{sink="([^"]+)"\} (\d+)' % name, page)}

    def test_receivers_that_fail_slow_nobody_and_get_all_afterwards(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        inner, good = Receiver(), Receiver()
        self.addCleanup(inner.close)
        self.addCleanup(good.close)
        rude = {manner: Rude(manner, "http://127.0.0.1:%d/inner" % inner.port)
                for manner in (*ANSWERS, "resets", "hangs", "reads_slowly", "answers_slowly")}
        found = kinds(folder)
        self.assertGreaterEqual(len(found), 6, found)
        hanging = {kind: Rude("hangs", "") for kind in found if takes_url(kind, folder)}
        for one in (*rude.values(), *hanging.values()):
            self.addCleanup(one.close)
        sinks = "".join('  bad-%s: {kind: webhook, url: "http://127.0.0.1:%d/", patience: 1s, longest_wait: 5s}\n' % (manner, one.port)
                        for manner, one in rude.items())
        sinks += "".join('  hung-%s: {kind: %s, url: "http://127.0.0.1:%d/", patience: 2m, settle: 0s, group: unit}\n' % (kind, kind, one.port)
                         for kind, one in hanging.items())
        config = os.path.join(folder, "serve.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write('outbound: {networks: [127.0.0.1]}\nsinks:\n%s  good: {kind: webhook, url: "http://127.0.0.1:%d/"}\n'
                       '  lines: {kind: jsonl, path: %s/lines}\n  table: {kind: ledger, path: %s/table}\n' % (sinks, good.port, folder, folder))
        with Daemon(folder, PACK, ["--config", config]) as self.office:
            # The first message of each hangs before anything else happens, and goes on hanging.
            self.assertEqual(self.office.post(event("first", unit="u0")).status, 200)
            self.wait(lambda: all(one.tries for one in (*rude.values(), *hanging.values())
                                  if one is not hanging.get("feishu")), "each receiver to be called")
            for n in range(BATCHES):
                answer = self.office.post([event("%d-%d" % (n, u), unit="u%d" % u) for u in range(UNITS)], BATCH)
                self.assertEqual(answer.status, 200, answer.bytes)
                self.assertTrue(all("seq" in one for one in answer.json["results"]))
            wanted = [warning["id"] for warning in self.office.get("/v1/warnings?limit=1000").json["warnings"]]
            self.assertEqual(len(wanted), 4 * UNITS)
            self.wait(lambda: len(good.got) >= len(wanted), "the good receiver")
            self.assertEqual(sorted(one[1]["webhook-id"] for one in good.got), sorted(wanted))        # each once
            self.wait(lambda: self.gauges("delivered_total")["table"] == len(wanted) == self.gauges("delivered_total")["lines"], "the files")
            # Meanwhile: each still hangs in its first message, others failed more than once, none was told anything.
            for kind, one in hanging.items():
                self.assertLessEqual(one.tries, 1, kind)
                self.assertEqual(one.held, one.tries, kind)
            self.wait(lambda: all(self.gauges("failures")["bad-" + manner] >= 2 for manner in rude), "failures: %s" % self.gauges("failures"))
            self.assertEqual({n for sink, n in self.gauges("delivered_total").items() if sink.startswith(("bad", "hung"))}, {0})
            self.assertEqual(self.gauges("dead")["bad-broken"], 0)
            self.assertEqual(inner.got, [])
            self.office.kill()
            self.office.start()
            for one in (*rude.values(), *hanging.values()):
                one.recover()
            self.assertEqual(self.office.run("outbox", "retry", "--data", self.office.data, "--all").returncode, 0)
            self.wait(lambda: all(set(one.ids()) >= set(wanted) for one in rude.values()), lambda: "what was missed: %s" %
                      {manner: len(set(one.ids())) for manner, one in rude.items()})
            unit_of = {warning["id"]: (warning["unit"], warning["seq"]) for warning in
                       self.office.get("/v1/warnings?limit=1000").json["warnings"]}
            for manner, one in rude.items():
                with self.subTest(receiver=manner):
                    newest, bodies = collections.defaultdict(int), {}
                    for headers, body in one.got:
                        id = headers["webhook-id"]
                        unit, seq = unit_of[id]
                        if id not in bodies:                                   # told for the first time
                            self.assertGreaterEqual(seq, newest[unit])
                            newest[unit] = seq
                        self.assertEqual(bodies.setdefault(id, body), body)    # again: the same
                        self.assertEqual(json.loads(body)["data"]["id"], id)
            self.assertEqual(inner.got, [])
            self.assertEqual(self.office.stop(), 0, self.office.said()[-1500:])


if __name__ == "__main__":
    unittest.main()
