#!/usr/bin/python3
"""Full disks are waited for, failing ones are not: what was acknowledged stays either way.

Needs LIANQING_BINARY and FAILING_CALLS; a full disk is made of a tmpfs, which needs the right to mount one.
LIANQING_NIGHTLY=1 does much more of the same. The seed is printed and can be given as LIANQING_SEED."""
import errno
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon, event  # noqa: E402

BATCH = "application/cloudevents-batch+json"
NIGHTLY = os.environ.get("LIANQING_NIGHTLY", "") not in ("", "0")
SEED = int(os.environ.get("LIANQING_SEED", "20261123" if not NIGHTLY else str(time.time_ns() % 10**9)))
ROUNDS = 60 if NIGHTLY else 3
FAILURES = {"fdatasync": range(1, 60), "fsync": range(1, 40), "pwrite": range(1, 40), "write": range(1, 120)} if NIGHTLY else \
    {"fdatasync": (3, 6, 11), "pwrite": (4, 8), "write": (40, 90)}


class Small:
    """A disk of its own size, in memory: only what is written takes any."""

    def __init__(self, megabytes):
        self.path = tempfile.mkdtemp(prefix="lianqing-disk-")
        self.mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dm" % megabytes, "tmpfs", self.path],
                                      capture_output=True).returncode == 0

    def fill(self, leave):
        """Takes the space away, all but `leave` bytes; again, what has come free since."""
        with open(os.path.join(self.path, "filler"), "ab") as file:
            try:
                os.posix_fallocate(file.fileno(), file.tell(), max(1, self.free_bytes() - leave))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def free(self):
        os.unlink(os.path.join(self.path, "filler"))

    def free_bytes(self):
        at = os.statvfs(self.path)
        return at.f_bavail * at.f_frsize

    def close(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.path], check=True)
        os.rmdir(self.path)


class Producer(threading.Thread):
    """Sends one batch after the other until told to stop or the daemon is gone."""

    def __init__(self, daemon, name):
        super().__init__(daemon=True)
        self.daemon_, self.name_, self.token = daemon, name, daemon.token("ingester")
        self.acknowledged, self.refused, self.stopping, self.wrong = {}, 0, False, []

    def run(self):
        n = 0
        try:
            while not self.stopping:
                batch = [event("%s-%d" % (self.name_, n + i), unit="u%d" % (i % 7), type="ping", data={"text": "x" * 900})
                         for i in range(50)]
                n += 50
                answer = self.daemon_.post(batch, BATCH)
                if answer.status == 200:
                    for sent, result in zip(batch, answer.json["results"]):
                        self.acknowledged[sent["id"]] = result.get("seq", result.get("duplicate_of"))
                    time.sleep(0.02)                      # what is written does not depend on the machine's speed
                elif answer.status == 507 and answer.headers.get("Retry-After"):
                    self.refused += 1
                    time.sleep(0.02)
                else:
                    self.wrong.append((answer.status, answer.bytes[:200]))
        except (OSError, http.client.HTTPException, ValueError):
            pass


def logged(daemon):
    """{id: seq} of the log of a daemon that has ended."""
    done = daemon.run("log", "export", "--data", daemon.data)
    assert done.returncode == 0, done.stderr
    return {json.loads(line)["id"]: seq for seq, line in enumerate(done.stdout.splitlines())}


