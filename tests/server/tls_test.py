#!/usr/bin/python3
"""TLS of the daemon: a certificate it makes itself, one from files, old versions refused, keys that others may read refused,
sources that come with a certificate of their own, slow and broken handshakes. Needs LIANQING_BINARY and openssl."""
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
import unittest
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import SECONDS, Daemon, event  # noqa: E402

BATCH = "application/cloudevents-batch+json"


class SecureDaemon(Daemon):
    context = None
    secured = True

    def start(self):
        try:
            super().start()
        except AssertionError as error:                    # its first line has https
            line = error.args[0][0]
            if not line.startswith("listening on https://127.0.0.1:"):
                raise
            self.port = int(line.rsplit(":", 1)[1])

    def connect(self):
        if self.context is None:
            self.context = ssl.create_default_context(cafile=os.path.join(self.data, "tls", "certificate.pem"))
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=SECONDS, context=self.context)


def openssl(*args):
    done = subprocess.run(["openssl", *args], capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr


class Authority:
    """Signs certificates, as an office's own would."""

    def __init__(self, folder):
        self.folder = folder
        self.certificate = self.path("ca.pem")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=office",
                "-keyout", self.path("ca.key"), "-out", self.certificate)

    def path(self, name):
        return os.path.join(self.folder, name)

    def sign(self, name, common, days="2", server=False):
        key, request, certificate = self.path(name + ".key"), self.path(name + ".csr"), self.path(name + ".pem")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + common.replace("/", "\\/"),
                "-keyout", key, "-out", request)
        extensions = self.path("ext")
        with open(extensions, "w", encoding="ascii") as file:
            file.write("subjectAltName=IP:127.0.0.1\n" if server else "extendedKeyUsage=clientAuth\n")
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.path("ca.key"), "-CAcreateserial", "-days", days,
                "-extfile", extensions, "-out", certificate)
        os.chmod(key, 0o600)
        return certificate, key


