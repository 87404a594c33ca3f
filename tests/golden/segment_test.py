#!/usr/bin/python3
"""Segments: packed and unpacked a log is the same bytes, and its replay says the same in every way. Needs LIANQING_BINARY."""
import glob
import gzip
import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))
SHARED = os.environ.get("LIANQING_SHARED", os.path.join(ROOT, "..", "shared"))
EXAMPLE = os.path.join(ROOT, "examples", "ningbo-style")
TOOK = re.compile(rb"^(took|\xe7\x94\xa8\xe6\x97\xb6).*$", re.M)


def run(*args, **more):
    return subprocess.run([BINARY, *args], capture_output=True, stdin=subprocess.DEVNULL, timeout=300, **more)


def lines_of(path):
    with (gzip.open(path) if path.endswith(".gz") else open(path, "rb")) as f:
        return f.read()


class Segments(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "wb") as f:
                f.write(content)
        return path

    def packed(self, events):
        out = self.path("log.lqs")
        done = run("log", "pack", events, "--out", out, "--lang", "en")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"packed ", done.stderr)
        return out

    def said(self, pack, events, *more):
        name = self.path("same-name")  # messages name the file
        if os.path.lexists(name):
            os.unlink(name)
        os.symlink(events, name)
        out, bad = self.path("out"), self.path("bad")
        done = run("replay", "--rules", pack, "--events", name, "--out", out, "--quarantine", bad, *more)
        written = [lines_of(path) if os.path.exists(path) else None for path in (out, bad)]
        for path in (out, bad):
            if os.path.exists(path):
                os.unlink(path)
        return done.returncode, written, TOOK.sub(b"", done.stderr)

    def check(self, pack, events, *more, ways=((), ("--brief",), ("--as-occurred",), ("--as-occurred", "--brief"))):
        segment = self.packed(events)
        for way in ways:
            self.assertEqual(self.said(pack, segment, *way, *more), self.said(pack, events, *way, *more), way)

    def test_examples(self):
        for events in glob.glob(os.path.join(ROOT, "examples", "**", "events.jsonl*"), recursive=True):
            pack, units = (os.path.join(os.path.dirname(events), name) for name in ("pack", "units.csv"))
            if os.path.isdir(pack):
                with self.subTest(events):
                    self.check(pack, events, *(("--units", units) if os.path.exists(units) else ()))

    def test_parts_of_a_log(self):
        events, pack, units = (os.path.join(EXAMPLE, name) for name in ("events.jsonl.gz", "pack", "units.csv"))
        self.check(pack, events, "--units", units, "--until", "2025-09-01T00:00:00Z", ways=((), ("--as-occurred",), ("--sort",)))
        self.check(pack, events, "--units", units, "--threads", "3", "--by-instant", ways=(("--as-occurred", "--brief"),))

    # Duplicates, conflicts, escapes, other shapes, lists, bad lines, blank lines, CRLF, odd numbers.
    def test_a_log_with_everything(self):
        text = lines_of(os.path.join(EXAMPLE, "events.jsonl.gz")).splitlines()[:3000]
        for i in range(0, 3000, 7):
            text[i] = (text[i], text[i // 2], text[i].replace(b'"data"', b'"x-note": [1, {"a": "\\u00e9"}], "data"'),
                       text[i] + b"\r", b"", b"{broken", text[i].replace(b"}", b', "n": 1e2}', 1), b"\xff" + text[i],
                       text[i // 3].replace(b'"data": {', b'"data": {"more": 0.50, ').replace(b'"data":{', b'"data":{"more":-0,'))[i // 7 % 9]
        events = self.path("odd.jsonl", b"\n".join(text))
        self.check(os.path.join(EXAMPLE, "pack"), events, "--units", os.path.join(EXAMPLE, "units.csv"),
                   ways=(("--sort",), ("--as-occurred",), ("--as-occurred", "--brief")))

    def test_random_logs(self):
        for seed in (3, 4):
            folder = self.path("seed%d" % seed)
            subprocess.run([sys.executable, os.path.join(ROOT, "tests", "oracle", "random_pack.py"), str(seed), folder, "--features",
                            "corrections,register" if seed == 4 else ""], check=True, capture_output=True)
            self.check(folder, os.path.join(folder, "events.jsonl"), "--units", os.path.join(folder, "units.csv"))

    def test_unpacked_it_is_the_log(self):
        found = glob.glob(os.path.join(SHARED, "data", "*", "events.jsonl.gz"))
        nightly = os.environ.get("LIANQING_NIGHTLY")
        for events in [os.path.join(EXAMPLE, "events.jsonl.gz"), *(found if nightly else [f for f in found if os.path.getsize(f) < 1 << 20])]:
            with self.subTest(events):
                segment = self.packed(events)
                done = run("log", "unpack", segment, "--against", events, "--lang", "en")
                self.assertEqual((done.returncode, done.stdout), (0, b""), done.stderr)
                self.assertIn(b"the same byte for byte", done.stderr)
                self.assertEqual(run("log", "unpack", segment).stdout, lines_of(events))
                self.assertLess(os.path.getsize(segment), len(lines_of(events)) / 5)

    def test_the_durable_log(self):
        events, data = os.path.join(EXAMPLE, "events.jsonl.gz"), self.path("data")
        self.assertIn(run("log", "append", events, "--data", data, "--sort").returncode, (0, 1))
        segment = self.path("log.lqs")
        self.assertEqual(run("log", "pack", "--data", data, "--out", segment).returncode, 0)
        self.assertEqual(run("log", "unpack", segment).stdout, run("log", "export", "--data", data).stdout)
        self.assertEqual(run("log", "unpack", segment, "--data", data).returncode, 0)
        more = self.path("more.jsonl", b'{"id":"new","source":"s","type":"t","unit":"u","time":"2031-01-01T00:00:00Z"}\n')
        self.assertEqual(run("log", "append", more, "--data", data).returncode, 0)
        done = run("log", "unpack", segment, "--data", data, "--lang", "en")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, rb"line \d+ differs")

    def test_what_is_refused(self):
        segment = self.packed(os.path.join(EXAMPLE, "events.jsonl.gz"))
        whole = lines_of(segment)
        for name, content, words in (("cut", whole[:-100], b"without its end"), ("short", whole[:30], b"without its end"),
                                     ("flipped", whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:], b"damaged in block 1 of"),
                                     ("later", whole.replace(b"-segment/2", b"-segment/9"), b"no segment of a version")):
            path = self.path(name, content)
            done = run("replay", "--rules", EXAMPLE + "/pack", "--events", path, "--lang", "en")
            self.assertIn(words, done.stderr)
            self.assertEqual(done.returncode, 1 if name == "later" else 74)
            done = run("replay", "--rules", EXAMPLE + "/pack", "--events", path, "--lang", "zh")
            self.assertIn("错误：".encode(), done.stderr)
            self.assertNotIn(words, done.stderr)
        with open(segment, "rb") as f:
            done = subprocess.run([BINARY, "replay", "--rules", EXAMPLE + "/pack", "--events", "-", "--lang", "en"], stdin=f, capture_output=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"is a segment, which is read from a file", done.stderr)
        for args, words in ((("pack", segment), b"--out FILE is needed"), (("pack", "--out", "x"), b"name one event file"),
                            (("unpack",), b"name one segment"),
                            (("unpack", segment, "--against", segment, "--data", "."), b"exclude each other")):
            done = run("log", *args, "--lang", "en")
            self.assertEqual(done.returncode, 2)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
