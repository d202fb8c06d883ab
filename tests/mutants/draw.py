"""draw.py - mutants: small changes at random places of code, repeatable by a seed. A place is in a
function's body or in the value of a table or of an enum; comments, strings, preprocessor lines,
declarations and what only says that lathe itself is wrong (DIE, assertions) are none.
"""
import bisect
import hashlib
import pickle
import random
import re
from pathlib import Path

PATTERNS = ("gen/*/*.c", "runtime/**/*.[ch]", "templates/**/*.c")
# Prefetching changes no result; what ends lathe where it is wrong itself is never reached.
NOT_DRAWN = re.compile(r"\b(assert|_Static_assert|static_assert|DIE|die|v_prefetch)\b")
SAMPLES = re.compile(r"enum \{ /\* @sizes \*/.*?\};", re.S)  # the generator replaces these values
MASKED = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.M)
WORDS = {"if", "for", "while", "do", "else", "case", "default", "goto", "break", "continue",
         "switch", "return", "static", "const", "struct", "enum", "union", "typedef", "UNROLL",
         "extern", "sizeof", "inline"}
DECLARES = re.compile(r"(static |const |struct |enum |union |unsigned )|"
                      r"[A-Za-z_]\w*(?:\s+|\s*\*+\s*)(?:\*|\s|const\s)*[A-Za-z_]\w*\b(?!\s*\()")

# A pattern with one group that is changed, and what may stand in its place.
RULES = [
    (r"(?<![<>=!\-+*/%&|^<])(<)(?![<=])", ["<=", ">"]),
    (r"(?<![<])(<=)(?!=)", ["<"]),
    (r"(?<![->])(>)(?![>=])", [">=", "<"]),
    (r"(?<![>])(>=)(?!=)", [">"]),
    (r"(==)", ["!="]),
    (r"(!=)", ["=="]),
    (r"(&&)", ["||"]),
    (r"(\|\|)", ["&&"]),
    (r"[\w)\]]\s?(?<![\da-f]p)(\+)(?![+=])\s?[\w(*&-]", ["-"]),
    (r"[\w)\]]\s?(?<![\da-f]p)(-)(?![-=>])\s?[\w(*&]", ["+"]),
    (r"(\+=)", ["-="]),
    (r"(-=)", ["+="]),
    (r"(\*=)", ["/="]),
    (r"(/=)", ["*="]),
    (r"(\+\+)", ["--"]),
    (r"(--)", ["++"]),
    (r"[\w)\]](\*)[\w(]", ["+", "/"]),
    (r"[\w)\]] ?(/) ?[\w(]", ["*"]),
    (r"[\w)\]] ?(%) ?[\w(]", ["/"]),
    (r"[\w)\]] (&) [\w(~]", ["|"]),
    (r"[\w)\]] (\|) [\w(~]", ["&"]),
    (r"(?<!<)(<<)(?!=)", [">>"]),
    (r"(?<!>)(>>)(?!=)", ["<<"]),
    (r"(\|=)", ["&="]),
    (r"(&=)", ["|="]),
    (r"(?<![\w)\]])(!)(?![=])", [""]),
    (r"(?:[(,=?:]|return) ?(-)[\w(]", [""]),
    (r"\b(true)\b", ["false"]),
    (r"\b(false)\b", ["true"]),
    (r"\b(v_add)\b", ["v_sub"]),
    (r"\b(v_sub)\b", ["v_add"]),
    (r"\b(v_mul)\b", ["v_add"]),
    (r"\b(v_max)\b", ["v_min"]),
    (r"\b(break|continue);", [""]),
]
RULES = [(re.compile(pattern), others) for pattern, others in RULES]
NUMBER = re.compile(r"(?<![\w.])(0x[0-9a-fA-F]+|\d+\.\d*|\d+)(?=[uUlL]*\b|\b|(?<=\.))(?![\w.])")
COMMUTES = {"v_fma", "v_add", "v_mul"}
CALL = re.compile(r"\b([A-Za-z_]\w*)\(")
SIMPLE = re.compile(r"[\w\s.\->\[\]*&+]+")


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def masked(text):
    return PREPROCESSOR.sub(blank, MASKED.sub(blank, SAMPLES.sub(blank, text)))


