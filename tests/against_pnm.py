"""Holds Lathe's reader of PGM and PPM against Pillow and Netpbm's pnmtoplainpnm:
against_pnm.py VERDICTS [FILES [SEED]]. Images are drawn in every form that the formats have, then
changed. What both read alike Lathe must read so, or refuse for one of the reasons that stand here;
where the two differ, Netpbm's documentation decides (`expected`, for files as they were drawn)."""

import io
import os
import re
import subprocess
import sys
import tempfile
import warnings

from against import Differences, arguments, mutated, peer, verdicts

Image = peer("PIL.Image")
warnings.simplefilter("ignore")

PIECES = [b"#", b"\n\n", b" \n", b"\n# c\n", b"# c\n", b"#c\r", b" ", b"\n", b"\r", b"\r\n", b"\t",
          b"\v", b"\f", b"P5 1 1 9\n\1",
          b"P6", b"P2 1 1 9\n3 ", b"0", b"1", b"255", b"65535", b"-", b"+", b".", b"\0", b"x"]


def blank(rng, least=1):
    """White space, and comments between it."""
    out = b"".join(rng.choice((b" ", b" ", b"\n", b"\n", b"\t", b"\r", b"\r\n"))
                   for _ in range(rng.choice((1, 1, 1, 2, 3))))
    if rng.random() < 0.15:
        out += b"#" + rng.choice((b"", b" a comment", b"#", b"7", b"\xff"))
        out += rng.choice((b"\n", b"\r"))
        out += rng.choice((b"", b" ", b"\n")) * (1 - least)
    return out


def number(rng, n):
    """Its digits; now and then zeros before them, or a comment in them."""
    text = str(n).encode()
    if rng.random() < 0.02:
        text = b"00" + text
    if rng.random() < 0.02:
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice((b"#c\n", b"#\r")) + text[at:]
    return text


def image(rng):
    """One image, and what it holds: (channels, height, width, greatest value, values)."""
    kind = rng.choice(b"2356")
    c = 3 if kind in b"36" else 1
    w, h = rng.randint(1, 4), rng.randint(1, 4)
    most = rng.choice((1, 2, 9, 100, 254, 255, 255, 255, 256, 1000, 65534, 65535))
    blanks = (9, 10, 13, 32, 35)
    values = [rng.choice((0, most, rng.randint(0, most), rng.choice(blanks) % (most + 1)))
              for _ in range(c*h*w)]
    head = b"P" + bytes((kind,)) + blank(rng)
    for n in (w, h):
        head += number(rng, n) + blank(rng)
    head += number(rng, most)
    if kind in b"23":
        body = b"".join(blank(rng) + number(rng, v) for v in values)
    else:
        body = rng.choice((b"\n",)*12 + (b" ", b"\t", b"\r", b"\r\n", b"\r\n", b"\r\n",
                                         b"#c\n\n", b"#c\r\n"))
        raster = b"".join(v.to_bytes(2 if most > 255 else 1, "big") for v in values)
        if body == b"\r" and raster[0] == 10:   # CR LF, which could be one delimiter
            body = b"\n"
        body += raster
    return head + body, (c, h, w, most, values)


def file(rng):
    """A file, and the images in it as they were drawn."""
    drawn = [image(rng) for _ in range(rng.choice((1, 1, 1, 1, 2, 3)))]
    data = b""
    for k, (text, _) in enumerate(drawn):
        if k and (data[-1:].isdigit() or rng.random() < 0.2):
            data += b"\n"
        data += text
    data += rng.choice((b"",)*8 + (b"\n", b"\n", b"\r\n"))
    if rng.random() < 0.4:
        return mutated(rng, data, PIECES, 2), None
    return data, [facts for _, facts in drawn]


def scaled(facts):
    """As Lathe has it: channels first, 0 to 255."""
    c, h, w, most, values = facts
    return (f"{c}x{h}x{w}", [values[p*c + k]*255/most for k in range(c) for p in range(h*w)])


