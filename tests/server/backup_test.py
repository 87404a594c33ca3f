#!/usr/bin/python3
"""A backup made while events stream in restores to a verified log that holds at least what was there at its start.
Needs LIANQING_BINARY. LIANQING_BACKUPS: how many are made (default 3)."""
import os
import re
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon, event  # noqa: E402

BATCH = "application/cloudevents-batch+json"


class Backup(unittest.TestCase):
    def test_a_backup_under_load_restores(self):
        with tempfile.TemporaryDirectory() as folder, Daemon(folder) as daemon:
            daemon.token("ingester")
            acknowledged, over = [], threading.Event()

            def produce(name):
                n = 0
                while not over.is_set():
                    batch = [event("%s-%d" % (name, n + i), unit="u%d" % (n % 7)) for i in range(10)]
                    n += 10
                    results = daemon.post(batch, BATCH).json["results"]
                    acknowledged.extend((result["seq"], sent) for result, sent in zip(results, batch))

            producers = [threading.Thread(target=produce, args=("p%d" % i,)) for i in range(3)]
            for producer in producers:
                producer.start()
            try:
                for turn in range(int(os.environ.get("LIANQING_BACKUPS", "3"))):
                    self.back_up(daemon, "%s/%d" % (folder, turn), acknowledged)
            finally:
                over.set()
                for producer in producers:
                    producer.join()

    def back_up(self, daemon, folder, acknowledged):
        os.mkdir(folder)
        before = list(acknowledged)
        done = daemon.run("log", "backup", folder + "/backup", "--data", daemon.data, "--lang", "en")
        self.assertEqual(done.returncode, 0, done.stderr)
        size, root = re.match(r"at the start: (\d+) records, root sha256:(\S+)\n", done.stdout).groups()
        self.assertGreaterEqual(int(size), len(before))
        # Not over what is there; not from what is no backup.
        self.assertEqual(daemon.run("log", "restore", folder + "/backup", "--data", daemon.data).returncode, 1)
        self.assertEqual(daemon.run("log", "restore", folder + "/nothing", "--data", folder + "/x").returncode, 74)
        restored = Daemon(folder)
        done = restored.run("log", "restore", folder + "/backup", "--data", restored.data, "--lang", "en")
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertEqual(done.stdout.splitlines()[1], "root sha256:" + root)
        with restored:
            self.assertEqual(restored.get("/readyz", None).json["records"], int(size))
            sample = [before[i] for i in range(0, len(before), max(1, len(before) // 50))]
            answer = restored.post([sent for _, sent in sample], BATCH)
            self.assertEqual(answer.json["results"], [{"duplicate_of": seq} for seq, _ in sample])
            self.assertEqual(restored.post(event("new-" + folder)).json["results"], [{"seq": int(size)}])
            self.assertEqual(restored.stop(), 0)
            done = restored.run("log", "verify", "--data", restored.data, "--rules", restored.pack, "--lang", "en")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_damaged_backup_is_not_restored(self):
        with Daemon() as daemon:
            daemon.post([event(i) for i in range(200)], BATCH)
            copy = daemon.folder + "/copy"
            self.assertEqual(daemon.run("log", "backup", copy, "--data", daemon.data).returncode, 0)
            files = [os.path.join(at, name) for at, _, names in os.walk(copy + "/log") for name in names]
            largest = max(files, key=os.path.getsize)
            with open(largest, "r+b") as file:
                file.seek(os.path.getsize(largest) // 2)
                byte = file.read(1)
                file.seek(-1, os.SEEK_CUR)
                file.write(bytes([byte[0] ^ 1]))
            done = daemon.run("log", "restore", copy, "--data", daemon.folder + "/restored")
            self.assertEqual(done.returncode, 74, done.stdout + done.stderr)
            self.assertFalse(os.path.exists(daemon.folder + "/restored"))


if __name__ == "__main__":
    unittest.main()
