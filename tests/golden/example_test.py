#!/usr/bin/python3
"""The shipped example says exactly what it said before. UPDATE_GOLDEN=1 writes the expectation anew: review the diff.

Needs LIANQING_BINARY."""
import gzip
import json
import os
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))
EXAMPLE = "examples/ningbo-style"
EXPECTED = os.path.join(ROOT, EXAMPLE, "expected.jsonl.gz")


def run(*args):
    return subprocess.run([BINARY, *args], cwd=ROOT, capture_output=True, text=True, timeout=300)


class Example(unittest.TestCase):
    def test_pack_is_clean(self):
        done = run("check", EXAMPLE + "/pack", "--lang", "en")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_its_tests_pass_and_notice_changes(self):
        done = run("test", EXAMPLE + "/pack", "--lang", "en")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn("not covered", done.stdout)
        done = run("test", EXAMPLE + "/pack", "--mutants", "--lang", "en", "--at-least", "99")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_warnings(self):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "w.jsonl")
            # The full path of the pack: where it lies must not show in the warnings.
            done = run("replay", "--rules", os.path.join(ROOT, EXAMPLE, "pack"), "--events", EXAMPLE + "/events.jsonl.gz",
                       "--units", EXAMPLE + "/units.csv", "--out", out, "--lang", "en")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("read 6747 = admitted 6738 + duplicate 6 + quarantined 3", done.stderr)
            with open(out, "rb") as file:
                found = file.read()
        if os.environ.get("UPDATE_GOLDEN"):
            with open(EXPECTED, "wb") as file:
                file.write(gzip.compress(found, 9, mtime=0))
        with gzip.open(EXPECTED) as file:
            expected = file.read()
        for number, (a, b) in enumerate(zip(expected.splitlines(), found.splitlines()), 1):
            self.assertEqual(json.loads(a), json.loads(b), f"warning {number}")
        self.assertEqual(expected, found)

    def test_generator_makes_the_same_events(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(["/usr/bin/python3", os.path.join(ROOT, EXAMPLE, "generate.py"), folder],
                                  capture_output=True, text=True, timeout=300)
            self.assertEqual(done.returncode, 0, done.stderr)
            with gzip.open(os.path.join(folder, "events.jsonl.gz")) as a, \
                    gzip.open(os.path.join(ROOT, EXAMPLE, "events.jsonl.gz")) as b:
                self.assertEqual(a.read(), b.read())

    def test_explains_a_unit_and_a_warning(self):
        common = ["--rules", EXAMPLE + "/pack", "--events", EXAMPLE + "/events.jsonl.gz", "--units", EXAMPLE + "/units.csv"]
        done = run("explain", *common, "--unit", "xl-enforcement", "--rule", "rectification_deadline", "--lang", "en")
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ("red", "margin", "what would change it", "evidence"):
            self.assertIn(words, done.stdout)
        with gzip.open(EXPECTED) as file:
            warning = json.loads(file.readline())
        done = run("explain", *common, warning["id"], "--lang", "zh")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(warning["unit"], done.stdout)
        done = run("explain", *common, "w-0000", "--lang", "en")
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    unittest.main()