@unittest.skipUnless(shutil.which("openssl"), "needs the program openssl")
class Tls(unittest.TestCase):
    def daemon(self, config=None, arguments=()):
        daemon = SecureDaemon(arguments=arguments)
        self.addCleanup(daemon.__exit__)
        return daemon

    def certificate(self, daemon):
        with open(os.path.join(daemon.data, "tls", "certificate.pem"), encoding="ascii") as file:
            return file.read()

    def test_own_certificate(self):
        daemon = self.daemon(arguments=["--tls", "auto"])
        daemon.start()
        self.assertEqual(daemon.post([event(i) for i in range(4)], BATCH).status, 200)
        self.assertEqual(daemon.get("/v1/units/u1").json["colour"], "red")
        self.assertEqual(os.stat(os.path.join(daemon.data, "tls", "key.pem")).st_mode & 0o777, 0o600)
        self.assertEqual(os.stat(os.path.join(daemon.data, "tls")).st_mode & 0o777, 0o700)
        first = self.certificate(daemon)
        # A large answer, a long stream of requests on one connection, a body that waits for 100-continue.
        connection = daemon.connect()
        for _ in range(20):
            connection.request("GET", "/", headers={})
            answer = connection.getresponse()
            self.assertEqual((answer.status, len(answer.read()) > 1000), (200, True))
        connection.close()
        # Plain text to the TLS port, and a handshake that does not come, are closed; others are served meanwhile.
        self.assertNotIn(b"200 OK", daemon.raw(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
        idle = [socket.create_connection(("127.0.0.1", daemon.port)) for _ in range(50)]
        started = time.monotonic()
        self.assertEqual(daemon.get("/v1/units").status, 200)
        self.assertLess(time.monotonic() - started, 4)
        for one in idle:
            one.settimeout(SECONDS)
            self.assertEqual(one.recv(100), b"")           # after the time of one head
            one.close()
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        with self.assertRaises(OSError), socket.create_connection(("127.0.0.1", daemon.port), timeout=SECONDS) as plain:
            old.wrap_socket(plain)
        self.assertEqual(daemon.stop(), 0)
        daemon.start()
        self.assertEqual(self.certificate(daemon), first)
        self.assertEqual(daemon.get("/v1/units").status, 200)
        shown = daemon.run("tls", "show", "--data", daemon.data, "--lang", "en")
        self.assertIn("self-signed", shown.stdout)
        self.assertEqual(daemon.run("tls", "new", "--data", daemon.data).returncode, 1)

    def files(self, daemon, authority, **more):
        certificate, key = authority.sign("server", "localhost", server=True)
        config = os.path.join(daemon.folder, "serve.yaml")
        with open(config, "w", encoding="utf-8") as file:
            json.dump({"tls": {"certificate": certificate, "key": key, **more}}, file)
        daemon.arguments = ["--config", config]
        daemon.context = ssl.create_default_context(cafile=authority.certificate)
        return certificate, key

    def test_sources_with_certificates(self):
        daemon = self.daemon()
        authority = Authority(daemon.folder)
        self.files(daemon, authority, client_ca=authority.certificate)
        daemon.start()
        self.assertEqual(daemon.get("/v1/units").status, 200)           # with a token only
        own = authority.sign("hotline", "/hotline/12345")
        daemon.context.load_cert_chain(*own)
        body = [event("a", source="/hotline/12345"), event("b", source="/desk")]
        answer = daemon.ask("POST", "/v1/events", None, json.dumps(body), {"Content-Type": BATCH})
        self.assertEqual(answer.status, 207)
        self.assertIn("seq", answer.json["results"][0])
        self.assertEqual(answer.json["results"][1]["error"]["code"], "source")
        self.assertEqual(daemon.ask("GET", "/v1/units").status, 403)    # a source reads nothing
        self.assertEqual(daemon.ask("GET", "/v1/units", token="lq_wrong").status, 401)
        other = tempfolder(self, daemon, "other")
        stranger = Authority(other).sign("hotline", "/hotline/12345")
        daemon.context = ssl.create_default_context(cafile=authority.certificate)
        daemon.context.load_cert_chain(*stranger)
        with self.assertRaises(OSError):
            daemon.ask("POST", "/v1/events", None, json.dumps(body), {"Content-Type": BATCH})

    def test_files_that_are_refused(self):
        daemon = self.daemon()
        authority = Authority(daemon.folder)
        certificate, key = self.files(daemon, authority)
        os.chmod(key, 0o644)
        with self.assertRaises(AssertionError):
            daemon.start()
        self.assertEqual(daemon.process.wait(SECONDS), 1)
        daemon.process.stdout.close()
        self.assertIn("chmod 600", daemon.said())
        os.chmod(key, 0o600)
        with open(key, encoding="ascii") as file:
            text = file.read()
        self.assertNotIn(text.splitlines()[1], daemon.said())
        other = Authority(tempfolder(self, daemon, "third"))
        shutil.copy(other.sign("server", "x")[1], key)
        with self.assertRaises(AssertionError):
            daemon.start()
        self.assertEqual(daemon.process.wait(SECONDS), 1)
        daemon.process.stdout.close()

    def top(self, daemon, *more):
        token = os.path.join(daemon.folder, "token")
        with open(token, "w", encoding="ascii") as file:
            file.write(daemon.token("operator"))
        return daemon.run("top", "--once", "--lang", "en", "--token-file", token, *more)

    def test_top(self):
        daemon = self.daemon(arguments=["--tls", "auto"])
        daemon.start()
        url = "https://127.0.0.1:%d" % daemon.port
        for more in (["--data", daemon.data], ["--url", url, "--ca", os.path.join(daemon.data, "tls", "certificate.pem")]):
            done = self.top(daemon, *more)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout, r"^lianqing %s  .*  ready\n" % url)
        other = Authority(tempfolder(self, daemon, "other"))
        for more in ([], ["--ca", other.certificate]):      # not whom it takes it for: nothing is told to it
            done = self.top(daemon, "--url", url, *more)
            self.assertEqual(done.returncode, 74, done.stderr)
            self.assertIn("--ca FILE", done.stderr)
        self.assertEqual(self.top(daemon, "--url", url, "--certificate", other.certificate).returncode, 2)
        self.assertEqual(daemon.stop(), 0)
        authority = Authority(daemon.folder)
        self.files(daemon, authority, client_ca=authority.certificate)
        daemon.start()
        certificate, key = authority.sign("desk", "/desk")
        with_own = ["--url", "https://127.0.0.1:%d" % daemon.port, "--ca", authority.certificate, "--certificate", certificate, "--key"]
        done = self.top(daemon, *with_own, key)              # the token counts
        self.assertEqual(done.returncode, 0, done.stderr)
        os.chmod(key, 0o644)
        self.assertIn("chmod 600", self.top(daemon, *with_own, key).stderr)

    def test_renewed_while_it_serves(self):
        daemon = self.daemon()
        authority = Authority(daemon.folder)
        certificate, key = self.files(daemon, authority)
        daemon.start()
        kept = daemon.connect()                            # a connection from before goes on
        kept.request("GET", "/healthz")
        self.assertEqual(kept.getresponse().read(), b'{"status":"ok"}')

        def shown():
            with socket.create_connection(("127.0.0.1", daemon.port), timeout=SECONDS) as plain:
                with daemon.context.wrap_socket(plain, server_hostname="127.0.0.1") as secured:
                    return secured.getpeercert()["serialNumber"]

        def wait(done):
            deadline = time.time() + SECONDS
            while not done():
                self.assertLess(time.time(), deadline, daemon.said()[-600:])
                time.sleep(0.1)
        first = shown()
        authority.sign("server", "localhost", server=True)              # the same files, written anew: seen by itself
        wait(lambda: shown() != first)
        self.assertIn("a new certificate is in use", daemon.said())
        second = shown()
        shutil.copy(authority.sign("other", "localhost", server=True)[1], key)   # not the key of this certificate: told, and the old one stays
        daemon.process.send_signal(1)
        wait(lambda: "the old one stays" in daemon.said())
        self.assertEqual(shown(), second)
        shutil.copy(authority.path("other.pem"), certificate)
        daemon.process.send_signal(1)
        wait(lambda: shown() != second)
        kept.request("GET", "/healthz")
        self.assertEqual(kept.getresponse().status, 200)
        kept.close()
        self.assertEqual(daemon.stop(), 0)

    def test_doctor(self):
        daemon = self.daemon(arguments=["--tls", "auto"])
        daemon.token("viewer")
        daemon.start()
        daemon.post([event(1)], BATCH)
        self.assertEqual(daemon.stop(), 0)
        config = os.path.join(daemon.folder, "serve.yaml")

        def doctor(text="tls: auto\nreserve: 1\n", lang="en"):
            with open(config, "w", encoding="utf-8") as file:
                file.write(text)
            done = daemon.run("doctor", "--data", daemon.data, "--config", config, "--format", "json", "--lang", lang)
            mend = [f for f in json.loads(done.stdout)["findings"] if f["verdict"] == "mend" and f["topic"] != "disk"]
            return done.returncode, mend
        found = doctor()[1]
        self.assertEqual(found, [])
        tokens = os.path.join(daemon.data, "tokens.tsv")
        os.chmod(tokens, 0o644)
        code, found = doctor()
        self.assertEqual((code, [f["topic"] for f in found]), (1, ["files"]))
        self.assertIn("chmod 600", found[0]["advice"]["en"])
        os.chmod(tokens, 0o600)
        daemon.run("token", "create", "--data", daemon.data, "--role", "viewer", "--name", "soon", "--expires",
                   time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400)))
        self.assertEqual([f["topic"] for f in doctor()[1]], ["tokens"])
        daemon.run("token", "revoke", "--data", daemon.data, "--name", "soon")
        self.assertEqual([f["topic"] for f in doctor("listen: 0.0.0.0:8620\n")[1]], ["tls"])
        authority = Authority(daemon.folder)
        certificate, key = authority.sign("brief", "localhost", days="3", server=True)
        self.assertEqual([f["topic"] for f in doctor(json.dumps({"tls": {"certificate": certificate, "key": key}}))[1]], ["tls"])
        os.rename(os.path.join(daemon.data, "head"), os.path.join(daemon.data, "mislaid"))
        self.assertEqual([f["topic"] for f in doctor()[1]], ["log"])
        os.rename(os.path.join(daemon.data, "mislaid"), os.path.join(daemon.data, "head"))
        shutil.rmtree(os.path.join(daemon.data, "audit"))
        self.assertEqual([f["topic"] for f in doctor()[1]], ["audit"])
        text = daemon.run("doctor", "--data", daemon.data, "--config", config, "--lang", "zh").stdout
        self.assertIn("须修复", text)


def tempfolder(test, daemon, name):
    path = os.path.join(daemon.folder, name)
    os.makedirs(path)
    return path


if __name__ == "__main__":
    unittest.main(argv=["tls_test"], verbosity=1)
