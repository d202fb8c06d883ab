"""Holds Lathe's reader of safetensors against the reference implementation:
against_safetensors.py VERDICTS [FILES [SEED]]. Files are drawn, then changed: names with every
kind of escape, keys in any order, types, shapes and offsets of every kind. The verdicts, and what
was read, must be the same. And files that the reference wrote: weights of every width, by their
values."""

import ctypes
import json
import math
import struct
import sys

from against import Differences, arguments, mutated, peer, verdicts

safetensors = peer("safetensors")

BITS = {"BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "U8": 8, "I8": 8, "F8_E5M2": 8,
        "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16,
        "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64,
        "U64": 64}
CHARACTERS = ["a", "W1", "\x7f", "é", "ß", "ÿ", "€", "\ud7ff", "\ue000", "\ufffd", "\uffff",
              "😀", "\U00010000", "\U0010ffff", "/", "\\", '"', "\b", "\f", "\n", "\r", "\t",
              "\x00", "\x01", "\x1f", " ", "__metadata__", "."]
PIECES = [b'"', b"\\", b'\\"', b"\\u", b"\\ud800", b"\\udc00", b"\\ud83d\\ude00", b"\\u0000",
          b"\\uD83D\\u0041", b"\\x41", b"\\/", b"\x00", b"\x1f", b"\xc3\xa9", b"\xc3",
          b"\xed\xa0\x80",
          b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xf0\x9f\x98\x80", b"\xef\xbb\xbf", b"null", b"true",
          b"{}", b"[]", b"{", b"}", b"[", b"]", b",", b":", b"0", b"1", b"-", b"-0", b"01", b"1.0",
          b"1e2", b"1e999", b"1E-999", b"18446744073709551615", b"18446744073709551616",
          b'"F32"', b'"BF16"', b'"dtype"', b'"shape":[1],', b'"data_offsets":[0,4],',
          b'"__metadata__":{},', b'"x":[1,{"y":null}],', b'"x":-1.5e3,', b" ", b"\n", b"\t", b"\r",
          b"\x0b", b"/*c*/", b"NaN", b"tru"]


def quoted(rng, text):
    """A JSON string; its characters as they are, or as one of the escapes there are."""
    out = ""
    for c in text:
        if c in '"\\/' and rng.random() < 0.7:
            out += "\\" + c
        elif c in "\b\f\n\r\t" and rng.random() < 0.7:
            out += "\\" + "bfnrt"["\b\f\n\r\t".index(c)]
        elif rng.random() < 0.3 or c in '"\\' or c < " ":
            units = c.encode("utf-16-be")
            for k in range(0, len(units), 2):
                digits = f"{units[k]:02x}{units[k + 1]:02x}"
                out += "\\u" + "".join(rng.choice((d, d.upper())) for d in digits)
        else:
            out += c
    return f'"{out}"'


def spaced(rng, pieces):
    """Joined, with blanks between now and then."""
    return "".join(p + (rng.choice((" ", "\n", "\t\r")) if rng.random() < 0.1 else "")
                   for p in pieces)


def listed(rng, values):
    """A list's pieces."""
    out = ["["]
    for k, v in enumerate(values):
        out += [","] * (k > 0) + [str(v)]
    return out + ["]"]


def entry(rng, dtype, shape, offsets):
    """A tensor's object."""
    keys = [['"dtype"', ":", quoted(rng, dtype)],
            ['"shape"', ":"] + listed(rng, shape),
            ['"data_offsets"', ":"] + listed(rng, offsets)]
    if rng.random() < 0.02:
        return spaced(rng, ["["] + keys[0][2:] + [","] + keys[1][2:] + [","] + keys[2][2:] + ["]"])
    if rng.random() < 0.02:
        keys[0][2:] = ["{", quoted(rng, dtype), ":", "null", "}"]
    if rng.random() < 0.1:
        keys.append(['"other"', ":", rng.choice(('"x"', "[1,[2,{}]]", "-0.5e+3", "null", "false"))])
    if rng.random() < 0.03:
        keys.append(rng.choice(keys))
    rng.shuffle(keys)
    out = ["{"]
    for k, key in enumerate(keys):
        out += [","] * (k > 0) + key
    return spaced(rng, out + ["}"])


def tensors(rng):
    """Entries whose offsets follow each other, and the length of their data."""
    at, out = 0, []
    for _ in range(rng.randint(0, 4)):
        name = "".join(rng.choice(CHARACTERS) for _ in range(rng.randint(0, 3)))
        dtype = rng.choice(list(BITS)) if rng.random() < 0.5 else "F32"
        shape = [rng.choice((0, 1, 2, 2, 3)) for _ in range(rng.choice((0, 1, 2, 2, 4, 9)))]
        if rng.random() < 0.02:
            shape.insert(rng.randrange(len(shape) + 1), 1 << rng.choice((32, 62, 63)))
        bits = BITS[dtype]
        for n in shape:
            bits *= n
        length = bits // 8 if bits < 1000 else 0
        offsets = [at, at + length]
        if rng.random() < 0.03:
            offsets[rng.randrange(2)] += rng.choice((-1, 1, 4, 1 << 63))
        out.append((quoted(rng, name), entry(rng, dtype, shape, offsets)))
        at += length
    return out, at