class Disk(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(SEED)

    def kept(self, daemon, acknowledged):
        log = logged(daemon)
        for id, seq in acknowledged.items():
            self.assertEqual(log.get(id), seq, (SEED, id))

    def after(self, daemon, round):
        try:
            return daemon.post(event("after-%d" % round))
        except OSError as error:
            self.fail("%s; the daemon said: %s" % (error, daemon.said()[-900:]))

    def full(self, daemon, disk, leave, round):
        """(answer to an event, readiness) while the disk is full. RocksDB gives files back when it likes: for a moment the disk
        is then not full, and the daemon says so; the space is taken away again."""
        until = time.monotonic() + 20
        while True:
            disk.fill(leave)
            refused = daemon.post(event("while-full-%d" % round))
            ready = daemon.ask("GET", "/readyz")
            if (refused.status, ready.status) == (507, 503):
                return refused, ready
            self.assertIn(refused.status, (200, 507), refused.bytes)
            self.assertIn((ready.status, ready.json["disk"]), ((200, True), (503, False)))
            self.assertLess(time.monotonic(), until, (refused.bytes, ready.bytes))

    def test_a_full_disk_refuses_and_is_waited_for(self):
        # The log grows from round to round, and RocksDB lays out each journal of its three databases at 71 MB: a quarter of this
        # would hold them without room to spare, and a disk that is truly full is not what comes free here.
        disk = Small(2048 if NIGHTLY else 1024)
        self.addCleanup(disk.close)
        if not disk.mounted:
            self.skipTest("no right to mount a tmpfs")
        config = os.path.join(disk.path, "serve.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("reserve: 4000000\n")              # the log itself keeps a tenth free
        with Daemon(disk.path, arguments=("--config", config)) as daemon:
            self.assertEqual(daemon.post(event("first")).status, 200)
            daemon.token("viewer")
            producer = Producer(daemon, "p")
            producer.start()
            for round in range(ROUNDS):
                with self.subTest(seed=SEED, round=round):
                    time.sleep(self.random.random())
                    refused, ready = self.full(daemon, disk, self.random.choice((0, 4096, 1 << 20)), round)
                    self.assertGreater(int(refused.headers["Retry-After"]), 0)
                    self.assertEqual(refused.json["code"], "disk")
                    self.assertIs(ready.json["disk"], False)
                    self.assertEqual(daemon.get("/v1/units").status, 200)
                    self.assertEqual(daemon.get("/v1/warnings").status, 200)
                    self.assertEqual(daemon.ask("GET", "/healthz").status, 200)
                    time.sleep(0.3)
                    disk.free()
                    until = time.monotonic() + 10
                    while (answer := self.after(daemon, round)).status != 200:
                        self.assertLess(time.monotonic(), until,
                                        (answer.status, answer.bytes, disk.free_bytes(), daemon.said()[-500:]))
                        time.sleep(0.1)
                    self.assertEqual(daemon.ask("GET", "/readyz").status, 200)
            producer.stopping = True
            producer.join(30)
            self.assertEqual(producer.wrong, [], SEED)
            self.assertGreater(producer.refused, 0)
            self.assertEqual(daemon.stop(), 0, daemon.said()[-900:])
            self.kept(daemon, producer.acknowledged)

    def test_the_doctor_knows_how_much_a_disk_must_hold(self):
        for megabytes, expected in ((512, "mend"), (1024, "ok")):
            with self.subTest(megabytes=megabytes):
                disk = Small(megabytes)
                self.addCleanup(disk.close)
                if not disk.mounted:
                    self.skipTest("no right to mount a tmpfs")
                with Daemon(disk.path) as daemon:
                    self.assertEqual(daemon.post(event("first")).status, 200)
                    self.assertEqual(daemon.stop(), 0)
                    done = daemon.run("doctor", "--data", daemon.data, "--format", "json")
                found = [one for one in json.loads(done.stdout)["findings"] if one["topic"] == "disk"]
                self.assertEqual([one["verdict"] for one in found], [expected], found)

    def test_a_failing_write_ends_the_daemon_and_acknowledges_nothing_more(self):
        served = 0
        for call, places in FAILURES.items():
            for at in places:
                with self.subTest(seed=SEED, call=call, at=at), tempfile.TemporaryDirectory() as folder:
                    served += self.one_failure(folder, call, at)
        self.assertGreater(served, 0)

    def one_failure(self, folder, call, at):
        daemon = Daemon(folder)
        try:
            daemon.token("ingester")
            change = {"LD_PRELOAD": os.environ["FAILING_CALLS"], "FAIL_CALL": call, "FAIL_AT": str(at),
                      "FAIL_ERRNO": str(errno.EIO)}
            os.environ.update(change)
            try:
                daemon.start()
            except AssertionError:                        # it did not come as far as serving
                self.assertEqual(daemon.process.wait(30), 74, daemon.said())
                daemon.process.stdout.close()
                return 0
            finally:
                for name in change:
                    del os.environ[name]
            acknowledged, last = {}, None
            try:
                for n in range(400):
                    answer = daemon.post(event("e%d" % n))
                    if answer.status != 200:
                        last = n
                        self.assertEqual(answer.status, 503, answer.bytes)
                        break
                    acknowledged["e%d" % n] = answer.json["results"][0]["seq"]
            except (OSError, http.client.HTTPException):
                last = n
            if last is None:                              # the call was one that nothing depends on
                self.assertEqual(daemon.stop(), 0, daemon.said())
                self.kept(daemon, acknowledged)
                return 0
            self.assertEqual(daemon.process.wait(5), 70, daemon.said()[-500:])
            daemon.process.stdout.close()
            self.assertIn("error: ", daemon.said())
            daemon.start()
            for id, seq in acknowledged.items():
                self.assertEqual(daemon.post(event(id)).json["results"][0].get("error", {}).get("code", seq),
                                 "conflict", id)          # it is there: another time under the same id
            self.assertEqual(daemon.stop(), 0, daemon.said()[-900:])
            self.kept(daemon, acknowledged)
            return 1
        finally:
            daemon.__exit__()


if __name__ == "__main__":
    print("seed", SEED)
    unittest.main()
