#!/usr/bin/python3
"""A second, slow and independent `lianqing replay`: see README.md beside this file."""
import argparse
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from oracle_log import read_log, read_units           # noqa: E402
from oracle_measure import printed                    # noqa: E402
from oracle_pack import Pack                          # noqa: E402
from oracle_time import SECOND, Calendar, PackError, parse_date, parse_instant, print_instant   # noqa: E402
from oracle_world import replay                       # noqa: E402


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("--rules", required=True)
    p.add_argument("--events", nargs="+", required=True)
    p.add_argument("--units")
    p.add_argument("--calendar", help="CSV: date,name,is_off_day; or YAML as in calendars/")
    p.add_argument("--as-occurred", action="store_true")
    p.add_argument("--sort", action="store_true")
    p.add_argument("--until")
    p.add_argument("--sample-units", type=int)
    return p.parse_args()


def default_calendar():
    """A table of holidays that others made, if it is there; or the project's own."""
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    shared = os.environ.get("LIANQING_SHARED", os.path.join(root, "..", "shared"))
    path = os.path.join(shared, "data", "cn_holidays", "cn_holidays_2018_2026.csv")
    return path if os.path.exists(path) else os.path.join(root, "calendars", "cn.yaml")


def seconds(micros):
    return None if micros is None else micros // SECOND if micros % SECOND == 0 else micros / SECOND


def line_of(x):
    t, unit, rule, key, old, new, cause, late, values, ended = x
    out = {"unit": unit, "rule": rule, "key": key, "from": old, "to": new, "time": print_instant(t), "cause": cause,
           "late_by": seconds(late), "values": {n: printed(v) for n, v in values.items()}}
    return json.dumps(dict(out, ended=ended) if ended else out, ensure_ascii=False)


def main():
    args = arguments()
    path = args.calendar or default_calendar()
    pack = Pack(args.rules, Calendar(path))
    register = {str(u["id"]): u for u in pack.units}
    if args.units:
        register.update(read_units(args.units))
    until = None
    if args.until:
        day = parse_date(args.until)
        until = parse_instant(args.until) if day is None else pack.zone.day_start(day)
        if until is None:
            raise PackError("--until %s" % args.until)
    records, counts = read_log(args.events, pack, args.sort, args.as_occurred)
    print(json.dumps(counts), file=sys.stderr)
    for x in replay(pack, records, register, until, args.sample_units):
        print(line_of(x))


if __name__ == "__main__":
    try:
        main()
    except PackError as error:
        print("oracle: %s" % error, file=sys.stderr)
        sys.exit(1)
