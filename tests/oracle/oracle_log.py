"""Reads event files and the unit register; admission: what becomes a record, in which order."""
import csv
import datetime as dt
import decimal
import gzip
import json
import re
from fractions import Fraction

from oracle_correct import ABOUT_OTHERS, FINAL
from oracle_measure import MILLION
from oracle_pack import load_yaml, nfc
from oracle_time import parse_date, parse_instant

decimal.getcontext().prec = 80
MICRO = decimal.Decimal("0.000001")
SPACE = re.compile(r"^-?\d+(\.\d+)?$")


class Record:
    __slots__ = ("id", "source", "type", "unit", "time", "stated", "recorded", "data", "clock", "seq", "weight")


class Bad(Exception):
    pass


def number(text):
    """A JSON number with a point or an exponent: six decimals, half away from zero."""
    d = decimal.Decimal(text).quantize(MICRO, decimal.ROUND_HALF_UP)
    f = Fraction(d)
    return f.numerator if f.denominator == 1 else f


def read_record(line, pack):
    try:
        raw = json.loads(line, parse_float=number)
    except (ValueError, ArithmeticError):
        raise Bad("json") from None
    if not isinstance(raw, dict):
        raise Bad("json")
    if not line.isascii():
        raw = nfc(raw)
    r = Record()
    r.id, r.source, r.type = raw.get("id"), raw.get("source"), raw.get("type")
    for v in (r.id, r.source, r.type):
        if not isinstance(v, str) or not v:
            raise Bad("attribute")
    r.unit = raw.get("unit", raw.get("subject"))
    if r.unit is not None and (not isinstance(r.unit, str) or not r.unit):
        raise Bad("unit")
    r.time = r.stated = parse_instant(raw.get("time"))
    if r.time is None:
        raise Bad("time")
    r.recorded = None
    if raw.get("recordedtime") is not None:
        r.recorded = parse_instant(raw["recordedtime"])
        if r.recorded is None:
            raise Bad("recordedtime")
    data = raw.get("data")
    r.data = {} if data is None else data
    if not isinstance(r.data, dict):
        raise Bad("data")
    declared = pack.events.get(r.type)
    if declared:
        check_fields(r.data, declared.get("fields") or {}, pack)
    if r.type == "calendar_updated":
        r.unit = None
        check_year(r.data)
    r.clock = r.seq = None
    r.weight = MILLION
    return r


def check_fields(data, fields, pack):
    for name, f in fields.items():
        f = f or {}
        v = data
        for part in name.split("."):
            v = v.get(part) if isinstance(v, dict) else None
        if v is None:
            if f.get("required") is True:
                raise Bad("missing " + name)
            continue
        kind = f.get("type", "any")
        is_num = isinstance(v, (int, Fraction)) and not isinstance(v, bool)
        good = {"string": isinstance(v, str), "code": isinstance(v, str), "bool": isinstance(v, bool),
                "int": is_num and isinstance(v, int), "number": is_num, "decimal": is_num,
                "date": parse_date(v) is not None, "instant": parse_instant(v) is not None,
                "list": isinstance(v, list)}.get(kind, True)
        if not good:
            raise Bad("type " + name)
        if is_num and ("min" in f and v < pack.param(f["min"]) or "max" in f and v > pack.param(f["max"])):
            raise Bad("range " + name)
        codes = f.get("codes")
        if isinstance(codes, str):
            codes = pack.lists.get(codes)
        if codes is not None and v not in codes:
            raise Bad("code " + name)


def days_of(data, name, year):
    """Day ordinals of a list of dates of the year; one date is a list of one."""
    v = data.get(name)
    days = [parse_date(x) for x in (v if isinstance(v, list) else [v])]
    if None in days or any(dt.date.fromordinal(d).year != year for d in days):
        raise Bad("days " + name)
    return days


def check_year(data):
    year = data.get("year")
    if type(year) is not int or not 1900 <= year <= 2200:
        raise Bad("year")
    off, work = days_of(data, "off", year), days_of(data, "work", year) if "work" in data else []
    if set(off) & set(work):
        raise Bad("off and work")
    return year, off, work


def tagged(v):
    """For comparison of contents: true is not 1."""
    if isinstance(v, bool):
        return ("bool", v)
    if isinstance(v, dict):
        return {k: tagged(x) for k, x in v.items()}
    return [tagged(x) for x in v] if isinstance(v, list) else v


def same_content(a, b):
    return (a.type, a.unit, a.stated) == (b.type, b.unit, b.stated) and tagged(a.data) == tagged(b.data)


def lines_of(path):
    with (gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8")) as f:
        for line in f:
            if line.strip():
                yield line


def read_log(paths, pack, sort=False, as_occurred=False):
    """Admitted records in fold order, with clock and seq set; and the counts."""
    counts = {"read": 0, "admitted": 0, "duplicate": 0, "quarantined": 0}
    why = counts["reasons"] = {}
    rows = []
    for path in paths:
        reached = -10 ** 20
        for line in lines_of(path):
            counts["read"] += 1
            try:
                r = read_record(line, pack)
            except Bad as bad:
                counts["quarantined"] += 1
                why[str(bad)] = why.get(str(bad), 0) + 1
                continue
            stated = r.time if r.recorded is None else r.recorded
            reached = max(reached, stated)
            rows.append((stated if sort else reached, r))
    rows.sort(key=lambda x: x[0])          # stable: order of the arguments, then line
    clock, told, known, out = -10 ** 20, -10 ** 20, {}, []

    def refuse(reason):
        counts["quarantined"] += 1
        why[reason] = why.get(reason, 0) + 1

    for _, r in rows:
        target = None
        if r.type in ("event_retracted", "event_corrected"):
            target = known.get((r.data.get("target_source", r.source), r.data.get("target_event_id")))
            if r.unit is None and target:
                r.unit = target.unit
        old = known.get((r.source, r.id))
        if old is not None:
            if same_content(old, r):
                counts["duplicate"] += 1
            else:
                refuse("conflict")
            continue
        if r.recorded is not None and r.time > max(told, r.recorded) + pack.max_future:
            refuse("future")
            continue
        if not as_occurred and r.recorded is None and r.time < clock:
            refuse("order")
            continue
        if target and (target.type in FINAL or r.type == "event_corrected" and target.type in ABOUT_OTHERS):
            refuse("target")
            continue
        r.clock = r.time if as_occurred else max(clock, r.time if r.recorded is None else r.recorded)
        clock = max(clock, r.clock)
        told = max(told, r.time if r.recorded is None else r.recorded)
        day = parse_date(r.data.get("effective")) if r.type == "unit_changed" else None
        if day is not None:                              # not in force before its day
            r.time = max(r.time, pack.zone.day_start(day))
        known[(r.source, r.id)] = r
        r.seq = len(out)
        out.append(r)
    counts["admitted"] = len(out)
    if as_occurred:
        out.sort(key=lambda r: (r.clock, r.seq))
    return out, counts


def read_units(path):
    """id -> attributes."""
    if path.endswith((".yaml", ".yml")):
        body = load_yaml(path)
        body = body.get("units", body) if isinstance(body, dict) else body
        if isinstance(body, dict):
            body = [dict(v or {}, id=k) for k, v in body.items()]
        return {str(u["id"]): u for u in body}
    with open(path, encoding="utf-8-sig", newline="") as f:
        return {row["id"]: {k: cell(k, v) for k, v in nfc(dict(row)).items()} for row in csv.DictReader(f)}


def cell(column, text):
    if text is None or text == "":
        return None
    if column in ("id", "name", "parent", "peer_group") or not SPACE.match(text):
        return text
    return number(text)
