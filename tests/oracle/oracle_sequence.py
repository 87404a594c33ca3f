"""Sequences: all matches of one measure in one unit, searched anew among all events with the same `on`."""
from bisect import insort

from oracle_expr import is_number
from oracle_measure import Column, key_text, pack_getter


def fits(step, e):
    types, where = step
    return (types is None or e.type in types) and (where is None or where(e))


def same_value(v):
    """For grouping: true is not 1; None where the value cannot match."""
    if v is None or isinstance(v, (list, dict)):
        return None
    return ("number" if is_number(v) else type(v).__name__, v)


class Sequences:
    def __init__(self, m, pack):
        self.m, self.moment = m, pack.moment
        self.where = pack.where_of(m.where)
        self.per = None if m.per is None else pack_getter(m.per)
        self.events, self.matches, self.columns = {}, {}, {}

    def group(self, e):
        if e is None or self.where and not self.where(e):
            return None
        steps = self.m.steps + ([self.m.without] if self.m.without else [])
        if not any(fits(s, e) for s in steps):
            return None
        return same_value(self.m.on(e)) if self.m.on else ("any", None)

    def key(self, e):
        if not self.per:
            return (None,)
        k = key_text(self.per(e))
        return None if k is None else (k,)

    def limit(self, a):
        return self.moment.after(a.time, self.m.within)

    def search(self, events):
        """{(key, time, seq)} of the matches among events in (time, log order)."""
        first, out = self.m.steps[0], set()
        for i, e in enumerate(events):
            if len(self.m.steps) == 1:
                if fits(first, e) and not any(c.time <= self.limit(e) and fits(self.m.without, c) for c in events[i + 1:]):
                    out.add((self.key(e), self.limit(e), e.seq))
            elif fits(self.m.steps[1], e):
                for j in range(i - 1, -1, -1):
                    a = events[j]
                    if fits(first, a) and (self.m.within is None or e.time <= self.limit(a)) and \
                            not (self.m.without and any(fits(self.m.without, c) for c in events[j + 1:i])):
                        out.add((self.key(e), e.time, e.seq))
                        break
        return {(k[0], time, seq) for k, time, seq in out if k}

    def replace(self, old, new):
        """An event as it counted and as it counts now. -> (matches gone, matches that are new)."""
        groups = [self.group(old), self.group(new)]
        for g, e, sign in zip(groups, (old, new), (-1, 1)):
            if g is None:
                continue
            events = self.events.setdefault(g, [])
            if sign > 0:
                insort(events, e, key=lambda x: (x.time, x.seq))
            else:
                events[:] = [x for x in events if x.seq != e.seq]
        gone, come = set(), set()
        for g in set(groups) - {None}:
            before = self.matches.get(g, set())
            after = self.matches[g] = self.search(self.events[g])
            gone |= before - after
            come |= after - before
        for key, time, seq in gone - come:
            self.columns[key].remove(time, seq)
        for key, time, seq in come - gone:
            self.columns.setdefault(key, Column()).insert(time, seq, None)
        return gone - come, come - gone

    def stands(self, key, time, seq):
        return any((key, time, seq) in found for found in self.matches.values())
