#!/usr/bin/python3
"""The tests of every shipped pack notice at least 95 of 100 changes of it.

Needs LIANQING_BINARY."""
import glob
import os
import subprocess
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Mutation(unittest.TestCase):
    @unittest.skipUnless(glob.glob(os.path.join(ROOT, "rules", "packs", "*", "*.test.yaml")), "no pack has tests")
    def test_shipped_packs(self):
        done = subprocess.run([os.path.join(ROOT, "script", "mutate")], capture_output=True, text=True, timeout=900,
                              env={**os.environ, "LANG": "C.UTF-8"})
        print(done.stdout)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
