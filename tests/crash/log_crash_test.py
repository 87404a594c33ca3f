#!/usr/bin/python3
"""The log under kill -9, failing disks and altered bytes: nothing that was acknowledged is lost or changed in silence.

Needs LIANQING_BINARY, LOG_WRITER and FAILING_CALLS. LIANQING_NIGHTLY=1 does much more of the same. The seed is printed and can be
given as LIANQING_SEED."""
import errno
import json
import os
import random
import shutil
import subprocess
import tempfile
import time
import unittest

BINARY, WRITER, CALLS = (os.environ[name] for name in ("LIANQING_BINARY", "LOG_WRITER", "FAILING_CALLS"))
NIGHTLY = os.environ.get("LIANQING_NIGHTLY", "") not in ("", "0")
SEED = int(os.environ.get("LIANQING_SEED", "20261123" if not NIGHTLY else str(time.time_ns() % 10**9)))
KILLS = 2000 if NIGHTLY else 8
FAILURES = {"write": range(1, 500), "pwrite": range(1, 200), "fsync": range(1, 100), "fdatasync": range(1, 300), "rename": range(1, 20)} \
    if NIGHTLY else {"write": (4, 9, 30), "pwrite": (2, 9), "fsync": (2, 9), "fdatasync": (1, 3, 12), "rename": (1, 4)}
FLIPS = 400 if NIGHTLY else 3


def memory():
    """A directory where syncing costs nothing, if there is one with room: killing a process needs no disk."""
    at = "/dev/shm"
    return at if os.path.isdir(at) and os.statvfs(at).f_bavail * os.statvfs(at).f_frsize > 2 << 30 else None


def lianqing(*args):
    return subprocess.run([BINARY, *args, "--lang", "en"], capture_output=True, text=True, timeout=120)


