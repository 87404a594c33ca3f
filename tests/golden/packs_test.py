#!/usr/bin/python3
"""The shipped packs: no findings, all tests pass, every threshold is a param with a range, and the documents say the same numbers."""
import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

BINARY = os.environ["LIANQING_BINARY"]
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PACKS = os.path.join(ROOT, "rules", "packs")
GROUPS = sorted(set(os.listdir(PACKS)) - {"base", "all"})
# Combinations name a rule that comes from another pack.
ALONE = {"combined": "R194"}


def lianqing(*arguments):
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, env={**os.environ, "LANG": "C.UTF-8"})


def section(group, name):
    out = {}
    for path in glob.glob(os.path.join(PACKS, group, "*.yaml")):
        if not path.endswith(".test.yaml"):
            with open(path, encoding="utf-8") as f:
                out.update((yaml.safe_load(f) or {}).get(name) or {})
    return out


def document(group, suffix):
    with open(os.path.join(ROOT, "docs", "packs", group + suffix), encoding="utf-8") as f:
        return f.read()


def conditions(rule):
    if "needs" in rule:
        yield rule["needs"]
    for level in ("yellow", "red"):
        body = rule.get(level)
        if isinstance(body, str):
            yield body
        elif body:
            yield from (body[key] for key in ("enter", "exit") if key in body)


class ShippedPacks(unittest.TestCase):
    def test_nothing_is_found_in_them(self):
        for group in GROUPS + ["all"]:
            with self.subTest(group):
                result = lianqing("check", os.path.join(PACKS, group))
                codes = set(re.findall(r": (?:error|warning) (R\d+)", result.stdout + result.stderr))
                self.assertEqual(codes - {ALONE.get(group)}, set(), result.stdout + result.stderr)

    def test_their_tests_pass(self):
        for group in GROUPS + ["all"]:
            if not glob.glob(os.path.join(PACKS, group, "*.test.yaml")):
                self.assertIn(group, ALONE, "no tests beside the rules")
                continue
            with self.subTest(group):
                result = lianqing("test", os.path.join(PACKS, group))
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_the_tests_of_the_combinations_notice_changes(self):
        """They lie in all/, beside rules that raise something to combine; script/mutate sees to the other packs."""
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(PACKS, "combined", "pack.yaml"), encoding="utf-8") as f:
                pack = f.read()
            feeders = ", ".join(os.path.join(PACKS, g) for g in ("inspection", "complaints", "rectification", "procurement"))
            self.assertIn("  extends: ../base\n", pack)
            with open(os.path.join(folder, "pack.yaml"), "w", encoding="utf-8") as f:
                f.write(pack.replace("extends: ../base", "extends: [%s]" % feeders))
            shutil.copy(os.path.join(PACKS, "all", "all.test.yaml"), folder)
            result = lianqing("test", folder, "--mutants")
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_every_group_is_in_all(self):
        with open(os.path.join(PACKS, "all", "pack.yaml"), encoding="utf-8") as f:
            extends = yaml.safe_load(f)["pack"]["extends"]
        self.assertEqual(sorted(extends), ["../" + group for group in GROUPS])

    def test_rules_say_all_that_staff_need(self):
        for group in GROUPS:
            for name, rule in section(group, "rules").items():
                with self.subTest(rule=name):
                    for key in ("title", "basis", "because"):
                        self.assertEqual(sorted(rule[key]), ["en", "zh"])
                    self.assertLessEqual({"owner", "duty", "group"}, set(rule))
                    shown = rule.get("show", {}).get("yellow") == "blue"
                    self.assertEqual(rule["group"] == "hints", shown, "hints are shown blue, and only hints")
                    for condition in conditions(rule):
                        numbers = re.findall(r"(?<![\w.])\d+(?:\.\d+)?", re.sub(r"'[^']*'", "", condition))
                        self.assertLessEqual(set(numbers), {"0", "1"}, "a threshold is a param: " + condition)

    def test_params_have_titles_and_ranges(self):
        for group in GROUPS:
            for name, param in section(group, "params").items():
                with self.subTest(param=name):
                    self.assertEqual(sorted(param["title"]), ["en", "zh"])
                    if re.match(r"[a-z]|.*workday", str(param["value"])) is None:  # words and working days have no order
                        self.assertLessEqual({"min", "max"}, set(param))

    def test_documents_say_the_same(self):
        for group in GROUPS:
            params, rules = section(group, "params"), section(group, "rules")
            for suffix, language in ((".md", "en"), (".zh-CN.md", "zh")):
                with self.subTest(group=group, language=language):
                    text = document(group, suffix)
                    for name in rules:
                        self.assertIn("`%s`" % name, text)
                        self.assertIn("`%s`" % name, document("README", suffix))
                    table = dict(re.findall(r"^\| `(\w+)` (\|.*\|)$", text, re.M))
                    said = {name: "| %s | %s | %s |" % (p["title"][language], p["value"], "%s – %s" % (p["min"], p["max"]) if "min" in p else "—")
                            for name, p in params.items()}
                    self.assertEqual({name: table.get(name) for name in said}, said)


if __name__ == "__main__":
    unittest.main()
