"""One HTML file from the rows: bars, rooflines, tables. Nothing is fetched, no script runs; it
follows the reader's light or dark and fits a phone."""
import html
import math
import platform

STYLE = """
:root { --page: #fff; --ink: #1c1f23; --soft: #5d6670; --line: #d9dee3; --bar: #b9c2cc;
        --own: #0b7a75; --other: #c2571a; color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171a; --ink: #e6e9ec; --soft: #9aa5b0; --line: #333a41; --bar: #4a545e;
          --own: #3fb8ae; --other: #ef8a4c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; background: var(--page); color: var(--ink);
       font: 16px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: .5rem 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; } p { margin: .4rem 0; }
.soft, figcaption, summary { color: var(--soft); font-size: .875rem; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr));
        gap: .5rem 2rem; }
figure { margin: .5rem 0; } svg { width: 100%; height: auto; display: block; }
.bar { margin: .35rem 0; font-size: .875rem; }
.bar div { display: flex; justify-content: space-between; gap: 1rem; }
.bar small { color: var(--soft); white-space: nowrap; }
.bar b { font-weight: 600; white-space: nowrap; font-variant-numeric: tabular-nums; }
.bar i { display: block; height: .6rem; background: var(--bar); border-radius: 0 3px 3px 0;
         min-width: 2px; }
.own i { background: var(--own); } .best i { background: var(--other); }
.table { overflow-x: auto; } table { border-collapse: collapse; font-size: .8125rem;
         font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .15rem .6rem; border-bottom: 1px solid var(--line);
         white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
text { font: 10px system-ui, sans-serif; fill: var(--soft); }
.roof { stroke: var(--ink); stroke-width: 1.2; fill: none; } .tick { stroke: var(--line); }
.forward { fill: var(--own); } .backward { fill: var(--other); }
.key { display: inline-block; width: .7rem; height: .7rem; border-radius: 50%;
       margin: 0 .2rem 0 .6rem; }
"""


def text(value):
    return html.escape(str(value))


def ms(value):
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def bars(rows):
    """Lathe first, then the others, fastest first; the width is the median."""
    others = sorted((r for r in rows if not r["who"].startswith("Lathe")), key=lambda r: r["ms"])
    own = [r for r in rows if r["who"] == "Lathe"]
    most = max(r["ms"] for r in own + others)
    out = []
    for k, r in enumerate(own + others):
        kind = "own" if k < len(own) else "best" if k == len(own) else ""
        ratio = f" &nbsp; {r['ratio']:.2f}&times;" if "ratio" in r else ""
        out.append(f'<div class="bar {kind}"><div><span>{text(r["who"])} '
                   f'<small>{ms(r["ms_q1"])} to {ms(r["ms_q3"])}</small></span>'
                   f'<b>{ms(r["ms"])} ms{ratio}</b></div>'
                   f'<i style="width:{100 * r["ms"] / most:.1f}%"></i></div>')
    return "\n".join(out)


def bar_section(rows, title, select, note):
    groups = {}
    for r in rows:
        if select(r):
            groups.setdefault((r["model"], int(r["images"])), []).append(r)
    out = [f"<h2>{title}</h2>{note}<div class=grid>"]
    for (model, images), mine in groups.items():
        out.append(f"<section><h3>{text(model)}, {images} image{'s' if images > 1 else ''}</h3>"
                   + bars(mine) + "</section>")
    return "\n".join(out + ["</div>"]) if groups else ""


class Axis:
    """Values to coordinates, in powers of ten."""

    def __init__(self, least, most, start, end):
        self.low, self.high = math.log10(least), math.log10(most)
        self.start, self.end = start, end

    def at(self, value):
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self):
        return [10.0 ** k for k in range(math.ceil(self.low), math.floor(self.high) + 1)]


def together(peaks):
    """Peaks that one line can stand for under one name; those far below the highest left out."""
    out = []
    for name, peak in sorted(peaks, key=lambda p: -p[1]):
        if out and peak > 0.9 * out[-1][1]:
            out[-1] = f"{out[-1][0]}, {name}", out[-1][1]
        elif not out or peak > 0.1 * out[0][1]:
            out.append((name, peak))
    return out


