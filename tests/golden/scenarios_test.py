#!/usr/bin/python3
"""The stories of examples/scenarios are told as they were before. UPDATE_GOLDEN=1 writes the chronicles anew: review the diff.

Needs LIANQING_BINARY."""
import glob
import importlib.util
import os
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCENARIOS = os.path.join(ROOT, "examples", "scenarios")
NAMES = sorted(os.path.basename(os.path.dirname(path)) for path in glob.glob(os.path.join(SCENARIOS, "*", "story.yaml")))


def teller():
    spec = importlib.util.spec_from_file_location("story", os.path.join(SCENARIOS, "story.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Scenarios(unittest.TestCase):
    maxDiff = None

    def test_chronicles(self):
        story = teller()
        self.assertGreaterEqual(len(NAMES), 4)
        for name in NAMES:
            with self.subTest(name=name):
                about, records, told = story.perform(name)
                ignored = [step["text"]["en"] for step in told["steps"] if step["step"] == "ignored"]
                self.assertEqual(ignored, [], "a record had no effect on the warning it is about")
                for lang, suffix in (("zh", ".zh-CN.md"), ("en", ".md")):
                    chronicle = story.chronicle(about, records, told, lang)
                    path = os.path.join(SCENARIOS, name, "chronicle" + suffix)
                    if os.environ.get("UPDATE_GOLDEN"):
                        with open(path, "w", encoding="utf-8") as file:
                            file.write(chronicle)
                    with open(path, encoding="utf-8") as file:
                        self.assertEqual(file.read(), chronicle)


if __name__ == "__main__":
    unittest.main()
