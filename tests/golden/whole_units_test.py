#!/usr/bin/python3
"""Replay of whole units against replay by instants: the same bytes. Needs LIANQING_BINARY.

Examples, the large logs where they are (LIANQING_SHARED), and random logs. tests/property/replay_test.cc has the rules
that whole units are folded for; here is that nothing else is taken for such."""
import glob
import gzip
import os
import random
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
  worst: {max: score, of: visit, over: 15d}
  middle: {median: score, of: visit, over: 20d}
  kinds: {distinct: cat, of: "*", over: week}
  most: {top: cat, of: "*", over: month, offset: 1}
  of_kind: {count: "*", over: 12d, per: cat}
  kind_then: {sum: amount, of: "*", over: month, offset: 1, per: cat}
rules:
  all: {title: {zh: 全, en: All}, yellow: "n3 >= 4", red: {enter: "n3 >= 7", hold: 1d}}
  month: {title: {zh: 月, en: Month}, yellow: "n30 >= 12", red: "n30 >= 20"}
  visits: {title: {zh: 访, en: Visits}, yellow: {enter: "visits >= 2", for: 12h}, red: "visits / n30 > 0.2"}
  amount: {title: {zh: 额, en: Amount}, yellow: "amount > 5.5", red: {enter: "amount >= 12", exit: "amount < 8"}}
  scores: {title: {zh: 分, en: Scores}, yellow: "worst >= 30", red: "middle >= 25 or kinds >= 4"}
  most: {title: {zh: 多, en: Most}, yellow: "most >= 2", red: {enter: "most >= 4", step_down: true}}
  of_kind: {title: {zh: 类, en: Kind}, yellow: "of_kind >= 2", red: "of_kind >= 5 and n30 >= 8"}
  kind_then: {title: {zh: 前, en: Then}, yellow: "kind_then > 0", red: "kind_then >= 9"}
"""

ODD_PACK = """version: 1
pack: {id: odd, title: {zh: 奇, en: Odd}}
events:
  visit:
    fields:
      score: {type: decimal, min: 0, max: 110, required: true}
      tag: {type: string}
measures:
  n: {count: visit, over: 5d}
  s: {sum: score, of: [visit, stroll], over: 9d}
  tagged: {count: "*", where: "tag == '重'", over: 20d}
  named: {count: stroll, over: 20d}
rules:
  n: {title: {zh: 数, en: N}, yellow: "n >= 3", red: "n >= 6"}
  s: {title: {zh: 和, en: S}, yellow: "s > 200.5", red: "s > 500"}
  t: {title: {zh: 重, en: T}, yellow: "tagged >= 2", red: "tagged >= 4"}
  m: {title: {zh: 名, en: M}, yellow: "named >= 5", red: "named >= 9"}
"""


class WholeUnits(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder, self.input = folder.name, os.devnull

    def said(self, pack, events, *more):
        out = os.path.join(self.folder, "out")
        with open(self.input, "rb") as f:
            r = subprocess.run([BINARY, "replay", "--rules", pack, "--events", events, "--as-occurred", "--out", out, *more],
                               capture_output=True, text=True, stdin=f)
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

    def test_records_that_are_no_rows(self):
        """Records that are refused, known already, or say more than a row can: the same of all of them, in the same order."""
        pack = os.path.join(self.folder, "odd.yaml")
        with open(pack, "w", encoding="utf-8") as f:
            f.write(ODD_PACK)
        rng = random.Random(5)
        data = ['{"score":%d}', '{"score":%d,"tag":"重"}', '{"score":%d.25,"note":"x"}', '{"tag":"t","score":%d,"more":{"a":[1]}}',
                '{"score":"%d"}', '{"tag":["t",%d]}', '{"score":1e2,"n":%d}', '{"score":%d,"score":2}', '{"score":null,"n":%d}', '{"n":%d}',
                '{"score" : %d , "tag":"a\\"b"}', '{"score":-%d}']
        lines = []
        for n in range(3000):
            time = "2026-0%d-%02dT%02d:%02d:00%s" % (1 + n // 600, 1 + n % 28, n % 24, n % 60, rng.choice(["Z", "Z", "+08:00", ".5Z", "-25:00"]))
            unit = rng.choice(['"unit":"u%d",' % rng.randrange(5)] * 9 + ['"subject":"u1",', ""])
            kind = rng.choice(["visit", "visit", "visit", "stroll", "unheard_of", "complaint_received", "calendar_updated"])
            lines.append('{"id":"e%d",%s"source":"%s","type":"%s","time":"%s","data":%s%s}' % (
                n, unit, rng.choice(["s", "/long/name/of/a/source"]), kind, time, rng.choice(data) % rng.randrange(120),
                rng.choice(["", "", "", ',"recordedtime":"2026-05-01T00:00:00Z"', ',"subject":"u2"', ',"x":true', ",", ',"unit":"u1"'])))
            if n % 7 == 0:
                lines.append(rng.choice(lines))  # a duplicate, near or far
            if n % 11 == 0:
                lines.append(rng.choice(lines).replace('"score":1', '"score":2'))  # or a conflict
            if n % 400 == 0:
                lines.append('{"id":"r%d","source":"s","type":"event_retracted","time":"2026-06-01T00:00:00Z","data":{"target_event_id":"e%d"}}'
                             % (n, max(0, n - 3)))
        events, refused = os.path.join(self.folder, "odd.jsonl"), os.path.join(self.folder, "refused")
        with open(events, "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
        packed = events + ".gz"
        with gzip.open(packed, "wt", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
        kept = []
        for file, more in ((events, "--by-instant"), (events, "--brief"), (packed, "--quiet")):
            self.said(pack, file, "--quarantine", refused, more)
            with open(refused, encoding="utf-8") as f:
                kept.append(f.read().replace(packed, events))
        self.assertIn('"conflict"', kept[0])
        self.assertIn('"duplicate_key"', kept[0])
        self.assertTrue(kept[0] == kept[1], "refused: not the same")
        self.assertTrue(kept[0] == kept[2], "refused of a compressed file: not the same")
        halves = [os.path.join(self.folder, name) for name in ("one.jsonl", "two.jsonl")]
        for half, path in enumerate(halves):
            with open(path, "w", encoding="utf-8") as f:
                f.write("\n".join(line for n, line in enumerate(lines) if n % 5 % 2 == half))
        self.check(pack, events)
        self.check(pack, packed)
        self.check(pack, halves[0], "--events", halves[1])
        self.input = events
        self.check(pack, "-")

    def test_large_logs(self):
        for name, data in (("wabo", "wabo_receipt"),):
            events = os.path.join(SHARED, "data", data, "events.jsonl.gz")
            if not os.path.exists(events):
                self.skipTest("no " + events)
            self.check(os.path.join(ROOT, "tests", "golden", "oracle", name, "pack.yaml"), events)


if __name__ == "__main__":
    unittest.main()
