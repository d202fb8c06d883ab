"""Holds Lathe's reader of .npy files against numpy.load: against_numpy.py VERDICTS [FILES [SEED]].
Headers are drawn in every form that a Python literal has, then changed. What numpy reads of numbers
of up to 8 bytes Lathe must read with the same values, what numpy refuses Lathe must refuse."""

import io
import re
import struct
import sys
import warnings

from against import Differences, arguments, mutated, peer, verdicts

numpy = peer("numpy")
warnings.simplefilter("ignore")

KEPT = {"b1": "u1", "u1": "u1", "i1": "i4", "i2": "i4", "u2": "i4", "i4": "i4", "u4": "i8",
        "i8": "i8", "u8": "i8", "f2": "f4", "f4": "f4", "f8": "f8"}
TYPES = ["<f4", "|u1", "<u1", ">u1", "=u1", "u1", "B", "b", "?", "|b1", "bool", "uint8", "int8",
         "<i8", ">i8", "<i4", ">i4", "=i4", "<i2", ">i2", "<u2", ">u2", "<u4", ">u4", "<u8", ">u8",
         "<f2", ">f2", "<f8", ">f8", "=f8", ">f4", "f", "d", "e", "h", "H", "i", "I", "l", "L",
         "q", "Q", "p", "P", "<l", ">d", "|f4", "float32", "float64", "float16", "half",
         "single", "double",
         "float", "int", "int64", "uint64", "long", "intp", "<float32", "f3", "u16", "f1", "b2",
         "<c8", "<f16", "|O", "|S4", "<U2", "|V3", "<M8[s]", "f 4", "f04", "f+4", "f4 ", " f4", "",
         "f", "F4", "U1", "float32 ", "nothing", "=", "<", "f4,", "g", "complex64", "object"]
COUNTED = r": type (of several parts|[<>=|]? *[(0-9]|[^;]*,|[^a-z]*\?)"
PIECES = [b"'", b'"', b"'''", b"\\", b"\\x3c", b"\\u003c", b"\\74", b"\\\n", b"\n", b"\r\n", b"\r",
          b" ", b"\t", b"\f", b"\v", b"# c\n", b"#", b"(", b")", b"[", b"]", b"{", b"}", b",", b":",
          b"u", b"b", b"r", b"rb", b"f", b"L", b"l", b"0", b"1", b"0x", b"_", b"1_0", b"00", b"07",
          b"1e1", b".5", b"1j", b"+", b"-", b"~", b"True", b"False", b"None", b"...", b"set()",
          b"'descr': '<f4',", b"'shape': (2,),", b"'x': 1,", b"\xe9", b"\x00", b"\xc3\xa9", b"if",
          b"1 if 1 else 2", b"'' ", b"u'' ", b"*", b"**{}", b"(1,)", b"[2]", b"{3}", b"lambda: 0"]


def quoted(rng, text):
    """A Python string; whole, in parts, with escapes."""
    if text and rng.random() < 0.04:
        cut = rng.randrange(len(text) + 1)
        return quoted(rng, text[:cut]) + rng.choice(("", " ", "\n")) + quoted(rng, text[cut:])
    quote = rng.choice(("'", "'", "'", '"', '"', "'''", '"""'))
    prefix = rng.choice(("",)*60 + ("u",)*10 + ("U", "r", "R", "b", "f"))
    out = ""
    for c in text:
        how = rng.random() if prefix not in ("r", "R") else 1
        out += (f"\\x{ord(c):02x}" if how < 0.02 else f"\\{ord(c):03o}" if how < 0.04
                else f"\\u{ord(c):04X}" if how < 0.05 else "\\\n" + c if how < 0.06 else c)
    return prefix + quote + out + quote


def whole(rng, n):
    """An integer."""
    return rng.choice([str(n)]*12 + [f"{n}L", f"{n}L", f"{n} L", hex(n), oct(n), bin(n), f"+{n}",
                                     f"-{n}", f"0{n}", f"{n}.0", f"{n}j", f"({n})", str(bool(n)),
                                     f"'{n}'", f"{n}l", f"0X{n:X}L", f"{n}_0"])


def shaped(rng, shape):
    """A tuple, now and then something else."""
    sizes = [whole(rng, n) if rng.random() < 0.1 else str(n) for n in shape]
    comma = "," if len(sizes) == 1 or (sizes and rng.random() < 0.2) else ""
    text = rng.choice((", ", ",", " , ", ",\n")).join(sizes) + comma
    return rng.choice([f"({text})"]*20 + [f"[{text}]", text, f"(({text}))", f"({text}", "()",
                                          "None"])


