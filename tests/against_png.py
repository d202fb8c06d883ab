"""Holds Lathe's reader of PNG against Pillow: against_png.py VERDICTS [FILES [SEED]]. Images of
every colour type, depth, filter and interlacing are drawn and written here, some by Pillow too, so
that their pixels are known; of the changed ones (their sums made right again) what Lathe reads
Pillow must read alike. Where $PNGSUITE is a folder of PngSuite's files, or pypng's copy of some is
in build/pngsuite (make deps), they are read as well."""

import glob
import importlib
import io
import os
import struct
import sys
import warnings
import zlib

from against import Differences, arguments, mutated, peer, verdicts

Image = peer("PIL.Image")
warnings.simplefilter("ignore")

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
          (0, 1, 1, 2))


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def packed(rng, data):
    """A zlib stream of any kind of block."""
    strategy = rng.choice((zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE))
    z = zlib.compressobj(rng.randrange(10), zlib.DEFLATED, rng.choice((9, 12, 15)), 8, strategy)
    out = b""
    while data and rng.random() < 0.3:
        n = rng.randrange(len(data) + 1)
        out += z.compress(data[:n]) + z.flush(rng.choice((zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH)))
        data = data[n:]
    return out + z.compress(data) + z.flush()


def paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def filtered(rng, rows, pixel, filters):
    """Rows of bytes, each after a filter."""
    out, above = b"", None
    for row in rows:
        above = above or bytes(len(row))
        kind = rng.choice(filters)
        line = bytearray([kind])
        for k, x in enumerate(row):
            left = row[k - pixel] if k >= pixel else 0
            corner = above[k - pixel] if k >= pixel else 0
            line.append((x - (0, left, above[k], (left + above[k]) // 2,
                              paeth(left, above[k], corner))[kind]) & 255)
        out += line
        above = row
    return out


def row_bytes(pixels, depth):
    """Samples, the first one in the highest bits."""
    out, bits, n = bytearray(), 0, 0
    for pixel in pixels:
        for sample in pixel:
            bits, n = bits << depth | sample, n + depth
            while n >= 8:
                out.append(bits >> (n - 8) & 255)
                bits &= (1 << (n - 8)) - 1
                n -= 8
    if n:
        out.append(bits << (8 - n) & 255)
    return bytes(out)


def drawn(rng):
    """A file, and (channels, height, width, values in planes)."""
    kind = rng.choice((0, 2, 3, 3, 4, 6))
    depth = rng.choice(DEPTHS[kind])
    most, samples = (1 << depth) - 1, SAMPLES[kind]
    w, h = rng.choice((1, 2, 3, 5, 8, 9, 17, 33)), rng.choice((1, 2, 3, 4, 5, 8, 11))
    colours = rng.randint(1, 1 << depth) if kind == 3 else 0
    few = [rng.randrange(colours or most + 1) for _ in range(3)]
    pick = (lambda: rng.choice(few)) if rng.random() < 0.5 else \
        (lambda: rng.randrange(colours or most + 1))
    image = [[tuple(pick() for _ in range(samples)) for _ in range(w)] for _ in range(h)]
    interlaced = rng.randrange(2)
    data, pixel = b"", max(1, samples*depth//8)
    filters = rng.choice(((0,), (0, 1, 2, 3, 4), (4,), (3, 4)))
    for x, y, right, down in PASSES if interlaced else ((0, 0, 1, 1),):
        if x < w:
            rows = [row_bytes(image[r][x::right], depth) for r in range(y, h, down)]
            data += filtered(rng, rows, pixel, filters)
    body = chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, kind, 0, 0, interlaced))
    if rng.random() < 0.3:
        body += chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"tEXt", b"a\0" + bytes(20))
    palette = [[rng.randrange(256) for _ in range(3)] for _ in range(colours)]
    if kind == 3 or (kind in (2, 6) and rng.random() < 0.1):
        body += chunk(b"PLTE", bytes(sum(palette, [])) if kind == 3 else b"\1\2\3")
    key = None
    alpha = [255]*colours
    if kind in (0, 2, 3) and rng.random() < 0.4:
        if kind == 3:
            given = [rng.randrange(256) for _ in range(rng.randint(1, colours))]
            alpha[:len(given)] = given
            key = bytes(given)
        else:
            key = rng.choice(rng.choice(image))
        body += chunk(b"tRNS", key if kind == 3 else struct.pack(f">{len(key)}H", *key))
    z = packed(rng, data)
    while rng.random() < 0.5:
        n = rng.randrange(len(z) + 1)
        body += chunk(b"IDAT", z[:n])
        z = z[n:]
    body += chunk(b"IDAT", z) + chunk(b"IEND", b"")
    scaled = [[[v*255/most for v in p] for p in row] for row in image]
    if kind == 3:
        scaled = [[palette[p[0]] + ([alpha[p[0]]] if key else []) for p in row] for row in image]
    elif key:
        scaled = [[s + [0 if p == key else 255] for s, p in zip(*rows)]
                  for rows in zip(scaled, image)]
    c = len(scaled[0][0])
    return SIGNATURE + body, (c, h, w, [scaled[y][x][k] for k in range(c) for y in range(h)
                                        for x in range(w)])


