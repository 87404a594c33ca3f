"""Measures as pure functions of a slice of a sorted array. Nothing here is updated step by step."""
import math
from bisect import bisect_left, bisect_right
from collections import Counter
from fractions import Fraction

import oracle_expr as ex
from oracle_time import DAY

MILLION = 10 ** 6


class Column:
    """Known events of one series and key, sorted by (time, log order)."""
    __slots__ = ("T", "S", "V", "weights", "sums", "summed", "version", "memo")

    def __init__(self):
        self.T, self.S, self.V = [], [], []
        self.weights = {}                                # seq -> millionths, where it is not one
        self.sums, self.summed, self.version, self.memo = [0], 0, 0, {}

    def spot(self, time, seq):
        i = bisect_right(self.T, time)
        while i and self.T[i - 1] == time and self.S[i - 1] > seq:
            i -= 1
        return i

    def insert(self, time, seq, value, weight=MILLION):
        self.version += 1
        if weight != MILLION:
            self.weights[seq] = weight
        if not self.T or (self.T[-1], self.S[-1]) < (time, seq):
            i = len(self.T)
        else:
            i = self.spot(time, seq)
            self.summed = min(self.summed, i)
        self.T.insert(i, time)
        self.S.insert(i, seq)
        self.V.insert(i, value)

    def remove(self, time, seq):
        i = self.spot(time, seq) - 1
        assert self.T[i] == time and self.S[i] == seq
        self.version += 1
        self.summed = min(self.summed, i)
        self.weights.pop(seq, None)
        del self.T[i], self.S[i], self.V[i]

    def total(self, lo, hi):
        if self.summed < len(self.V):
            del self.sums[self.summed + 1:]
            s = self.sums[-1]
            for v in self.V[self.summed:]:
                s += v
                self.sums.append(s)
            self.summed = len(self.V)
        return self.sums[hi] - self.sums[lo]


EMPTY = Column()


def micro(v):
    """A number of an event in millionths (it has at most six decimals)."""
    return v * MILLION if isinstance(v, int) else int(v * MILLION)


def from_micro(v):
    return v // MILLION if v % MILLION == 0 else Fraction(v, MILLION)


# ---------------------------------------------------------------- windows
def cut(window, column, t, zone):
    """(lo, hi) of the column's slice in the window at t; for to_date a list of indices."""
    T = column.T
    kind = window.kind
    if kind == "sliding":
        top = t - window.offset
        return bisect_right(T, top - window.width), bisect_right(T, top)
    if kind == "all":
        return 0, bisect_right(T, t - window.offset)
    p = zone.period(kind, t)
    if window.offset == 0:
        return bisect_left(T, zone.start(kind, p)), bisect_right(T, t)
    q = p - window.offset
    lo, hi = bisect_left(T, zone.start(kind, q)), bisect_left(T, zone.start(kind, q + 1))
    if not window.to_date:
        return lo, hi
    return lo, min(hi, bisect_right(T, zone.start(kind, q) + (t - zone.start(kind, p))))


def place(window, time, t, zone):
    """For an event known at t: is it in the window now, and at which later instants that may change."""
    kind, off = window.kind, window.offset
    if kind == "all":
        return (True, ()) if time + off <= t else (False, (time + off,))
    if kind == "sliding":
        enter, leave = time + off, time + off + window.width
        return enter <= t < leave, [x for x in (enter, leave) if x > t]
    p = zone.period(kind, time)
    end = zone.start(kind, p + off + 1)
    if window.to_date:
        target = zone.start(kind, p + off) + (time - zone.start(kind, p))
        if target >= end:
            return False, ()
        return target <= t < end, [x for x in (target, end) if x > t]
    begin = max(time, zone.start(kind, p + off))
    return begin <= t < end, [x for x in (begin, end) if x > t]