def header(rng, descr, fortran, shape):
    """The text of a header."""
    pairs = [[quoted(rng, "descr"), quoted(rng, descr)],
             [quoted(rng, "fortran_order"),
              rng.choice([str(fortran)]*20 + ["0", "1", "None", "true", f"({fortran})"])],
             [quoted(rng, "shape"), shaped(rng, shape)]]
    if rng.random() < 0.3:
        rng.shuffle(pairs)
    if rng.random() < 0.03:
        pairs.insert(rng.randrange(4), rng.choice((
            [quoted(rng, "other"), "1"], ["'descr'", "[('a', '<f4')]"],
            ["'shape'", "{1: [2, {3}]}"],
            ["'shape'", "1 + 2j"], ["1", "2"], ["{}", "2"], ["'descr'", "b'<f4'"])))
    if rng.random() < 0.02:
        pairs.pop()
    space = rng.choice((" ", " ", "", "\n", "  ", " # c\n", "\t", "\\\n"))
    text = "{" + ", ".join(f"{k}:{space}{v}" for k, v in pairs)
    text += rng.choice((", }",)*8 + (",}", "}", "\n}", ",,}"))
    ending = rng.choice((" " * rng.randrange(60) + "\n",)*20
                        + ("", "\n\n\n", " # end", "\n x", "\n#", "\n ", "\n\f", ",", " \\\n"))
    start = rng.choice(("",)*20 + (" ", "\t", "\n", "\n ", "# c\n", "\f", "\f "))
    return (start + text + ending).encode("latin1")


def file(rng):
    """A whole file."""
    descr = rng.choice(TYPES) if rng.random() < 0.5 else rng.choice(("<f4", "|u1", ">i4", "u2"))
    shape = [rng.choice((0, 1, 1, 2, 3)) for _ in range(rng.choice((0, 1, 1, 2, 3, 4, 4, 5)))]
    text = header(rng, descr, rng.random() < 0.3, shape)
    if rng.random() < 0.3:
        text = mutated(rng, text, PIECES, 2)
    try:
        size = numpy.dtype(descr).itemsize
    except TypeError:
        size = 4
    count = 1
    for n in shape:
        count *= n
    data = bytes(rng.randrange(256) for _ in range(count*size - (rng.random() < 0.02)))
    version = rng.choice((1, 1, 1, 2, 3)) if rng.random() < 0.99 else rng.choice((0, 4, 255))
    minor = 0 if rng.random() < 0.99 else 1
    stated = len(text) + (rng.choice((-1, 1, 40)) if rng.random() < 0.01 else 0)
    length = struct.pack("<H" if version == 1 else "<I", max(stated, 0))
    magic = b"\x93NUMPY" if rng.random() < 0.99 else b"\x93NUMPZ"
    return magic + bytes((version, minor)) + length + text + data


def theirs_of(data):
    """An array, or None and why."""
    try:
        return numpy.load(io.BytesIO(data)), ""
    except Exception as e:
        return None, f"{type(e).__name__}: {e}"


def refused_on_purpose(data, array, line):
    """What numpy reads and Lathe does not, and says so: other types, types with a count or by
    number, bytes after the array, values from 2^63."""
    if array.dtype.str[1:] not in KEPT or re.search(COUNTED, line):
        return ": type " in line
    beyond = array.dtype.str[1:] == "u8" and array.size and int(array.max()) > 2**63 - 1
    start = 10 if data[6] == 1 else 12
    length = struct.unpack("<H" if data[6] == 1 else "<I", data[8:start])[0]
    long = len(data) - start - length != array.nbytes
    return ("is greater than" in line and beyond) or ("its shape takes" in line and long)


def ours_of(line):
    """What verdicts printed, as numpy has it; the header's forms of one type are one."""
    kind, shape, values = line[5:].split(" ")
    shape = tuple(int(n) for n in shape[1:-1].split(",") if n)
    return kind, shape, values


def main():
    program, count, rng = arguments()
    files = [file(rng) for _ in range(count)]
    lines = verdicts(program, "npy", files)
    differences = Differences()
    for data, line in zip(files, lines):
        array, why = theirs_of(data)
        if array is None:
            differences.hold(data, False, not line.startswith("read"), line, why)
            continue
        kind = KEPT.get(array.dtype.str[1:])
        if line.startswith("read"):
            values = kind and numpy.ascontiguousarray(array).astype("<" + kind).tobytes().hex()
            same = ours_of(line) == (kind, array.shape, values)
        else:
            same = refused_on_purpose(data, array, line)
        differences.hold(data, True, same, line, f"{array.dtype} {array.shape}")
    return differences.end(count // 10)


sys.exit(main())
