#!/usr/bin/python3
"""The Debian package on a fresh Debian 12: it installs with what it depends on, starts nothing, says what to do, and what it
says works: a pack is chosen, the daemon runs as its own user, takes an event and gives the warning; systemd finds nothing wrong with
the unit; then it is removed and purged, and the log stays. Runs with LIANQING_NIGHTLY=1, needs root, debootstrap and a Debian
mirror; else it is skipped. Packages that were fetched stay in build/deb-cache.

Needs LIANQING_BINARY, in its build folder."""
import datetime
import glob
import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))


def mirror():
    """The archive that this machine takes its packages from, unless another one is named."""
    sites = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Component: main"],
                           capture_output=True, encoding="utf-8") if shutil.which("apt-get") else None
    return os.environ.get("LIANQING_MIRROR") or (sites.stdout.split() if sites and sites.stdout else [""])[0].rstrip("/")


MIRROR = mirror()
CACHE = os.path.join(ROOT, "build", "deb-cache")
SECONDS = 900

PACK = """version: 1
pack: {id: desk, title: {zh: 窗口, en: Desk}, timezone: Asia/Shanghai, calendar: cn, extends: base}
measures:
  n: {count: complaint_received, over: 30d}
rules:
  many: {title: {zh: 投诉, en: Complaints}, owner: desk, because: {zh: "近30天{n}件", en: "{n} in 30 days"}, yellow: "n >= 1"}
"""


def why_not():
    if os.environ.get("LIANQING_NIGHTLY") != "1":
        return "only with LIANQING_NIGHTLY=1"
    if os.geteuid() != 0:
        return "needs root for a root directory of its own"
    if not shutil.which("debootstrap"):
        return "no debootstrap: apt-get install debootstrap"
    try:
        urllib.request.urlopen(f"{MIRROR}/dists/bookworm/InRelease", timeout=20).close()
    except (OSError, ValueError) as error:
        return f"no mirror at {MIRROR}: {error}"
    return None


