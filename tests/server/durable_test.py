#!/usr/bin/python3
"""What was acknowledged is there: after kill -9 in the middle of ingest, after a clean end, and as the log replays.
Needs LIANQING_BINARY. LIANQING_KILLS: how often the daemon is killed (default 6)."""
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
from daemon import BINARY, ROOT, Daemon, Stream, event  # noqa: E402

BATCH = "application/cloudevents-batch+json"


def exported(daemon):
    done = subprocess.run([BINARY, "log", "export", "--data", daemon.data], capture_output=True, timeout=60, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def all_warnings(daemon):
    """As the API has them, oldest first."""
    out, cursor = [], ""
    while True:
        page = daemon.get("/v1/warnings?limit=7" + cursor).json
        out += page["warnings"]
        if page["next"] is None:
            return out[::-1]
        cursor = "&cursor=" + page["next"]


class Producer(threading.Thread):
    """Sends batches until the daemon is gone; remembers what was acknowledged."""

    def __init__(self, daemon, name, seed):
        super().__init__(daemon=True)
        self.daemon_, self.name_, self.random = daemon, name, random.Random(seed)
        self.token = daemon.token("ingester")
        self.acknowledged, self.unsure = {}, []
        self.next = 0

    def run(self):
        try:
            connection = self.daemon_.connect()
            while True:
                size = self.random.choice((1, 2, 5, 20))
                batch = [event("%s-%d" % (self.name_, self.next + i), unit="u%d" % self.random.randrange(5))
                         for i in range(size)]
                self.next += size
                self.unsure = batch
                connection.request("POST", "/v1/events", json.dumps(batch).encode(),
                                   {"Content-Type": BATCH, "Authorization": "Bearer " + self.token})
                response = connection.getresponse()
                results = json.loads(response.read())["results"]
                if response.status != 200:
                    return
                for sent, result in zip(batch, results):
                    self.acknowledged[sent["id"]] = (result["seq"], sent)
                self.unsure = []
        except (OSError, http.client.HTTPException, ValueError):
            pass


class Durable(unittest.TestCase):
    def test_kill_9_during_ingest(self):
        seed = random.randrange(1 << 30)
        with self.subTest(seed=seed), tempfile.TemporaryDirectory() as folder:
            rng = random.Random(seed)
            known = {}                                     # id -> (seq, event), over all lives
            daemon = Daemon(folder)
            with daemon:
                for life in range(int(os.environ.get("LIANQING_KILLS", "6"))):
                    producers = [Producer(daemon, "p%d-%d" % (life, i), rng.random()) for i in range(4)]
                    for producer in producers:
                        producer.start()
                    time.sleep(rng.uniform(0.05, 0.6))
                    daemon.kill()
                    for producer in producers:
                        producer.join(30)
                        known.update(producer.acknowledged)
                    daemon.start()
                    total = daemon.get("/readyz", None).json["records"]
                    seqs = [seq for seq, _ in known.values()]
                    self.assertEqual(len(set(seqs)), len(seqs), "a seq was given twice")
                    self.assertLess(max(seqs), total, "an acknowledged record is gone")
                    # Everything acknowledged is there, under its seq and with its content.
                    sample = rng.sample(sorted(known), min(len(known), 200))
                    answer = daemon.post([known[id][1] for id in sample], BATCH)
                    self.assertEqual(answer.json["results"], [{"duplicate_of": known[id][0]} for id in sample])
                    # What was not: the producer sends it again and gets one place.
                    for producer in producers:
                        if producer.unsure:
                            first = daemon.post(producer.unsure, BATCH).json["results"]
                            second = daemon.post(producer.unsure, BATCH).json["results"]
                            places = [result.get("seq", result.get("duplicate_of")) for result in first]
                            self.assertEqual(second, [{"duplicate_of": place} for place in places])
                            known.update({sent["id"]: (place, sent) for sent, place in zip(producer.unsure, places)})
                total = daemon.get("/readyz", None).json["records"]
                self.assertEqual(sorted(seq for seq, _ in known.values()), list(range(1, total)), "a gap in the log")
                self.replays_alike(daemon)

    def replays_alike(self, daemon):
        """The warnings of the live run are those of `replay` of its exported log."""
        live = all_warnings(daemon)
        self.assertEqual(daemon.stop(), 0, daemon.said())
        with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
            file.write(exported(daemon))
            file.flush()
            until = live[-1]["time"]
            done = subprocess.run([BINARY, "replay", "--rules", daemon.pack, "--events", file.name, "--quiet",
                                   "--until", until, *daemon.arguments], capture_output=True, timeout=60, cwd=ROOT)
        self.assertEqual(done.returncode, 0, done.stderr)
        replayed = done.stdout.decode().splitlines()
        self.assertGreater(len(live), 2)
        self.assertEqual([json.loads(line) for line in replayed], live)
        # So are its state and its warnings as they are stored.
        done = daemon.run("log", "verify", "--data", daemon.data, "--rules", daemon.pack, "--format", "json")
        self.assertEqual(done.returncode, 0, (done.stdout, done.stderr))
        self.assertEqual((json.loads(done.stdout)["fold"]["state"], json.loads(done.stdout)["fold"]["findings"]), (True, []))

    def test_live_is_replay_byte_for_byte(self):
        import gzip
        example = os.path.join(ROOT, "examples/ningbo-style")
        with gzip.open(os.path.join(example, "events.jsonl.gz")) as file:
            lines = file.read().splitlines()[:1500]
        arguments = ["--units", os.path.join(example, "units.csv")]
        with Daemon(pack_path=os.path.join(example, "pack"), arguments=arguments) as daemon:
            stream = Stream(daemon)
            stream.wait(lambda events: any(event == "marker" for _, event, _ in events))
            for at in range(0, len(lines), 150):
                answer = daemon.post(b"\n".join(lines[at:at + 150]), "application/x-ndjson")
                self.assertIn(answer.status, (200, 207))
            head = daemon.get("/v1/warnings?limit=1").json["position"]
            stream.wait(lambda events: events[-1][0] == str(head))
            self.assertEqual(daemon.stop(), 0)
            stream.close()
            with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
                file.write(exported(daemon))
                file.flush()
                done = subprocess.run([BINARY, "replay", "--rules", daemon.pack, "--events", file.name, "--quiet",
                                       *arguments], capture_output=True, timeout=60, cwd=ROOT)
            self.assertEqual(done.returncode, 0, done.stderr)
            replayed = [line for line in done.stdout.decode().splitlines() if not json.loads(line).get("shadow")]
            self.assertGreater(len(replayed), 20)
            self.assertEqual(stream.texts[:len(replayed)], replayed)
            # What is more was made by time alone, behind the last record.
            last = json.loads(exported(daemon).splitlines()[-1])["recordedtime"]
            for text in stream.texts[len(replayed):]:
                self.assertEqual((json.loads(text)["cause"], json.loads(text)["time"] > last), ("timer", True))

    def test_a_clean_end_and_a_start_behind_the_checkpoint(self):
        with tempfile.TemporaryDirectory() as folder, Daemon(folder) as daemon:
            daemon.post([event(i) for i in range(5)], BATCH)
            before = daemon.get("/v1/units/u1").json
            warnings = all_warnings(daemon)
            self.assertEqual(daemon.stop(), 0, daemon.said())
            daemon.start()
            self.assertIn("6 records in the log, 0 read again", daemon.said())
            after = daemon.get("/v1/units/u1").json
            for one in (before, after):
                one.pop("at")
                for level in one["levels"]:
                    level.pop("values")
            self.assertEqual(after, before)
            self.assertEqual(all_warnings(daemon)[:len(warnings)], warnings)
            self.assertEqual(daemon.get("/v1/units").json["colours"]["red"], 1)
            # The checkpoint is derived: without it the start reads the log again.
            self.assertEqual(daemon.stop(), 0)
            subprocess.run(["rm", "-r", os.path.join(daemon.data, "state")], check=True)
            daemon.start()
            self.assertIn("6 records in the log, 6 read again", daemon.said())
            self.assertEqual(all_warnings(daemon)[:len(warnings)], warnings)

    def test_only_one_writer(self):
        with Daemon() as daemon:
            done = subprocess.run([BINARY, "serve", "--data", daemon.data, "--rules", daemon.pack, "--listen",
                                   "127.0.0.1:0"], capture_output=True, timeout=30, cwd=ROOT)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertEqual(daemon.post(event(1)).status, 200)


if __name__ == "__main__":
    unittest.main()
