"""Obligations with a deadline: each item is folded anew from its whole sorted history whenever that grows."""
from bisect import bisect_left, bisect_right, insort

from oracle_measure import Column, aggregate, cut, key_text, place, pack_getter


def roles_of(item, e):
    """The roles an event plays for an item definition; close before open when it plays both."""
    out = []
    for role, spec in (("close", item.closes), ("extend", item.extends), ("open", item.opens)):
        if spec and (spec[0] is None or e.type in spec[0]) and (spec[1] is None or spec[1](e)):
            out.append(role)
    return out


def fold(item, history, moment):
    """history: (time, seq, role, event) sorted. -> episodes [opening, due, closing or None, extensions]."""
    episodes, current = [], None
    for time, seq, role, e in history:
        if role == "open" and current is None:
            current = [e, moment.due(item.due(e)) if item.due else None, None, []]
            episodes.append(current)
        elif role == "close" and current is not None:
            current[2] = (time, seq)
            current = None
        elif role == "extend" and current is not None:
            current[1] = moment.due(item.new_due(e))
            current[3].append((time, seq))
    return episodes


class ItemMeasure:
    """One item measure of one unit: sorted arrays per key."""

    def __init__(self, m, pack):
        self.m, self.pack, self.moment = m, pack, pack.moment
        self.where = pack.where_of(m.where)
        self.per = None if m.per is None else pack_getter(m.per)
        self.first, self.second, self.columns, self.limits = {}, {}, {}, {}

    def key(self, opening):
        """(key,) or None when the opening is not selected."""
        if self.where and not self.where(opening):
            return None
        if not self.per:
            return (None,)
        k = key_text(self.per(opening))
        return None if k is None else (k,)

    def facts(self, episodes):
        """What this measure sees of the episodes: a set of facts with their keys."""
        kind, out = self.m.kind, set()
        for opening, due, closing, extensions in episodes:
            k = self.key(opening)
            if k is None:
                continue
            if kind == "open" and closing is None:
                out.add((k[0], "open", opening.seq, due))    # an extension touches, too
            elif kind in ("overdue", "due_within") and closing is None and due:
                out.add((k[0], "due", opening.seq, due))
            elif kind == "closed" and closing:
                out.add((k[0], "at") + closing + (None,))
            elif kind == "on_time_rate" and closing and due:
                out.add((k[0], "at") + closing + (closing[0] <= due[0],))
            elif kind == "extensions":
                out |= {(k[0], "at") + x + (None,) for x in extensions}
        return out

    def change(self, old, new, t, zone):
        """Applies the difference; yields (key, touched now, later instants)."""
        before, after = self.facts(old), self.facts(new)
        for fact in sorted(before - after, key=repr):
            yield self.alter(fact, -1, t, zone)
        for fact in sorted(after - before, key=repr):
            yield self.alter(fact, 1, t, zone)

    def alter(self, fact, sign, t, zone):
        key = fact[0]
        if fact[1] == "at":
            column = self.columns.setdefault(key, Column())
            if sign > 0:
                column.insert(fact[2], fact[3], fact[4])
            else:
                column.remove(fact[2], fact[3])
            now, later = place(self.m.window, fact[2], t, zone)
            return key, now, later
        if fact[1] == "open":
            put(self.first.setdefault(key, []), fact[2], sign)
            return key, True, ()
        if self.m.kind == "overdue":
            at = self.limit(fact[3])
            put(self.first.setdefault(key, []), at, sign)
            return key, True, (at,) if at > t else ()
        near, due = self.limit(fact[3]), fact[3][0]
        put(self.first.setdefault(key, []), near, sign)
        put(self.second.setdefault(key, []), due, sign)
        return key, True, [x for x in (near, due) if x > t]

    def limit(self, due):
        v = self.limits.get(due)
        if v is None:
            work = self.moment.due_plus if self.m.kind == "overdue" else self.moment.near_from
            v = self.limits[due] = work(due, self.m.margin)
        return v

    def live(self, key, t):
        """Does an open item pass a limit at this very instant?"""
        for array in (self.first.get(key, ()), self.second.get(key, ())):
            i = bisect_left(array, t)
            if i < len(array) and array[i] == t:
                return True
        return False

    def value(self, key, t, zone):
        kind = self.m.kind
        if kind == "open":
            return len(self.first.get(key, ()))
        if kind == "overdue":
            return bisect_right(self.first.get(key, ()), t)
        if kind == "due_within":
            return bisect_right(self.first.get(key, ()), t) - bisect_right(self.second.get(key, ()), t)
        column = self.columns.get(key) or Column()
        return aggregate(self.m, column, cut(self.m.window, column, t, zone), t)


def put(array, x, sign):
    if sign > 0:
        insort(array, x)
    else:
        del array[bisect_left(array, x)]


class Items:
    """All items of one definition of one unit."""

    def __init__(self, item, measures, pack):
        self.item, self.measures, self.moment = item, measures, pack.moment
        self.history, self.episodes = {}, {}

    def replace(self, old, new, t, zone):
        """An event as it counted and as it counts now, either may be None. Yields (measure, key, touched now, later
        instants) for each visible change; touched is None where an item opens."""
        keys = {}
        for e, sign in ((old, -1), (new, 1)):
            roles = roles_of(self.item, e) if e is not None else ()
            key = key_text(self.item.key(e)) if roles else None
            if key is None:
                continue
            history = keys[key] = self.history.setdefault(key, [])
            if sign < 0:
                history[:] = [h for h in history if h[1] != e.seq]
            else:
                for role in roles:
                    insort(history, (e.time, e.seq, role, e), key=lambda h: (h[0], h[1]))
        for key, history in keys.items():
            yield from self.refold(key, history, t, zone)

    def refold(self, key, history, t, zone):
        old = self.episodes.get(key, [])
        new = self.episodes[key] = fold(self.item, history, self.moment)
        openings = [x[0] for x in new if x[0] not in [y[0] for y in old]]
        for im in self.measures:
            for opening in openings:
                k = im.key(opening)
                if k is not None and k[0] is not None:
                    yield im.m, k[0], None, ()
            for k, now, later in im.change(old, new, t, zone):
                yield im.m, k, now, later
