#!/usr/bin/python3
"""Replay of whole units against replay by instants: the same bytes. Needs LIANQING_BINARY.

Examples, the large logs where they are (LIANQING_SHARED), and random logs. tests/property/replay_test.cc has the rules
that whole units are folded for; here is that nothing else is taken for such."""
import glob
import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))
SHARED = os.environ.get("LIANQING_SHARED", os.path.join(ROOT, "..", "shared"))
ORACLE = os.path.join(ROOT, "tests", "oracle")
TOOK = re.compile(r"^(took|用时).*$", re.M)
PACK = """version: 1
pack: {id: plain, title: {zh: 平, en: Plain}}
measures:
  n3: {count: "*", over: 3d}
  n30: {count: "*", over: 30d}
  visits: {count: visit, over: 10d, where: "score >= 10"}
  amount: {sum: amount, of: complaint, over: 20d}
rules:
  all: {title: {zh: 全, en: All}, yellow: "n3 >= 4", red: {enter: "n3 >= 7", hold: 1d}}
  month: {title: {zh: 月, en: Month}, yellow: "n30 >= 12", red: "n30 >= 20"}
  visits: {title: {zh: 访, en: Visits}, yellow: {enter: "visits >= 2", for: 12h}, red: "visits / n30 > 0.2"}
  amount: {title: {zh: 额, en: Amount}, yellow: "amount > 5.5", red: {enter: "amount >= 12", exit: "amount < 8"}}
"""


class WholeUnits(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def said(self, pack, events, *more):
        out = os.path.join(self.folder, "out")
        r = subprocess.run([BINARY, "replay", "--rules", pack, "--events", events, "--as-occurred", "--out", out, *more],
                           capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if r.returncode not in (0, 1):
            raise AssertionError(r.stderr)
        with open(out, "rb") as f:
            return r.returncode, f.read(), TOOK.sub("", r.stderr)

    def check(self, pack, events, *more):
        for brief in ((), ("--brief",)):
            wanted = self.said(pack, events, "--by-instant", *brief, *more)
            for threads in ("1", "3"):
                code, out, told = self.said(pack, events, "--threads", threads, *brief, *more)
                self.assertEqual((code, told), (wanted[0], wanted[2]))
                self.assertTrue(out == wanted[1], "%s %s %s: not the same bytes" % (pack, events, brief))

    def test_examples(self):
        found = glob.glob(os.path.join(ROOT, "examples", "**", "events.jsonl*"), recursive=True)
        self.assertTrue(found)
        for events in found:
            pack = os.path.join(os.path.dirname(events), "pack")
            units = os.path.join(os.path.dirname(events), "units.csv")
            if os.path.isdir(pack):
                with self.subTest(events):
                    self.check(pack, events, *(("--units", units) if os.path.exists(units) else ()))

    def test_random_logs(self):
        plain = os.path.join(self.folder, "plain.yaml")
        with open(plain, "w", encoding="utf-8") as f:
            f.write(PACK)
        for seed in range(1, 7):
            folder = os.path.join(self.folder, "seed%d" % seed)
            features = "corrections,register" if seed % 2 == 0 else ""
            subprocess.run([sys.executable, os.path.join(ORACLE, "random_pack.py"), str(seed), folder, "--features", features],
                           check=True, capture_output=True)
            events, units = os.path.join(folder, "events.jsonl"), os.path.join(folder, "units.csv")
            for pack, more in ((folder, ("--units", units)), (plain, ("--units", units)), (plain, ()),
                               (plain, ("--until", "2026-03-01T00:00:00Z"))):
                with self.subTest(seed=seed, pack=pack, more=more):
                    self.check(pack, events, *more)

    def test_large_logs(self):
        for name, data in (("wabo", "wabo_receipt"),):
            events = os.path.join(SHARED, "data", data, "events.jsonl.gz")
            if not os.path.exists(events):
                self.skipTest("no " + events)
            self.check(os.path.join(ROOT, "tests", "golden", "oracle", name, "pack.yaml"), events)


if __name__ == "__main__":
    unittest.main()
