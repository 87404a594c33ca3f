#!/usr/bin/python3
"""The audit log: who was turned away, who read what, how tokens and rules changed; a flood of denials costs little; it is
exported and verified like the other log, and nobody changes it. Needs LIANQING_BINARY."""
import concurrent.futures
import json
import os
import shutil
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import PACK, Daemon, event  # noqa: E402

BATCH = "application/cloudevents-batch+json"


class Audit(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.daemon.start()
        self.addCleanup(self.daemon.__exit__)
        self.daemon.post([event(i) for i in range(3)], BATCH)

    def records(self, daemon=None):
        out, cursor = [], ""
        while cursor is not None:
            page = (daemon or self.daemon).get("/v1/audit?limit=50" + cursor, "auditor").json
            out += [entry["record"] for entry in page["records"]]
            cursor = page["next"] and "&cursor=" + page["next"]
        self.assertEqual(len(out), page["total"])
        return out

    def wait(self, test):
        deadline = time.time() + 20
        while True:
            found = [r for r in self.records() if test(r)]
            if found:
                return found
            self.assertLess(time.time(), deadline, "not in the audit log")
            time.sleep(0.1)

    def test_what_is_noted(self):
        self.daemon.ask("GET", "/v1/units", token="lq_" + "B" * 43)
        self.daemon.get("/v1/quarantine", "viewer")
        self.daemon.get("/v1/units/u1", "viewer")
        self.daemon.get("/v1/units/nobody-of-that-name", "viewer")
        self.daemon.get("/v1/warnings", "operator")
        self.daemon.ask("POST", "/v1/rules/activate", "rule_approver", json.dumps({"reason": "x"}), {"Content-Type": "application/json"})
        self.daemon.run("token", "revoke", "--data", self.daemon.data, "--name", "operator")

        def has(type, **data):
            def test(record):
                return record["type"] == "org.lianqing.audit." + type and all(record["data"].get(k) == v for k, v in data.items())
            record = self.wait(test)[0]
            self.assertEqual((record["source"], record["specversion"]), ("/lianqing/audit", "1.0"))
            return record["data"]
        self.assertNotIn("who", has("denied", operation="GET /v1/units", result="401"))
        has("denied", who="viewer", role="viewer", operation="GET /v1/quarantine", result="403")
        has("read", who="viewer", operation="GET /v1/units/{unit}", object="u1", result="200")
        self.assertNotIn("object", has("read", who="viewer", operation="GET /v1/units/{unit}", result="404"))
        has("read", who="operator", operation="GET /v1/warnings", result="200")
        has("rules_activate", who="rule_approver", result="200")
        created = has("token_created", object="operator", result="operator")
        self.assertTrue(created["who"].startswith("os:"))
        has("token_revoked", object="operator")
        has("rules_changed")
        has("login", who="viewer", role="viewer")
        logins = [r["data"] for r in self.records() if r["type"].endswith(".login")]
        self.assertEqual(len({(one["who"], one["role"]) for one in logins}), len(logins), "one each, however many calls")
        self.assertNotIn("rule_editor", [one["who"] for one in logins])    # never called
        has("read", who="auditor", operation="GET /v1/audit")
        everything = json.dumps(self.records())
        for token in self.daemon.tokens.values():
            self.assertNotIn(token, everything)
        self.assertNotIn("BBBBBB", everything)
        self.assertNotIn("nobody-of-that-name", everything)

    def test_flood(self):
        def knock(number):
            connection = self.daemon.connect()
            for i in range(200):
                connection.request("GET", "/v1/units", headers={"Authorization": "Bearer lq_%d" % i})
                assert connection.getresponse().read()
            connection.close()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(knock, range(10)))
        denied = lambda: [r["data"]["times"] for r in self.records() if r["type"].endswith(".denied")]  # noqa: E731
        self.assertLessEqual(len(denied()), 5)
        self.assertEqual(self.daemon.stop(), 0)             # what waits is written at the end
        self.daemon.start()
        self.assertEqual(sum(denied()), 2000)
        self.assertLessEqual(len(denied()), 6)
        metrics = self.daemon.get("/metrics", "sys_admin").bytes.decode()
        self.assertRegex(metrics, r"(?m)^lianqing_audit_records [1-9]")

    def test_nobody_hides_in_a_crowd(self):
        """Who reads is told even when more kinds of notes come within a minute than are told apart."""
        self.daemon.stop()
        register = os.path.join(self.daemon.folder, "units.csv")
        with open(register, "w", encoding="utf-8") as file:
            file.write("id,name\n" + "".join("c-%d,C\n" % i for i in range(4200)))
        self.daemon.arguments = ["--units", register]
        self.daemon.start()
        token, connection = self.daemon.token("viewer"), self.daemon.connect()
        for i in range(4200):
            connection.request("GET", "/v1/units/c-%d" % i, headers={"Authorization": "Bearer " + token})
            assert connection.getresponse().read()
        connection.close()
        self.daemon.get("/v1/units/u1", "operator")
        self.assertEqual(self.daemon.stop(), 0)
        exported = self.daemon.run("log", "export", "--log", "audit", "--data", self.daemon.data).stdout
        reads = [r["data"] for r in map(json.loads, exported.splitlines()) if r["type"].endswith(".read")]
        self.assertEqual(sum(r["times"] for r in reads if r.get("who") == "viewer"), 4200)
        self.assertEqual(sum(r["times"] for r in reads if r.get("who") == "operator"), 1)

    def test_a_source_that_is_not_its_own(self):
        done = self.daemon.run("token", "create", "--data", self.daemon.data, "--role", "ingester", "--name", "hotline", "--source", "/hotline")
        answer = self.daemon.ask("POST", "/v1/events", token=done.stdout.strip(), body=json.dumps(event("forged")), headers={"Content-Type": "application/cloudevents+json"})
        self.assertEqual(answer.status, 207)
        denied = self.wait(lambda r: r["type"].endswith(".denied"))[0]["data"]
        self.assertEqual((denied["who"], denied["role"], denied["operation"], denied["result"]), ("hotline", "ingester", "POST /v1/events", "source"))

    def test_survives_and_stays(self):
        self.daemon.get("/v1/units/u1", "viewer")
        self.wait(lambda r: r["data"].get("object") == "u1")
        self.daemon.kill()
        run = lambda *args: self.daemon.run("log", *args, "--data", self.daemon.data, "--lang", "en")  # noqa: E731
        done = run("export", "--log", "audit")
        self.assertEqual(done.returncode, 0, done.stderr)
        exported = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertTrue(any(r["data"].get("object") == "u1" for r in exported))
        self.assertEqual(run("verify", "--log", "audit").returncode, 0)
        for refused in (("erase", "--log", "audit", "--seq", "0", "--reason", "x", "--yes"),
                        ("append", "--log", "audit", self.daemon.pack), ("backup", "x", "--log", "audit")):
            done = run(*refused)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("audit log", done.stderr)
        copy = os.path.join(self.daemon.folder, "copy")
        self.assertEqual(run("backup", copy).returncode, 0)
        done = self.daemon.run("log", "export", "--log", "audit", "--data", copy)
        self.assertEqual(len(done.stdout.splitlines()), len(exported))
        self.daemon.start()
        again = [r["id"] for r in reversed(self.records())]
        self.assertEqual(again[:len(exported)], [r["id"] for r in exported])
        self.assertEqual(len(set(again)), len(again))
        self.assertEqual(sum(1 for r in self.records() if r["type"].endswith("token_created") and r["data"]["object"] == "viewer"), 1)

    def test_altered(self):
        self.wait(lambda r: r["type"].endswith("token_created"))
        self.assertEqual(self.daemon.stop(), 0)
        place = os.path.join(self.daemon.data, "audit", "log")
        altered = False
        for name in os.listdir(place):
            path = os.path.join(place, name)
            with open(path, "rb") as file:
                text = file.read()
            if b"token_created" in text:
                with open(path, "wb") as file:
                    file.write(text.replace(b"token_created", b"token_creatad", 1))
                altered = True
        self.assertTrue(altered)
        done = self.daemon.run("log", "verify", "--log", "audit", "--data", self.daemon.data)
        self.assertNotEqual(done.returncode, 0)

    def test_a_lost_directory(self):
        """Deleting all of it, or putting another in its place, does not go unnoticed."""
        self.wait(lambda r: r["type"].endswith("token_created"))
        place, kept = os.path.join(self.daemon.data, "audit"), os.path.join(self.daemon.folder, "kept")

        def refused(words, *arguments):
            done = self.daemon.run("serve", "--data", self.daemon.data, "--rules", self.daemon.pack, "--listen", "127.0.0.1:0", "--lang", "en", *arguments)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(words, done.stderr)
        self.assertEqual(self.daemon.stop(), 0)
        shutil.copytree(place, kept + "-early")
        self.daemon.start()
        self.daemon.get("/v1/units/u1", "viewer")
        self.wait(lambda r: r["data"].get("operation") == "GET /v1/units/{unit}")
        self.assertEqual(self.daemon.stop(), 0)
        refused("start without it", "--audit-lost", "by mistake")
        os.rename(place, kept)
        refused("the audit log is missing, which had ")
        refused("--audit-lost REASON")
        self.assertFalse(os.path.exists(place))
        shutil.copytree(kept + "-early", place)             # an older copy, whole in itself
        refused(" records, and it had ")
        shutil.rmtree(place)
        with Daemon(pack_path=self.daemon.pack) as other:   # somebody else's
            for role in ("viewer", "operator", "auditor", "rule_editor", "sys_admin", "sec_admin", "ingester"):
                other.get("/v1/units", role)
            self.assertEqual(other.stop(), 0)
            shutil.copytree(os.path.join(other.data, "audit"), place)
        refused("audit")
        shutil.rmtree(place)
        shutil.copytree(kept, place)                        # put back: as before
        self.daemon.start()
        self.assertEqual(self.daemon.stop(), 0)
        shutil.rmtree(place)
        arguments, self.daemon.arguments = self.daemon.arguments, self.daemon.arguments + ["--audit-lost", "the disk burnt"]
        self.daemon.start()
        self.wait(lambda r: r["type"].endswith("audit_lost") and "the disk burnt" in r["data"]["detail"] and r["data"]["who"].startswith("os:"))
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.arguments = arguments
        self.daemon.start()

    def test_files_are_private(self):
        """Nobody else of the machine reads the records, whatever the umask is and whoever made the directory."""
        self.assertEqual(self.daemon.stop(), 0)
        os.chmod(self.daemon.data, 0o755)
        os.chmod(os.path.join(self.daemon.data, "log"), 0o755)
        advice = self.daemon.run("doctor", "--data", self.daemon.data, "--lang", "en").stdout
        self.assertIn("chmod 700 " + self.daemon.data, advice)
        self.assertIn("chmod -R go= " + os.path.join(self.daemon.data, "log"), advice)
        backup = os.path.join(self.daemon.folder, "backup")
        before = os.umask(0o022)
        try:
            self.daemon.start()
            self.assertEqual(self.daemon.post([event("m-%d" % i) for i in range(3)], BATCH).status, 200)
            self.assertEqual(self.daemon.run("log", "backup", backup, "--data", self.daemon.data).returncode, 0)
            self.assertEqual(self.daemon.run("token", "create", "--role", "viewer", "--name", "open", "--data", self.daemon.data).returncode, 0)
        finally:
            os.umask(before)
        for top in (self.daemon.data, backup):
            for folder, folders, names in os.walk(top):
                for name in folders + names:
                    path = os.path.join(folder, name)
                    self.assertEqual(os.lstat(path).st_mode & 0o077, 0, path)
        self.assertIn("can be used by others: chmod 700", self.daemon.said())
        tokens = os.path.join(self.daemon.data, "tokens.tsv")
        os.symlink(os.path.join(self.daemon.folder, "elsewhere"), tokens + ".new")
        self.assertEqual(self.daemon.run("token", "create", "--role", "viewer", "--name", "more", "--data", self.daemon.data).returncode, 0)
        self.assertFalse(os.path.exists(os.path.join(self.daemon.folder, "elsewhere")))
        self.assertEqual(self.daemon.get("/v1/units").status, 200)
        os.chmod(tokens, 0o620)                            # others could let themselves in
        self.assertEqual(self.daemon.get("/v1/units").status, 401)
        deadline = time.time() + 20
        while "nobody is let in: " not in self.daemon.said():
            self.assertLess(time.time(), deadline)
            time.sleep(0.1)
        os.chmod(tokens, 0o600)
        self.assertEqual(self.daemon.get("/v1/units").status, 200)

    def test_memory_is_private(self):
        with open("/proc/%d/limits" % self.daemon.process.pid, encoding="ascii") as file:
            self.assertRegex(file.read(), r"Max core file size +0 +0 ")


if __name__ == "__main__":
    unittest.main(argv=["audit_test"], verbosity=1)
