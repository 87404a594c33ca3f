#!/usr/bin/python3
"""`lianqing test` says exactly this about packs whose tests pass, fail, or have mistakes. UPDATE_GOLDEN=1 writes the expectations
anew: review the diff.

Needs LIANQING_BINARY."""
import json
import os
import subprocess
import tempfile
import time
import unittest
import xml.etree.ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))
FOLDER = os.path.join(ROOT, "tests", "golden", "test_command")


def run(*args, code=0, cwd=FOLDER):
    done = subprocess.run([BINARY, "test", *args], cwd=cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode == code, (args, done.returncode, done.stdout, done.stderr)
    return done


class TestCommand(unittest.TestCase):
    maxDiff = None

    def golden(self, name, text):
        path = os.path.join(FOLDER, name)
        if os.environ.get("UPDATE_GOLDEN"):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), text)

    def test_passing(self):
        self.golden("calm.txt", run("calm", "--lang", "en").stdout)
        self.golden("calm.zh.txt", run("calm", "--lang", "zh").stdout)

    def test_failing_shows_both_timelines(self):
        self.golden("failing.txt", run("failing", "--lang", "en", code=1).stdout)
        self.golden("failing.zh.txt", run("failing", "--lang", "zh", code=1).stdout)

    def test_the_order_of_lines_does_not_depend_on_threads(self):
        self.assertEqual(len({run("failing", "--lang", "en", code=1).stdout for _ in range(5)}), 1)

    def test_json(self):
        text = run("failing", "--format", "json", code=1).stdout
        found = json.loads(text)
        self.assertEqual((found["pack"], found["tests"], found["failed"]), ("failing", 4, 3))
        self.golden("failing.json", json.dumps(found, ensure_ascii=False, indent=1) + "\n")

    def test_junit(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "out.xml")
            run("calm", "failing", "--junit", path, "--lang", "en", code=1)
            root = xml.etree.ElementTree.parse(path).getroot()
            with open(path, encoding="utf-8") as file:
                self.golden("junit.xml", file.read())
        suites = [(s.get("name"), s.get("tests"), s.get("failures")) for s in root]
        self.assertEqual(suites, [("calm/calm.test.yaml", "6", "0"), ("failing/failing.test.yaml", "4", "3")])
        self.assertEqual(root[1][3].get("name"), 'This one <passes> & is "fine"')

    def test_junit_tells_of_what_could_not_be_read(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "out.xml")
            run("calm", "broken", "nowhere", "--junit", path, "--lang", "en", code=74)
            root = xml.etree.ElementTree.parse(path).getroot()
        self.assertEqual([(s.get("name"), s.get("errors")) for s in root], [("calm/calm.test.yaml", "0"), ("broken", "1"), ("nowhere", "1")])
        self.assertIn("R157", root[1][0][0].text)

    def test_mistakes_in_tests_are_all_told(self):
        self.golden("broken.txt", run("broken", "--lang", "en", code=1).stderr)
        codes = [finding["code"] for finding in json.loads(run("broken", "--format", "json", code=1).stdout)]
        self.assertEqual(codes, ["R157", "R150", "R150", "R014"])

    def test_run_chooses(self):
        for pattern, names in (("同类", 1), ("Six", 1), ("*verdict", 1), ("T*", 3), ("?ix turn red", 1)):
            done = run("calm", "--run", pattern, "--lang", "en")
            self.assertEqual(done.stdout.count("  ok "), names, (pattern, done.stdout))
            self.assertNotIn("limits", done.stdout)
        self.assertIn("no test has a name like 'seven'", run("calm", "--run", "seven", "--lang", "en", code=2).stderr)

    def test_mutants_that_no_test_notices_are_listed(self):
        self.golden("mutants.txt", run("calm", "--mutants", "--lang", "en", code=1).stdout)
        self.golden("mutants.zh.txt", run("calm", "--mutants", "--lang", "zh", "--at-least", "80").stdout)
        found = json.loads(run("calm", "--mutants", "--format", "json", code=1).stdout)
        self.assertEqual((found["mutants"], found["caught"], found["share"]), (41, 33, 80.4))
        self.assertEqual(found["survivors"][0]["where"], "params.share_line.value")
        # Tests that fail as it is cannot tell.
        self.assertIn("1 test, 1 failed", self.in_folded_pack("+3s red"))

    def test_mutants_are_found_in_folded_texts(self):
        # Three numbers and three comparisons; the number in the sentence and the bounds of the param are no mutants.
        found = self.in_folded_pack("+2s yellow, +4s red")
        self.assertIn("folded: 12 mutants, 9 caught (75 %)", found)
        self.assertIn("   11 |       and n < 100\n      |               ^^^", found)

    def in_folded_pack(self, timeline):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "pack.yaml"), "w", encoding="utf-8") as file:
                file.write("version: 1\npack: {id: folded}\nparams:\n  线: {value: 3, min: 1, max: 4}\n"
                           "measures: {n: {count: a}}\nrules:\n  r:\n    yellow: >-\n      n\n      >= 线\n      and n < 100\n"
                           "    red: \"n >=\n      5\"\n    because: 3 {n}\n")
            with open(os.path.join(folder, "pack.test.yaml"), "w", encoding="utf-8") as file:
                file.write("version: 1\ntests: [{name: one, start: 2026-01-05, unit: u, events: [{at: +0h x5 every 1s, type: a}], "
                           "expect: [{rule: r, timeline: [%s]}]}]\n" % timeline)
            return run(folder, "--mutants", "--lang", "en", code=1).stdout

    def test_test_files_are_no_rules(self):
        done = subprocess.run([BINARY, "check", "broken"], cwd=FOLDER, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_a_pack_without_tests_and_wrong_calls(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "pack.yaml"), "w", encoding="utf-8") as file:
                file.write("version: 1\npack: {id: x}\nmeasures: {n: {count: a}}\nrules: {r: {yellow: n >= 2}}\n")
            self.assertIn("no test files", run(folder, "--lang", "en", code=1).stderr)
            # One file: its tests stand beside it.
            with open(os.path.join(folder, "pack.test.yaml"), "w", encoding="utf-8") as file:
                file.write("version: 1\ntests: [{name: two, start: 2026-01-05, unit: u, events: [{at: +0h x2 every 1s, type: a}], "
                           "expect: [{rule: r, timeline: [+1s yellow]}]}]\n")
            self.assertIn("1 test, all passed", run(os.path.join(folder, "pack.yaml"), "--lang", "en").stdout)
            run(os.path.join(folder, "nothing"), code=74)
        run(code=2)
        run("calm", "--format", "xml", code=2)
        run("calm", "--rum", "x", code=2)
        run("calm", "--junit", "/nonexistent/x.xml", code=74)

    def test_watch_runs_again(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "pack.yaml")
            tests = os.path.join(folder, "pack.test.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write("version: 1\npack: {id: x}\nmeasures: {n: {count: a}}\nrules: {r: {yellow: n >= 2}}\n")
            line = "version: 1\ntests: [{name: one, start: 2026-01-05, unit: u, events: [{at: +0h, type: a}], expect: [{rule: r, timeline: [%s]}]}]\n"
            with open(tests, "w", encoding="utf-8") as file:
                file.write(line % "+0h yellow")
            watching = subprocess.Popen([BINARY, "test", path, "--watch", "--lang", "en"], stdout=subprocess.PIPE, text=True)
            try:
                self.read_until(watching, "waiting", "1 test, 1 failed")
                with open(tests, "w", encoding="utf-8") as file:
                    file.write(line % "")
                os.utime(tests, (time.time() + 5, time.time() + 5))
                self.read_until(watching, "waiting", "1 test, all passed")
            finally:
                watching.kill()
                watching.wait()
                watching.stdout.close()

    def read_until(self, process, end, expected):
        lines = ""
        for line in process.stdout:
            lines += line
            if line.startswith(end):
                break
        self.assertIn(expected, lines)


if __name__ == "__main__":
    unittest.main()
