"""Holds Lathe's readers of .npz and .gz files against numpy and Python's own modules:
against_packed.py VERDICTS [FILES [SEED]]. Archives are written by numpy and by zipfile in every
form that is read, gzip's members by zlib; then some are changed. What Lathe reads the others must
read alike, and what was not changed Lathe must read."""

import gzip
import io
import struct
import sys
import warnings
import zipfile
import zlib

from against import Differences, arguments, mutated, peer, verdicts

numpy = peer("numpy")
warnings.simplefilter("ignore")

TYPES = ["u1", "i1", "u2", ">u2", "i4", ">i8", "f2", "f4", "f8", "?"]
PIECES = [b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"\xff\xff",
          b"\xff\xff\xff\xff", b"\x00\x00", b"\x1f\x8b\x08", b"\x01\x00\x10\x00", b"\x08\x00"]


def array(rng):
    """Of any type and shape; some pack well."""
    shape = [rng.choice((0, 1, 2, 5)) for _ in range(rng.randrange(4))]
    draw = numpy.random.default_rng(rng.randrange(1 << 30))
    return draw.integers(0, rng.choice((2, 100)), shape).astype(rng.choice(TYPES))


class Stream(io.RawIOBase):
    """Where nothing can be sought: sizes follow each member."""

    def __init__(self):
        self.bytes = b""

    def writable(self):
        return True

    def write(self, data):
        self.bytes += bytes(data)
        return len(data)


def archive(rng):
    """Bytes, and the members that were put in."""
    arrays = {f"a{k}": array(rng) for k in range(rng.randrange(4))}
    files = {}
    for name, a in arrays.items():
        f = io.BytesIO()
        numpy.save(f, a)
        files[name + ".npy"] = f.getvalue()
    if rng.random() < 0.5:
        f = io.BytesIO()
        rng.choice((numpy.savez, numpy.savez_compressed))(f, **arrays)
        return f.getvalue(), files
    f = Stream() if rng.random() < 0.3 else io.BytesIO()
    with zipfile.ZipFile(f, "w") as z:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
            with z.open(info, "w", force_zip64=rng.random() < 0.5) as member:
                member.write(data)
        if rng.random() < 0.3:
            z.comment = rng.choice((b"a comment", bytes(300)))
    return f.bytes if isinstance(f, Stream) else f.getvalue(), files


def member(rng, data):
    """One of gzip's, with any fields."""
    flags = rng.randrange(32)
    time = struct.pack("<I", rng.randrange(1 << 32))
    head = b"\x1f\x8b\x08" + bytes((flags,)) + time + b"\x02\x03"
    if flags & 4:
        extra = bytes(rng.randrange(20))
        head += struct.pack("<H", len(extra)) + extra
    head += b"a name\0" if flags & 8 else b""
    head += b"words\0" if flags & 16 else b""
    head += struct.pack("<H", zlib.crc32(head) & 65535) if flags & 2 else b""
    z = zlib.compressobj(rng.randrange(10), zlib.DEFLATED, -rng.choice((9, 12, 15)))
    return head + z.compress(data) + z.flush() + struct.pack("<II", zlib.crc32(data), len(data))


def packed(rng):
    """Bytes, and what is in them."""
    whole, out = b"", b""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        data = bytes(rng.randrange(rng.choice((2, 256))) for _ in range(rng.choice((0, 9, 300))))
        whole += data
        out += gzip.compress(data) if rng.random() < 0.3 else member(rng, data)
    return out, whole


def theirs_of_archive(data):
    """Name and bytes of each member that zipfile reads; None and why."""
    try:
        out = {}
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            for info in z.infolist():
                try:
                    out[info.orig_filename] = z.read(info)
                except Exception:       # whatever zipfile stumbles over
                    out[info.orig_filename] = None
        return out, ""
    except Exception as e:
        return None, f"{type(e).__name__}: {e}"


def ours_of_archive(line):
    """What verdicts printed, as zipfile has it."""
    pairs = (item.split(":") for item in line.split()[1:])
    return {bytes.fromhex(name).decode("latin1"): None if data == "?" else bytes.fromhex(data)
            for name, data in pairs}


def hold_archives(program, count, rng, differences):
    drawn = [(*archive(rng), rng.random() < 0.6) for _ in range(count)]
    files = [mutated(rng, data, PIECES, 2) if changed else data for data, _, changed in drawn]
    for data, line, (_, members, changed) in zip(files, verdicts(program, "npz", files), drawn):
        read = line.startswith("read")
        ours = ours_of_archive(line) if read else {}
        if not changed:
            differences.hold(data, read, read and ours == members, line, members)
            continue
        theirs, why = theirs_of_archive(data)
        same = not read or (theirs is not None
                            and all(b is None or theirs.get(n) == b for n, b in ours.items()))
        differences.hold(data, read, same, line, theirs or why)


def hold_gzip(program, count, rng, differences):
    drawn = [(*packed(rng), rng.random() < 0.6) for _ in range(count)]
    files = [mutated(rng, data, PIECES, 2) if changed else data for data, _, changed in drawn]
    for data, line, (_, whole, changed) in zip(files, verdicts(program, "gzip", files), drawn):
        read = line.startswith("read")
        try:
            theirs = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        except Exception as e:          # whatever gzip stumbles over
            theirs = e
        expected = theirs if changed else whole
        same = read and bytes.fromhex(line[5:]) == expected
        differences.hold(data, read, same or (changed and not read), line, theirs)


def main():
    program, count, rng = arguments()
    differences = Differences()
    hold_archives(program, count, rng, differences)
    hold_gzip(program, count, rng, differences)
    return differences.end(count // 10)


sys.exit(main())
