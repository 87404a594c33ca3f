#!/usr/bin/python3
"""Rules that follow one another while the daemon runs: by the API, a signal, a changed folder, a start; under load and
kill -9. The warnings of the live run are those of `replay` of its exported log with the packs that it kept.
Needs LIANQING_BINARY. LIANQING_RELOADS: how many packs are handed in under load (default 120; more with LIANQING_NIGHTLY=1),
LIANQING_RELOAD_KILLS."""
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import BINARY, PACK, ROOT, SECONDS, Daemon, Stream, event, now  # noqa: E402

BATCH = "application/cloudevents-batch+json"
FIRST = PACK.replace("status: shadow, ", "status: retired, ")
STRICT = FIRST.replace('red: "n >= 4"', 'red: "n >= 3"').replace("  trial:", "  extra:").replace("status: retired, ", "")
KEYED = FIRST.replace('over: 3s}', 'over: 3s}\n  each: {count: complaint, over: 30d, per: severity}')
KEYED += '  same: {title: {zh: 同, en: Same}, because: "{each}", yellow: "each >= 2", red: "each >= 9"}\n'
BROKEN = FIRST.replace("measures:", "measure:")


NIGHTLY = os.environ.get("LIANQING_NIGHTLY") == "1"


def until(done, seconds=SECONDS):
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


