#!/usr/bin/python3
"""Sinks of a running daemon against receivers that count, fail, redirect and speak TLS. Needs LIANQING_BINARY."""
import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import BINARY, ROOT, SECONDS, Daemon, event  # noqa: E402
from receiver import Receiver, secret_file, secret_text  # noqa: E402

PACK = """version: 1
pack: {id: desk, title: {zh: 窗口, en: Desk}, timezone: Asia/Shanghai}
events:
  complaint:
    fields:
      severity: {type: int, min: 1, max: 5, required: true}
measures:
  n: {count: complaint, over: 30d}
rules:
  many: {title: {zh: 多, en: Many}, because: {zh: "共{n}件", en: "{n} complaints"}, yellow: "n >= 1", red: "n >= 3"}
"""


def signature(key, id, stamp, body):
    return "v1," + base64.b64encode(hmac.new(key, f"{id}.{stamp}.".encode() + body, hashlib.sha256).digest()).decode()


class SinksTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder, True)

    def receiver(self, *args, **more):
        out = Receiver(*args, **more)
        self.addCleanup(out.close)
        return out

    def daemon(self, config, start=True):
        path = os.path.join(self.folder, "serve.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config)
        out = Daemon(self.folder, PACK, ["--config", path])
        if start:
            out.start()
            self.addCleanup(lambda: out.process.poll() is None and out.kill())
        return out

    def run_it(self, *args):
        return subprocess.run([BINARY, *args], capture_output=True, text=True, timeout=SECONDS)

    def test_webhook_and_file_over_kills(self):
        keys = [b"0123456789abcdef0123456789abcdef", b"fedcba9876543210fedcba9876543210"]
        secrets = [secret_file(self.folder, "s%d" % i, key) for i, key in enumerate(keys)]
        receiver = self.receiver((500, 204))
        lines = os.path.join(self.folder, "warnings.jsonl")
        daemon = self.daemon("""
outbound: {networks: [127.0.0.1]}
sinks:
  desk: {kind: webhook, url: "http://127.0.0.1:%d/hook", secrets: [%s]}
  file: {kind: jsonl, path: %s, levels: red}
""" % (receiver.port, ", ".join(secrets), lines))
        for i in range(3):
            self.assertEqual(daemon.post(event(i)).status, 200)
        got = receiver.wait(2)
        self.assertEqual([one[3] for one in got[:2]], [500, 204])
        self.assertEqual(got[0][2], got[1][2])
        daemon.kill()
        daemon.start()
        daemon.post(event(9, unit="u2"))
        warnings = daemon.get("/v1/warnings").json["warnings"]
        self.assertEqual(len(warnings), 3)

        def taken():
            return [one[1]["webhook-id"] for one in list(receiver.got) if one[3] == 204]

        deadline = time.monotonic() + SECONDS
        while len(set(taken())) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        got, ids = list(receiver.got), taken()
        self.assertEqual(set(ids), {w["id"] for w in warnings})
        self.assertLessEqual(len(ids), 3 + 1)  # it was killed once
        for path, headers, body, _ in got:
            self.assertEqual(path, "/hook")
            self.assertEqual(headers["content-type"], "application/cloudevents+json")
            self.assertEqual(headers["webhook-signature"].split(" "),
                             [signature(key, headers["webhook-id"], headers["webhook-timestamp"], body) for key in keys])
            told = json.loads(body)
            self.assertEqual((told["type"], told["id"], told["data"]["id"]),
                             ("org.lianqing.warning.v1", headers["webhook-id"], headers["webhook-id"]))
        with open(lines, encoding="utf-8") as file:
            self.assertEqual({json.loads(line)["to"] for line in file}, {"red"})
        metrics = ""
        while 'waiting{sink="desk"} 0' not in metrics and time.monotonic() < deadline:
            metrics = daemon.get("/metrics", "sys_admin").bytes.decode()
        self.assertIn('lianqing_sink_waiting{sink="desk"} 0', metrics)
        told = self.run_it("explain", "--notice", got[0][1]["webhook-id"], "--data", daemon.data, "--lang", "zh")
        self.assertEqual(told.returncode, 0, told.stderr)
        for part in ("推送目标 desk", "未送达：HTTP 500", "已送达：HTTP 204", "推送目标 file", "不要这一级别"):
            self.assertIn(part, told.stdout)
        self.assertEqual(self.run_it("explain", "--notice", "nobody", "--data", daemon.data).returncode, 1)

    def test_gone_redirected_refused_and_private(self):
        gone, moved = self.receiver((410,)), self.receiver((302,), headers=[("Location", "http://127.0.0.1:1/")])
        daemon = self.daemon("""
outbound: {networks: [127.0.0.1/32]}
sinks:
  gone: {kind: webhook, url: "http://127.0.0.1:%d/"}
  moved: {kind: webhook, url: "http://localhost:%d/"}
""" % (gone.port, moved.port))
        daemon.post(event(1))
        gone.wait(1)
        moved.wait(1)
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            listed = self.run_it("outbox", "list", "--data", daemon.data, "--all", "--lang", "en")
            if "disabled" in listed.stdout and "redirects are not followed" in listed.stdout:
                break
            time.sleep(0.05)
        self.assertEqual(listed.returncode, 1)
        self.assertIn("gone: 0 open, 1 waiting, 0 dead; disabled", listed.stdout)
        self.assertIn("redirects are not followed", listed.stdout)
        self.assertIn("lianqing outbox retry enables it", daemon.said())
        gone.statuses = [200]
        asked = self.run_it("outbox", "retry", "--data", daemon.data, "--sink", "gone", "--all")
        self.assertEqual(asked.returncode, 0, asked.stderr)
        self.assertEqual(gone.wait(2)[1][3], 200)
        self.assertEqual(self.run_it("outbox", "retry", "--data", daemon.data).returncode, 2)
        daemon.stop()
        # Not listed: nothing is connected to.
        closed, tokens = self.receiver(), daemon.tokens
        daemon = self.daemon('sinks: {inner: {kind: webhook, url: "http://localhost:%d/"}}' % closed.port)
        daemon.tokens = tokens
        daemon.post(event(2, unit="u9"))
        deadline = time.monotonic() + SECONDS
        while "not public" not in listed.stdout and time.monotonic() < deadline:
            listed = self.run_it("outbox", "list", "--data", daemon.data, "--sink", "inner", "--lang", "en")
        self.assertIn("which is not public", listed.stdout)
        self.assertEqual(closed.got, [])

    def test_tls_is_verified(self):
        key, cert = os.path.join(self.folder, "key.pem"), os.path.join(self.folder, "cert.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                        "-out", cert, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                       check=True, capture_output=True)
        receiver = self.receiver(certificate=(cert, key))
        daemon = self.daemon("""
outbound: {networks: [127.0.0.1, "::1"], ca: %s}
sinks:
  good: {kind: webhook, url: "https://localhost:%d/good"}
  other-name: {kind: webhook, url: "https://127.0.0.1:%d/bad"}
""" % (cert, receiver.port, receiver.port))
        daemon.post(event(1))
        self.assertEqual(receiver.wait(1)[0][0], "/good")
        said, deadline = "", time.monotonic() + SECONDS
        while "TLS" not in said and time.monotonic() < deadline:
            said = self.run_it("outbox", "list", "--data", daemon.data, "--all", "--sink", "other-name").stdout
        self.assertIn("certificate verify failed", said)
        self.assertEqual([one[0] for one in receiver.got], ["/good"])

    def test_secrets_that_others_may_read_are_refused(self):
        secret = secret_file(self.folder, "s", b"0123456789abcdef")
        os.chmod(secret, 0o644)
        daemon = self.daemon('sinks: {desk: {kind: webhook, url: "https://hooks.example/", secrets: %s}}' % secret, start=False)
        done = self.run_it("serve", "--data", daemon.data, "--rules", daemon.pack, "--config",
                           os.path.join(self.folder, "serve.yaml"), "--listen", "127.0.0.1:0", "--lang", "en")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("chmod 600", done.stderr)

    def test_a_sink_is_tried_without_the_daemon(self):
        key, receiver, refusing = b"0123456789abcdef", self.receiver(), self.receiver((410,))
        self.daemon("""
outbound: {networks: [127.0.0.1]}
sinks:
  desk: {kind: webhook, url: "http://127.0.0.1:%d/desk", secrets: %s}
  gone: {kind: webhook, url: "http://127.0.0.1:%d/gone"}
""" % (receiver.port, secret_file(self.folder, "s", key), refusing.port), start=False)

        def connect(*words):
            return self.run_it("connect", *words, "--config", os.path.join(self.folder, "serve.yaml"), "--lang", "en")
        self.assertEqual(connect("list").stdout, "desk  sink  webhook\ngone  sink  webhook\n")
        looked = connect("test", "desk")
        self.assertEqual((looked.returncode, receiver.got), (0, []), looked.stderr)
        sent = connect("test", "desk", "--send")
        self.assertEqual(sent.returncode, 0, sent.stdout + sent.stderr)
        (path, headers, body, _), = receiver.wait(1)
        self.assertEqual(path, "/desk")
        self.assertIn(signature(key, headers["webhook-id"], headers["webhook-timestamp"], body), headers["webhook-signature"].split())
        warning = json.loads(body)["data"]
        self.assertEqual((warning["trial"], warning["to"], warning["unit"]), (True, "green", "lianqing-trial"))
        refused = connect("test", "gone", "--send")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("410", refused.stdout)
        os.chmod(os.path.join(self.folder, "s"), 0o644)
        self.assertIn("chmod 600", connect("test", "desk").stderr)

    def test_robots_say_little_and_sign(self):
        key = b"SEC0123456789abcdef"
        secret = os.path.join(self.folder, "robot.secret")
        with open(os.open(secret, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
            file.write(key + b"\n")
        codes = iter([(45009, "too fast")])
        wecom = self.receiver((200,), bodies=lambda _: json.dumps({"errcode": 0, "errmsg": "ok"}).encode())
        fast = self.receiver((200,), bodies=lambda _: json.dumps(dict(zip(("errcode", "errmsg"), next(codes)))).encode())
        ding = self.receiver((200,), bodies=b'{"errcode":0,"errmsg":"ok"}')
        fei = self.receiver((200,), bodies=b'{"code":0,"msg":"success"}')
        daemon = self.daemon("""
outbound: {networks: [127.0.0.1]}
sinks:
  wecom: {kind: wecom, url: "http://127.0.0.1:%d/send?key=K", settle: 0s, link: "https://x/#unit/{unit}"}
  fast: {kind: wecom, url: "http://127.0.0.1:%d/send?key=K", settle: 0s}
  ding: {kind: dingtalk, url: "http://127.0.0.1:%d/robot/send?access_token=T", settle: 0s, secrets: %s}
  fei: {kind: feishu, url: "http://127.0.0.1:%d/hook/T", settle: 0s, secrets: %s, language: en}
""" % (wecom.port, fast.port, ding.port, secret, fei.port, secret))
        daemon.post(event(1))
        path, _, body, _ = wecom.wait(1)[0]
        self.assertEqual(path, "/send?key=K")
        said = json.loads(body)
        self.assertEqual(said["msgtype"], "text")
        self.assertRegex(said["text"]["content"], r"^廉情预警：u1 ●绿→◆黄 编号 n-[0-9a-f]{32}\nhttps://x/#unit/u1$")
        path, _, body, _ = ding.wait(1)[0]
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)
        stamp = asked["timestamp"][0]
        self.assertEqual(asked["sign"][0],
                         base64.b64encode(hmac.new(key, stamp.encode() + b"\n" + key, hashlib.sha256).digest()).decode())
        if time.gmtime().tm_min % 30:
            said = json.loads(fei.wait(1)[0][2])
            self.assertEqual(said["sign"], base64.b64encode(
                hmac.new(said["timestamp"].encode() + b"\n" + key, b"", hashlib.sha256).digest()).decode())
            self.assertIn("green", said["content"]["text"])
        fast.wait(1)
        said, deadline = "", time.monotonic() + SECONDS
        while "45009" not in said and time.monotonic() < deadline:
            said = self.run_it("outbox", "list", "--data", daemon.data, "--sink", "fast", "--lang", "zh").stdout
        self.assertIn("errcode 45009: too fast", said)

    def test_alertmanager(self):
        receiver = self.receiver((200,))
        daemon = self.daemon("""
outbound: {networks: [127.0.0.1]}
sinks: {alerts: {kind: alertmanager, url: "http://127.0.0.1:%d", resend: 5s}}
""" % receiver.port)
        for i in range(3):
            daemon.post(event(i))

        def alerts():
            return [alert for path, _, body, _ in receiver.got for alert in json.loads(body)]

        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and not [a for a in alerts() if a["labels"]["severity"] == "red" and not a.get("annotations")]:
            time.sleep(0.05)
        self.assertTrue(all(path == "/api/v2/alerts" for path, *_ in receiver.got))
        told = [(a["labels"]["severity"], "startsAt" in a) for a in alerts() if "annotations" in a]
        self.assertEqual(set(told), {("yellow", True), ("yellow", False), ("red", True)})
        self.assertTrue([a for a in alerts() if "annotations" not in a])  # sent again while it stands

    def test_the_real_alertmanager(self):
        program = shutil.which("prometheus-alertmanager")
        if not program:
            self.skipTest("no prometheus-alertmanager on this machine (Debian: apt-get install prometheus-alertmanager)")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        config = os.path.join(self.folder, "am.yml")
        with open(config, "w") as file:
            file.write("route: {receiver: none}\nreceivers: [{name: none}]\n")
        real = subprocess.Popen([program, "--config.file", config, "--storage.path", os.path.join(self.folder, "am"), "--web.listen-address",
                                 "127.0.0.1:%d" % port, "--cluster.listen-address="], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(real.wait)
        self.addCleanup(real.kill)

        def standing():
            try:
                with urllib.request.urlopen("http://127.0.0.1:%d/api/v2/alerts" % port, timeout=SECONDS) as answer:
                    return sorted((a["labels"]["unit"], a["labels"]["severity"]) for a in json.load(answer))
            except OSError:
                return None

        def wait_for(expected):
            deadline = time.monotonic() + SECONDS
            while standing() != expected and time.monotonic() < deadline:
                time.sleep(0.1)
            self.assertEqual(standing(), expected)

        wait_for([])
        daemon = self.daemon("""
outbound: {networks: [127.0.0.1]}
sinks: {alerts: {kind: alertmanager, url: "http://127.0.0.1:%d", resend: 5s}}
""" % port)
        daemon.post(event(1))
        wait_for([("u1", "yellow")])
        daemon.post(event(2))
        daemon.post(event(3))
        wait_for([("u1", "red")])
        daemon.post(event(4, type="event_retracted", data={"target_event_id": "2", "target_source": "/desk"}))
        daemon.post(event(5, type="event_retracted", data={"target_event_id": "3", "target_source": "/desk"}))
        wait_for([("u1", "yellow")])

    def test_the_configurations_in_the_documents_run(self):
        receiver = self.receiver()
        folder = os.path.join(ROOT, "docs", "connectors")
        seen = 0
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                blocks = re.findall(r"```yaml\n(.*?)```", file.read(), re.S)
            for block in [b for b in blocks if "sinks:" in b]:
                seen += 1
                text = re.sub(r"https://hooks\.example\.org", "http://127.0.0.1:%d" % receiver.port, block)
                for path in set(re.findall(r"/[a-z/]+\.(?:secret|url)", text)):
                    text = text.replace(path, secret_file(self.folder, os.path.basename(path), b"0123456789abcdef"))
                text = text.replace("/var/lib/lianqing/", self.folder + "/")
                if "outbound:" not in text:
                    text = "outbound: {networks: [127.0.0.1]}\n" + text
                with self.subTest(document=name):
                    shutil.rmtree(os.path.join(self.folder, "data"), True)
                    daemon = self.daemon(text)
                    self.assertEqual(daemon.post(event(1)).status, 200)
                    self.assertEqual(daemon.stop(), 0, daemon.said()[-800:])
        self.assertGreaterEqual(seen, 4)


if __name__ == "__main__":
    unittest.main(verbosity=2)
