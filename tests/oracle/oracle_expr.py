"""The condition language: text -> tree (tuples) -> Python closures over an environment."""
import operator
import re
import unicodedata
from fractions import Fraction

from oracle_time import PackError

TOKEN = re.compile(r"""\s*(?:
    (?P<num>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<name>[^\W\d]\w*)
  | (?P<str>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<op>&&|\|\||==|!=|<=|>=|[-+*/%!<>?:().,\[\]])
)""", re.X)
WORDS = {"and": "&&", "or": "||", "not": "!", "in": "in"}
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "in")
FUNCTIONS = ("size", "has", "matches", "startsWith", "endsWith", "contains", "min", "max", "abs", "round")
LIMIT = 2 ** 63
MILLION = 10 ** 6


QUICK = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


# ---------------------------------------------------------------- numbers
def round_half_away(x, digits=0):
    scale = 10 ** digits
    n = Fraction(x) * scale
    q = (abs(n.numerator) * 2 + n.denominator) // (2 * n.denominator)
    return plain(Fraction(q if n >= 0 else -q, scale))


def plain(x):
    if isinstance(x, Fraction) and x.denominator == 1:
        return x.numerator
    return x


def fit(x):
    """Exact while numerator and denominator fit into 64 bits, else rounded to six decimals."""
    if isinstance(x, int):
        return x
    if x.denominator == 1:
        return x.numerator
    if x.denominator >= LIMIT or not -LIMIT <= x.numerator < LIMIT:
        return round_half_away(x, 6)
    return x


def is_number(x):
    return isinstance(x, (int, Fraction)) and not isinstance(x, bool)


# ---------------------------------------------------------------- text -> tree
def tokens(text):
    out, pos = [], 0
    text = unicodedata.normalize("NFC", text).rstrip()
    while pos < len(text):
        m = TOKEN.match(text, pos)
        if not m:
            raise PackError("cannot read %r at %d" % (text, pos))
        pos = m.end()
        kind = m.lastgroup
        word = m.group(kind)
        if kind == "name" and word in WORDS:
            out.append(("op", WORDS[word]))
        else:
            out.append((kind, word))
    out.append(("end", ""))
    return out


class Parser:
    def __init__(self, text):
        self.text, self.toks, self.i = text, tokens(text), 0

    def fail(self):
        raise PackError("unexpected %r in %r" % (self.toks[self.i][1], self.text))

    def take(self, *ops):
        kind, word = self.toks[self.i]
        if kind == "op" and word in ops:
            self.i += 1
            return word
        return None

    def need(self, op):
        if not self.take(op):
            self.fail()

    def parse(self):
        tree = self.ternary()
        if self.toks[self.i][0] != "end":
            self.fail()
        return tree

    def ternary(self):
        c = self.binary(0)
        if not self.take("?"):
            return c
        a = self.ternary()
        self.need(":")
        return ("cond", c, a, self.ternary())

    LADDER = (("||",), ("&&",), COMPARISONS, ("+", "-"), ("*", "/", "%"))

    def binary(self, depth):
        if depth == len(self.LADDER):
            return self.unary()
        left = self.binary(depth + 1)
        while True:
            op = self.take(*self.LADDER[depth])
            if not op:
                return left
            left = ("bin", op, left, self.binary(depth + 1))

    def unary(self):
        op = self.take("!", "-")
        return ("un", op, self.unary()) if op else self.postfix()

    def arguments(self, close):
        args = []
        if not self.take(close):
            args.append(self.ternary())
            while self.take(","):
                args.append(self.ternary())
            self.need(close)
        return args

    def postfix(self):
        kind, word = self.toks[self.i]
        self.i += 1
        if kind == "num":
            node = ("const", plain(Fraction(word)))
        elif kind == "str":
            node = ("const", unescape(word[1:-1]))
        elif kind == "name" and word in ("true", "false", "null"):
            node = ("const", {"true": True, "false": False, "null": None}[word])
        elif kind == "name" and word in FUNCTIONS and self.take("("):
            node = ("call", word, tuple(self.arguments(")")))
        elif kind == "name":
            node = ("name", word)
        elif (kind, word) == ("op", "("):
            node = self.ternary()
            self.need(")")
        elif (kind, word) == ("op", "["):
            node = ("list", tuple(self.arguments("]")))
        else:
            self.i -= 1
            self.fail()
        while self.take("."):
            kind, word = self.toks[self.i]
            if kind != "name":
                self.fail()
            self.i += 1
            if self.take("("):
                if word not in FUNCTIONS:
                    raise PackError("unknown function %s" % word)
                node = ("call", word, (node,) + tuple(self.arguments(")")))
            elif node[0] == "name":
                node = ("name", node[1] + "." + word)
            else:
                self.fail()
        return node


