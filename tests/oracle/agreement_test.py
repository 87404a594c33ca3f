#!/usr/bin/python3
"""Does `lianqing replay` say what the oracle says? Needs LIANQING_BINARY.

LIANQING_SEEDS=32 random packs; the log of wabo and every fortieth unit of nyc. LIANQING_NIGHTLY=1: 120 packs, all of nyc,
boston and bpic too."""
import concurrent.futures
import datetime as dt
import gzip
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)

import random_log                                        # noqa: E402

BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))
SHARED = os.environ.get("LIANQING_SHARED", os.path.join(ROOT, "..", "shared"))
NIGHTLY = os.environ.get("LIANQING_NIGHTLY", "") not in ("", "0")
SEEDS = int(os.environ.get("LIANQING_SEEDS", "120" if NIGHTLY else "32"))
# What both sides know of random_cross.FEATURES.
FEATURES = ("sequence", "peers", "units", "warnings", "corrections", "register", "calendar")
LOGS = {"wabo": "wabo_receipt", "nyc": "nyc_inspections"}
MORE_LOGS = {"boston": "boston311_2011h2", "bpic": "bpic15_permits"}
SAMPLED = {} if NIGHTLY else {"nyc": 40}                 # one unit in so many
LIMIT = 3600 if NIGHTLY else 300
COUNTS = re.compile(r"^(?:records: read|记录: 读入) (\d+) = (?:admitted|采纳) (\d+) \+ (?:duplicate|重复) (\d+) \+ (?:quarantined|隔离) (\d+)", re.M)
TRANSITIONS = re.compile(r"^(?:transitions|变色): (\d+)", re.M)
REASON = re.compile(r"^  (?:quarantined|隔离) \S.*: (\d+)$", re.M)


def run(*args):
    return subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=LIMIT, stdin=subprocess.DEVNULL)


def script(name, *args):
    return run("/usr/bin/python3", os.path.join(HERE, name), *args)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def lines_in(path):
    return read(path).count(b"\n")


def replay(case, *args):
    return run(BINARY, "replay", "--rules", case["pack"], "--events", case["events"], *case["more"], *args)


def made(seed, folder, features=()):
    folder = os.path.join(folder, "seed%d%s" % (seed, "-".join(("",) + features)))
    r = script("random_pack.py", seed, folder, "--features", ",".join(features))
    if r.returncode:
        raise AssertionError("random_pack.py %d: %s" % (seed, r.stderr))
    return {"pack": folder, "events": os.path.join(folder, "events.jsonl"), "folder": folder,
            "more": ["--units", os.path.join(folder, "units.csv")]}


def counts_wrong(stderr, out, quarantine, expected):
    """What does not reconcile, or None."""
    m = COUNTS.search(stderr)
    if not m:
        return "no counts on stderr:\n" + stderr
    n = [int(x) for x in m.groups()]
    if n[0] != n[1] + n[2] + n[3]:
        return "counts do not add up: %s" % m.group(0)
    wanted = [expected[k] for k in ("read", "admitted", "duplicate", "quarantined")]
    if n != wanted:
        return "counts read, admitted, duplicate, quarantined: expected %s (%s), got %s\n%s" % (
            wanted, expected.get("reasons"), n, stderr)
    if sum(int(x) for x in REASON.findall(stderr)) != n[3]:
        return "the reasons do not add up to %d:\n%s" % (n[3], stderr)
    if lines_in(quarantine) != n[3]:
        return "%d quarantined, but %d lines in the file" % (n[3], lines_in(quarantine))
    t = TRANSITIONS.search(stderr)
    if not t or int(t.group(1)) != lines_in(out):
        return "transitions: %s said, %d lines written" % (t and t.group(1), lines_in(out))
    return None