class Rules(unittest.TestCase):
    def activate(self, daemon, text=None, role="rule_approver", reason="because", name="rules.yaml"):
        body = {"reason": reason}
        if text is not None:
            body["files"] = [{"name": name, "text": text}]
        return daemon.ask("POST", "/v1/rules/activate", role, json.dumps(body), {"Content-Type": "application/json"})

    def hash_of(self, daemon, text):
        body = json.dumps({"files": [{"name": "a.yaml", "text": text}]})
        return daemon.ask("POST", "/v1/rules/check", "rule_editor", body, {"Content-Type": "application/json"}).json["hash"]

    def rules(self, daemon):
        return daemon.get("/v1/rules").json

    def takes_over(self, daemon, hash):
        until(lambda: self.rules(daemon)["running"] == hash and self.rules(daemon)["backfill"] is None)

    def write(self, daemon, text):
        with open(daemon.pack + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(daemon.pack + ".new", daemon.pack)

    def warnings(self, daemon):
        """All that the streams were told, as bytes."""
        head = daemon.get("/v1/warnings?limit=1").json["position"]
        if head == 0:
            return []
        stream = Stream(daemon, last=0)
        stream.wait(lambda events: events and int(events[-1][0]) >= head)
        stream.close()
        return list(stream.texts)

    def units(self, daemon):
        """Colours and cases, without what the clock alone changes."""
        out = {unit["unit"]: daemon.get("/v1/units/" + unit["unit"]).json for unit in daemon.get("/v1/units").json["units"]}
        for unit in out.values():
            unit.pop("at")
            unit.pop("levels")
        return out

    def exported(self, daemon):
        done = subprocess.run([BINARY, "log", "export", "--data", daemon.data], capture_output=True, timeout=60, cwd=ROOT)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode().splitlines()

    def activations(self, lines):
        records = [json.loads(line) for line in lines if '"ruleset_activated"' in line]
        return [record for record in records if record["type"] == "ruleset_activated"]

    def replays_alike(self, daemon):
        """The stopped daemon's log, with the packs that it kept, gives what it told."""
        live = self.warnings(daemon)
        self.assertEqual(daemon.stop(), 0, daemon.said())
        lines = self.exported(daemon)
        hashes = list(dict.fromkeys(record["data"]["ruleset_hash"] for record in self.activations(lines)))
        packs = [os.path.join(daemon.data, "rules", hash) for hash in hashes]
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write("\n".join(lines) + "\n")
            file.flush()
            done = subprocess.run([BINARY, "replay", "--rules", *packs, "--events", file.name, "--quiet", "--until", now()],
                                  capture_output=True, timeout=1200, cwd=ROOT)
        self.assertEqual(done.returncode, 0, done.stderr)
        replayed = done.stdout.decode().splitlines()
        self.assertGreater(len(live), 2)
        self.assertEqual(live, replayed[:len(live)])
        for line in replayed[len(live):]:                  # told by time alone, after the end
            self.assertEqual(json.loads(line)["cause"], "timer")
        return live, lines

    def test_activated_by_the_api(self):
        with Daemon(pack=FIRST) as daemon:
            daemon.post([event(i) for i in range(3)], BATCH)
            first, strict = self.rules(daemon)["running"], self.hash_of(daemon, STRICT)
            stream = Stream(daemon, last=0)
            for role, status in (("rule_editor", 403), ("viewer", 403), ("rule_approver", 202)):
                answer = self.activate(daemon, STRICT, role, "three are too many")
                self.assertEqual(answer.status, status, answer.bytes)
            self.assertEqual(answer.json, {"hash": strict, "state": "folding"})
            self.takes_over(daemon, strict)
            state = self.rules(daemon)
            self.assertEqual([entry["hash"] for entry in state["history"]], [first, strict])
            self.assertEqual((state["differs"], state["on_disk"], state["refused"]), (True, first, None))
            self.assertLessEqual(state["since"], state["differs_since"])
            self.assertEqual(self.activate(daemon, STRICT).json["state"], "running")
            # What the new rules see otherwise is told at the activation, and streams go on.
            events = stream.wait(lambda events: any(data.get("rule") == "extra" for _, _, data in events))
            told = {data["rule"]: data for _, _, data in events if data.get("cause") == "activation"}
            self.assertEqual({rule: (one["from"], one["to"]) for rule, one in told.items()},
                             {"many": ("yellow", "red"), "extra": ("green", "yellow")})
            self.assertEqual({one["rules"] for one in told.values()}, {strict})
            self.assertEqual({one["backfilled"] for one in told.values()}, {True})
            self.assertEqual([data["cause"] for _, _, data in events if "backfilled" in data], ["activation"] * len(told))
            for one in told.values():
                self.assertEqual(daemon.get("/v1/warnings/" + one["id"]).json, one)
            self.assertEqual(daemon.get("/v1/units/u1").json["colour"], "red")
            daemon.post(event("more"))
            # What was: by the rules that ruled then.
            before = daemon.get("/v1/explain?unit=u1&rule=many&at=" + events[0][2]["time"]).json["explanations"][0]
            self.assertEqual((before["rules"], before["to"]), (first, "yellow"))
            self.assertEqual(self.activate(daemon).status, 202)  # the pack on disk, back again
            self.takes_over(daemon, first)
            self.assertFalse(self.rules(daemon)["differs"])
            stream.close()
            live, lines = self.replays_alike(daemon)
            records = self.activations(lines)
            self.assertEqual([(r["data"]["ruleset_hash"], r["data"].get("replaces"), r["data"]["cause"], r["data"].get("by"),
                               r["data"].get("reason")) for r in records],
                             [(first, None, "start", None, None), (strict, first, "api", "rule_approver", "three are too many"),
                              (first, strict, "api", "rule_approver", "because")])
            self.assertIn("activation", [json.loads(line)["cause"] for line in live])
            # `explain` finds the pack that ruled by itself.
            for args in ([events[0][2]["id"]], ["--unit", "u1", "--rule", "many", "--at", events[0][2]["time"]]):
                done = daemon.run("explain", "--data", daemon.data, *args, "--format", "json")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(first, done.stdout)
            for at, ruler in ((told["many"]["time"], strict), (records[2]["time"], first)):
                done = daemon.run("explain", "--data", daemon.data, "--unit", "u1", "--rule", "many", "--at", at, "--format", "json")
                self.assertIn(ruler, done.stdout)
            # What an activation told is explained as it was told, also by the pack that ruled before.
            backfilled = [line for line in live if json.loads(line).get("backfilled")]
            self.assertEqual([(w["rule"], w["to"], w["rules"]) for w in map(json.loads, backfilled)],
                             [("extra", "yellow", strict), ("many", "red", strict), ("extra", "green", strict)])
            for line in backfilled:
                done = daemon.run("explain", "--data", daemon.data, json.loads(line)["id"], "--format", "json")
                self.assertEqual((done.returncode, done.stdout.strip()), (0, line), done.stderr)
                for lang in ("en", "zh"):
                    done = daemon.run("explain", "--data", daemon.data, json.loads(line)["id"], "--lang", lang)
                    self.assertIn("backfilled", done.stdout)
            done = daemon.run("explain", "--data", daemon.data, json.loads(backfilled[0])["id"], "--at", events[0][2]["time"])
            self.assertEqual(done.returncode, 1, done.stdout)  # not yet

    def test_a_pack_with_mistakes_is_refused_whole(self):
        with Daemon(pack=FIRST) as daemon:
            first = self.rules(daemon)["running"]
            answer = self.activate(daemon, BROKEN)
            self.assertEqual((answer.status, answer.headers["Content-Type"]), (422, "application/problem+json"))
            self.assertEqual((answer.json["status"], answer.json["code"]), (422, "rules"))
            finding = answer.json["findings"][0]
            self.assertEqual((finding["file"], finding["line"], finding["column"]), ("rules.yaml", 7, 1))
            for body, status in (({}, 400), ({"reason": ""}, 400), ({"reason": 1}, 400), ({"reason": "r", "files": []}, 400),
                                 ({"reason": "r", "flies": []}, 400), ({"reason": "r" * 5000}, 400)):
                answer = daemon.ask("POST", "/v1/rules/activate", "rule_approver", json.dumps(body),
                                    {"Content-Type": "application/json"})
                self.assertEqual(answer.status, status, body)
            self.assertEqual(self.activate(daemon, "pack: {extends: ../x}\nversion: 1\n").status, 422)
            state = self.rules(daemon)
            self.assertEqual((state["running"], state["refused"]["cause"], len(state["history"])), (first, "api", 1))
            self.assertIn("the new rules were refused", daemon.said())
            self.assertRegex(daemon.get("/metrics", "sys_admin").bytes.decode(), r"lianqing_rules_refused_total [1-9]")
            # Which rules rule is not for senders of events to say.
            fake = event("fake", type="ruleset_activated", unit=None, data={"ruleset_hash": first})
            self.assertEqual(daemon.post(fake).json["results"][0]["error"]["code"], "reserved")
            self.assertEqual(daemon.post([event(1), event(2)], BATCH).status, 200)
            self.assertEqual(len(self.warnings(daemon)), 1)

    def test_a_changed_folder_and_a_signal(self):
        with Daemon(pack=FIRST) as daemon:
            daemon.post([event(i) for i in range(3)], BATCH)
            first, strict, keyed = self.rules(daemon)["running"], self.hash_of(daemon, STRICT), self.hash_of(daemon, KEYED)
            self.write(daemon, STRICT)                     # found by itself
            self.takes_over(daemon, strict)
            self.write(daemon, BROKEN)
            until(lambda: self.rules(daemon)["refused"] is not None)
            state = self.rules(daemon)
            self.assertEqual((state["running"], state["on_disk"], state["differs"]), (strict, None, True))
            self.assertTrue(daemon.get("/readyz", None).json["rules_differ"])
            self.assertIn("lianqing_rules_differ 1\n", daemon.get("/metrics", "sys_admin").bytes.decode())
            self.assertIn("pack.yaml:7:1", state["refused"]["why"])
            self.write(daemon, KEYED)
            daemon.process.send_signal(signal.SIGHUP)
            self.takes_over(daemon, keyed)
            self.assertEqual(self.rules(daemon)["refused"], None)
            self.assertFalse(daemon.get("/readyz", None).json["rules_differ"])
            # Another layout and comments: the same rules.
            self.write(daemon, "# a comment\n" + KEYED)
            daemon.process.send_signal(signal.SIGHUP)
            daemon.post([event("a%d" % i, severity=2) for i in range(3)], BATCH)
            live, lines = self.replays_alike(daemon)
            self.assertEqual([r["data"]["cause"] for r in self.activations(lines)][:2], ["start", "file"])
            self.assertEqual(len(self.activations(lines)), 3)
            self.assertEqual({json.loads(line)["rules"] for line in live}, {first, strict, keyed})

    def test_a_start_goes_on_with_the_rules_that_ruled(self):
        with tempfile.TemporaryDirectory() as folder, Daemon(folder, FIRST) as daemon:
            daemon.post([event(i) for i in range(3)], BATCH)
            strict, keyed = self.hash_of(daemon, STRICT), self.hash_of(daemon, KEYED)
            self.activate(daemon, STRICT)
            self.takes_over(daemon, strict)
            told, units = self.warnings(daemon), self.units(daemon)
            self.assertEqual(len(units["u1"]["open_cases"]), 2)
            for end in (daemon.stop, daemon.kill):
                end()
                daemon.start()                             # the folder has not changed: no going back
                self.assertEqual(self.rules(daemon)["running"], strict)
                self.assertEqual((self.warnings(daemon), self.units(daemon)), (told, units))
            self.assertIn("are not taken up by a start", daemon.said())
            daemon.stop()
            subprocess.run(["rm", "-r", os.path.join(daemon.data, "state")], check=True)
            self.write(daemon, BROKEN)
            daemon.start()                                 # mistakes on disk do not keep the daemon down
            state = self.rules(daemon)
            self.assertEqual((state["running"], state["on_disk"], state["refused"]["cause"]), (strict, None, "file"))
            self.assertEqual(daemon.get("/v1/units/u1").json["colour"], "red")
            self.assertEqual((self.warnings(daemon), self.units(daemon)), (told, units))
            daemon.stop()
            self.write(daemon, KEYED)
            daemon.start()                                 # it changed while the daemon was down
            self.takes_over(daemon, keyed)
            daemon.stop()
            done = daemon.run("log", "verify", "--data", daemon.data, "--rules", daemon.pack)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            daemon.start()
            self.replays_alike(daemon)

    def test_sent_packs_extend_shipped_ones(self):
        with Daemon(pack=FIRST) as daemon:
            for i in range(6):
                daemon.post([event(2 * i, unit="u%d" % (i % 2)), event(2 * i + 1, unit="u%d" % (i % 2))], BATCH)
            ours = 'version: 1\npack: {id: ours, title: {zh: 本地, en: Ours}, extends: %s}\n'
            ask = lambda path, text: daemon.ask("POST", path, "rule_editor", json.dumps({"files": [{"name": "a.yaml", "text": text}]}),
                                                {"Content-Type": "application/json"})
            for where in ("/v1/rules/check", "/v1/whatif"):
                for path in ("../x", "/etc", "../../etc", ".", "[base, x]"):
                    answer = ask(where, ours % path)
                    self.assertEqual((answer.status, answer.json["code"]), (422, "extends"), answer.bytes)
                    self.assertIn("a.yaml:2: extends: ", answer.json["detail"])
                    self.assertIn("inspection", answer.json["detail"])
            answers = [ask("/v1/rules/check", ours % path).json for path in ("inspection", "../inspection", "[../inspection, base]")]
            self.assertEqual([(answer["ok"], answer["hash"]) for answer in answers], [(True, answers[0]["hash"])] * 3)
            self.assertEqual(ask("/v1/whatif", ours % "../inspection").status, 200)
            self.assertEqual(self.activate(daemon, ours % "../inspection").status, 202)
            self.takes_over(daemon, answers[0]["hash"])
            self.assertIn("finding_repeated", [rule["rule"] for rule in self.rules(daemon)["rules"]])
            daemon.post([event(i, unit="u9") for i in range(12, 15)], BATCH)
            live, _ = self.replays_alike(daemon)
            # Nothing but the directory is needed to make the warnings anew, and to verify them.
            done = daemon.run("replay", "--data", daemon.data, "--quiet", "--until", now())
            self.assertEqual(done.stdout.splitlines()[:len(live)], live, done.stderr)
            done = daemon.run("log", "verify", "--data", daemon.data, "--lang", "en")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("folded anew: the state", done.stdout)
            done = daemon.run("log", "verify", "--data", daemon.data, "--stored-only", "--lang", "en")
            self.assertNotIn("folded anew", done.stdout + done.stderr)

    def test_a_folder_that_is_not_watched(self):
        with Daemon(pack=FIRST) as daemon:
            config = os.path.join(daemon.folder, "config.yaml")
            with open(config, "w", encoding="utf-8") as file:
                file.write("watch_rules: false\n")
            daemon.stop()
            daemon.arguments = ["--config", config]
            daemon.start()
            first, strict = self.rules(daemon)["running"], self.hash_of(daemon, STRICT)
            self.write(daemon, STRICT)
            until(lambda: "not taken up (watch_rules: false)" in daemon.said())
            self.assertEqual((self.rules(daemon)["running"], self.rules(daemon)["differs"]), (first, True))
            self.assertEqual(self.activate(daemon).status, 202)
            self.takes_over(daemon, strict)

    def test_commits_go_on_while_a_pack_is_taken_up(self):
        """Counted in commits, whatever the machine's speed: the fold beside them is long, they are short."""
        with tempfile.TemporaryDirectory() as folder, Daemon(folder, FIRST) as daemon:
            daemon.stop()
            path = os.path.join(folder, "history.jsonl")
            with open(path, "w", encoding="ascii") as file:
                for n in range(20_000):
                    file.write(json.dumps(event("h%d" % n, unit="v%d" % n, time="2026-03-01T00:00:00Z")) + "\n")
            self.assertEqual(daemon.run("log", "append", path, "--data", daemon.data).returncode, 0)
            daemon.start()
            hash = self.hash_of(daemon, STRICT)
            over, done = threading.Event(), []
            daemon.token("ingester")

            def produce():
                while not over.is_set():
                    done.append(daemon.post(event("p%d" % len(done))).status)

            producer = threading.Thread(target=produce)
            producer.start()
            until(lambda: len(done) > 2)
            before = len(done)
            self.assertEqual(self.activate(daemon, STRICT).status, 202)
            while self.rules(daemon)["running"] != hash:
                pass
            during = len(done) - before
            until(lambda: len(done) > before + during + 2)
            over.set()
            producer.join(30)
            self.assertEqual(set(done), {200})
            self.assertGreater(during, 5)
            self.assertEqual(daemon.stop(), 0, daemon.said())

    def test_kill_9_while_new_rules_tell(self):
        """What new rules see otherwise is told bit by bit while records come and are told of behind it; a crash in the middle
        loses nothing, and who follows the stream gets every warning once, in the order of a replay."""
        units, first = 3000, FIRST.replace("yellow: \"n >= 2\"", "yellow: \"n >= 3\"")
        early = first.replace("yellow: \"n >= 3\"", "yellow: \"n >= 1\"")
        with tempfile.TemporaryDirectory() as folder, Daemon(folder, first) as daemon:
            daemon.stop()
            path = os.path.join(folder, "history.jsonl")
            with open(path, "w", encoding="ascii") as file:
                for n in range(units):
                    file.write(json.dumps(event("h%d" % n, unit="v%04d" % n)) + "\n")
            self.assertEqual(daemon.run("log", "append", path, "--data", daemon.data).returncode, 0)
            daemon.start()
            hash = self.hash_of(daemon, early)
            daemon.token("ingester"), daemon.token("viewer")
            over, acknowledged = threading.Event(), []

            def produce():
                try:
                    while not over.is_set():
                        n = len(acknowledged)
                        if daemon.post(event("p%d" % n, unit="v%04d" % (n * 37 % units))).status == 200:
                            acknowledged.append(n)
                except (OSError, http.client.HTTPException):
                    pass                                   # killed

            producer = threading.Thread(target=produce)
            producer.start()
            stream = Stream(daemon, last=0)
            self.assertEqual(self.activate(daemon, early).status, 202)
            told = lambda events: sum(1 for _, kind, _ in events if kind == "warning")  # noqa: E731
            stream.wait(lambda events: told(events) > 0)
            committed = len(acknowledged)
            stream.wait(lambda events: told(events) > units // 3)
            self.assertGreater(len(acknowledged), committed)  # records are taken in while it tells
            daemon.kill()
            over.set()
            producer.join(30)
            stream.thread.join(SECONDS)
            before = list(stream.texts)
            last = stream.warnings()[-1][0]
            stream.close()
            daemon.start()
            self.assertEqual(self.rules(daemon)["running"], hash)
            head = daemon.get("/v1/warnings?limit=1").json["position"]
            resumed = Stream(daemon, last=last)
            if head > last:
                resumed.wait(lambda events: events and int(events[-1][0]) >= head)
            after = list(resumed.texts)
            resumed.close()
            live, lines = self.replays_alike(daemon)
            self.assertEqual(before + after, live[:len(before) + len(after)])
            self.assertGreaterEqual(len(live), units)
            self.assertEqual(len({json.loads(line)["id"] for line in live}), len(live))
            self.assertLess(set("p%d" % n for n in acknowledged), {json.loads(line)["id"] for line in lines})

    def test_reloads_under_load_and_kill_9(self):
        seed = random.randrange(1 << 30)
        with self.subTest(seed=seed), tempfile.TemporaryDirectory() as folder, Daemon(folder, FIRST) as daemon:
            rng = random.Random(seed)
            lives = 1 + int(os.environ.get("LIANQING_RELOAD_KILLS", "20" if NIGHTLY else "2"))
            reloads = int(os.environ.get("LIANQING_RELOADS", "2000" if NIGHTLY else "120")) // lives
            known, statuses = {}, []
            for life in range(lives):
                over = threading.Event()
                producers = [threading.Thread(target=self.produce, args=(daemon, "p%d-%d" % (life, i), over, known))
                             for i in range(2)]
                daemon.token("ingester"), daemon.token("rule_approver")
                for producer in producers:
                    producer.start()
                for _ in range(reloads):
                    statuses.append(self.reload(daemon, rng))
                    time.sleep(0.05)
                last = life + 1 == lives
                if not last:
                    time.sleep(rng.uniform(0, 0.2))
                    daemon.kill()
                over.set()
                for producer in producers:
                    producer.join(30)
                if not last:
                    daemon.start()
            until(lambda: self.rules(daemon)["backfill"] is None)
            self.assertIn(202, statuses)
            self.assertIn(422, statuses)
            # Nothing is lost, nothing is there twice.
            total = daemon.get("/readyz", None).json["records"]
            seqs = [seq for seq, _ in known.values()]
            self.assertEqual(len(set(seqs)), len(seqs))
            live, lines = self.replays_alike(daemon)
            self.assertEqual(len(lines), total)
            for seq, sent in known.values():
                self.assertEqual(json.loads(lines[seq])["id"], sent["id"])
            ids = [(record["source"], record["id"]) for record in map(json.loads, lines)]
            self.assertEqual(len(set(ids)), len(ids))
            self.assertEqual(len({json.loads(line)["id"] for line in live}), len(live))
            self.assertGreater(len(self.activations(lines)), 3)

    def produce(self, daemon, name, over, known):
        rng, n = random.Random(name), 0
        try:
            while not over.is_set():
                batch = [event("%s-%d" % (name, n + i), unit="u%d" % rng.randrange(6), severity=rng.randrange(1, 6),
                               type=rng.choice(("complaint", "complaint", "ping"))) for i in range(rng.choice((1, 3, 8)))]
                n += len(batch)
                answer = daemon.post(batch, BATCH)
                if answer.status == 200:
                    known.update({sent["id"]: (result["seq"], sent) for sent, result in zip(batch, answer.json["results"])})
                time.sleep(0.01)
        except (OSError, http.client.HTTPException, ValueError):
            pass                                           # killed

    def reload(self, daemon, rng):
        way, text = rng.randrange(4), rng.choice((FIRST, STRICT, KEYED, BROKEN, BROKEN))
        if way == 0:
            self.write(daemon, text)
            daemon.process.send_signal(signal.SIGHUP)
            return None
        return self.activate(daemon, text).status


if __name__ == "__main__":
    unittest.main()