def unescape(s):
    names = {"n": "\n", "t": "\t", "r": "\r"}
    return re.sub(r"\\(.)", lambda m: names.get(m.group(1), m.group(1)), s)


def parse(text):
    if isinstance(text, bool) or is_number(text):
        return ("const", text)
    return Parser(text).parse()


def walk(tree):
    yield tree
    if tree[0] in ("list",):
        kids = tree[1]
    elif tree[0] == "call":
        kids = tree[2]
    elif tree[0] in ("un", "bin"):
        kids = tree[2:]
    elif tree[0] == "cond":
        kids = tree[1:]
    else:
        kids = ()
    for k in kids:
        yield from walk(k)


def names(tree):
    return {n[1] for n in walk(tree) if n[0] == "name"}


# ---------------------------------------------------------------- values
def arith(op, a, b):
    if op == "+" and isinstance(a, str) and isinstance(b, str):
        return a + b
    if not (is_number(a) and is_number(b)):
        return None
    if op == "+":
        return fit(a + b)
    if op == "-":
        return fit(a - b)
    if op == "*":
        return fit(a * b)
    if b == 0:
        return None
    if op == "/":
        return fit(Fraction(a) / Fraction(b))
    q = Fraction(a) / Fraction(b)
    whole = abs(q.numerator) // q.denominator
    return fit(a - b * (whole if q >= 0 else -whole))


def same_kind(a, b):
    return (is_number(a) and is_number(b)) or (type(a) is type(b) and isinstance(a, (str, bool, list)))


def compare(op, a, b):
    """Both not null. None when the types do not go together."""
    if op == "in":
        return any(same_kind(a, x) and a == x for x in b) if isinstance(b, list) else None
    if not same_kind(a, b):
        return None
    if op == "==":
        return a == b
    if op == "!=":
        return a != b
    if isinstance(a, (bool, list)):
        return None
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op]


def call(fn, args):
    if fn == "has":
        return args[0] is not None
    if any(a is None for a in args):
        return None
    a = args[0]
    if fn == "size":
        return len(a) if isinstance(a, (str, list)) else None
    if fn == "abs":
        return abs(a) if is_number(a) else None
    if fn == "round":
        return fit(round_half_away(a, args[1] if len(args) > 1 else 0)) if is_number(a) else None
    if fn in ("min", "max"):
        items = a if isinstance(a, list) and len(args) == 1 else list(args)
        if not items or not all(is_number(x) for x in items):
            return None
        return min(items) if fn == "min" else max(items)
    if fn == "contains" and isinstance(a, list):
        return any(same_kind(x, args[1]) and x == args[1] for x in a)
    if not (isinstance(a, str) and isinstance(args[1], str)):
        return None
    if fn == "matches":
        return re.search(args[1], a) is not None
    if fn == "startsWith":
        return a.startswith(args[1])
    return a.endswith(args[1]) if fn == "endsWith" else args[1] in a


# ---------------------------------------------------------------- tree -> closure
def is_null(tree):
    return tree == ("const", None)