class Contexts:
    """What a place is in: "code", "value" (of a table, of an enum) or "" (declarations)."""

    def __init__(self, code):
        self.starts, self.kinds = [0], [""]
        stack, start = [], 0
        for m in re.finditer(r"[{};]", code):
            at = m.start()
            if m.group() == "{":
                stack.append(self.opened(code[max(start, at - 300):at], stack[-1] if stack else ""))
            elif m.group() == "}" and stack:
                stack.pop()
            start = at + 1
            self.starts.append(start)
            self.kinds.append(stack[-1] if stack else "")

    @staticmethod
    def opened(before, inside):
        """Of a brace, by what is before it and what that is in."""
        literal = r"(?:[=(,?:]|return)\s*\([\w\s*]+\)\s*$"
        if inside == "value" or re.search(r"[=(,]\s*$", before) or re.search(literal, before) \
                or re.search(r"\benum\b[^=()]*$", before):
            return "value"
        return "" if re.search(r"\b(?:struct|union)\b[^=()]*$", before) else "code"

    def of(self, at):
        return self.kinds[bisect.bisect_right(self.starts, at) - 1]


def closing(code, at):
    """Where the parenthesis ends that begins at `at`."""
    depth = 0
    for k in range(at, len(code)):
        depth += (code[k] == "(") - (code[k] == ")")
        if not depth:
            return k
    return -1


class Source:
    """A file, and what may be changed in it: for each line (from, to, instead) of the text."""

    def __init__(self, root, path):
        self.path = path
        self.text = (root / path).read_text()
        self.code = masked(self.text)
        self.context = Contexts(self.code)
        starts = [0] + [m.end() for m in re.finditer("\n", self.code)]
        skipped = [not line.strip() or NOT_DRAWN.search(text) for line, text
                   in zip(self.code.split("\n"), self.text.split("\n"))]
        found = [[] for _ in starts]
        for change in self.changes(starts):
            k = bisect.bisect_right(starts, change[0]) - 1
            if not skipped[k]:
                found[k].append(change)
        self.lines = [changes for changes in found if changes]

    def changes(self, starts):
        """By rule, then by constants, then those of code alone."""
        for pattern, others in RULES:
            for m in pattern.finditer(self.code):
                context = self.context.of(m.start(1))
                for other in others:
                    if context == "code" or context == "value" and other not in ("<", ">", "/"):
                        yield m.start(1), m.end(1), other
        for m in NUMBER.finditer(self.code):
            first = self.code.rfind("\n", 0, m.start()) + 1
            before = self.code[first:m.start()]
            if self.context.of(m.start()) and ("=" in before or not self.is_declaration(before)):
                for other in near(m.group(1)):
                    yield m.start(1), m.end(1), other
        for start, end in zip(starts, starts[1:]):
            if self.context.of(start) == "code":
                yield from self.removed(start, end - 1)
                yield from self.negated(start, end - 1)
                yield from self.swapped(start, end - 1)

    @staticmethod
    def is_declaration(line):
        text = line.strip()
        return bool(DECLARES.match(text)) and not re.match(r"(return|else|case|goto)\b", text)

    def statement(self, start):
        """The end of the simple statement that begins here; -1: there is none."""
        code = self.code
        before = code[:start].rstrip()
        if before and before[-1] not in ";{})" and not before.endswith("else"):
            return -1
        end = code.find(";", start)
        text = code[start:end]
        if end < 0 or not re.match(r"[A-Za-z_*(+-]", text) or re.search(r"[{}]", text) \
                or text.count("(") != text.count(")") or text.startswith("(void)"):
            return -1
        return end

    def removed(self, start, end):
        start += len(self.code[start:end]) - len(self.code[start:end].lstrip())
        end = self.statement(start)
        if end < 0:
            return []
        text = self.code[start:end]
        word = re.match(r"\w*", text).group()
        after = self.code[end + 1:].lstrip(" ")
        if word == "return":
            return [] if after.startswith("\n}") else [(start, end, "")]
        if word in WORDS or self.is_declaration(text):
            return []
        return [(start, end, "")]

    def negated(self, start, end):
        found = []
        for m in re.finditer(r"\b(?:if|while) \(", self.code[start:end]):
            opens = start + m.end() - 1
            closes = closing(self.code, opens)
            if closes > 0:
                found.append((opens, closes + 1, "(!%s)" % self.text[opens:closes + 1]))
        return found

    def swapped(self, start, end):
        found = []
        for m in CALL.finditer(self.code, start, end):
            opens = m.end() - 1
            closes = closing(self.code, opens)
            if m.group(1) in WORDS or not 0 < closes < end:
                continue
            inner = self.code[opens + 1:closes]
            arguments = inner.split(",")
            at = opens + 1
            for k, (a, b) in enumerate(zip(arguments, arguments[1:])):
                if SIMPLE.fullmatch(a) and SIMPLE.fullmatch(b) and a.strip() and b.strip() \
                        and a.strip() != b.strip() and (k or m.group(1) not in COMMUTES):
                    left = at + len(a) - len(a.lstrip())
                    found.append((left, at + len(a) + 1 + len(b),
                                  "%s, %s" % (b.strip(), a.strip())))
                at += len(a) + 1
        return found


