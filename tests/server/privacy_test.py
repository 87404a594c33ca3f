#!/usr/bin/python3
"""Canary identities in every position of the input, sought raw and in other encodings in everything that is stored or leaves.

What may not come in (`screen`) is nowhere afterwards, not even in the quarantine; what is sensitive is where the records are
(log, state, an export of the log) and nowhere else. Needs LIANQING_BINARY; 1,000 canaries under LIANQING_NIGHTLY."""
import base64
import json
import os
import random
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import REPORTS, Daemon, Stream, event, now  # noqa: E402
from receiver import Receiver  # noqa: E402

CANARIES = 1000 if os.environ.get("LIANQING_NIGHTLY") else 100
PACK = REPORTS.replace("n >= 2", "n >= 1").replace("n >= 9", "n >= 3")
CONFIG = """screen:
  fields: [reporter_name, content, reporter.phone]
  level_field: level
  levels: [county, township]
outbound: {networks: [127.0.0.1]}
sinks:
  hook: {kind: webhook, url: "http://127.0.0.1:%d/hook"}
  chat: {kind: wecom, url: "http://127.0.0.1:%d/send?key=K", settle: 0s}
  lines: {kind: jsonl, path: %s}
"""
BATCH = "application/cloudevents-batch+json"


def forms(canary):
    raw = canary.encode()
    out = {raw, base64.b64encode(raw), base64.b64encode(b"x" + raw)[4:-4], base64.b64encode(b"xx" + raw)[4:-4],
           raw.hex().encode(), raw.hex().upper().encode(), canary.encode("utf-16-le"), canary.encode("utf-16-be"),
           canary.encode("gb18030"), json.dumps(canary)[1:-1].encode()}
    return {form for form in out if len(form) >= 12}