def roofline(model, kernels, peaks, bandwidth):
    """GFLOP/s over FLOP a byte. Peaks: (name, GFLOP/s) on all threads."""
    peaks = together(peaks)
    points = [(r["gflops"] / r["gbytes_per_s"], r["gflops"], r) for r in kernels
              if r.get("gflops") and r.get("gbytes_per_s")]
    if not points or not peaks or not bandwidth:
        return ""
    top = max([p for _, p in peaks] + [g for _, g, _ in points])
    x = Axis(min(0.1, *(i for i, _, _ in points)), max(1000, *(i for i, _, _ in points)), 34, 392)
    y = Axis(min(1, *(g for _, g, _ in points)), top * 2, 222, 8)
    out = [f'<svg viewBox="0 0 400 250" role="img" aria-label="roofline of {text(model)}">']
    for t in x.ticks():
        anchor = "end" if x.at(t) > 380 else "middle"
        out.append(f'<path class="tick" d="M{x.at(t):.1f} 8V222"/><text x="{x.at(t):.1f}" y="234" '
                   f'text-anchor="{anchor}">{t:g}</text>')
    for t in y.ticks():
        out.append(f'<path class="tick" d="M34 {y.at(t):.1f}H392"/><text x="30" '
                   f'y="{y.at(t) + 3:.1f}" text-anchor="end">{t:g}</text>')
    for name, peak in peaks:
        corner = peak / bandwidth
        left = max(corner, 10 ** x.low)
        out.append(f'<path class="roof" d="M{x.at(left):.1f} {y.at(peak):.1f}H392"/>'
                   f'<text x="{x.at(left):.1f}" y="{y.at(peak) - 5:.1f}">{text(name)} '
                   f'{peak:.0f}</text>')
    high = max(p for _, p in peaks)
    low = max(10 ** x.low, 10 ** y.low / bandwidth)
    out.append(f'<path class="roof" d="M{x.at(low):.1f} {y.at(low * bandwidth):.1f}'
               f'L{x.at(high / bandwidth):.1f} {y.at(high):.1f}"/>')
    for intensity, gflops, r in points:
        side = "forward" if r["name"].endswith("forward") else "backward"
        out.append(f'<circle class="{side}" cx="{x.at(intensity):.1f}" '
                   f'cy="{y.at(gflops):.1f}" r="3.5"><title>{text(r["name"])}: '
                   f'{gflops:.0f} GFLOP/s, {ms(r["ms"])} ms</title></circle>')
    out.append('<text x="392" y="247" text-anchor="end">FLOP a byte</text>'
               '<text x="36" y="16">GFLOP/s</text></svg>')
    return (f"<figure><h3>{text(model)}</h3>{''.join(out)}</figure>")


def roof_section(rows, models, threads):
    machine = [r for r in rows if r["model"] == "machine"]
    peaks = [(r["name"], r["gflops"]) for r in machine
             if r["kind"] == "peak" and r["threads"] == threads]
    bandwidth = next((r["gbytes_per_s"] for r in machine
                      if r["kind"] == "bandwidth" and r["threads"] == threads), 0)
    out = ["<h2>Roofline</h2><p class=soft>Each kernel of a training step: dense-equivalent "
           "GFLOP/s over the work a byte that it must move at least. Exact sparsity does less "
           f"work than is counted, and caches are faster than memory ({bandwidth:.1f} GB/s, "
           "triad): both may lie above the roof. "
           '<span class=key style="background:var(--own)"></span>forward'
           '<span class=key style="background:var(--other)"></span>backward</p>'
           "<div class=grid>"]
    for model in models:
        kernels = [r for r in rows
                   if (r["model"], r["kind"], r["who"]) == (model, "kernel", "Lathe")]
        out.append(roofline(model, kernels, peaks, bandwidth))
    return "\n".join(out + ["</div>"])


def table(head, lines):
    """Lines of text; the first column to the left."""
    out = ["<div class=table><table><tr>" + "".join(f"<th>{text(h)}</th>" for h in head) + "</tr>"]
    out += ["<tr>" + "".join(f"<td>{text(c)}</td>" for c in line) + "</tr>" for line in lines]
    return "\n".join(out + ["</table></div>"])


def number(r, key, form=".1f"):
    return format(r[key], form) if r.get(key) not in (None, "") else ""