def near(number):
    """Constants off by one."""
    if "." in number:
        return ["%g" % (float(number) + 1) + ("" if (float(number) + 1) % 1 else ".0")]
    if number.startswith("0x"):
        return [hex(int(number, 16) + 1)]
    value = int(number)
    return [str(value + 1)] + ([str(value - 1)] if value else [])


class Mutant:
    """A file with a place of it changed."""

    def __init__(self, source, change):
        start, end, other = change
        self.path = source.path
        self.text = source.text[:start] + other + source.text[end:]
        self.line = source.text.count("\n", 0, start) + 1
        first = source.text.rfind("\n", 0, start) + 1
        last = source.text.find("\n", end)
        self.old = source.text[first:last].split("\n")
        self.new = (source.text[first:start] + other + source.text[end:last]).split("\n")
        same = source.text[:first].count("\n" + "\n".join(self.old) + "\n")
        words = [self.path, *self.stripped(), str(same)]
        self.key = hashlib.sha256("\n".join(words).encode()).hexdigest()[:10]

    def stripped(self):
        """As tests/mutants/equal.txt has it: "- " and "+ ", what differs."""
        old, new = [s.strip() for s in self.old], [s.strip() for s in self.new]
        while old and new and old[0] == new[0]:
            old, new = old[1:], new[1:]
        while old and new and old[-1] == new[-1]:
            old, new = old[:-1], new[:-1]
        return ["- " + s for s in old] + ["+ " + s for s in new]

    def __str__(self):
        return "%s:%d\n" % (self.path, self.line) + "".join("    %s\n" % s for s in self.stripped())


class Draw:
    """Mutants of a tree; the k-th does not depend on those before it. What was found in the files
    is kept in `kept`: it takes seconds."""

    def __init__(self, root, only, kept):
        paths = sorted({str(p.relative_to(root)) for pattern in PATTERNS
                        for p in root.glob(pattern) if not only or re.search(only, str(p))})
        digest = hashlib.sha256(Path(__file__).read_bytes())
        for path in paths:
            digest.update(path.encode() + (root / path).read_bytes())
        self.key = digest.hexdigest()
        self.sources = self.known(kept)
        if not self.sources:
            self.sources = [Source(root, path) for path in paths]
            kept.write_bytes(pickle.dumps((self.key, self.sources)))
        self.lines = [(s, line) for s in self.sources for line in s.lines]

    def known(self, kept):
        if not kept.exists():
            return None
        key, sources = pickle.loads(kept.read_bytes())
        return sources if key == self.key else None

    def tries(self, seed, k):
        """One after the other, for as long as they are asked for."""
        chance = random.Random("%d/%d" % (seed, k))
        while True:
            source, line = chance.choice(self.lines)
            yield Mutant(source, chance.choice(line))