class Writer:
    """One run of log_writer and what it acknowledged: {id number: seq}."""

    def __init__(self, data, start, commits, kill_after=None, env=None):
        p = subprocess.Popen([WRITER, data, str(start), str(commits)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                             env={**os.environ, **(env or {})})
        self.acked, self.next, self.failed, self.stopped = {}, start, None, None
        if kill_after is not None:
            # Counted from the first acknowledgement, so that it does not hit the start every time.
            first = p.stdout.readline()
            time.sleep(kill_after)
            p.kill()
            out = first + p.stdout.read()
            p.wait()
            p.stdout.close()
        else:
            out, _ = p.communicate(timeout=120)
        self.code = p.returncode
        for line in out.splitlines(keepends=True):
            words = line.split()
            if words[0] == "acked" and line.endswith("\n"):
                a, b, seq = map(int, words[1:])
                for i in range(a, b + 1):
                    self.acked[i] = seq + i - a
                self.next = b + 1
            elif words[0] == "failed":
                self.failed = line
            elif words[0] in ("stopped", "TAKEN"):
                self.stopped = words[0]


class LogCrash(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lianqing-crash-", dir=memory())
        self.data = os.path.join(self.folder, "data")
        self.random = random.Random(SEED)

    def tearDown(self):
        shutil.rmtree(self.folder)

    def check(self, acked, where):
        """The log verifies, has no holes, and holds what was acknowledged at the seqs that were told."""
        done = lianqing("log", "verify", "--data", self.data)
        self.assertEqual(done.returncode, 0, (where, SEED, done.stdout, done.stderr))
        done = lianqing("log", "export", "--data", self.data)
        self.assertEqual(done.returncode, 0, (where, SEED, done.stderr))
        ids = [json.loads(line)["data"]["n"] for line in done.stdout.splitlines()]
        self.assertEqual(ids, list(range(len(ids))), (where, SEED))
        for number, seq in acked.items():
            self.assertLess(seq, len(ids), (where, SEED, "lost"))
            self.assertEqual(ids[seq], number, (where, SEED))
        return len(ids)

    def test_kill(self):
        acked, start = {}, 0
        for cycle in range(KILLS):
            writer = Writer(self.data, start, 10**9, kill_after=self.random.random() * 0.15)
            self.assertIsNone(writer.failed, (cycle, SEED))
            for number, seq in writer.acked.items():
                # A record sent again has the seq that it was told before.
                self.assertEqual(acked.setdefault(number, seq), seq, (cycle, SEED))
            # Resend from a little before the end: an unacknowledged record may be there or not.
            start = max(0, writer.next - self.random.randrange(120))
            if cycle % 4 == 3 or cycle == KILLS - 1:
                self.check(acked, f"cycle {cycle}")
        self.assertGreater(len(acked), KILLS)

    def test_failing_calls(self):
        for call, numbers in FAILURES.items():
            for n in numbers:
                for code in (errno.EIO, errno.ENOSPC) if NIGHTLY or n == min(numbers) else (errno.EIO,):
                    with self.subTest(call=call, n=n, errno=code):
                        shutil.rmtree(self.data, ignore_errors=True)
                        writer = Writer(self.data, 0, 40, env={"LD_PRELOAD": CALLS, "FAIL_CALL": call, "FAIL_AT": str(n), "FAIL_ERRNO": str(code)})
                        if writer.failed is None:
                            self.assertEqual(writer.code, 0)  # it failed where nothing was promised, or was never reached
                        else:
                            self.assertEqual(writer.code, 74)
                            self.assertNotEqual(writer.stopped, "TAKEN")
                            if code == errno.ENOSPC:
                                self.assertIn("failed full", writer.failed)
                        again = Writer(self.data, writer.next, 3)
                        self.assertEqual(again.code, 0, again.failed)
                        self.check({**writer.acked, **again.acked}, (call, n))

    def test_no_space_is_refused_before_the_disk_is_full(self):
        first = Writer(self.data, 0, 5)
        writer = Writer(self.data, first.next, 5, env={"LD_PRELOAD": CALLS, "FAIL_CALL": "statvfs", "FAIL_AT": "3"})
        self.assertEqual(writer.code, 74)
        self.assertIn("failed full", writer.failed)
        self.assertEqual(writer.stopped, "TAKEN")  # nothing broke: with space again, it goes on
        self.assertGreater(len(writer.acked), 0)

    def log_with_all_kinds_of_files(self):
        """Several tables, a write-ahead file with content, and the files beside them."""
        start = 0
        for _ in range(3):
            start = Writer(self.data, start, 12).next
        lines = lianqing("log", "export", "--data", self.data)
        return lines.stdout, json.loads(lianqing("log", "verify", "--data", self.data, "--format", "json").stdout)["root"]

    def test_altered_bytes(self):
        content, root = self.log_with_all_kinds_of_files()
        kinds = {}
        for folder, _, names in os.walk(self.data):
            for name in names:
                path = os.path.join(folder, name)
                kind = os.path.splitext(name)[1] or name.split("-")[0]
                if os.path.getsize(path):
                    kinds.setdefault(kind, []).append(path)
        for wanted in (".sst", ".log", "MANIFEST", "CURRENT", "head", "acked"):
            self.assertIn(wanted, kinds)
        for kind, paths in sorted(kinds.items()):
            found = 0
            for flip in range(FLIPS):
                path = self.random.choice(sorted(paths))
                with open(path, "rb") as file:
                    before = file.read()
                at, bit = self.random.randrange(len(before)), self.random.randrange(8)
                after = bytearray(before)
                after[at] ^= 1 << bit
                with open(path, "wb") as file:
                    file.write(after)
                where = (kind, os.path.basename(path), at, bit, SEED)
                verified = lianqing("log", "verify", "--data", self.data, "--format", "json")
                if verified.returncode == 0:
                    # Not told: then it must be of no consequence.
                    self.assertEqual(json.loads(verified.stdout)["root"], root, where)
                    self.assertEqual(lianqing("log", "export", "--data", self.data).stdout, content, where)
                else:
                    found += 1
                    self.assertEqual(verified.returncode if verified.returncode != 1 else 74, 74, (where, verified.stderr))
                    self.assertIn(self.data, verified.stdout + verified.stderr, where)
                with open(path, "rb") as file:
                    self.assertEqual(file.read(), bytes(after), ("reading changed the file", where))
                with open(path, "wb") as file:
                    file.write(before)
            if kind in (".sst", ".log", "head"):
                self.assertGreater(found, 0, (kind, SEED))

    def test_rolled_back_files(self):
        self.log_with_all_kinds_of_files()
        copy = os.path.join(self.folder, "copy")
        shutil.copytree(os.path.join(self.data, "log"), copy)
        Writer(self.data, 100000, 1)
        shutil.rmtree(os.path.join(self.data, "log"))
        shutil.move(copy, os.path.join(self.data, "log"))
        writer = Writer(self.data, 100000, 1)
        self.assertEqual(writer.code, 74)
        self.assertIn("were acknowledged", writer.failed)
        done = lianqing("log", "verify", "--data", self.data)
        self.assertEqual(done.returncode, 1)
        # Accepting the loss is a decision that somebody makes.
        done = lianqing("log", "verify", "--data", self.data, "--new-head")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(Writer(self.data, 100000, 1).code, 0)


if __name__ == "__main__":
    unittest.main()
