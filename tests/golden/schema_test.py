#!/usr/bin/python3
"""`lianqing schema`: a JSON Schema of 2020-12 that takes every pack and test of the project and refuses typical mistakes.

Needs LIANQING_BINARY and python3-jsonschema."""
import glob
import json
import os
import subprocess
import unittest

import jsonschema
import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))


class Loader(yaml.SafeLoader):
    """As editors read YAML 1.2: dates are texts, yes and no too."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rows if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", __import__("re").compile("^(true|false)$"), list("tf"))


def schema(kind):
    made = subprocess.run([BINARY, "schema", kind], capture_output=True, text=True, check=True, timeout=60).stdout
    return json.loads(made)


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, Loader)


HEAD = "version: 1\npack: {id: p}\n"
RIGHT = [
    "measures: {n: {count: complaint, where: \"a == 1\", over: 30d, per: kind}}\n",
    "measures: {n: {units: children, count: \"level == 'red'\"}}\n",
    "measures: {n: {units: children, max: m}}\n",
    "measures: {n: {warnings: count, distinct: rule, over: 90d}}\n",
    "measures: {n: {sequence: [a, {type: [b, c], where: \"x > 1\"}], within: 30d, without: d}}\n",
    "measures: {n: {peers: m, stat: median, every: month, empty: 0}}\n",
    "rules: {r: {red: {enter: \"n > 1\", hold: 2d}, from: 2026-03-01, except: [{unit: u, reason: r, by: b}]}}\n",
    "items: {i: {key: k, open: a, close: {event: [b, c], where: \"x\"}, extend: {event: e, due: d}}}\n",
    "params: {a: 3, b: 5 workdays, c: {value: 0.5, min: 0, max: 1}}\n",
    "duties: {d: {yellow: {triage: true, steps: [{name: a, role: r, within: 5 workdays}]}}}\n",
]
WRONG = [
    "rule: {}\n",
    "rules: {r: {titel: x, red: \"n > 1\"}}\n",
    "rules: {r: {title: x}}\n",
    "rules: {r: {red: {exit: \"n > 1\"}}}\n",
    "rules: {r: {red: \"n > 1\", status: trial}}\n",
    "rules: {r: {red: \"n > 1\", from: 2026年3月1日}}\n",
    "rules: {r: {red: \"n > 1\", step_down: yes}}\n",
    "rules: {r: {red: \"n > 1\", except: {unit: u, reason: r, by: b}}}\n",
    "rules: {投诉 激增: {red: \"n > 1\"}}\n",
    "measures: {30日: {count: a}}\n",
    "measures: {n: {over: 30d}}\n",
    "measures: {n: {count: a, half_life: 3d}}\n",
    "measures: {n: {count: a, over: 30}}\n",
    "measures: {n: {avg: f}}\n",
    "measures: {n: {average: f, of: a}}\n",
    "measures: {n: {peers: m, stat: middle, every: day}}\n",
    "measures: {n: {units: below, count: \"x\"}}\n",
    "lists: {a: b}\n",
    "events: {e: {fields: {f: integer}}}\n",
    "events: {e: {fields: {f: {type: int, min: \"0\"}}}}\n",
    "items: {i: {key: k, open: a}}\n",
    "units: {attributes: {n: whole}}\n",
    "rules: {r: {red: \"n > 1\", allow: [R201]}}\n",
]


class Schema(unittest.TestCase):
    def validator(self, kind):
        made = schema(kind)
        jsonschema.Draft202012Validator.check_schema(made)
        return jsonschema.Draft202012Validator(made)

    def test_takes_what_is_shipped(self):
        pack, test = self.validator("pack"), self.validator("test")
        files = []
        for pattern in ("examples/*/pack/*.yaml", "examples/*/*.yaml", "rules/packs/**/*.yaml",
                        "tests/golden/test_command/calm/*.yaml"):
            files += glob.glob(os.path.join(ROOT, pattern), recursive=True)
        self.assertGreater(len(files), 4)
        for path in files:
            content = load(path)
            if not isinstance(content, dict) or "calendars" in path or path.endswith(".map.yaml"):
                continue
            validator = test if path.endswith(".test.yaml") else pack
            said = [f"{'/'.join(map(str, e.path))}: {e.message[:300]}" for e in validator.iter_errors(content)]
            self.assertEqual(said, [], path)

    def test_takes_and_refuses(self):
        pack = self.validator("pack")
        for text in RIGHT:
            self.assertEqual([e.message for e in pack.iter_errors(yaml.load(HEAD + text, Loader))], [], text)
        for text in WRONG:
            self.assertTrue(list(pack.iter_errors(yaml.load(HEAD + text, Loader))), text)

    def test_refuses_no_pack_that_check_takes(self):
        pack = self.validator("pack")
        for path in glob.glob(os.path.join(ROOT, "tests/golden/diagnostics/*.bad.yaml")):
            with open(path.replace(".bad.yaml", ".txt"), encoding="utf-8") as file:
                if " error R" in file.read():
                    continue
            self.assertEqual([e.message for e in pack.iter_errors(load(path))], [], path)

    def test_layers_take_keys_away(self):
        layer = self.validator("layer")
        text = HEAD + "measures: {n: {over: 60d, where: }}\nrules: {r: , q: {yellow: {hold: 3d}}}\n"
        self.assertEqual(list(layer.iter_errors(yaml.load(text, Loader))), [])
        self.assertTrue(list(layer.iter_errors(yaml.load(HEAD + "rules: {r: {titel: x}}\n", Loader))))

    def test_every_key_is_described_in_both_languages(self):
        for kind in ("pack", "test"):
            for name, construct in schema(kind)["$defs"].items():
                for key, value in construct["properties"].items():
                    lines = value.get("description", "").split("\n")
                    self.assertEqual(len(lines), 2, f"{name}.{key}")
                    self.assertRegex(lines[0], "[\u4e00-\u9fff]", f"{name}.{key}")
                    self.assertNotRegex(lines[1], "[\u4e00-\u9fff]", f"{name}.{key}")


if __name__ == "__main__":
    unittest.main()
