#!/usr/bin/python3
"""The log and the daemon when the power fails: whatever was not synced is gone, or half of it is there. Nothing that was acknowledged
may be missing, and nobody has to lend a hand.

Needs LIANQING_BINARY, LOG_WRITER and SYNCED_ONLY (which keeps what a loss of power would leave). With LAZYFS, the path of the lazyfs
program, log and daemon once more on that file system (github.com/dsrhaslab/lazyfs; root, fuse3), which also dies in the middle of a
write. LIANQING_NIGHTLY=1 does much more of the same. The seed is printed and can be given as LIANQING_SEED."""
import http.client
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "server")]
import log_crash_test as crash  # noqa: E402
from daemon import Daemon, event  # noqa: E402

SYNCED, LAZYFS = os.environ["SYNCED_ONLY"], os.environ.get("LAZYFS")
ROUNDS, DAEMON_ROUNDS = (400, 100) if crash.NIGHTLY else (16, 4)
BATCH = "application/cloudevents-batch+json"


class Power:
    """A directory of data and what a loss of power leaves of it."""

    def __init__(self, folder, rng):
        self.data, self.shadow, self.random = os.path.join(folder, "data"), os.path.join(folder, "shadow"), rng
        os.makedirs(self.data, exist_ok=True)
        self.env = {"LD_PRELOAD": SYNCED, "SYNCED_OF": self.data, "SYNCED_TO": self.shadow}

    def fail(self):
        """The data directory becomes what is durable of it; of what was written since, torn pieces may be there."""
        lost = self.data + ".lost"
        shutil.rmtree(lost, ignore_errors=True)
        os.rename(self.data, lost)
        self.left = self.torn = 0
        self.restore("0", self.data, lost)
        shutil.rmtree(lost)

    def restore(self, id, to, lost):
        os.makedirs(to)
        try:
            with open(os.path.join(self.shadow, "lists", id), encoding="utf-8") as file:
                lines = file.read().splitlines()
        except FileNotFoundError:
            return                                        # never synced: nothing in it is durable
        for line in lines:
            kind, id, name = line.split(" ", 2)
            if kind == "d":
                self.restore(id, os.path.join(to, name), os.path.join(lost, name))
                continue
            content, now = b"", b""
            for path, into in ((os.path.join(self.shadow, "files", id), "content"), (os.path.join(lost, name), "now")):
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        bytes = file.read()
                    content, now = (bytes, now) if into == "content" else (content, bytes)
            self.left += len(content)
            # Appended and not synced: any part of it may have reached the disk, in pieces of a sector.
            if now.startswith(content) and len(now) > len(content) and self.random.random() < 0.5:
                tail = bytearray(now[len(content):][:self.random.randrange(1, len(now) - len(content) + 1)])
                for at in range(0, len(tail), 512):
                    if self.random.random() < 0.2:
                        tail[at:at + 512] = b"\0" * len(tail[at:at + 512])
                content += tail
                self.torn += 1
            with open(os.path.join(to, name), "wb") as file:
                file.write(content)


LAZY = """[faults]
fifo_path="{0}/faults"
fifo_path_completed="{0}/done"
[cache]
apply_eviction=false
[cache.simple]
custom_size="0.5GB"
blocks_per_page=1
[filesystem]
log_all_operations=false
logfile="{0}/log"
"""


