#!/usr/bin/python3
"""`check --events`: what a log tells of a pack. The example's table is golden (UPDATE_GOLDEN=1 writes it anew); a small
log shows every code that only a log can show."""
import json
import os
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))
EXAMPLE = "examples/ningbo-style"

PACK = """\
version: 1
pack:
  id: p
  allow: [{code: R215, reason: a trial}]
events:
  complaint: {fields: {kind: {type: code, codes: [slow, rude], required: true}}}
measures:
  n: {count: complaint, where: "kind == 'slow' or kind == 'lazy'", over: 30d}
  m: {count: [petition, complaint], over: 9d}
rules:
  often: {title: T, owner: o, basis: b, yellow: "n >= 1", red: "n >= 2"}
  never: {title: T, owner: o, basis: b, yellow: "m >= 99"}
"""


def check(*arguments, lang="en"):
    done = subprocess.run([BINARY, "check", *arguments, "--lang", lang], capture_output=True, cwd=ROOT, text=True)
    if done.returncode not in (0, 1):
        raise AssertionError(done.stderr)
    return done.stdout


class CheckLog(unittest.TestCase):
    def test_the_example(self):
        for lang in ("en", "zh"):
            found = check(f"{EXAMPLE}/pack", "--events", f"{EXAMPLE}/events.jsonl.gz", "--units", f"{EXAMPLE}/units.csv",
                          lang=lang)
            path = os.path.join(HERE, "check_log", f"example.{lang}.txt")
            if os.environ.get("UPDATE_GOLDEN"):
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(found)
            with open(path, encoding="utf-8") as file:
                self.assertEqual(file.read(), found)

    def small(self, pack=PACK):
        with tempfile.TemporaryDirectory() as folder:
            events, rules = os.path.join(folder, "e.jsonl"), os.path.join(folder, "p.yaml")
            with open(rules, "w", encoding="utf-8") as file:
                file.write(pack)
            with open(events, "w", encoding="utf-8") as file:
                for i in range(12):
                    event = {"id": f"e{i}", "source": "/t", "type": "complaint" if i < 11 else "visit",
                             "time": f"2026-03-{i + 1:02}T10:00:00+08:00", "unit": f"u{i % 6}",
                             "data": {"kind": "slow", "extra": i}}
                    file.write(json.dumps(event) + "\n")
                file.write(json.dumps({"id": "bad", "source": "/t", "type": "complaint", "unit": "u0",
                                       "time": "2026-03-20T10:00:00+08:00", "data": {"kind": "none"}}) + "\n")
            return json.loads(check(rules, "--events", events, "--format", "json"))

    def test_every_finding(self):
        found = self.small()
        codes = sorted(finding["code"] for finding in found["findings"] if finding["code"] != "R173")
        self.assertEqual(codes, ["R210", "R211", "R212", "R213", "R214"])
        said = {finding["code"]: finding["message"]["en"] for finding in found["findings"]}
        self.assertIn("'petition'", said["R210"])
        self.assertIn("'lazy'", said["R211"])
        self.assertIn("visit (1)", said["R212"])
        self.assertIn("extra (11)", said["R213"])
        self.assertIn("6 of 6 units (100%)", said["R214"])

    def test_without_allowance(self):
        found = self.small(PACK.replace("  allow: [{code: R215, reason: a trial}]\n", ""))
        self.assertIn("R215", [finding["code"] for finding in found["findings"]])

    def test_firings(self):
        log = self.small()["log"]
        self.assertEqual((log["records"], log["quarantined"], log["units"]), (13, 1, 6))
        never, often = log["rules"]
        self.assertEqual(never["yellow"], {"rises": 0, "months": {}})
        self.assertEqual(often["yellow"], {"rises": 6, "months": {"2026-03": 6}})
        self.assertEqual(often["red"], {"rises": 5, "months": {"2026-03": 5}})
        self.assertEqual((often["units"], often["most_at_once"], often["most_on"]), (6, 6, "2026-03-06"))

    def test_agrees_with_replay(self):
        arguments = ["--events", f"{EXAMPLE}/events.jsonl.gz", "--units", f"{EXAMPLE}/units.csv"]
        log = json.loads(check(f"{EXAMPLE}/pack", *arguments, "--format", "json"))["log"]
        replayed = subprocess.run([BINARY, "replay", "--rules", f"{EXAMPLE}/pack", *arguments, "--quiet"],
                                  capture_output=True, cwd=ROOT, text=True, check=True).stdout
        rises = {}
        for line in replayed.splitlines():
            warning = json.loads(line)
            order = ["green", "yellow", "red"]
            if order.index(warning["to"]) > order.index(warning["from"]):
                key = (warning["rule"], warning["to"])
                rises[key] = rises.get(key, 0) + 1
        for rule in log["rules"]:
            for level in ("yellow", "red"):
                self.assertEqual(rule[level]["rises"], rises.get((rule["rule"], level), 0))
                self.assertEqual(rule[level]["rises"], sum(rule[level]["months"].values()))


if __name__ == "__main__":
    unittest.main()
