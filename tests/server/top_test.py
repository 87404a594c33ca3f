#!/usr/bin/python3
"""`lianqing top`: one frame into a pipe, and the live view on a pseudo-terminal.
Needs LIANQING_BINARY."""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
import unicodedata
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import BINARY, PACK, ROOT, SECONDS, Daemon, event  # noqa: E402

BATCH = "application/cloudevents-batch+json"


def cells(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class Top(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.daemon.start()
        self.addCleanup(self.daemon.__exit__)
        self.daemon.post([event(i, unit="海曙区综合行政执法队") for i in range(5)], BATCH)
        self.daemon.post([event(10 + i, unit="u-2") for i in range(2)], BATCH)
        self.token = os.path.join(self.daemon.folder, "token")
        with open(self.token, "w", encoding="utf-8") as file:
            file.write(self.daemon.token("operator") + "\n")

    def top(self, *args, lang="en", code=0, **more):
        done = subprocess.run([BINARY, "top", *args, "--lang", lang], capture_output=True, text=True, timeout=SECONDS,
                              cwd=ROOT, **more)
        self.assertEqual(done.returncode, code, (done.stdout, done.stderr))
        return done.stdout if code == 0 else done.stderr

    def test_one_frame(self):
        out = self.top("--data", self.daemon.data, "--token-file", self.token, "--once")
        self.assertNotIn("\033", out)
        self.assertRegex(out, r"^lianqing http://127.0.0.1:%d  .*  ready\n" % self.daemon.port)
        self.assertRegex(out, r"records 8 \(–\)  warnings \d+ \(–\)  units 2  ▲ red 1  ◆ yellow 1  ● green 0\n")
        self.assertRegex(out, r"commit p50 ≤ \S+ ms p99 ≤ \S+ ms  queue 0  fold lag 0\.\d s  quarantined 0  disk free [\d.]+ GiB")
        lines = out.splitlines()
        units = lines[lines.index("UNITS") + 1:]
        self.assertEqual([line.split() for line in units[:2]],
                         [["▲", "red", "海曙区综合行政执法队", "many"], ["◆", "yellow", "u-2", "many"]])
        # Wide characters take two cells: the columns stand.
        self.assertEqual(*[cells(line[:line.index("many")]) for line in units[:2]])
        newest = lines[lines.index("NEWEST WARNINGS") + 1:]
        self.assertRegex(newest[0], r"^\d\d-\d\d \d\d:\d\d:\d\d  u-2 +● green → ◆ yellow +(Many|Trial)$")
        self.assertLessEqual(max(map(cells, lines)), 120)

    def test_in_chinese_and_by_url(self):
        out = self.top("--url", "http://127.0.0.1:%d/" % self.daemon.port, lang="zh",
                       env={**os.environ, "LIANQING_TOKEN": self.daemon.token("viewer")})
        self.assertRegex(out, r"  就绪\n记录 8 \(–\)  预警 \d+ \(–\)  单位 2  ▲ 红 1  ◆ 黄 1  ● 绿 0\n\n单位\n")
        self.assertIn("最新预警\n", out)                     # a viewer sees no metrics; the rest is there

    def test_units_without_news_are_told(self):
        with Daemon(pack=PACK + "sources:\n  /desk: {silent_after: 1s}\n") as daemon:
            daemon.post(event(1), "application/cloudevents+json")
            until = time.monotonic() + SECONDS
            while daemon.get("/v1/units").json["grey"] == 0 and time.monotonic() < until:
                time.sleep(0.1)
            out = self.top("--data", daemon.data, env={**os.environ, "LIANQING_TOKEN": daemon.token("viewer")})
            self.assertIn("● green 1  ○ grey 1\n", out)

    def test_what_is_wrong_is_told(self):
        self.assertIn("--token-file FILE is needed", self.top("--url", "http://127.0.0.1:1", code=2))
        self.assertIn("expected a URL", self.top("--url", "ftp://x", "--token-file", self.token, code=2))
        self.assertIn("refused", self.top("--url", "http://127.0.0.1:1", "--token-file", self.token, code=74))
        self.assertIn("no daemon runs there", self.top("--data", "/nowhere", "--token-file", self.token, code=74))
        ingester = os.path.join(self.daemon.folder, "ingester")
        with open(ingester, "w", encoding="utf-8") as file:
            file.write(self.daemon.token("ingester"))
        self.assertIn("/v1/units", self.top("--data", self.daemon.data, "--token-file", ingester, code=1))

    def test_live_on_a_terminal(self):
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 20, 60, 0, 0))
        process = subprocess.Popen([BINARY, "top", "--data", self.daemon.data, "--token-file", self.token, "--every", "0.2",
                                    "--lang", "en"], stdin=follower, stdout=follower, stderr=follower, cwd=ROOT)
        os.close(follower)
        seen = b""

        def read_until(text):
            nonlocal seen
            end = time.monotonic() + SECONDS
            while not re.search(text, seen.decode("utf-8", "ignore")):
                self.assertLess(time.monotonic(), end, seen[-2000:])
                if select.select([leader], [], [], 0.2)[0]:
                    seen += os.read(leader, 65536)

        try:
            read_until(r"ready\033\[K")
            self.assertTrue(seen.startswith(b"\033[?1049h\033[?25l\033[H"))
            read_until(r"records \d+ \(0\.0/s\)")             # a rate from the second frame on
            self.daemon.post([event(100 + i, unit="u-9") for i in range(30)], BATCH)
            read_until(r"records 38 \([1-9]\d*(\.\d)?/s\)")
            read_until("u-9 ")
            frame = seen.decode("utf-8", "ignore").split("\033[H")[-2]
            lines = re.sub(r"\033\[[0-9;]*[mKJ]|\r", "", frame).split("\n")
            self.assertLessEqual(len(lines), 20)
            self.assertEqual([line for line in lines if cells(line) > 60], [])
            os.write(leader, b"q")
            read_until(r"\033\[\?25h\033\[\?1049l")          # the terminal as it was
            self.assertEqual(process.wait(SECONDS), 0)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            os.close(leader)


if __name__ == "__main__":
    unittest.main()
