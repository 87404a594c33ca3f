#!/usr/bin/python3
"""compare.py EXPECTED.jsonl ACTUAL.jsonl: the same transitions? ACTUAL may have more fields."""
import argparse
import json
import sys

FIELDS = ("from", "to", "cause", "late_by", "ended")


def number(v):
    """Numbers as doubles; a bool is no number."""
    return float(v) if isinstance(v, (int, float)) and not isinstance(v, bool) else v


def same(a, b):
    a, b = number(a), number(b)
    return type(a) is type(b) and a == b


def read(path):
    rows, twice = {}, []
    with open(path, encoding="utf-8") as f:
        for n, line in enumerate(f, 1):
            if not line.strip():
                continue
            w = json.loads(line)
            at = (w["time"], w["unit"], w["rule"], w.get("key") if w.get("key") is not None else "")
            if at in rows:
                twice.append((at, n))
            rows[at] = w
    return rows, twice


def name(at):
    return "%s  unit %s  rule %s%s" % (at[0], at[1], at[2], "  key %s" % at[3] if at[3] else "")


def short(w):
    return "%s -> %s  cause %s  late_by %s  values %s" % (
        w.get("from"), w.get("to"), w.get("cause"), w.get("late_by"),
        json.dumps(w.get("values"), ensure_ascii=False, sort_keys=True))


def differences(e, a):
    for f in FIELDS:
        if f == "ended" and f not in e:    # an older expectation does not tell
            continue
        if not same(e.get(f), a.get(f)):
            yield "%s: expected %s, got %s" % (f, json.dumps(e.get(f)), json.dumps(a.get(f)))
    ev, av = e.get("values") or {}, a.get("values") or {}
    for m in sorted(set(ev) | set(av)):
        if m not in av:
            yield "values.%s: expected %s, not there" % (m, json.dumps(ev[m], ensure_ascii=False))
        elif m not in ev:
            yield "values.%s: not expected, got %s" % (m, json.dumps(av[m], ensure_ascii=False))
        elif not same(ev[m], av[m]):
            yield "values.%s: expected %s, got %s" % (
                m, json.dumps(ev[m], ensure_ascii=False), json.dumps(av[m], ensure_ascii=False))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("expected")
    p.add_argument("actual")
    p.add_argument("--show", type=int, default=10, help="how many differences to print")
    p.add_argument("--extra-values", action="store_true", help="ACTUAL may have values that EXPECTED has not")
    args = p.parse_args()
    (expected, _), (actual, twice) = read(args.expected), read(args.actual)
    found = [(at, ["twice in ACTUAL, line %d" % n]) for at, n in twice]
    for at in set(expected) | set(actual):
        if at not in actual:
            found.append((at, ["missing:  " + short(expected[at])]))
        elif at not in expected:
            found.append((at, ["too many: " + short(actual[at])]))
        else:
            lines = list(differences(expected[at], actual[at]))
            if args.extra_values:
                lines = [x for x in lines if ": not expected, got" not in x]
            if lines:
                found.append((at, lines))
    found.sort(key=lambda x: (x[0], x[1]))
    for at, lines in found[:args.show]:
        print(name(at))
        for x in lines:
            print("    " + x)
    kinds = {}
    for _, lines in found:
        for x in lines:
            k = x.split(":")[0]
            kinds[k] = kinds.get(k, 0) + 1
    print("%d expected, %d actual, %d differ%s" % (len(expected), len(actual), len(found),
          "".join("; %s %d" % kv for kv in sorted(kinds.items()))))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
