#!/usr/bin/python3
"""The log under kill -9, failing disks and altered bytes: nothing that was acknowledged is lost or changed in silence.

Needs LIANQING_BINARY, LOG_WRITER and FAILING_CALLS. LIANQING_NIGHTLY=1 does much more of the same. The seed is printed and can be
given as LIANQING_SEED."""
import errno
import gzip
import json
import os
import random
import shutil
import subprocess
import tempfile
import time
import unittest

BINARY, WRITER, CALLS = (os.environ[name] for name in ("LIANQING_BINARY", "LOG_WRITER", "FAILING_CALLS"))
EXAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "ningbo-style")
NIGHTLY = os.environ.get("LIANQING_NIGHTLY", "") not in ("", "0")
SEED = int(os.environ.get("LIANQING_SEED", "20261123" if not NIGHTLY else str(time.time_ns() % 10**9)))
KILLS = 2000 if NIGHTLY else 8
FAILURES = {"write": range(1, 500), "pwrite": range(1, 200), "fsync": range(1, 100), "fdatasync": range(1, 300), "rename": range(1, 20)} \
    if NIGHTLY else {"write": (4, 9, 30), "pwrite": (2, 9), "fsync": (2, 9), "fdatasync": (1, 3, 12), "rename": (1, 4, 14)}
# (call, end of the file's name, which of them fail first, how many fail): .log is a journal of the database.
FILLINGS = (("write", None, range(1, 300), (1, 7, 60)), ("write", ".log", range(1, 40), (1, 2, 5)), ("fdatasync", None, range(1, 60), (1, 4)),
            ("fsync", None, range(1, 60), (1, 4)), ("fallocate", None, range(1, 30), (1, 5)), ("pwrite", None, range(1, 40), (1, 3))) \
    if NIGHTLY else (("write", ".log", (1, 2, 9), (1, 3)), ("fdatasync", ".log", (1, 5), (1,)), ("write", None, (30,), (40,)))
FLIPS = 400 if NIGHTLY else 3


def full(n):
    """A full disk and a full quota in turns: they are met alike."""
    return errno.ENOSPC if n % 2 else errno.EDQUOT


def memory():
    """A directory where syncing costs nothing, if there is one with room: killing a process needs no disk."""
    at = "/dev/shm"
    return at if os.path.isdir(at) and os.statvfs(at).f_bavail * os.statvfs(at).f_frsize > 2 << 30 else None


def lianqing(*args):
    return subprocess.run([BINARY, *args, "--lang", "en"], capture_output=True, text=True, timeout=120)