def run(*args, **more):
    done = subprocess.run(args, capture_output=True, encoding="utf-8", timeout=SECONDS, **more)
    if done.returncode != 0:
        raise AssertionError(f"{args}: {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done.stdout + done.stderr


REASON = why_not()


@unittest.skipIf(REASON, REASON)
class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="lianqing-deb.")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.root = os.path.join(cls.folder.name, "root")
        build = os.path.dirname(BINARY)
        run("cmake", "--build", build, "--target", "manual")           # installed, but no part of the program
        run("cpack", "--config", os.path.join(build, "CPackConfig.cmake"), "-B", cls.folder.name, cwd=build)
        cls.package, = glob.glob(os.path.join(cls.folder.name, "lianqing_*.deb"))
        os.makedirs(CACHE, exist_ok=True)
        run("debootstrap", "--variant=minbase", "--cache-dir=" + CACHE, "--include=ca-certificates", "bookworm", cls.root, MIRROR)
        for path in glob.glob(os.path.join(CACHE, "*.deb")):
            shutil.copy(path, os.path.join(cls.root, "var", "cache", "apt", "archives"))
        with open(os.path.join(cls.root, "etc", "apt", "apt.conf.d", "keep"), "w", encoding="utf-8") as file:
            file.write('Binary::apt::APT::Keep-Downloaded-Packages "true";\n')
        cls.addClassCleanup(cls.keep_packages)
        # As in an image: services are not started by packages, here nobody could.
        with open(os.path.join(cls.root, "usr", "sbin", "policy-rc.d"), "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nexit 101\n")
        os.chmod(file.name, 0o755)
        shutil.copy("/etc/resolv.conf", os.path.join(cls.root, "etc", "resolv.conf"))
        shutil.copy(cls.package, os.path.join(cls.root, "lianqing.deb"))
        proc = os.path.join(cls.root, "proc")
        run("mount", "-t", "proc", "proc", proc)
        cls.addClassCleanup(run, "umount", proc)

    @classmethod
    def keep_packages(cls):
        for path in glob.glob(os.path.join(cls.root, "var", "cache", "apt", "archives", "*.deb")):
            if not os.path.exists(os.path.join(CACHE, os.path.basename(path))):
                shutil.copy(path, CACHE)

    def inside(self, *args, user=None):
        how = ["chroot", *([f"--userspec={user}:{user}"] if user else []), self.root]
        return run(*how, *args, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive",
                                     "LC_ALL": "C.UTF-8"})

    def path(self, path):
        return os.path.join(self.root, path.lstrip("/"))

    def ask(self, url, token, body=None, kind="application/json"):
        headers = {"Authorization": "Bearer " + token, **({"Content-Type": kind} if body else {})}
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as answer:
            return json.loads(answer.read())

    def test_from_install_to_purge(self):
        self.inside("apt-get", "update", "-qq")
        told = self.inside("apt-get", "install", "-y", "-q", "--no-install-recommends", "/lianqing.deb")
        for word in ("/usr/share/lianqing/starter", "尚未启动", "not started", "systemctl enable --now lianqing"):
            self.assertIn(word, told)
        self.assertRegex(self.inside("lianqing", "version"), r"^lianqing \d")
        self.assertEqual(self.inside("dpkg", "--verify", "lianqing"), "")
        self.assertEqual(self.inside("ldd", "/usr/bin/lianqing").count("not found"), 0)
        self.assertEqual(os.stat(self.path("/var/lib/lianqing")).st_mode & 0o777, 0o700)
        self.assertTrue(os.path.isfile(self.path("/etc/lianqing/serve.yaml")))

        # What postinst says to do, in its order.
        self.inside("cp", "-r", "/usr/share/lianqing/starter", "/etc/lianqing/pack")
        self.inside("lianqing", "check", "/etc/lianqing/pack")
        self.serve_and_warn()

        # A Debian that runs systemd takes the unit as it is.
        self.inside("apt-get", "install", "-y", "-q", "--no-install-recommends", "systemd")
        unit = "/lib/systemd/system/lianqing.service"
        self.assertEqual(self.inside("systemd-analyze", "verify", "--man=no", unit), "")
        told = self.inside("systemd-analyze", "security", "--offline=true", "--threshold=20", unit)
        self.assertRegex(told, r"exposure level for lianqing.service: [01]\.\d OK")

        # The configuration is a conffile: an upgrade keeps what was changed.
        with open(self.path("/etc/lianqing/serve.yaml"), "a", encoding="utf-8") as file:
            file.write("log: json\n")
        self.inside("apt-get", "install", "-y", "-q", "--reinstall", "/lianqing.deb")
        with open(self.path("/etc/lianqing/serve.yaml"), encoding="utf-8") as file:
            self.assertTrue(file.read().endswith("log: json\n"))

        self.inside("apt-get", "remove", "-y", "-q", "lianqing")
        self.assertFalse(os.path.exists(self.path("/usr/bin/lianqing")))
        self.assertTrue(os.path.exists(self.path("/etc/lianqing/serve.yaml")))
        told = self.inside("apt-get", "purge", "-y", "-q", "lianqing")
        self.assertIn("/var/lib/lianqing", told)
        self.assertFalse(os.path.exists(self.path("/etc/lianqing/serve.yaml")))
        self.assertFalse(os.path.exists(self.path("/usr/share/lianqing")))
        self.assertTrue(os.path.exists(self.path("/var/lib/lianqing/log")))
        self.assertTrue(os.path.exists(self.path("/etc/lianqing/pack/pack.yaml")))  # theirs, not ours

    def serve_and_warn(self):
        with open(self.path("/etc/lianqing/pack/pack.yaml"), "w", encoding="utf-8") as file:
            file.write(PACK)
        token = {role: self.inside("lianqing", "token", "create", "--data", "/var/lib/lianqing", "--role", role, "--name", role,
                                   user="lianqing").strip() for role in ("ingester", "viewer")}
        daemon = subprocess.Popen(["chroot", "--userspec=lianqing:lianqing", self.root, "/usr/bin/lianqing", "serve",
                                   "--config", "/etc/lianqing/serve.yaml", "--listen", "127.0.0.1:0"],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        try:
            first = daemon.stdout.readline()
            if not first.startswith("listening on "):
                daemon.kill()
                self.fail(first + daemon.communicate()[1])
            url = first.split()[-1]
            now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            event = {"specversion": "1.0", "id": "c-1", "source": "/hotline/12345", "type": "complaint_received", "time": now,
                     "unit": "u-017", "data": {"complaint_id": "c-1", "channel": "hotline_12345", "category": "slow_action"}}
            answer = self.ask(url + "/v1/events", token["ingester"], json.dumps(event).encode(), "application/cloudevents+json")
            self.assertIn("seq", answer["results"][0], answer)
            for _ in range(100):
                warnings = self.ask(url + "/v1/warnings?unit=u-017", token["viewer"])["warnings"]
                if warnings:
                    break
                time.sleep(0.1)
            self.assertEqual([(w["rule"], w["to"]) for w in warnings], [("many", "yellow")])
            with urllib.request.urlopen(url + "/", timeout=30) as page:
                self.assertIn("<html", page.read().decode())
        finally:
            daemon.terminate()
            daemon.communicate(timeout=60)
        self.assertEqual(daemon.returncode, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