def build(tree, resolve):
    """resolve(name) gives a closure over the environment."""
    kind = tree[0]
    if kind == "const":
        v = tree[1]
        return lambda env: v
    if kind == "name":
        return resolve(tree[1])
    if kind == "list":
        parts = [build(k, resolve) for k in tree[1]]
        return lambda env: [p(env) for p in parts]
    if kind == "un":
        x = build(tree[2], resolve)
        if tree[1] == "!":
            def negate(env):
                v = x(env)
                return (not v) if isinstance(v, bool) else None
            return negate

        def minus(env):
            v = x(env)
            return -v if is_number(v) else None
        return minus
    if kind == "cond":
        c, a, b = (build(k, resolve) for k in tree[1:])

        def choose(env):
            v = c(env)
            return a(env) if v is True else b(env) if v is False else None
        return choose
    if kind == "call":
        fn, args = tree[1], [build(k, resolve) for k in tree[2]]
        return lambda env: call(fn, [a(env) for a in args])
    return build_binary(tree, resolve)


def build_binary(tree, resolve):
    op = tree[1]
    if op in ("==", "!=") and (is_null(tree[2]) or is_null(tree[3])):
        x = build(tree[2] if is_null(tree[3]) else tree[3], resolve)
        return (lambda env: x(env) is None) if op == "==" else (lambda env: x(env) is not None)
    a, b = build(tree[2], resolve), build(tree[3], resolve)
    if op in ("&&", "||"):
        stop = op == "||"

        def logic(env):
            x, y = a(env), b(env)
            if x is stop or y is stop:
                return stop
            return (not stop) if isinstance(x, bool) and isinstance(y, bool) else None
        return logic
    if op in COMPARISONS:
        quick = QUICK.get(op)

        def comparison(env):
            x, y = a(env), b(env)
            if type(x) is int and type(y) is int and quick:
                return quick(x, y)
            if x is None or y is None:
                return False
            return compare(op, x, y)
        return comparison

    def calculate(env):
        x, y = a(env), b(env)
        return None if x is None or y is None else arith(op, x, y)
    return calculate


def grey_operands(tree):
    """Operand trees of comparisons (and of logic) whose null makes a rule grey: all that are not tested for null."""
    tested = set()
    for n in walk(tree):
        if n[0] == "bin" and n[1] in ("==", "!="):
            if is_null(n[2]) or is_null(n[3]):
                tested.add(n[2] if is_null(n[3]) else n[3])
        elif n[0] == "call" and n[1] == "has":
            tested.add(n[2][0])
    def handled(k):
        leaves = [n for n in walk(k) if n[0] == "name"]
        return k in tested or (bool(leaves) and all(n in tested for n in leaves))

    out = []

    def visit(n, taken):
        """`taken` wraps an operand so that it is null only where its branch of `?:` is taken."""
        if n[0] == "cond":
            c = n[1]
            visit(c, taken)
            visit(n[2], lambda k: taken(("cond", c, k, ("const", 0))))
            visit(n[3], lambda k: taken(("cond", c, ("const", 0), k)))
            return
        if n[0] == "bin" and n[1] in COMPARISONS and not (is_null(n[2]) or is_null(n[3])):
            out.extend(taken(k) for k in n[2:] if k[0] != "const" and not handled(k))
        for k in n[1:]:
            if isinstance(k, tuple) and k and isinstance(k[0], str) and k[0] in KINDS:
                visit(k, taken)
            elif isinstance(k, tuple):
                for x in k:
                    if isinstance(x, tuple) and x:
                        visit(x, taken)
    visit(tree, lambda k: k)
    for n in bare_truths(tree):
        if n[0] not in ("const", "list") and not handled(n):
            out.append(n)
    return out


KINDS = {"bin", "un", "cond", "call", "name", "const", "list"}


def bare_truths(tree):
    """Names and calls used as a truth value without a comparison."""
    if tree[0] == "bin" and tree[1] in ("&&", "||"):
        return bare_truths(tree[2]) + bare_truths(tree[3])
    if tree[0] == "un" and tree[1] == "!":
        return bare_truths(tree[2])
    if tree[0] == "name" or (tree[0] == "call" and tree[1] != "has"):
        return [tree]
    if tree[0] == "cond":
        return bare_truths(tree[1]) + bare_truths(tree[2]) + bare_truths(tree[3])
    return []
