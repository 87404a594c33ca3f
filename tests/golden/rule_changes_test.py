#!/usr/bin/python3
"""A replay across changes of the rules: ruleset_activated in the log switches between the packs given."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

BINARY = os.environ["LIANQING_BINARY"]
PACK = """version: 1
pack: {id: t, title: {zh: 测试, en: Test}, timezone: Asia/Shanghai, calendar: cn}
measures:
  n: {count: c, over: 10d}
  k: {count: c, over: 10d, per: kind}
rules:
%s
"""
FIRST = PACK % '  a: {title: {zh: 甲, en: A}, yellow: "n >= 2"}\n  gone: {title: {zh: 去, en: Gone}, yellow: "n >= 1"}'
SECOND = PACK % '  a: {title: {zh: 甲, en: A}, yellow: "n >= 2", red: "n >= 3"}\n  b: {title: {zh: 乙, en: B}, yellow: "k >= 2"}'


def event(n, day, kind="x"):
    return {"id": "e%d" % n, "source": "/s", "type": "c", "time": "2026-03-%02dT00:00:00Z" % day, "unit": "u", "data": {"kind": kind}}


class RuleChanges(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lianqing-rules-")
        for name, text in (("first", FIRST), ("second", SECOND)):
            os.mkdir(os.path.join(self.folder, name))
            with open(os.path.join(self.folder, name, "pack.yaml"), "w", encoding="utf-8") as f:
                f.write(text)

    def tearDown(self):
        shutil.rmtree(self.folder)

    def replay(self, packs, events):
        with open(os.path.join(self.folder, "e.jsonl"), "w", encoding="utf-8") as f:
            f.write("".join(json.dumps(e) + "\n" for e in events))
        done = subprocess.run([BINARY, "replay", "--rules", *packs, "--events", "e.jsonl", "--format", "json", "--lang", "en"],
                              capture_output=True, text=True, cwd=self.folder, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.stderr = done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def hash_of(self, pack):
        return self.replay([pack], [event(1, 1), event(2, 2), event(3, 3)])[0]["rules"]

    def activated(self, day, pack_hash):
        return {"id": "a%d" % day, "source": "/rules", "type": "ruleset_activated", "time": "2026-03-%02dT00:00:00Z" % day,
                "data": {"ruleset_hash": pack_hash}}

    def short(self, warnings):
        return ["%s %s%s %s>%s %s" % (w["time"][8:10], w["rule"], "[%s]" % w["key"] if w["key"] else "", w["from"], w["to"], w["cause"])
                for w in warnings]

    def test_the_log_switches(self):
        second = self.hash_of("second")
        log = [event(1, 1), event(2, 2), event(3, 3), self.activated(5, second), event(4, 6, "y"), event(5, 7, "y"), event(6, 30)]
        got = self.replay(["first", "second"], log)
        self.assertEqual(self.short(got), [
            "01 gone green>yellow event", "02 a green>yellow event",
            # The new rules know the past: red and b at once, what is gone falls.
            "05 a yellow>red activation", "05 b[x] green>yellow activation", "05 gone yellow>green activation",
            "07 b[y] green>yellow event", "12 b[x] yellow>green timer", "13 a red>yellow timer", "16 a yellow>green timer", "16 b[y] yellow>green timer"])
        self.assertEqual({w["rules"] for w in got if w["time"] > "2026-03-05T00:00:00Z"}, {second})
        again = self.replay(["first", "second"], log)
        self.assertEqual(got, again)

    def test_back_again(self):
        first, second = self.hash_of("first"), self.hash_of("second")
        log = [event(1, 1), event(2, 2), event(3, 3), self.activated(5, second[:12]), self.activated(6, first), event(4, 30)]
        got = self.short(self.replay(["first", "second"], log))
        self.assertIn("06 a red>yellow activation", got)
        self.assertIn("06 gone green>yellow activation", got)
        self.assertIn("06 b[x] yellow>green activation", got)

    def test_rules_that_were_not_given(self):
        log = [event(1, 1), event(2, 2), self.activated(5, "0" * 64), event(3, 6)]
        got = self.replay(["first", "second"], log)
        self.assertIn("0" * 64, self.stderr)
        self.assertEqual({w["rules"] for w in got}, {self.hash_of("first")})


if __name__ == "__main__":
    unittest.main()
