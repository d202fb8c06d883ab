"""picture.py RESULTS.csv OUT.svg - a training step beside the other frameworks, drawn from the
table that `make bench` writes. It must never show a number that is not in the table."""
import re
import sys
from xml.sax.saxutils import escape

from figures import best, read_csv

WIDTH, LEFT, BAR, GAP = 760, 250, 15, 22
COLOURS = {"Lathe": "#2563eb"}


def steps(rows):
    """For each model the fastest of each framework, as (ms, who, times ours)."""
    out = {}
    for r in rows:
        if r.get("kind") == "step" and "ms" in r:
            who = re.split(r"[ (]", r["who"])[0]
            out.setdefault((r["model"], r.get("images")), {}).setdefault(who, []).append(r)
    return {key: sorted((best(of)["ms"], who, best(of).get("ratio")) for who, of in by.items())
            for key, by in out.items()}


def draw(rows):
    models = steps(rows)
    y, out = 30, []
    for (model, images), bars in models.items():
        most = max(bar[0] for bar in bars)
        out.append(f'<text x="8" y="{y + 12}" class="m">{escape(model)}, {int(images)} images'
                   '</text>')
        for ms, who, ratio in bars:
            width = max(ms / most * (WIDTH - LEFT - 130), 2)
            colour = COLOURS.get(who, "#9ca3af")
            more = f", {ratio:.1f} times" if ratio else ""
            out.append(f'<text x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(who)}</text>'
                       f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR}" '
                       f'fill="{colour}"/><text x="{LEFT + width + 6:.1f}" y="{y + 12}">'
                       f'{ms:.3g} ms{more}</text>')
            y += GAP
        y += 12
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" role="img" '
            'font-family="sans-serif" font-size="13" fill="#111827">'
            f'<rect width="{WIDTH}" height="{y}" fill="white"/><style>.m {{ font-weight: bold }}'
            '</style><text x="8" y="16">One training step, two cores: milliseconds, shorter is '
            'faster</text>' + "".join(out) + "</svg>\n")


def main(words):
    if len(words) != 2:
        print("usage: picture.py RESULTS.csv OUT.svg", file=sys.stderr)
        return 2
    with open(words[1], "w", encoding="utf-8") as f:
        f.write(draw(read_csv(words[0])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