# ---------------------------------------------------------------- aggregates
def root6(v):
    """Square root of a fraction, to six decimals."""
    v = v * 10 ** 12
    k = math.isqrt(v.numerator // v.denominator)
    if (2 * k + 1) ** 2 * v.denominator <= 4 * v.numerator:
        k += 1
    return from_micro(k)


def quantile(values, q):
    return ranked([Fraction(v, MILLION) for v in values], q)


def ranked(values, q):
    values = sorted(values)
    at = q * (len(values) - 1)
    i = at.numerator // at.denominator
    v = Fraction(values[i])
    return ex.fit(ex.plain(v if at == i else v + (at - i) * (values[i + 1] - values[i])))


def aggregate(m, column, span, t):
    kind = m.kind
    if column.weights and kind in WEIGHED:
        return weighed(m, column, range(*span) if isinstance(span, tuple) else span, t)
    if isinstance(span, tuple):
        lo, hi = span
        n = hi - lo
        if kind in ("count", "sequence", "closed", "extensions"):
            return n
        if kind == "sum":
            return ex.fit(from_micro(column.total(lo, hi)))
        if kind == "avg":
            return ex.fit(ex.plain(Fraction(column.total(lo, hi), n * MILLION))) if n else None
        if kind == "first":
            return column.V[lo] if n else None
        if kind == "last":
            return column.V[hi - 1] if n else None
        if kind == "age":
            return (t - column.T[hi - 1]) // DAY if n else None
        if kind == "streak":
            i = hi
            while i > lo and column.V[i - 1]:
                i -= 1
            return hi - i
        if kind == "decayed":
            return decayed(m, [(column.T[i], column.V[i]) for i in range(lo, hi)], t)
        if lo == hi:    # nothing to remember: EMPTY is shared by all packs
            return of_values(kind, [], m)
        mark = (column.version, lo, hi)
        memo = column.memo.get(m.name)
        if memo and memo[0] == mark:
            return memo[1]
        value = of_values(kind, column.V[lo:hi], m)
        column.memo[m.name] = (mark, value)
        return value
    if kind == "decayed":
        return decayed(m, [(column.T[i], column.V[i]) for i in span], t)
    if kind == "age":
        return (t - column.T[span[-1]]) // DAY if span else None
    return of_values(kind, [column.V[i] for i in span], m)


WEIGHED = ("count", "sum", "avg", "stddev", "decayed")


def weighed(m, column, span, t):
    """Of events some of which weigh less than one: each times its weight, to six decimals."""
    weights = [column.weights.get(column.S[i], MILLION) for i in span]
    total = sum(weights)
    if m.kind == "count":
        return from_micro(total)
    values = [column.V[i] for i in span]
    parts = [micro(ex.round_half_away(Fraction(v * w, MILLION * MILLION), 6)) for v, w in zip(values, weights)]
    if m.kind == "sum":
        return ex.fit(from_micro(sum(parts)))
    if m.kind == "decayed":
        return decayed(m, [(column.T[i], v) for i, v in zip(span, parts)], t)
    if not total:
        return None
    if m.kind == "avg":
        return ex.fit(ex.plain(Fraction(sum(parts), total)))
    mean = Fraction(sum(v * w for v, w in zip(values, weights)), total)
    return root6(sum(w * (v - mean) ** 2 for v, w in zip(values, weights)) / (total * Fraction(MILLION) ** 2))


def of_values(kind, values, m):
    n = len(values)
    if kind in ("count", "sequence", "closed", "extensions"):
        return n
    if kind == "sum":
        return ex.fit(from_micro(sum(values)))
    if kind == "distinct":
        return len(set(values))
    if kind == "top":
        return max(Counter(values).values(), default=0)
    if kind == "streak":
        return next((k for k, v in enumerate(reversed(values)) if not v), n)
    if not n:
        return None
    if kind == "min":
        return from_micro(min(values))
    if kind == "max":
        return from_micro(max(values))
    if kind == "avg":
        return ex.fit(ex.plain(Fraction(sum(values), n * MILLION)))
    if kind == "first":
        return values[0]
    if kind == "last":
        return values[-1]
    if kind == "median":
        return quantile(values, Fraction(1, 2))
    if kind == "quantile":
        return quantile(values, m.q)
    if kind == "stddev":
        s = sum(values)
        return root6(Fraction(n * sum(v * v for v in values) - s * s, n * n * 10 ** 12))
    if kind == "on_time_rate":
        known = [v for v in values if v is not None]
        return ex.fit(ex.plain(Fraction(sum(known), len(known)))) if known else None
    raise AssertionError(kind)


def decayed(m, pairs, t):
    total = math.fsum(v / MILLION * 0.5 ** ((t - time) / m.half_life) for time, v in pairs)
    return ex.round_half_away(Fraction(total), 6)


# ---------------------------------------------------------------- series
class Series:
    """Which events take part, under which key, with which value. Shared by measures that read the same."""

    def __init__(self, spec, pack):
        self.types, where, per, field = spec
        self.where = pack.where_of(where)
        self.per = None if per is None else pack_getter(per)
        self.mode = field[0] if field else None
        if self.mode == "streak":
            self.value = pack.where_of(field[1])
        elif self.mode == "const":
            fixed = micro(field[1])
            self.value = lambda e: fixed
        elif self.mode:
            self.value = pack_getter(field[1])

    def select(self, e):
        """(key, value) or None."""
        if self.types is not None and e.type not in self.types or self.where and not self.where(e):
            return None
        key = None
        if self.per:
            key = key_text(self.per(e))
            if key is None:
                return None
        if self.mode is None:
            return key, None
        v = self.value(e)
        if self.mode == "number":
            return (key, micro(v)) if ex.is_number(v) else None
        if self.mode == "any":
            return (key, v) if v is not None and not isinstance(v, (list, dict)) else None
        return key, v


def pack_getter(name):
    from oracle_pack import path_getter
    return path_getter(name)


def key_text(v):
    """A key as printed."""
    if v is None or isinstance(v, (list, dict)):
        return None
    if isinstance(v, bool):
        return "true" if v else "false"
    if ex.is_number(v):
        return str(printed(v))
    return v


def printed(v):
    """A value as JSON prints it."""
    return float(v) if isinstance(v, Fraction) and v.denominator != 1 else int(v) if isinstance(v, Fraction) else v
