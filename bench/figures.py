"""Medians, spreads, ratios, and the table that they go to."""
import csv
import os

# One row a measured quantity; what does not apply is empty.
FIELDS = ["model", "kind", "name", "who", "images", "threads", "ms", "ms_min", "ms_q1", "ms_q3",
          "ms_max", "samples", "gflops", "percent_of_peak", "mbytes", "gbytes_per_s",
          "percent_of_bandwidth", "ratio", "ratio_min", "ratio_q1", "ratio_q3", "ratio_max",
          "note"]


def quantile(values, share):
    """Between the nearest of the sorted values; as runtime/base/series.c."""
    values = sorted(values)
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])


def median(values):
    return quantile(values, 0.5)


def spread(values, prefix):
    """Median, least, quartiles and most as fields of a row."""
    shares = {"": 0.5, "_min": 0, "_q1": 0.25, "_q3": 0.75, "_max": 1}
    return {prefix + end: quantile(values, share) for end, share in shares.items()}


def row(model, kind, name, who, times=(), pairs=(), **more):
    """times: ms of every sample. pairs: (ours, theirs), lists of times taken one after the
    other: the ratio is theirs by ours, pair by pair, so that what slows the machine down for
    a while slows down both."""
    out = {"model": model, "kind": kind, "name": name, "who": who, **more}
    if times:
        out.update(spread(times, "ms"), samples=len(times))
    if pairs:
        out.update(spread([median(theirs) / median(ours) for ours, theirs in pairs], "ratio"))
    return out


def shown(value):
    return f"{value:.6g}" if isinstance(value, float) else value


def write_csv(path, rows):
    """The whole file or none."""
    with open(path + ".tmp", "w", newline="") as f:
        writer = csv.DictWriter(f, FIELDS, lineterminator="\n")
        writer.writeheader()
        for r in rows:
            writer.writerow({key: shown(value) for key, value in r.items()})
    os.replace(path + ".tmp", path)


def read_csv(path):
    """Numbers as floats, empty fields left out."""
    def value(text):
        try:
            return float(text)
        except ValueError:
            return text

    with open(path, newline="") as f:
        return [{key: value(text) for key, text in r.items() if text} for r in csv.DictReader(f)]


def best(rows):
    """Of rows the one with the least median."""
    return min(rows, key=lambda r: r["ms"], default=None)