def disagreement(case, as_occurred):
    """What the two disagree on, or None."""
    name = "occurred" if as_occurred else "recorded"
    out, quarantine, wanted = (os.path.join(case["folder"], name + x) for x in (".out", ".quarantine", ".oracle"))
    flags = ["--as-occurred"] if as_occurred else []
    for _ in range(2):
        theirs = script("oracle.py", "--rules", case["pack"], "--events", case["events"], *case["more"], *flags)
        ours = replay(case, "--out", out, "--quarantine", quarantine, *flags)
        # The oracle only counts what stands out of order; the program refuses the file.
        if theirs.returncode != 0 or "order" not in json.loads(theirs.stderr.splitlines()[0])["reasons"]:
            break
        if ours.returncode != 1 or "--sort" not in ours.stderr:
            return "%s is out of order, but exit %d\n%s" % (case["events"], ours.returncode, ours.stderr[-800:])
        if os.path.exists(out):
            return "refused with exit 1, but %s is there" % out
        flags.append("--sort")
    said = "replay --rules %s --events %s %s" % (case["pack"], case["events"], " ".join(case["more"] + flags))
    if theirs.returncode != 0 or ours.returncode != 0:
        return "%s\noracle exit %d, lianqing exit %d\n%s\n%s" % (
            said, theirs.returncode, ours.returncode, theirs.stderr[-800:], ours.stderr[-800:])
    with open(wanted, "w", encoding="utf-8") as f:
        f.write(theirs.stdout)
    wrong = counts_wrong(ours.stderr, out, quarantine, json.loads(theirs.stderr.splitlines()[0]))
    if wrong:
        return said + "\n" + wrong
    c = script("compare.py", wanted, out)
    return None if c.returncode == 0 else said + "\n" + c.stdout + c.stderr


def instant(record):
    return dt.datetime.fromisoformat(record.get("recordedtime") or record["time"])


def ordered(lines):
    """Sorted by the clock, as a file should be; what has no clock stays behind its neighbour."""
    clock, keyed = dt.datetime.min.replace(tzinfo=dt.timezone.utc), []
    for line in lines:
        try:
            clock = instant(json.loads(line))
        except (ValueError, KeyError, TypeError):
            pass
        keyed.append((clock, line))
    return [line for _, line in sorted(keyed, key=lambda x: x[0])]


def long_log(case, seed, n):
    """The same pack with a log long enough for many checkpoints."""
    path = os.path.join(case["folder"], "long.jsonl")
    lines = random_log.Log(random.Random(seed), 400).lines(n)
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(ordered(lines)) + "\n")
    return dict(case, events=path)


