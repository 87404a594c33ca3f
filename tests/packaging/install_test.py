#!/usr/bin/python3
"""What `cmake --install` lays down works from there: the program finds its packs and calendars, the configuration and the
starter pack are in order, the unit is as closed as promised, and the documents' links lead somewhere.

Needs LIANQING_BINARY, in its build folder."""
import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))
MOST_EXPOSED = 2.0  # of systemd-analyze security


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.prefix = os.path.join(cls.folder.name, "usr")
        done = subprocess.run(["cmake", "--install", os.path.dirname(BINARY), "--prefix", cls.prefix], capture_output=True,
                              text=True, timeout=300)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        cls.binary = os.path.join(cls.prefix, "bin", "lianqing")
        cls.share = os.path.join(cls.prefix, "share", "lianqing")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def run_it(self, *args, code=0):
        done = subprocess.run([self.binary, *args], cwd=self.folder.name, capture_output=True, encoding="utf-8", timeout=120,
                              env=dict(os.environ, LC_ALL="C.UTF-8"))
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def write(self, path, text):
        path = os.path.join(self.folder.name, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_it_runs_and_says_what_it_is(self):
        self.assertRegex(self.run_it("version"), r"^lianqing \d+\.\d+\.\d+")

    def test_the_shipped_packs_are_in_order_where_they_lie(self):
        packs = sorted(os.listdir(os.path.join(self.share, "packs")))
        self.assertEqual(packs, sorted(os.path.basename(p) for p in glob.glob(os.path.join(ROOT, "rules", "packs", "*"))))
        self.run_it("check", os.path.join(self.share, "packs", "all"))

    def test_a_pack_elsewhere_extends_the_installed_ones_by_name(self):
        pack = self.write("ours/pack.yaml", "version: 1\npack: {id: ours, title: Ours, extends: [complaints, rectification]}\n")
        where = json.loads(self.run_it("check", "--expanded", "--format", "json", os.path.dirname(pack)))["from"]
        files = {os.path.realpath(place["file"]) for place in where.values()}
        packs = os.path.realpath(os.path.join(self.share, "packs"))
        for name in ("complaints", "rectification", "base"):
            self.assertTrue(any(f.startswith(f"{packs}/{name}/") for f in files), (name, sorted(files)))

    def test_calendars_come_from_the_installed_place(self):
        for path in glob.glob(os.path.join(self.share, "calendars", "*.yaml")):
            os.rename(path, path + ".away")
        try:
            told = self.run_it("check", os.path.join(self.share, "packs", "rectification"), code=1)
        finally:
            for path in glob.glob(os.path.join(self.share, "calendars", "*.away")):
                os.rename(path, path[:-len(".away")])
        self.assertIn("calendar", told)
        self.run_it("check", os.path.join(self.share, "packs", "rectification"))

    def test_the_starter_pack_is_in_order_and_laid_out(self):
        local = shutil.copytree(os.path.join(self.share, "starter"), os.path.join(self.folder.name, "local"))
        self.run_it("check", local)
        self.run_it("fmt", "--check", local)
        with open(os.path.join(local, "pack.yaml"), encoding="utf-8") as file:
            text = file.read()
        with open(os.path.join(local, "pack.yaml"), "w", encoding="utf-8") as file:  # its examples, too
            file.write(re.sub(r"^# (params|rules|  item_due)", r"\1", text, flags=re.MULTILINE))
        self.run_it("check", local)
        self.assertIn("pack.yaml", self.run_it("check", "--expanded", local))

    def test_the_configuration_is_read_with_every_line_switched_on(self):
        with open(os.path.join(self.share, "serve.yaml"), encoding="utf-8") as file:
            text = file.read()
        keys = set(yaml.safe_load(text))
        self.assertEqual(keys, {"data", "rules", "listen"})
        whole = re.sub(r"^# ([a-z_]+: )", r"\1", text, flags=re.MULTILINE)
        self.assertGreater(len(yaml.safe_load(whole)), len(keys) + 5)
        for each in (text, whole):
            changed = each.replace("/var/lib/lianqing", self.folder.name + "/data")
            changed = changed.replace("/etc/lianqing/pack", self.folder.name + "/no-pack")
            told = self.run_it("serve", "--config", self.write("serve.yaml", changed), code=74)
            self.assertIn("no-pack", told)  # all of the file was taken; only the pack is not there

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze")
    def test_the_unit_is_closed(self):
        unit = os.path.join(self.prefix, "lib", "systemd", "system", "lianqing.service")
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", f"--threshold={int(MOST_EXPOSED * 10)}",
                               "--no-pager", unit], capture_output=True, encoding="utf-8", timeout=60)
        self.assertRegex(done.stdout, r"Overall exposure level for lianqing\.service: [0-9.]+ OK")
        self.assertEqual(done.returncode, 0, done.stdout[-300:] + done.stderr)
        with open(unit, encoding="utf-8") as file:
            text = file.read()
        here = self.write("units/lianqing.service", text.replace("/usr/bin/lianqing", self.binary))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", here], capture_output=True, encoding="utf-8", timeout=60)
        told = [line for line in done.stderr.splitlines() if "lianqing" in line]
        self.assertEqual((done.returncode, told), (0, []))

    def test_links_of_the_documents_lead_somewhere(self):
        base = os.path.join(self.prefix, "share", "doc", "lianqing")
        missing = []
        for path in glob.glob(os.path.join(base, "**", "*.md"), recursive=True):
            with open(path, encoding="utf-8") as file:
                text = re.sub(r"```.*?```", "", file.read(), flags=re.DOTALL)
            for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
                if not os.path.exists(os.path.join(os.path.dirname(path), link)):
                    missing.append(f"{os.path.relpath(path, base)}: {link}")
        self.assertEqual(missing, [])

    def test_what_belongs_to_a_package_is_there(self):
        for path in ("share/man/man1/lianqing.1.gz", "share/man/zh_CN/man1/lianqing.1.gz",
                     "share/bash-completion/completions/lianqing", "share/doc/lianqing/copyright",
                     "share/doc/lianqing/docs/install.md", "share/doc/lianqing/docs/install.zh-CN.md"):
            self.assertTrue(os.path.isfile(os.path.join(self.prefix, path)), path)


if __name__ == "__main__":
    unittest.main()
