#!/usr/bin/env python3
"""Says what a picture shows: classify.py PICTURE.ppm, of the network's size, by ctypes."""
import ctypes
import re
import sys

header = open("build/net.h").read()
size = {name: int(n) for name, n in re.findall(r"NET_(\w+)(?: =)? (\d+)", header)}
classes = re.findall(r'"([^"]*)"', re.search(r"NET_CLASSES \{(.*)\}", header).group(1))
net = ctypes.CDLL("build/libnet.so")
with open(sys.argv[1], "rb") as f:
    kind, shape, most, pixels = re.match(rb"(P6)\s+(\d+ \d+)\s+(255)\s(.*)", f.read(), re.S).groups()
if shape.split() != [b"%d" % size["WIDTH"], b"%d" % size["HEIGHT"]]:
    sys.exit(f"classify.py: a PPM of {size['WIDTH']}x{size['HEIGHT']}")
scores = (ctypes.c_float*size["SCORES"])()
work = (ctypes.c_float*(size["WORK_BYTES"]//4))()
if status := net.net_run_u8(pixels, scores, work):
    sys.exit(f"classify.py: net_run_u8: {status}")
best = max(range(len(scores)), key=lambda k: scores[k])
print(f"{classes[best]} {scores[best]:.4f}")
