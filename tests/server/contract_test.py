#!/usr/bin/python3
"""The API is what /openapi.json says: every path answers, every role may what the table says, every answer has a stated
status and media type; lists page and filter; metrics parse. Needs LIANQING_BINARY."""
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import BINARY, PACK, ROOT, Daemon, event  # noqa: E402

BATCH = "application/cloudevents-batch+json"
ROLES = ("ingester", "viewer", "operator", "rule_editor", "rule_approver", "auditor", "sys_admin", "sec_admin")
BODIES = {"/v1/events": (json.dumps(event("contract", unit="u5")), "application/cloudevents+json"),
          "/v1/whatif": (json.dumps({"files": [{"name": "a.yaml", "text": PACK}]}), "application/json"),
          "/v1/rules/activate": (json.dumps({"reason": "the contract"}), "application/json"),
          "/v1/rules/propose": (json.dumps({"reason": "the contract", "files": [{"name": "a.yaml", "text": PACK}]}), "application/json"),
          "/v1/tokens/create": (json.dumps({"name": "contract", "role": "viewer"}), "application/json"),
          "/v1/tokens/rotate": (json.dumps({"name": "contract"}), "application/json"),
          "/v1/tokens/revoke": (json.dumps({"name": "nobody"}), "application/json"),
          "/v1/rules/check": (json.dumps({"files": [{"name": "a.yaml", "text": PACK}]}), "application/json")}
ARGUMENTS = {"{unit}": "u1", "{warning}": "w-none", "{proposal}": "none"}
NEEDED = {"/v1/explain": "?unit=u1"}