class Privacy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.random = random.Random(20261123)
        cls.daemon = Daemon(pack=PACK)
        cls.receiver = Receiver((200,), bodies=b'{"errcode":0,"errmsg":"ok"}')
        config = os.path.join(cls.daemon.folder, "serve.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG % (cls.receiver.port, cls.receiver.port, os.path.join(cls.daemon.folder, "told.jsonl")))
        cls.daemon.arguments = ["--config", config]
        cls.daemon.start()
        cls.never, cls.sensitive, cls.answers = [], [], []
        cls.number = 0

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()
        cls.receiver.close()

    def canary(self, where):
        name = "".join(self.random.choice("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗") for _ in range(5))
        digits = "".join(self.random.choice("0123456789") for _ in range(14))
        out = "%s-%s" % (name, digits)
        where.append(out)
        return out

    def next(self, **data):
        Privacy.number += 1
        return event("e-%d" % self.number, unit="u%d" % (self.number % 3), data={"severity": 2, **data})

    def bound(self):
        if not hasattr(Privacy, "of_a_source"):
            Privacy.of_a_source = self.daemon.run("token", "create", "--data", self.daemon.data, "--role", "ingester", "--name", "bound", "--source", "/other").stdout.strip()
        return Privacy.of_a_source

    def refused(self, record, code):
        answer = self.daemon.post([record], BATCH)
        self.assertEqual(answer.status, 207, answer.bytes)
        self.assertEqual(answer.json["results"][0]["error"]["code"], code)
        self.answers.append(answer.bytes)

    def test_1_what_may_not_come_in(self):
        kinds = 12
        for i in range(CANARIES // 2):
            c = self.canary(self.never)
            kind = i % kinds
            if kind == 0:
                self.refused(self.next(reporter_name=c), "screened")
            elif kind == 1:
                self.refused(self.next(reporter={"phone": c}), "screened")
            elif kind == 2:
                self.refused(self.next(list=[{"content": c}]), "screened")
            elif kind == 3:
                self.refused(self.next(level="province", text=c), "level")
            elif kind == 4:                                # not admissible for another reason, too
                self.refused(self.next(severity=77, content=c), "screened")
            elif kind == 5:                                # broken in itself: a field's name is seen in its bytes
                body = json.dumps([self.next(content=c)], ensure_ascii=False).replace('"time"', '"time":1,"time"').encode()
                answer = self.daemon.ask("POST", "/v1/events", "ingester", body, {"Content-Type": BATCH})
                self.assertIn(answer.status, (207, 400))
                self.answers.append(answer.bytes)
            elif kind == 6:                                # not JSON at all
                body = json.dumps(self.next(content=c), ensure_ascii=False)[:-3].encode()
                answer = self.daemon.ask("POST", "/v1/events", "ingester", body, {"Content-Type": "application/cloudevents+json"})
                self.assertEqual(answer.status, 400)
                self.answers.append(answer.bytes)
            elif kind == 7:                                # written with escapes, within a list or a text
                body = json.dumps([self.next(list=[{"content": c}], text=json.dumps({"reporter_name": c}))]).replace("content", "\\u0063ontent").encode()
                answer = self.daemon.ask("POST", "/v1/events", "ingester", body, {"Content-Type": BATCH})
                self.assertEqual(answer.json["results"][0]["error"]["code"], "screened")
            elif kind == 8:
                self.refused(self.next(text=json.dumps({"a": json.dumps({"content": c})})), "screened")
            elif kind == 9:                                # a level that is no word, or of a record that cannot be read
                self.refused(self.next(level={"name": "province"}, text=c), "level")
                body = json.dumps([self.next(level="province", text=c)], ensure_ascii=False).replace('"time"', '"time":1,"time"').encode()
                self.answers.append(self.daemon.ask("POST", "/v1/events", "ingester", body, {"Content-Type": BATCH}).bytes)
            elif kind == 10:                               # sent in the name of another source
                token = self.bound()
                record = self.next(level="province", text=c)
                self.answers.append(self.daemon.ask("POST", "/v1/events", token=token, body=json.dumps(record), headers={"Content-Type": "application/cloudevents+json"}).bytes)
            else:                                          # around the event: token, header fields, path, query, agent
                q = c.encode().hex()
                self.never.append(q)
                for path, headers in (("/v1/units", {"Authorization": "Bearer " + q}), ("/v1/units/" + q, {}), ("/" + q, {}),
                                      ("/v1/units", {"X-" + q: "a"}), ("/v1/explain?unit=" + q, {}), ("/v1/warnings?unit=" + q, {"User-Agent": q})):
                    self.daemon.ask("GET", path, None if "Authorization" in headers else "viewer", headers=headers)
        self.assertEqual(self.daemon.post([self.next(level="county")], BATCH).status, 200)

    def test_2_what_is_sensitive(self):
        stream = Stream(self.daemon)
        for i in range(CANARIES // 2):
            record = self.next(reporter_token=self.canary(self.sensitive))
            if i % 10 == 9:                                # a conflict and a refusal with such a value in them
                self.assertEqual(self.daemon.post([record], BATCH).status, 200)
                record["data"]["severity"] = 1
                self.answers.append(self.daemon.post([record], BATCH).bytes)
                self.answers.append(self.daemon.post([self.next(severity=9, reporter_token=self.canary(self.sensitive))], BATCH).bytes)
                self.answers.append(self.daemon.post([self.next(reporter_token=[self.canary(self.sensitive)])], BATCH).bytes)
                self.answers.append(self.daemon.post([self.next(reporter_token={"a": self.canary(self.sensitive)}, severity=9)], BATCH).bytes)
            else:
                answer = self.daemon.post([record], BATCH)
                self.assertEqual(answer.status, 200)
                self.answers.append(answer.bytes)
        stream.wait(lambda e: any(kind == "warning" and data["to"] == "red" for _, kind, data in e))
        Privacy.told = json.dumps(stream.events + stream.colours, ensure_ascii=False).encode()
        stream.close()

    def notices(self):
        """What sinks have sent: at least one message of each."""
        places = {"hook": "/hook", "chat": "/send"}
        with self.receiver.changed:
            self.assertTrue(self.receiver.changed.wait_for(
                lambda: all(any(got[0].startswith(path) for got in self.receiver.got) for path in places.values()), 30))
            for path, fields, body, _ in self.receiver.got:
                yield "a message to " + path, (path + json.dumps(fields, ensure_ascii=False)).encode() + body
        deadline, lines = time.monotonic() + 30, os.path.join(self.daemon.folder, "told.jsonl")
        while not os.path.exists(lines) or not os.path.getsize(lines):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        with open(lines, "rb") as file:
            yield "the file of notices", file.read()

    def outputs(self):
        yield from self.notices()
        yield "answers to the sender", b"\n".join(self.answers)
        yield "stream", self.told
        for path, role in (("/v1/units", "viewer"), ("/v1/units/u1", "viewer"), ("/v1/warnings?limit=1000", "viewer"),
                           ("/v1/explain?unit=u1", "auditor"), ("/v1/rules", "viewer"), ("/metrics", "sys_admin"), ("/readyz", None),
                           ("/v1/audit?limit=1000", "auditor"), ("/v1/quarantine?limit=1000", "auditor"), ("/v1/quarantine?limit=1000", "operator"), ("/v1/sources", "operator"),
                           ("/v1/rules/proposals", "auditor"), ("/openapi.json", "viewer")):
            answer = self.daemon.get(path, role)
            self.assertEqual(answer.status, 200)
            if "quarantine" in path:
                self.assertGreater(len(answer.json["records"]), CANARIES // 4)
            yield path, answer.bytes
        body = json.dumps({"files": [{"name": "a.yaml", "text": PACK.replace("n >= 3", "n >= 2")}], "days": 30})
        yield "what-if", self.daemon.ask("POST", "/v1/whatif", "operator", body, {"Content-Type": "application/json"}).bytes
        yield "standard error", self.daemon.said().encode()

    def files(self):
        for folder, _, names in os.walk(self.daemon.data):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    yield os.path.relpath(path, self.daemon.data), file.read()

    def test_3_nothing_leaks(self):
        outputs = list(self.outputs())
        self.assertEqual(self.daemon.stop(), 0)
        files = list(self.files())
        self.assertTrue(any(name.startswith("log/") for name, _ in files))
        exported = self.daemon.run("log", "export", "--data", self.daemon.data).stdout.encode()
        quarantine = self.daemon.run("log", "quarantine", "--data", self.daemon.data, "--format", "json").stdout.encode()
        audit = self.daemon.run("log", "export", "--log", "audit", "--data", self.daemon.data).stdout.encode()
        everywhere = outputs + files + [("export", exported), ("quarantine", quarantine), ("audit", audit)]
        for canary in self.never:
            for form in forms(canary):
                for place, text in everywhere:
                    self.assertNotIn(form, text, "%s in %s" % (canary, place))
        outside = outputs + [("audit", audit)] + [(n, t) for n, t in files if not n.startswith(("log/", "state/"))]
        for canary in self.sensitive:
            for form in forms(canary):
                for place, text in outside:
                    self.assertNotIn(form, text, "%s in %s" % (canary, place))
        # The search can find: what is stored is found in the export.
        found = sum(any(form in exported for form in forms(canary)) for canary in self.sensitive)
        self.assertGreaterEqual(found, CANARIES // 2)

    def test_4_erased(self):
        """R24: what is erased is gone from the files, and what was proved stays so."""
        run = lambda *args: self.daemon.run("log", *args, "--data", self.daemon.data, "--lang", "en")  # noqa: E731
        before = [line for line in run("export").stdout.splitlines()]
        done = run("erase", "--before", "2100-01-01T00:00:00Z", "--reason", "the time for keeping them is over", "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        exported = run("export").stdout
        for canary in self.sensitive:
            self.assertNotIn(canary, exported)
        self.assertLess(len(exported.splitlines()), len(before))
        self.assertEqual(run("verify").returncode, 0)
        stored = {c for c in self.sensitive if any(c in line for line in before)}
        for name, text in self.files():
            if not name.startswith("log/"):
                continue
            for canary in stored:
                for form in forms(canary):
                    where = text.find(form)
                    self.assertTrue(where < 0 or self.in_quarantine(canary), "%s in %s" % (canary, name))

    def in_quarantine(self, canary):
        return canary in self.daemon.run("log", "quarantine", "--data", self.daemon.data, "--raw").stdout


if __name__ == "__main__":
    unittest.main(argv=["privacy_test"], verbosity=1)