def by_pillow(rng):
    """The same, written by Pillow."""
    mode = rng.choice(("1", "L", "LA", "P", "RGB", "RGBA"))
    w, h = rng.randint(1, 40), rng.randint(1, 20)
    image = Image.frombytes("RGBA", (w, h), rng.randbytes(4*w*h))
    image = (image.convert("RGB").quantize(rng.randint(2, 40)) if mode == "P"
             else image.convert(mode))
    out = io.BytesIO()
    image.save(out, "PNG", optimize=rng.random() < 0.3, compress_level=rng.randrange(10))
    return out.getvalue()


def pillow(data):
    """What Pillow reads, with as many channels as Lathe has; None: it refuses. What it has in a
    form of its own is left out, as what was drawn tells more: sixteen bits, and which greys of
    fewer than eight are transparent."""
    try:
        with Image.open(io.BytesIO(data)) as f:
            f.load()
            keyed = "transparency" in f.info
            grey = f.mode in ("1", "L", "LA", "I", "I;16")
            mode = ("LA" if grey else "RGBA") if keyed or "A" in f.mode else "L" if grey else "RGB"
            if data[24] == 16:
                return None, f.height, f.width, ()
            if keyed and grey and data[24] < 8:
                return None, f.height, f.width, list(f.convert("L").getdata())
            if keyed and grey:              # Pillow has no way from L with a key to LA
                f = f.convert("RGBA")
                bands = [f.getchannel("R"), f.getchannel("A")]
            else:
                bands = f.convert(mode).split()
            w, h = f.size
            return len(bands), h, w, [v for b in bands for v in b.getdata()]
    except Exception:
        return None


def ours(lines):
    """The first image of a verdict's lines: (c, h, w, values), or the message."""
    if not lines[0].startswith("read "):
        return lines[0]
    shape, *values = lines[0][5:].split(" ")
    c, h, w = map(int, shape.split("x"))
    return c, h, w, [float(v) for v in values]


def alike(a, b):
    return isinstance(a, tuple) and b[0] in (None, a[0]) and a[1:3] == b[1:3] and all(
        abs(x - y) < 1e-4 for x, y in zip(a[3], b[3]))


def mended(data):
    """With the sums of all chunks that are left."""
    out, at = data[:8], 8
    while at + 12 <= len(data):
        n = struct.unpack(">I", data[at:at + 4])[0]
        if n > len(data) - at - 12:
            break
        out += chunk(data[at + 4:at + 8], data[at + 8:at + 8 + n])
        at += 12 + n
    return out + data[at:]


def changed(rng, data):
    """Damage within what the sums of chunks would find, and in the pixels' own stream."""
    how = rng.randrange(4)
    if how == 0:
        return data[:rng.randrange(len(data))]
    if how == 1:
        return mutated(rng, data, [SIGNATURE, b"IEND", b"IDAT", b"\0\0\0\0"])
    bad = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        bad[rng.randrange(8, len(bad))] ^= 1 << rng.randrange(8)
    return mended(bytes(bad))


def suite():
    """PngSuite's files by name, those that are to be read."""
    files = {}
    folder = os.environ.get("PNGSUITE")
    for path in sorted(glob.glob(os.path.join(folder, "*.png"))) if folder else ():
        with open(path, "rb") as f:
            files[os.path.basename(path)] = f.read()
    home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path.append(os.path.join(home, "build", "pngsuite"))
    try:
        files.update(importlib.import_module("pngsuite").png)
    except ImportError:
        pass
    return files


def main():
    program, count, rng = arguments()
    good = [drawn(rng) for _ in range(count // 2)]
    good += [(data, pillow(data)) for data in (by_pillow(rng) for _ in range(count // 8))]
    bad = [changed(rng, rng.choice(good)[0]) for _ in range(count - len(good))]
    named = suite()
    files = [data for data, _ in good] + bad + list(named.values())
    each, at = [], []
    for line in verdicts(program, "images", files):
        if line == "end":
            each.append(at)
            at = []
        else:
            at.append(line)
    d = Differences()
    for (data, truth), lines in zip(good, each):
        got, theirs = ours(lines), pillow(data)
        d.hold(data, True, alike(got, truth), got, truth)
        if theirs and not alike(got, theirs):
            d.hold(data, True, False, got, theirs)
    for data, lines in zip(bad, each[len(good):]):
        got = ours(lines) if lines else "empty"
        read = isinstance(got, tuple)
        theirs = pillow(data) if read else None
        d.hold(data, read, not read or (theirs and alike(got, theirs)), got, theirs)
    for (name, data), lines in zip(named.items(), each[len(good) + len(bad):]):
        got, theirs = ours(lines), pillow(data)
        broken = name.startswith("x")
        d.hold(name.encode(), not broken, not isinstance(got, tuple) if broken
               else theirs and alike(got, theirs), got, theirs)
    print(f"{len(named)} files of PngSuite")
    return d.end(count // 8)


if __name__ == "__main__":
    sys.exit(main())