def file(rng):
    """A whole file."""
    entries, length = tensors(rng)
    for _ in range(rng.choice((0, 0, 1, 1, 1, 2)) if rng.random() < 0.5 else 0):
        values = [f'{quoted(rng, rng.choice(CHARACTERS))}:{quoted(rng, rng.choice(CHARACTERS))}'
                  for _ in range(rng.randint(0, 3))]
        entries.append((quoted(rng, "__metadata__"),
                        "null" if rng.random() < 0.1 else "{" + ",".join(values) + "}"))
    if entries and rng.random() < 0.05:
        entries.append((rng.choice(entries)[0], rng.choice(entries)[1]))
    rng.shuffle(entries)
    header = spaced(rng, ["{", ",".join(f"{a}:{b}" for a, b in entries), "}"])
    header = header.encode("utf-8", "surrogatepass") + b" " * rng.choice((0, 0, 3))
    if rng.random() < 0.5:
        header = mutated(rng, header, PIECES, 2)
    if rng.random() < 0.02:
        deep = rng.choice((124, 125, 126, 127, 128))
        header = header.replace(b'"shape"', b'"x":' + b"[" * deep + b"]" * deep + b',"shape"', 1)
    stated = len(header) + (rng.choice((-1, 1, 1 << 40)) if rng.random() < 0.02 else 0)
    data = bytes(rng.randrange(256) for _ in range(length))
    if rng.random() < 0.03:
        data = data[:-1] if rng.random() < 0.5 else data + b"\0"
    whole = struct.pack("<Q", stated % (1 << 64)) + header + data
    return whole[:rng.randrange(len(whole))] if rng.random() < 0.01 else whole


def encoded(text):
    """As Lathe holds a string."""
    return text.encode("utf-8", "surrogatepass").replace(b"\0", b"\xc0\x80").hex()


def theirs_of(data):
    """What the reference reads, or None and its words."""
    try:
        found = safetensors.deserialize(data)
    except Exception as e:      # of several kinds over the versions
        return None, str(e)
    parts = sorted(f"{encoded(name)}:{t['dtype']}:{','.join(map(str, t['shape'][:8]))}:"
                   f"{bytes(t['data']).hex()}" for name, t in found)
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length].decode())
    metadata = header.get("__metadata__") or {}
    return (parts, {encoded(k): encoded(v) for k, v in metadata.items()}), ""


WIDTHS = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}


def value(dtype, data):
    """What the bytes are, rounded to f32."""
    if dtype == "bfloat16":
        return struct.unpack("<f", b"\0\0" + data)[0]
    x = struct.unpack({"float16": "<e", "float32": "<f", "float64": "<d"}[dtype], data)[0]
    try:
        return struct.unpack("<f", struct.pack("<f", x))[0]
    except OverflowError:
        return math.copysign(math.inf, x)


def weights(rng):
    """A file that the reference wrote, as PyTorch lets it, and what a program of f32 is to read."""
    specs, kept, wanted = {}, [], []
    for name in sorted(rng.sample("abcdefgh", rng.randint(1, 4))):
        dtype, count = rng.choice(list(WIDTHS)), rng.randint(0, 9)
        width = WIDTHS[dtype]
        data = bytes(rng.randrange(256) for _ in range(count*width))
        if dtype == "float64" and rng.random() < 0.8:
            data = b"".join(struct.pack("<d", rng.gauss(0, 1)) for _ in range(count))
        kept.append(ctypes.create_string_buffer(data, max(1, len(data))))
        specs[name] = safetensors.TensorSpec(dtype=dtype, shape=[count], data_len=len(data),
                                             data_ptr=ctypes.addressof(kept[-1]))
        wanted.append(name)
        wanted += [value(dtype, data[k:k + width]) for k in range(0, len(data), width)]
    return bytes(safetensors.serialize(specs, {"format": "pt"})), wanted


def same(a, b):
    """A name, or a number of 9 digits; subnormal ones of f32 may be 0."""
    if isinstance(a, str):
        return a == b
    x = float(b)
    if math.isnan(a):
        return math.isnan(x)
    return x == float(f"{a:.9g}") or (abs(a) < 2**-126 and x == 0)


def hold_weights(program, count, rng, differences):
    """Files of the reference's own."""
    files = [weights(rng) for _ in range(count)]
    for (data, wanted), line in zip(files, verdicts(program, "weights", [f[0] for f in files])):
        got = line.split()
        good = got[0] == "read" and len(got) == len(wanted) + 1 and all(map(same, wanted, got[1:]))
        differences.hold(data, True, good, line, wanted)


def main():
    program, count, rng = arguments()
    files = [file(rng) for _ in range(count)]
    lines = verdicts(program, "safetensors", files)
    differences = Differences()
    for data, line in zip(files, lines):
        theirs, why = theirs_of(data)
        if line.startswith("read"):
            parts, metadata = line[4:].split(" |")
            ours = (sorted(parts.split()), dict(m.split("=") for m in metadata.split()))
        else:
            ours = None
        differences.hold(data, theirs is not None, ours == theirs, line, theirs or why)
    if hasattr(safetensors, "TensorSpec"):      # as its version 0.8 has it
        hold_weights(program, count // 4, rng, differences)
    return differences.end(count // 10)


sys.exit(main())