class LazyPower:
    """The same on LazyFS, which keeps in memory what is not synced and drops it when told to, or dies in the middle of a write."""

    def __init__(self, folder, rng):
        # A short name: LazyFS takes commands of 100 bytes.
        self.folder, self.env, self.torn, self.random = tempfile.mkdtemp(prefix="lz", dir=crash.memory()), {}, 0, rng
        self.mounted, self.below, self.done = os.path.join(self.folder, "m"), os.path.join(self.folder, "b"), None
        os.makedirs(self.mounted)
        os.makedirs(self.below)
        with open(os.path.join(self.folder, "config.toml"), "w", encoding="utf-8") as file:
            file.write(LAZY.format(self.folder))
        self.start()
        self.data = os.path.join(self.mounted, "data")
        os.makedirs(self.data)

    def start(self):
        self.process = subprocess.Popen([LAZYFS, self.mounted, "--config-path", os.path.join(self.folder, "config.toml"), "-o", "allow_other",
                                         "-o", "modules=subdir", "-o", "subdir=" + self.below, "-f"], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while not os.path.ismount(self.mounted):
            assert self.process.poll() is None and time.monotonic() < end, "lazyfs does not mount"
            time.sleep(0.05)
        # Open as long as LazyFS runs: it does not wait for a reader.
        self.done = os.open(os.path.join(self.folder, "done"), os.O_RDWR)

    def tell(self, command):
        assert len(command) < 100, command
        with open(os.path.join(self.folder, "faults"), "w", encoding="ascii") as file:
            file.write(command + "\n")

    def tear(self):
        """Of the next write to the newest write-ahead file parts reach the disk, and nothing that was not synced does."""
        parts = self.random.randrange(2, 6)
        kept = sorted(self.random.sample(range(1, parts + 1), self.random.randrange(1, parts)))
        log = os.path.join(self.below, "data", "log")
        newest = max(name for name in os.listdir(log) if name.endswith(".log"))
        self.tell("lazyfs::torn-op::file=%s::parts=%d::persist=%s" % (os.path.join(log, newest), parts, ",".join(map(str, kept))))
        self.process.wait(60)
        self.torn += 1

    def fail(self):
        if self.process.poll() is None:
            self.tell("lazyfs::clear-cache")
            said = b""
            while not said.endswith(b"\n"):
                said += os.read(self.done, 100)
            assert said == b"finished::clear-cache\n", said
        else:
            self.end()
            self.start()

    def end(self):
        subprocess.run(["umount", "--lazy", self.mounted], check=True)
        if self.process.poll() is None:
            self.process.wait(30)
        os.close(self.done)

    def remove(self):
        self.end()
        shutil.rmtree(self.folder)


class PowerTest(crash.LogCrash):
    """Its helpers; its tests are those of log_crash_test."""
    Power = Power
    test_kill = test_failing_calls = test_altered_bytes = test_no_space_is_refused_before_the_disk_is_full = None

    def power(self, folder):
        power = self.Power(folder, self.random)
        self.mounted += [power] if isinstance(power, LazyPower) else []
        return power

    def setUp(self):
        super().setUp()
        self.mounted = []

    def tearDown(self):
        for power in self.mounted:
            power.remove()
        super().tearDown()

    def test_log(self):
        power, acked, start, torn, cycle = self.power(self.folder), {}, 0, 0, -1
        self.data = power.data
        last = False
        while not last:                                    # until a write was torn, too
            cycle += 1
            last = cycle >= 50 * ROUNDS or (cycle >= ROUNDS - 1 and (torn > 0 or self.Power is LazyPower))
            writer = crash.Writer(power.data, start, 10**9, kill_after=self.random.random() * 0.1, env=power.env)
            self.assertIsNone(writer.failed, (cycle, crash.SEED))
            power.fail()
            torn += power.torn
            for number, seq in writer.acked.items():
                self.assertEqual(acked.setdefault(number, seq), seq, (cycle, crash.SEED))
            start = max(0, writer.next - self.random.randrange(120))
            if cycle % 4 == 3 or last:
                # A torn last write is cut off by who opens to write; a reader such as verify leaves it and says so.
                self.assertGreaterEqual(self.check(acked, f"cycle {cycle}"), len(acked))
        self.assertGreater(len(acked), ROUNDS)
        self.assertTrue(torn or self.Power is LazyPower)

    def test_what_is_not_synced_is_gone(self):
        """The test itself: without a sync of the data, nothing is left."""
        power = Power(self.folder, self.random)
        code = "import os\nf=os.open('a',os.O_WRONLY|os.O_CREAT)\nd=os.open('.',os.O_RDONLY)\nos.write(f,b'x'*9)\n%s"
        for steps, left in (("", None), ("os.fsync(f)", None), ("os.fsync(d)", b""), ("os.fsync(f);os.fsync(d)", b"x" * 9),
                            ("os.fsync(f);os.fsync(d);os.rename('a','b')", b"x" * 9), ("os.fsync(f);os.fsync(d);os.unlink('a')", b"x" * 9)):
            subprocess.run([sys.executable, "-c", code % steps], cwd=power.data, env={**os.environ, **power.env}, check=True)
            power.random = random.Random(1)
            power.random.random = lambda: 1.0              # no torn pieces
            power.fail()
            path = os.path.join(power.data, "a")
            with self.subTest(steps=steps):
                now = None
                if os.path.exists(path):
                    with open(path, "rb") as file:
                        now = file.read()
                self.assertEqual(now, left)
            shutil.rmtree(power.data)
            os.makedirs(power.data)

    def test_daemon(self):
        """Answered events are there with their seqs after each loss of power; the state is made anew from them."""
        folder = os.path.join(self.folder, "d")
        os.makedirs(folder)
        power = self.power(folder)
        daemon, acked = Daemon(folder), {}
        daemon.data = power.data
        for cycle in range(DAEMON_ROUNDS):
            os.environ.update(power.env)
            try:
                daemon.start()
            finally:
                for name in power.env:
                    del os.environ[name]
            # The last one may be gone: it was made by another process.
            daemon.tokens["ingester"] = daemon.run("token", "create", "--data", power.data, "--role", "ingester", "--name",
                                                   "n%d" % cycle).stdout.strip()
            over = threading.Event()

            def produce(first):
                i = first
                while not over.is_set():
                    batch = [event("e%d" % (i + k), unit="u%d" % (k % 5)) for k in range(self.random.randrange(1, 9))]
                    i += len(batch)
                    try:
                        answer = daemon.post(batch, BATCH)
                        results = answer.json["results"] if answer.status == 200 else []
                    except (OSError, ValueError, subprocess.SubprocessError, AssertionError, http.client.HTTPException):
                        return
                    for sent, result in zip(batch, results):
                        acked[sent["id"]] = result["seq"]

            before, end = len(acked), time.monotonic() + 30
            threads = [threading.Thread(target=produce, args=(10**6 * (cycle * 2 + k),)) for k in range(2)]
            for thread in threads:
                thread.start()
            while len(acked) == before and time.monotonic() < end:
                time.sleep(0.01)
            time.sleep(self.random.random() * 0.3)
            if isinstance(power, LazyPower) and cycle % 2 == 0:
                power.tear()
                self.assertNotEqual(daemon.process.wait(60), 0)  # it does not go on without its disk
            daemon.kill()
            over.set()
            for thread in threads:
                thread.join(30)
            power.fail()
        daemon.start()
        self.assertEqual(daemon.stop(), 0, daemon.said())
        done = crash.lianqing("log", "verify", "--data", daemon.data)
        self.assertEqual(done.returncode, 0, (crash.SEED, done.stdout, done.stderr))
        lines = crash.lianqing("log", "export", "--data", daemon.data).stdout.splitlines()
        self.assertGreater(len(acked), DAEMON_ROUNDS)
        for id, seq in acked.items():
            self.assertLess(seq, len(lines), (id, seq, crash.SEED))
            self.assertIn('"id": "%s"' % id, lines[seq], crash.SEED)


@unittest.skipUnless(LAZYFS, "LAZYFS does not name the lazyfs program")
class LazyFs(PowerTest):
    Power = LazyPower
    test_what_is_not_synced_is_gone = None


if __name__ == "__main__":
    print("seed", crash.SEED, file=sys.stderr)
    unittest.main()