class Contract(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.daemon.start()
        events = [event(i, unit="u%d" % (i // 5)) for i in range(30)]
        assert cls.daemon.post(events, BATCH).status == 200
        cls.description = cls.daemon.get("/openapi.json").json

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()

    def operations(self):
        for path, operations in self.description["paths"].items():
            for method, operation in operations.items():
                yield path, method.upper(), operation

    def call(self, path, method, role):
        path += NEEDED.get(path, "")
        for name, value in ARGUMENTS.items():
            path = path.replace(name, value)
        body, type = BODIES.get(path, (None, None))
        if path == "/v1/stream":
            method = "HEAD"                                # else it does not end
        return self.daemon.ask(method, path, role, body, {"Content-Type": type} if type else {})

    def test_description(self):
        self.assertEqual(self.description["openapi"], "3.1.0")
        self.assertGreaterEqual(len(self.description["paths"]), 14)
        for path, method, operation in self.operations():
            named = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
            self.assertEqual(named, set(re.findall(r"{(\w+)}", path)), path)
            self.assertTrue(operation["summary"])
            self.assertTrue(operation["responses"])
            for name in json.dumps(operation).split('"$ref": "')[1:]:
                self.assertIn(name.split('"')[0].rsplit("/", 1)[1], self.description["components"]["schemas"])

    def test_every_operation_and_role(self):
        for path, method, operation in self.operations():
            for role in (None,) + ROLES:
                answer = self.call(path, method, role)
                with self.subTest(path=path, role=role, status=answer.status):
                    if not operation["security"] or role in operation["x-roles"]:
                        self.assertIn(answer.status, (200, 404))
                    else:
                        self.assertEqual(answer.status, 401 if role is None else 403)
                    stated = operation["responses"][str(answer.status)]
                    self.assertIn(answer.headers["Content-Type"], stated["content"])
                    if answer.status >= 400:
                        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
                        if path == "/v1/stream":           # asked with HEAD
                            continue
                        self.assertLessEqual({"title", "status", "code", "detail"}, set(answer.json))

    def test_every_parameter(self):
        for path, method, operation in self.operations():
            if method != "GET" or not operation["security"] or "{" in path or path == "/v1/stream":
                continue
            role = operation["x-roles"][0]
            self.assertEqual(self.daemon.get(path + "?nonsense=1", role).status, 400, path)
            for parameter in operation.get("parameters", []):
                if parameter["schema"]["type"] == "integer":
                    for bad in ("0", "-1", "x", "1001", ""):
                        answer = self.daemon.get("%s?%s=%s" % (path, parameter["name"], bad), role)
                        self.assertEqual(answer.status, 400, (path, parameter["name"], bad))

    def test_paths_and_methods(self):
        self.assertEqual(self.daemon.get("/v2").status, 404)
        answer = self.daemon.ask("DELETE", "/v1/events", "ingester")
        self.assertEqual((answer.status, answer.headers["Allow"]), (405, "POST"))
        head = self.daemon.ask("HEAD", "/v1/units", "viewer")
        self.assertEqual((head.status, head.bytes), (200, b""))
        self.assertGreater(int(head.headers["Content-Length"]), 10)

    def test_units_page_by_page(self):
        whole = self.daemon.get("/v1/units").json
        self.assertEqual((whole["total"], whole["next"]), (6, None))
        found, cursor = [], ""
        while cursor is not None:
            page = self.daemon.get("/v1/units?limit=4" + cursor).json
            found += page["units"]
            cursor = page["next"] and "&cursor=" + page["next"]
        self.assertEqual(found, whole["units"])
        self.assertEqual([unit["unit"] for unit in found], ["u%d" % i for i in range(6)])
        self.assertEqual({unit["colour"] for unit in found}, {"red"})
        self.assertEqual(self.daemon.get("/v1/units?colour=green").json["units"], [])
        answer = self.daemon.get("/v1/units")
        again = self.daemon.get("/v1/units", headers={"If-None-Match": answer.headers["ETag"]})
        self.assertEqual((again.status, again.bytes), (304, b""))
        unit = self.daemon.get("/v1/units/u1").json
        levels = {level["rule"]: level for level in unit["levels"]}
        self.assertEqual((levels["many"]["level"], levels["many"]["values"], levels["many"]["grey"]),
                         ("red", {"n": 5}, False))
        self.assertTrue(levels["trial"]["shadow"])
        self.assertEqual(self.daemon.get("/v1/units/nobody").status, 404)

    def test_warnings_filter_and_page(self):
        everything = self.daemon.get("/v1/warnings?limit=1000").json["warnings"]
        self.assertEqual(len(everything), 12)
        times = [warning["time"] for warning in everything]
        self.assertEqual(times, sorted(times, reverse=True))
        for query, test in (("unit=u3", lambda w: w["unit"] == "u3"), ("rule=many", lambda w: w["rule"] == "many"),
                            ("level=red", lambda w: w["to"] == "red"), ("since=" + times[0], lambda w: True),
                            ("since=2099-01-01T00:00:00Z", lambda w: False)):
            found, cursor = [], ""
            while cursor is not None:
                page = self.daemon.get("/v1/warnings?limit=2&%s%s" % (query, cursor)).json
                found += page["warnings"]
                cursor = page["next"] and "&cursor=" + page["next"]
            self.assertEqual(found, [warning for warning in everything if test(warning)], query)
        one = self.daemon.get("/v1/warnings/" + everything[3]["id"]).json
        self.assertEqual(one, everything[3])

    def test_explain(self):
        now = self.daemon.get("/v1/explain?unit=u2&rule=many").json["explanations"]
        self.assertEqual([(e["rule"], e["to"], e["values"]) for e in now], [("many", "red", {"n": 5})])
        self.assertTrue(now[0]["why"])
        first = self.daemon.get("/v1/warnings?limit=1000").json["warnings"][-1]["time"]
        then = self.daemon.get("/v1/explain?unit=u2&rule=many&at=" + first).json
        self.assertEqual([(e["to"], e["values"]) for e in then["explanations"]], [("red", {"n": 5})])
        self.assertEqual(self.daemon.get("/v1/explain?unit=u2&at=2020-01-01T00:00:00Z").status, 404)
        self.assertEqual(self.daemon.get("/v1/explain").status, 400)

    def test_rules(self):
        rules = self.daemon.get("/v1/rules").json
        self.assertEqual(rules["running"], rules["on_disk"])
        self.assertEqual([rule["rule"] for rule in rules["rules"]], ["blink", "many", "trial"])
        body = {"files": [{"name": "x.yaml", "text": PACK.replace("yellow: \"n >= 2\"", "yelow: \"n >= 2\"")}]}
        answer = self.daemon.ask("POST", "/v1/rules/check", "rule_editor", json.dumps(body),
                                 {"Content-Type": "application/json"})
        self.assertEqual((answer.status, answer.json["ok"]), (200, False))
        finding = answer.json["findings"][0]
        self.assertEqual((finding["file"], finding["severity"]), ("x.yaml", "error"))
        self.assertGreater(finding["line"], 1)
        body["files"][0]["text"] = PACK
        answer = self.daemon.ask("POST", "/v1/rules/check", "rule_editor", json.dumps(body),
                                 {"Content-Type": "application/json"})
        self.assertEqual((answer.json["ok"], answer.json["hash"]), (True, rules["running"]))
        for bad in ("[]", "{", '{"files":[]}', '{"files":[{"name":1}]}'):
            answer = self.daemon.ask("POST", "/v1/rules/check", "rule_editor", bad,
                                     {"Content-Type": "application/json"})
            self.assertEqual(answer.status, 400)

    def test_metrics(self):
        text = self.daemon.get("/metrics", "sys_admin").bytes.decode()
        name = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
        sample = re.compile(r'^(%s)(\{%s="(?:[^"\\]|\\.)*"(?:,%s="(?:[^"\\]|\\.)*")*\})? (\S+)$' % (name, name, name))
        types, helps, values = {}, set(), {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, metric, kind = line.split(" ")
                self.assertNotIn(metric, types)
                types[metric] = kind
                self.assertEqual(kind == "counter", metric.endswith("_total"), metric)
            elif line.startswith("# HELP "):
                helps.add(line.split(" ")[2])
            else:
                found = sample.match(line)
                self.assertTrue(found, line)
                family = re.sub(r"_(bucket|sum|count)$", "", found[1])
                self.assertIn(found[1] if found[1] in types else family, types, line)
                self.assertNotIn((found[1], found[2]), values)
                values[found[1], found[2]] = float(found[3])
        self.assertEqual(set(types), helps)
        self.assertGreaterEqual(values["lianqing_log_records", None], 30)
        self.assertEqual(values["lianqing_units_by_colour", '{colour="red"}'], 6)
        self.assertEqual(values["lianqing_transitions_total", '{rule="many",to="red"}'], 6)
        buckets = [value for (metric, _), value in values.items() if metric == "lianqing_ingest_latency_seconds_bucket"]
        self.assertEqual(buckets, sorted(buckets))
        self.assertEqual(buckets[-1], values["lianqing_ingest_latency_seconds_count", None])
        if shutil.which("promtool"):
            done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_ready_and_healthy(self):
        ready = self.daemon.get("/readyz", None)
        self.assertEqual((ready.status, ready.json["ready"], ready.json["log"]), (200, True, True))
        self.assertEqual(self.daemon.get("/healthz", None).json, {"status": "ok"})


class Configuration(unittest.TestCase):
    def test_a_full_disk_refuses_events_and_nothing_else(self):
        with Daemon(arguments=[]) as daemon:
            config = os.path.join(daemon.folder, "config.yaml")
            with open(config, "w", encoding="utf-8") as file:
                file.write("reserve: %d\nmax_body: 2000\nopen_metrics: true\n" % (1 << 49))
            self.assertEqual(daemon.stop(), 0)
            daemon.arguments = ["--config", config]
            daemon.start()
            answer = daemon.post(event(1))
            self.assertEqual((answer.status, answer.json["code"]), (507, "disk"))
            self.assertGreater(int(answer.headers["Retry-After"]), 0)
            self.assertEqual(daemon.get("/v1/units").status, 200)
            self.assertEqual(daemon.get("/readyz", None).status, 503)
            self.assertEqual(daemon.get("/metrics", None).status, 200)
            self.assertEqual(daemon.post(b" " * 3000).status, 413)

    def test_mistakes_in_the_configuration(self):
        daemon = Daemon()
        for text, words in (("lisen: 127.0.0.1:1\n", ["config.yaml:1:1", "lisen", "listen"]),
                            ("data: d\nqueue: many\n", ["config.yaml:2:8", "queue"]),
                            ("listen: nowhere\n", ["config.yaml:1:9", "ADDRESS:PORT"]),
                            ("log: loud\n", ["config.yaml:1:6", "text or json"])):
            config = os.path.join(daemon.folder, "config.yaml")
            with open(config, "w", encoding="utf-8") as file:
                file.write(text)
            done = daemon.run("serve", "--config", config, "--data", daemon.data, "--rules", daemon.pack, "--lang", "en")
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertEqual(done.stdout, "")
            for word in words:
                self.assertIn(word, done.stderr)
        for arguments, code in ((["--rules", daemon.pack], 2), (["--data", daemon.data], 2),
                                (["--data", daemon.data, "--rules", "/nowhere"], 74),
                                (["--data", daemon.data, "--rules", daemon.pack, "--listen", "8620"], 2),
                                (["--data", "/proc/no", "--rules", daemon.pack], 74)):
            done = daemon.run("serve", *arguments)
            self.assertEqual(done.returncode, code, (arguments, done.stderr))
        daemon.temporary.cleanup()

    def test_the_journal_as_json(self):
        with Daemon(arguments=["--log", "json"]) as daemon:
            daemon.post(event("secret-id", unit="secret-unit"))
            self.assertEqual(daemon.stop(), 0)
            lines = [json.loads(line) for line in daemon.said().splitlines()]
            self.assertGreater(len(lines), 2)
            self.assertEqual(set(lines[0]), {"time", "level", "message"})
            self.assertNotIn("secret", daemon.said())


if __name__ == "__main__":
    unittest.main()
