#!/usr/bin/python3
"""The daemon under a wall clock that jumps (libfaketime): recorded times only go forward, nothing fires or clears by a jump.
Needs LIANQING_BINARY; without libfaketime (Debian: faketime) these tests are skipped."""
import glob
import json
import os
import re
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import BINARY, SECONDS, Daemon, event  # noqa: E402

LIBRARY = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)
if LIBRARY is None:
    print("SKIPPED: no libfaketime on this machine (Debian: apt-get install faketime)", file=sys.stderr)
# An optimised build is linked with jemalloc, which asks for the time while it allocates: libfaketime deadlocks.
if LIBRARY and b"jemalloc" in subprocess.run(["ldd", BINARY], capture_output=True).stdout:
    print("SKIPPED: libfaketime cannot stand before jemalloc; run the development build", file=sys.stderr)
    LIBRARY = None
BATCH = "application/cloudevents-batch+json"
PACK = """version: 1
pack: {id: clock, title: {zh: 钟, en: Clock}, timezone: Asia/Shanghai}
measures:
  n: {count: complaint, over: 30d}
  late_ones: {overdue: task, by: 0d}
items: {task: {key: item_id, open: opened, close: closed, due: due_date}}
rules:
  many: {title: {zh: 多, en: Many}, because: "{n}", yellow: "n >= 1"}
  late: {title: {zh: 迟, en: Late}, because: "{late_ones}", yellow: "late_ones >= 1"}
"""


@unittest.skipUnless(LIBRARY, "no libfaketime")
class Clock(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(pack=PACK)
        self.wall = os.path.join(self.daemon.folder, "wall")
        self.set_wall("+0")
        before = {name: os.environ.get(name) for name in ("LD_PRELOAD", "FAKETIME_TIMESTAMP_FILE", "FAKETIME_NO_CACHE", "FAKETIME_DONT_FAKE_MONOTONIC")}
        os.environ.update(LD_PRELOAD=LIBRARY, FAKETIME_TIMESTAMP_FILE=self.wall, FAKETIME_NO_CACHE="1", FAKETIME_DONT_FAKE_MONOTONIC="1")
        try:
            self.daemon.start()
            for role in ("viewer", "ingester", "sys_admin"):
                self.daemon.token(role)
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)
        self.addCleanup(self.daemon.__exit__)

    def set_wall(self, offset):
        with open(self.wall + ".new", "w", encoding="ascii") as file:
            file.write(offset + "\n")
        os.replace(self.wall + ".new", self.wall)

    def skew(self):
        page = self.daemon.get("/metrics", "sys_admin").bytes.decode()
        return float(re.search(r"^lianqing_clock_skew_seconds (\S+)$", page, re.M).group(1))

    def wait_for_skew(self, low, high):
        end = time.monotonic() + SECONDS
        while not low <= self.skew() <= high:
            self.assertLess(time.monotonic(), end, self.skew())
            time.sleep(0.05)

    def test_jumps(self):
        day = 24 * 3600
        due = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 400 * day))
        self.daemon.post([event("a", severity=None), event("o", type="opened", data={"item_id": "t", "due_date": due})], BATCH)

        def warnings():
            return [(one["rule"], one["to"]) for one in self.daemon.get("/v1/warnings").json["warnings"]]

        self.assertEqual(warnings(), [("many", "yellow")])
        # Ten years on: the window of 30 days would be empty, the task overdue. Ten years back, 2038, 1970.
        for number, jump in enumerate((3653 * day, -3653 * day, 2 * 3600, -2 * 3600, int(2**31 - time.time()) + 60,
                                       1000 - int(time.time()))):
            self.set_wall("%+d" % jump)
            self.wait_for_skew(jump - 30, jump + 30)
            self.assertEqual(self.daemon.post(event("j%d" % number, unit="u2", type="other")).status, 200)
            self.assertEqual(warnings(), [("many", "yellow")], jump)
        said = self.daemon.said()
        self.assertIn("the wall clock jumped by", said)
        # Back where it was, it is followed again; so is a clock that is only a little off.
        for jump in (0, 60, -60):
            self.set_wall("%+d" % jump)
            self.wait_for_skew(0, 0)
            self.assertEqual(self.daemon.post(event("s%d" % jump, unit="u2", type="other")).status, 200)
        self.assertIn("the wall clock is followed again", self.daemon.said())
        self.assertEqual(warnings(), [("many", "yellow")])
        self.assertEqual(self.daemon.stop(), 0)
        # In the log time only goes forward, and never far from the true time.
        done = self.daemon.run("log", "export", "--data", self.daemon.data)
        times = [json.loads(line)["recordedtime"] for line in done.stdout.splitlines()]
        self.assertEqual(len(times), 12)                   # the first says which rules rule
        self.assertEqual(times, sorted(times))
        limits = [time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() + change)) for change in (-300, 300)]
        self.assertTrue(limits[0] < times[0] and times[-1] < limits[1], times)
        done = self.daemon.run("log", "verify", "--data", self.daemon.data, "--rules", self.daemon.pack)
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main()