class Writer:
    """One run of log_writer and what it acknowledged: {id number: seq}."""

    def __init__(self, data, start, commits, kill_after=None, env=None, wait=False):
        p = subprocess.Popen([WRITER, data, str(start), str(commits), *["wait"] * wait], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
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
        acked, start, told = {}, 0, 0
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
            if cycle % 100 == 99 or cycle == KILLS - 1:    # another log: all of it is read each time
                told += len(acked)
                acked, start = {}, 0
                shutil.rmtree(self.data)
        self.assertGreater(told, KILLS)

    def test_failing_calls(self):
        for call, numbers in FAILURES.items():
            for n in numbers:
                for code in (errno.EIO, errno.ENOSPC, errno.EDQUOT) if NIGHTLY or n == min(numbers) or call == "rename" else (errno.EIO,):
                    with self.subTest(call=call, n=n, errno=code):
                        shutil.rmtree(self.data, ignore_errors=True)
                        writer = Writer(self.data, 0, 40, env={"LD_PRELOAD": CALLS, "FAIL_CALL": call, "FAIL_AT": str(n), "FAIL_ERRNO": str(code)})
                        if writer.failed is None:
                            self.assertEqual(writer.code, 0)  # it failed where nothing was promised, or was never reached
                        else:
                            self.assertEqual(writer.code, 74)
                            self.assertNotEqual(writer.stopped, "TAKEN")
                            if code != errno.EIO:
                                self.assertRegex(writer.failed, "failed full|taken all the same")
                        again = Writer(self.data, writer.next, 3)
                        self.assertEqual(again.code, 0, again.failed)
                        self.check({**writer.acked, **again.acked}, (call, n))

    def test_a_disk_that_fills_up_is_waited_for(self):
        """Also when the database meets it: in the first write after opening as in any other, for one call or for many."""
        first = Writer(self.data, 0, 12)
        kept = os.path.join(self.folder, "kept")
        shutil.copytree(self.data, kept)
        taken = 0
        for call, file, numbers, times in FILLINGS:
            for n in numbers:
                for many in times:
                    with self.subTest(call=call, file=file, n=n, times=many):
                        shutil.rmtree(self.data)
                        shutil.copytree(kept, self.data)
                        env = {"LD_PRELOAD": CALLS, "FAIL_CALL": call, "FAIL_AT": str(n), "FAIL_FOR": str(many),
                               "FAIL_ERRNO": str(full(n)), **({"FAIL_FILE": file} if file else {})}
                        writer = Writer(self.data, first.next, 12, env=env, wait=True)
                        if writer.failed is None:
                            self.assertEqual(writer.code, 0)
                            taken += 1
                        else:                              # it could not open it, or not say that a commit was taken
                            self.assertEqual(writer.code, 74)
                            self.assertNotEqual(writer.stopped, "TAKEN")
                        again = Writer(self.data, writer.next, 3)
                        self.assertEqual(again.code, 0, again.failed)
                        self.check({**first.acked, **writer.acked, **again.acked}, (call, file, n, many))
        self.assertGreater(taken, 0)

    def test_what_was_indexed_only_in_memory_is_known_after_reopening(self):
        # More than are indexed together, and then a full disk: the writer sends its first record again at the end.
        env = {"LD_PRELOAD": CALLS, "FAIL_CALL": "write", "FAIL_FILE": ".log", "FAIL_AT": "250", "FAIL_ERRNO": str(errno.ENOSPC)}
        writer = Writer(self.data, 0, 300, env=env, wait=True)
        self.assertEqual((writer.code, writer.failed), (0, None))
        self.assertEqual(len(writer.acked), writer.next)
        self.check(writer.acked, "indexed")

    def test_a_state_on_a_disk_that_fills_up(self):
        """What a replay keeps goes on after its database met a full disk, with nothing lost of what was only in memory."""
        events, state, out = (os.path.join(self.folder, name) for name in ("events.jsonl", "state", "out.jsonl"))
        with gzip.open(os.path.join(EXAMPLE, "events.jsonl.gz")) as packed, open(events, "wb") as file:
            shutil.copyfileobj(packed, file)

        def replayed(env=None):
            shutil.rmtree(state, ignore_errors=True)
            done = subprocess.run([BINARY, "replay", "--rules", os.path.join(EXAMPLE, "pack"), "--events", events, "--state", state, "--out", out,
                                   "--units", os.path.join(EXAMPLE, "units.csv")],
                                  capture_output=True, text=True, timeout=120, env={**os.environ, **(env or {})})
            if done.returncode != 0:
                return done.returncode
            with open(out, "rb") as file:
                return file.read()

        expected, gone_on = replayed(), 0
        for call in ("write", "fdatasync"):
            for n in range(1, 30) if NIGHTLY else (1, 2, 3):
                with self.subTest(call=call, n=n):
                    env = {"LD_PRELOAD": CALLS, "FAIL_CALL": call, "FAIL_FILE": ".log", "FAIL_AT": str(n), "FAIL_ERRNO": str(full(n))}
                    got = replayed(env)
                    gone_on += got == expected
                    if got != expected:
                        self.assertEqual(got, 74)
        self.assertGreater(gone_on, 3)

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
