#!/usr/bin/python3
"""What `lianqing replay` writes, and where: brief rows, pipes that have the name of the output. Needs LIANQING_BINARY."""
import json
import os
import stat
import subprocess
import tempfile
import threading
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))
EXAMPLE = "examples/ningbo-style"
BRIEF = ("id", "unit", "rule", "key", "from", "to", "cause", "ended", "shadow", "time", "seq", "values")


def replay(*args):
    return subprocess.run([BINARY, "replay", "--rules", EXAMPLE + "/pack", "--events", EXAMPLE + "/events.jsonl.gz", "--units",
                           EXAMPLE + "/units.csv", "--lang", "en", *args], cwd=ROOT, capture_output=True, text=True, timeout=300)


class ReplayOutput(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = os.path.join(folder.name, "w.jsonl")

    def rows(self, *args):
        done = replay("--out", self.out, *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.out, encoding="utf-8") as file:
            return file.read().splitlines()

    def test_brief_rows_say_the_same_with_less(self):
        for order in ((), ("--as-occurred",)):
            full = [json.loads(row) for row in self.rows(*order)]
            brief = self.rows("--brief", "--threads", "1", *order)
            self.assertGreater(len(full), 200)
            self.assertEqual([{k: row[k] for k in BRIEF if row.get(k) is not None} for row in full], [json.loads(row) for row in brief])
            self.assertEqual(brief, self.rows("--brief", "--threads", "3", *order))

    def test_brief_goes_with_one_pack(self):
        done = replay("--brief", "--rules", EXAMPLE + "/pack")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--brief goes with one --rules", done.stderr)

    def test_a_pipe_is_written_to_and_not_replaced(self):
        plain = self.rows("--brief")
        os.unlink(self.out)
        os.mkfifo(self.out)
        read = []

        def drain():
            with open(self.out, encoding="utf-8") as pipe:
                read.extend(pipe.read().splitlines())

        reader = threading.Thread(target=drain, daemon=True)
        reader.start()
        done = replay("--brief", "--out", self.out)
        reader.join(timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(read, plain)
        self.assertTrue(stat.S_ISFIFO(os.lstat(self.out).st_mode))
        self.assertFalse(os.path.exists(self.out + ".partial"))


if __name__ == "__main__":
    unittest.main()