def kernel_section(rows, models):
    out = ["<h2>Kernels</h2>"]
    for model in models:
        mine = [r for r in rows if (r["model"], r["kind"]) == (model, "kernel")]
        theirs = {r["name"]: r for r in mine if r["who"] != "Lathe"}
        lines = [[r["name"], ms(r["ms"]), f"{ms(r['ms_q1'])} to {ms(r['ms_q3'])}",
                  number(r, "gflops", ".0f") if r.get("gflops") else "",
                  number(r, "percent_of_peak", ".0f") if r.get("gflops") else "",
                  number(r, "mbytes", ".2f") if r.get("mbytes") else "",
                  number(r, "percent_of_bandwidth", ".0f") if r.get("mbytes") else "",
                  number(theirs.get(r["name"], {}), "ms", ".3g"),
                  number(theirs.get(r["name"], {}), "ratio", ".2f")]
                 for r in mine if r["who"] == "Lathe"]
        if lines:
            out.append(f"<details><summary>{text(model)}</summary>" + table(
                ["region", "ms", "quartiles", "GFLOP/s", "% peak", "MB", "% memory", "oneDNN ms",
                 "ratio"], lines) + "</details>")
    out.append("<p class=soft>oneDNN's convolutions alone, in its own layouts: forward with bias "
               "and ReLU, without the pooling that Lathe's region has.</p>")
    return "\n".join(out)


def machine_section(rows):
    lines = [[f"{'FMA peak ' if r['kind'] == 'peak' else 'memory '}{r['name']}",
              int(r["threads"]), number(r, "gflops"), number(r, "gbytes_per_s"), r.get("note", "")]
             for r in rows if r["model"] == "machine"]
    return "<h2>Machine</h2>" + table(["", "threads", "GFLOP/s", "GB/s", "least to most"], lines)


def training_section(rows):
    lines = [[f"{r['model']}: one epoch", f"{r['ms'] / 1e3:.2f} s",
              f"{r['ms_min'] / 1e3:.2f} to {r['ms_max'] / 1e3:.2f} s", r.get("note", "")]
             for r in rows if r["kind"] == "epoch"]
    lines += [[f"{r['model']}: efficiency, {r['name']}", f"{100 * r['ratio']:.0f} %",
               f"{100 * r['ratio_min']:.0f} to {100 * r['ratio_max']:.0f} %", ""]
              for r in rows if r["kind"] == "efficiency"]
    if not lines:
        return ""
    return ("<h2>Epochs and threads</h2><p class=soft>An epoch by the wall clock, with loading "
            "the data and evaluating; the speed-up of all threads over one, by their number.</p>"
            + table(["", "median", "spread", ""], lines))


def missing_section(rows):
    lines = [[f"{r['model']}: {r['who']}", r["note"]] for r in rows if r["kind"] == "missing"]
    return "<h2>Left out</h2>" + table(["", "why"], lines) if lines else ""


def processor():
    try:
        with open("/proc/cpuinfo") as f:
            for line in f:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def report(rows):
    models = list(dict.fromkeys(r["model"] for r in rows if r["model"] != "machine"))
    threads = max((int(r["threads"]) for r in rows if r.get("threads")), default=1)
    ratio = ("<p class=soft>Medians with their quartiles; the ratio is theirs by Lathe's, pair by "
             "pair.</p>")
    parts = [
        f"<p class=soft>{text(processor())}, {threads} thread{'s' if threads > 1 else ''}. Every "
        "figure is a median; all took turns in one run. Peers had the same parameters and "
        "batch, and the same loss at the start. Their L2 term is a weight decay inside Adam's "
        "gradient, which is cheaper than in the loss.</p>",
        bar_section(rows, "Training step", lambda r: r["kind"] == "step", ratio),
        bar_section(rows, "Inference of a batch",
                    lambda r: r["kind"] == "inference" and r["images"] > 1, ""),
        bar_section(rows, "Inference of one image",
                    lambda r: r["kind"] == "inference" and r["images"] == 1, ""),
        roof_section(rows, models, threads), kernel_section(rows, models), training_section(rows),
        machine_section(rows), missing_section(rows)]
    return ("<!doctype html><html lang=en><meta charset=utf-8>"
            '<meta name=viewport content="width=device-width, initial-scale=1">'
            f"<title>Lathe: measured</title><style>{STYLE}</style><h1>Lathe, measured</h1>\n"
            + "\n".join(parts) + "</html>\n")


def write_report(path, rows):
    with open(path, "w") as f:
        f.write(report(rows))