def pillow(data):
    """The first image, or None."""
    try:
        found = Image.open(io.BytesIO(data))
        if found.format != "PPM" or found.mode == "1":
            return None
        found.load()
    except Exception:
        return None
    c = len(found.getbands())
    top = 65535 if found.mode.startswith("I") else 255
    values = found.tobytes()
    values = list(values) if c == 3 or found.mode == "L" else list(found.getdata())
    size = found.height*found.width
    return (f"{c}x{found.height}x{found.width}",
            [values[p*c + k]*255/top for k in range(c) for p in range(size)])


def netpbm(path, data):
    """The images of a file, as far as it goes; and whether it went to the end."""
    with open(path, "wb") as f:
        f.write(data)
    run = subprocess.run(["pnmtoplainpnm", path], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, check=False)
    words, at, out = run.stdout.split(), 0, []
    while at + 4 <= len(words) and words[at] in (b"P1", b"P2", b"P3"):
        c = 3 if words[at] == b"P3" else 1
        if words[at] == b"P1":                  # what it makes of a greatest value of 1
            w, h = map(int, words[at + 1:at + 3])
            bits, at = b"", at + 3
            while len(bits) < w*h and at < len(words):
                bits += words[at]
                at += 1
            out.append((f"1x{h}x{w}", [255*(bit == 48) for bit in bits]))
            continue
        w, h, most = map(int, words[at + 1:at + 4])
        values = [int(v) for v in words[at + 4:at + 4 + c*h*w]]
        if len(values) < c*h*w:
            break
        out.append(scaled((c, h, w, most, values)))
        at += 4 + c*h*w
    return out, run.returncode == 0


def alike(a, b, within):
    """The same image, values rounded by one of the two."""
    return a and b and a[0] == b[0] and all(abs(x - y) <= within for x, y in zip(a[1], b[1]))


def ours_of(lines):
    """The images, None where one was refused, and the messages."""
    images, messages = [], []
    for line in lines:
        if line.startswith("read"):
            shape, *values = line.split(" ")[1:]
            images.append((shape, [float(v) for v in values]))
        else:
            images.append(None)
            messages.append(line[8:])
    return images, messages


REASONS = re.compile("sample .* expected|a whole number from|does not tell|: long: |"
                     "white space after it|is a bitmap|is a PAM")


def hold(data, facts, path, ours, messages):
    """What is wrong, or None."""
    if facts and not messages:
        same = len(ours) == len(facts) and all(alike(a, scaled(b), 1e-4)
                                               for a, b in zip(ours, facts))
        return None if same else "read as what was not drawn"
    theirs, good = netpbm(path, data)
    both = [pillow(data)] + theirs[:1]
    if ours[0] and b"\r\n" in data:             # which is one delimiter where the length says so
        unix = re.sub(rb"([0-9\n])\r\n", rb"\1\n", data)
        both += [pillow(unix)] + netpbm(path, unix)[0][:1]
    if not both[0] and re.search(rb"[0-9]#", data):
        return None         # Pillow fails over what follows, Netpbm splits numbers at comments
    if ours[0] and not any(alike(ours[0], other, 0.501) for other in both):
        return "read as neither of them"
    if not ours[0] and good and alike(both[0], theirs[0], 0.501) \
            and not REASONS.search(messages[0]):
        return "refused though both read it"
    return None


def main():
    program, count, rng = arguments()
    drawn = [file(rng) for _ in range(count)]
    lines = verdicts(program, "images", [data for data, _ in drawn])
    differences = Differences()
    exact = 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x")
        for data, facts in drawn:
            end = lines.index("end")
            ours, messages = ours_of(lines[:end])
            del lines[:end + 1]
            wrong = hold(data, facts, path, ours, messages)
            exact += facts is not None and not messages
            differences.hold(data, not messages, not wrong, ours, wrong)
    print(f"{exact} as they were drawn")
    return differences.end(count // 20) or exact < count // 4


sys.exit(main())