def sampled(events, out, n):
    """The records of one unit in n."""
    with gzip.open(events, "rt", encoding="utf-8") as f, open(out, "w", encoding="utf-8") as g:
        g.writelines(line for line in f if zlib.crc32(json.loads(line)["unit"].encode()) % n == 0)
    return out


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not os.access(BINARY, os.X_OK):
            raise AssertionError("no program at LIANQING_BINARY (%s)" % BINARY)
        cls.folder = tempfile.mkdtemp(prefix="lianqing-agreement-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)


class Agreement(Base):
    """Oracle and program, two at a time: the long logs first, the seeds beside them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        pool = concurrent.futures.ThreadPoolExecutor(2)
        cls.addClassCleanup(pool.shutdown, True, cancel_futures=True)
        cls.logs = {}
        for name, data in {**(MORE_LOGS if NIGHTLY else {}), **LOGS}.items():
            events = os.path.join(SHARED, "data", data, "events.jsonl.gz")
            if os.path.exists(events):
                case = {"pack": os.path.join(ROOT, "tests", "golden", "oracle", name, "pack.yaml"), "events": events,
                        "folder": os.path.join(cls.folder, name), "more": []}
                os.makedirs(case["folder"])
                if name in SAMPLED:
                    case["events"] = sampled(events, os.path.join(case["folder"], "events.jsonl"), SAMPLED[name])
                cls.logs[name] = pool.submit(disagreement, case, False)
        seeds = range(1, SEEDS + 1)
        cases = [(n, FEATURES) for n in seeds if FEATURES] + [(n, ()) for n in (seeds[::2] if FEATURES else seeds)]
        cls.seeds = {case: pool.submit(cls.seed, *case) for case in cases}

    @classmethod
    def seed(cls, seed, features):
        case = made(seed, cls.folder, features)
        return [disagreement(case, mode) for mode in ([False, True] if seed % 3 == 0 else [False])]

    def test_random_packs(self):
        for (seed, features), future in self.seeds.items():
            for wrong in future.result():
                with self.subTest(seed=seed, features=features):
                    self.assertIsNone(wrong, "\nseed %d %s: %s" % (seed, ",".join(features), wrong))

    def log(self, name):
        if name in MORE_LOGS and not NIGHTLY:
            self.skipTest("only with LIANQING_NIGHTLY=1")
        if name not in self.logs:
            self.skipTest("no log %s under %s: set LIANQING_SHARED" % (name, SHARED))
        wrong = self.logs[name].result()
        self.assertIsNone(wrong, "\n%s" % wrong)

    def test_wabo(self):
        self.log("wabo")

    def test_nyc(self):
        self.log("nyc")

    def test_boston(self):
        self.log("boston")

    def test_bpic(self):
        self.log("bpic")


def at_once(lines):
    """The records that can come in any order, all known at the last instant: one per identity and time, no retraction of one."""
    kept, seen, finals = [], set(), set()
    rows = []
    for line in lines:
        try:
            r = json.loads(line)
            rows.append((dt.datetime.fromisoformat(r["time"]), r))
        except (ValueError, KeyError, TypeError):
            continue
    last = max(t for t, _ in rows)
    for t, r in rows:
        marks = {(r.get("source"), r["id"]), t}
        if marks & seen or r["data"].get("target_event_id") in finals:
            continue
        seen |= marks
        if r["type"] in ("event_retracted", "clarification_issued"):
            finals.add(r["id"])
        kept.append(dict(r, recordedtime=last.isoformat()))
    return kept, last


def decided_twice(kept):
    """Units with an event about which there is a correction and more: on the way it may have a key that it has not in
    the end, and that instance stays."""
    about, types = {}, {}
    for r in kept:
        types[r["id"]] = r["type"]
        for target in [r["data"].get("target_event_id"), *r["data"].get("targets", ())]:
            if target:
                about.setdefault(target, []).append(r)
    return {r["unit"] for target, rs in about.items() for r in rs
            if types.get(target) in ("event_corrected", "complaint_verdict", "tolerance_decision")
            or len(rs) > 1 and any(x["type"] == "event_corrected" for x in rs)}


class AnyOrder(Base):
    """Corrections before and after what they concern."""

    def test_records_of_one_clock(self):
        if "corrections" not in FEATURES:
            self.skipTest("the program does not know corrections")
        for seed in range(1, 9):
            case = made(seed, self.folder, ("corrections",))
            with open(case["events"], encoding="utf-8") as f:
                kept, last = at_once(f)
            outputs, twice = [], decided_twice(kept)
            for n in range(3):
                path = os.path.join(case["folder"], "any%d" % n)
                with open(path + ".jsonl", "w", encoding="utf-8") as f:
                    f.write("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in kept))
                until = (last + dt.timedelta(days=30)).isoformat()
                r = replay(dict(case, events=path + ".jsonl"), "--until", until, "--out", path + ".out")
                self.assertEqual(r.returncode, 0, r.stderr)
                rows = [json.loads(line) for line in read(path + ".out").splitlines()]
                outputs.append(sorted(json.dumps([w[k] for k in ("time", "unit", "rule", "key", "to", "values")])
                                      for w in rows if w["key"] is None or w["unit"] not in twice))
                random.Random(seed).shuffle(kept)
            with self.subTest(seed=seed):
                self.assertTrue(outputs[0], "nothing was written: the case shows nothing")
                self.assertEqual(outputs[1], outputs[0])
                self.assertEqual(outputs[2], outputs[0])


class SameBytes(Base):
    SEEDS = (4, 7, 8)                                    # no workdays: the long log leaves the calendar
    EVENTS = 40000
    KILLS = 12

    def plain(self, case, *flags):
        out, quarantine = os.path.join(case["folder"], "plain.out"), os.path.join(case["folder"], "plain.quarantine")
        start = time.monotonic()
        r = replay(case, "--out", out, "--quarantine", quarantine, *flags)
        self.assertEqual(r.returncode, 0, r.stderr)
        return read(out), read(quarantine), time.monotonic() - start

    def killed(self, args, seconds):
        """True if it did not finish before."""
        with subprocess.Popen(args, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as p:
            try:
                _, err = p.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                p.kill()
                p.communicate()
                return p.returncode == -signal.SIGKILL
            self.assertEqual(p.returncode, 0, err.decode("utf-8", "replace"))
            return False

    def test_threads(self):
        for seed in self.SEEDS:
            with self.subTest(seed=seed):
                case = long_log(made(seed, self.folder), seed, self.EVENTS // 4)
                out, quarantine, _ = self.plain(case)
                self.assertTrue(out, "nothing was written: the case shows nothing")
                for threads in (1, 2, 3, 8):
                    path = os.path.join(case["folder"], "threads%d" % threads)
                    r = replay(case, "--threads", threads, "--out", path, "--quarantine", path + ".q")
                    self.assertEqual(r.returncode, 0, r.stderr)
                    self.assertEqual(read(path), out, "--threads %d" % threads)
                    self.assertEqual(read(path + ".q"), quarantine, "--threads %d" % threads)

    def test_killed_and_continued(self):
        for seed in self.SEEDS:
            with self.subTest(seed=seed):
                rng = random.Random(seed)
                case = long_log(made(seed, self.folder), seed, self.EVENTS)
                wanted, quarantined, took = self.plain(case)
                out, state = os.path.join(case["folder"], "killed.out"), os.path.join(case["folder"], "state")
                args = [BINARY, "replay", "--rules", case["pack"], "--events", case["events"], *case["more"],
                        "--state", state, "--checkpoint-every", "50", "--out", out, "--quarantine", out + ".q",
                        "--threads", str(rng.choice([1, 3]))]
                kills = 0
                for _ in range(self.KILLS):
                    if not self.killed(args, rng.uniform(0.01, 0.4 * took if kills == 0 else 0.2 + took)):
                        break
                    kills += 1
                    if os.path.exists(out):  # killed between its last deed and its end
                        self.assertEqual(read(out), wanted, "killed, but the final file is there")
                        break
                else:
                    self.assertFalse(self.killed(args, LIMIT))
                self.assertGreater(kills, 0, "it was always faster: make the log longer")
                self.assertEqual(read(out), wanted, "after %d kills" % kills)
                self.assertEqual(read(out + ".q"), quarantined, "quarantine after %d kills" % kills)
                for again in (1, 2):
                    self.assertFalse(self.killed(args, LIMIT))
                    self.assertEqual(read(out), wanted, "run %d on a finished state" % again)
                    self.assertEqual(read(out + ".q"), quarantined, "quarantine, run %d on a finished state" % again)
                for _ in range(4):                       # killed while a finished run is done again
                    self.killed(args, rng.uniform(0.005, 0.1))
                self.assertFalse(self.killed(args, LIMIT))
                self.assertEqual(read(out), wanted, "finished, run again, killed, run again")
                # Killed while the finished output was being copied for the next run.
                with open(out + ".partial", "wb") as f:
                    f.write(wanted[:len(wanted) // 3])
                self.assertFalse(self.killed(args, LIMIT))
                self.assertEqual(read(out), wanted, "a finished run beside half a copy")

    def test_state_of_sorted_and_as_occurred(self):
        """Either refused as wrong usage, or the same bytes each time."""
        for seed in self.SEEDS:
            case = made(seed, self.folder)
            for flag in ("--sort", "--as-occurred"):
                with self.subTest(seed=seed, flag=flag):
                    wanted, quarantined, _ = self.plain(case, flag)
                    base = os.path.join(case["folder"], "state" + flag)
                    for n in (1, 2, 3):
                        r = replay(case, flag, "--state", base, "--checkpoint-every", 50, "--out", base + ".out",
                                   "--quarantine", base + ".q")
                        if r.returncode == 2:
                            break
                        self.assertEqual(r.returncode, 0, r.stderr)
                        self.assertEqual(read(base + ".out"), wanted, "run %d" % n)
                        self.assertEqual(read(base + ".q"), quarantined, "quarantine, run %d" % n)

    def test_shuffled_as_occurred(self):
        """Identities and instants once only: else the order of the file has a meaning."""
        for seed in self.SEEDS + (2, 3, 5, 11):
            with self.subTest(seed=seed):
                case = made(seed, self.folder)
                kept, seen = [], set()
                with open(case["events"], encoding="utf-8") as f:
                    for line in f:
                        try:
                            r = json.loads(line)
                            marks = {(r.get("source"), r["id"]), dt.datetime.fromisoformat(r["time"])}
                        except (ValueError, KeyError, TypeError):
                            continue
                        if not marks & seen:
                            seen |= marks
                            kept.append((dt.datetime.fromisoformat(r["time"]), line))
                kept.sort(key=lambda x: x[0])
                outputs = []
                for name in ("sorted", "shuffled1", "shuffled2"):
                    path = os.path.join(case["folder"], name)
                    with open(path + ".jsonl", "w", encoding="utf-8") as f:
                        f.writelines(line for _, line in kept)
                    r = replay(dict(case, events=path + ".jsonl"), "--as-occurred", "--out", path + ".out")
                    self.assertEqual(r.returncode, 0, r.stderr)
                    outputs.append([{k: v for k, v in json.loads(line).items() if k != "seq"}   # a position in the log
                                    for line in read(path + ".out").splitlines()])
                    random.Random(seed).shuffle(kept)
                self.assertTrue(outputs[0], "nothing was written: the case shows nothing")
                self.assertEqual(outputs[1], outputs[0])
                self.assertEqual(outputs[2], outputs[0])


if __name__ == "__main__":
    unittest.main()
