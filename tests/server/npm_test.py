#!/usr/bin/python3
"""Clients that others wrote, unmodified from npm: `cloudevents` sends, `eventsource` follows and resumes across a restart,
`standardwebhooks` verifies what the webhook signs, while its secrets change.
Needs LIANQING_BINARY; without node, npm or a registry these tests are skipped. Packages go to build/npm-clients."""
import base64
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import ROOT, SECONDS, Daemon, event  # noqa: E402
from receiver import Receiver, secret_text  # noqa: E402

BATCH = "application/cloudevents-batch+json"
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "npm")
CLIENTS = os.path.join(ROOT, "build", "npm-clients")


def installed():
    """Why not, or nothing."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            return "no %s on this machine (Debian: apt-get install nodejs npm)" % program
    os.makedirs(CLIENTS, exist_ok=True)
    with open(os.path.join(HERE, "package-lock.json"), "rb") as file:
        wanted = file.read()
    done = os.path.join(CLIENTS, "installed")
    for name in os.listdir(HERE):
        shutil.copy(os.path.join(HERE, name), CLIENTS)
    if os.path.exists(done) and pathlib.Path(done).read_bytes() == wanted:
        return None
    try:
        ran = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=CLIENTS, capture_output=True,
                             text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return "the npm registry does not answer"
    if ran.returncode != 0:
        return "npm ci: " + ran.stderr[-400:]
    with open(done, "wb") as file:
        file.write(wanted)
    return None


class Follower(threading.Thread):
    """follow.mjs, with what it printed."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.seen, self.changed = [], threading.Condition()
        self.process = subprocess.Popen(["node", "follow.mjs", "http://127.0.0.1:%d" % daemon.port], cwd=CLIENTS,
                                        env={**os.environ, "TOKEN": daemon.token("viewer")}, stdout=subprocess.PIPE, text=True)
        self.start()

    def run(self):
        for line in self.process.stdout:
            with self.changed:
                self.seen.append(json.loads(line))
                self.changed.notify_all()

    def wait(self, done):
        with self.changed:
            found = self.changed.wait_for(lambda: done(self.seen), SECONDS)
            assert found, "waited in vain; the last: %.500s" % self.seen[-3:]
            return list(self.seen)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.join()
        self.process.stdout.close()


def of(seen, type):
    return [one for one in seen if one["type"] == type]


class Npm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        why = installed()
        if why:
            print("SKIPPED: " + why, file=sys.stderr)
            raise unittest.SkipTest(why)

    def test_cloudevents_sends(self):
        with Daemon() as daemon:
            done = subprocess.run(["node", "send.mjs", "http://127.0.0.1:%d" % daemon.port], cwd=CLIENTS, capture_output=True, text=True,
                                  env={**os.environ, "TOKEN": daemon.token("ingester")}, timeout=SECONDS)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual([json.loads(line) for line in done.stdout.splitlines()],
                             [{"results": [{"seq": 1}]}, {"results": [{"seq": 2}]}])
            unit = daemon.get("/v1/units/u-7").json
            self.assertEqual([level["values"] for level in unit["levels"] if level["rule"] == "many"], [{"n": 2}])

    def test_eventsource_follows_and_resumes(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with Daemon(arguments=["--listen", "127.0.0.1:%d" % port]) as daemon:
            daemon.post([event(i, unit="u0") for i in range(2)], BATCH)
            follower = Follower(daemon)
            try:
                seen = follower.wait(lambda seen: of(seen, "marker"))
                self.assertEqual([one["data"]["level"] for one in of(seen, "snapshot")], ["yellow"])
                daemon.post([event(10 + i, unit="u1") for i in range(2)], BATCH)
                follower.wait(lambda seen: len(of(seen, "warning")) == 1)
                # Away in the middle of it; meanwhile, and afterwards, more happens.
                self.assertEqual(daemon.stop(), 0)
                follower.wait(lambda seen: of(seen, "error"))
                daemon.start()
                for unit in range(2, 6):
                    daemon.post([event(10 * unit + i, unit="u%d" % unit) for i in range(10, 12)], BATCH)
                seen = follower.wait(lambda seen: len(of(seen, "warning")) == 5)
                self.assertEqual([one["data"]["unit"] for one in of(seen, "warning")], ["u1", "u2", "u3", "u4", "u5"])
                ids = [int(one["id"]) for one in of(seen, "warning")]
                self.assertEqual(ids, sorted(set(ids)))
                # It went on where it was: no second snapshot.
                self.assertEqual((len(of(seen, "snapshot")), len(of(seen, "marker"))), (1, 1))
                self.assertEqual(len(of(seen, "open")), 2)
            finally:
                follower.end()

    def key_pair(self, folder, name):
        """(file with the private key, public key), both as the documents say to make them."""
        path = os.path.join(folder, name)
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", path + ".pem"], check=True, capture_output=True)
        halves = [subprocess.run(["openssl", "pkey", "-in", path + ".pem", "-outform", "DER", *more], check=True, capture_output=True).stdout[-32:]
                  for more in ([], ["-pubout"])]
        private, public = (base64.b64encode(half).decode() for half in halves)
        return secret_text(folder, name, "whsk_" + private), "whpk_" + public

    def test_standardwebhooks_verifies_while_secrets_change(self):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        with tempfile.TemporaryDirectory() as folder:
            shared = ["whsec_" + base64.b64encode(os.urandom(32)).decode() for _ in range(2)]
            old, new = (secret_text(folder, "shared-%d" % i, text) for i, text in enumerate(shared))
            (old_key, old_public), (new_key, new_public) = (self.key_pair(folder, name) for name in ("old", "new"))
            config, told = os.path.join(folder, "serve.yaml"), []
            daemon = Daemon(folder, arguments=["--config", config])
            for round, secrets in enumerate(([old, old_key], [new, old, new_key, old_key], [new, new_key])):
                with open(config, "w", encoding="utf-8") as file:
                    file.write('outbound: {networks: [127.0.0.1]}\nsinks: {desk: {kind: webhook, url: "http://127.0.0.1:%d/", secrets: [%s]}}\n'
                               % (receiver.port, ", ".join(secrets)))
                with daemon:
                    daemon.post([event("%d-%d" % (round, i), unit="u%d" % round) for i in range(2)], BATCH)
                    path, headers, body, status = receiver.wait(round + 1)[round]
                    self.assertEqual(daemon.stop(), 0)
                asked = {"headers": {name.lower(): value for name, value in headers.items()}, "body": body.decode(), "secrets": shared,
                         "keys": [old_public, new_public]}
                done = subprocess.run(["node", "verify.mjs"], cwd=CLIENTS, input=json.dumps(asked), capture_output=True, text=True,
                                      timeout=SECONDS)
                self.assertEqual(done.returncode, 0, done.stderr)
                told.append(json.loads(done.stdout))
            self.assertEqual([one["secrets"] for one in told], [[True, False], [True, True], [False, True]])
            self.assertEqual([one["keys"] for one in told], [[True, False], [True, True], [False, True]])
            self.assertFalse(any(one["altered"] or one["old"] for one in told))


if __name__ == "__main__":
    unittest.main()
