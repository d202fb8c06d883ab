#!/bin/sh
# browser.sh - pages as a browser shows them: nothing on its console, every part there, no
# label cut off or upon another, nothing wider than a phone, dark where that is wished, a
# PDF. Of a normal run, one of one iteration, a diverged one, and of `lathe show --html`. And the
# page of docs/exchange.md, which runs a network in onnxruntime-web, beside `predict`.
# It must never use the network. KEEP=DIR keeps the pages and a screenshot of each there.
set -u
home=$(cd "$(dirname "$0")/.." && pwd)
lathe=${LATHE:-$home/build/lathe}
browser=
for name in ${CHROMIUM:-} chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && browser=$name && break
done
if [ -z "$browser" ]; then
    echo "browser: skipped: chromium (not installed)"
    exit 0
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
    echo "browser: $*" >&2
    failed=1
}

# The browser's own complaints (no bus, no GPU) are not the page's: those say CONSOLE.
chrome() {
    timeout 60 "$browser" --headless=new --no-sandbox --disable-gpu --hide-scrollbars \
        --user-data-dir="$work/profile" --allow-file-access-from-files --enable-logging=stderr \
        --host-resolver-rules='MAP * ~NOTFOUND' "$@" 2>"$work/log"
    status=$?
    if grep -E 'CONSOLE' "$work/log" >&2; then fail "the console is not empty: $*"; fi
    return $status
}

# A frame as wide as asked for, whose page is measured; the answers become the document.
cat >"$work/measure.html" <<'END'
<html><body style="margin:0"><iframe id="f"></iframe><script>
const [page, width] = location.hash.slice(1).split(','), f = document.getElementById('f');
const apart = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1
                        || a.bottom <= b.top + 2 || b.bottom <= a.top + 2;
f.style.cssText = `border:0;height:4000px;width:${width}px`;
f.onload = () => {
    const d = f.contentDocument, out = [], all = q => [...d.querySelectorAll(q)];
    if (d.documentElement.scrollWidth > width) out.push(`wide: ${d.documentElement.scrollWidth}`);
    for (const svg of all('svg.chart')) {
        const box = svg.getBoundingClientRect(), name = svg.getAttribute('aria-label');
        const texts = [...svg.querySelectorAll('text')];
        const at = texts.map(t => t.getBoundingClientRect());
        if (box.width < 200 || box.height < 100) out.push(`small: ${name}`);
        at.forEach((a, i) => {
            if (a.left < box.left - 8 || a.right > box.right + 8)
                out.push(`cut: ${name}: ${texts[i].textContent}`);
            at.slice(i + 1).forEach((b, k) => {
                if (!apart(a, b)) out.push(`over: ${name}: ${texts[i].textContent} and `
                                           + texts[i + 1 + k].textContent);
            });
        });
        if (/nan|inf/i.test(svg.innerHTML.replace(/<title>.*?<\/title>/g, '')))
            out.push(`no number: ${name}`);
    }
    for (const i of all('img')) if (!i.complete || !i.naturalWidth) out.push(`image: ${i.title}`);
    const ids = all('[id]').map(e => e.id).join(' ');
    const ground = getComputedStyle(d.body).backgroundColor.match(/\d+/g).map(Number);
    document.body.textContent = `ids: ${ids}\ncharts: ${all('svg.chart').length}\n`
        + `images: ${all('img').length}\ndark: ${ground[0] + ground[1] + ground[2] < 200}\n`
        + out.map(s => `WRONG ${s}\n`).join('') + 'done\n';
};
f.src = page;
</script></body></html>
END

# measure PAGE WIDTH [flags]: the answers are in $work/answers.
measure() {
    file=$1 wide=$2
    shift 2
    chrome --dump-dom "$@" "file://$work/measure.html#$file,$wide" >"$work/answers" ||
        fail "$file: the browser ended with $?"
    grep -q '^done' "$work/answers" || fail "$file: it was not shown"
    if grep '^WRONG' "$work/answers" >&2; then fail "$file, $wide pixels wide $*"; fi
}

has() {         # PAGE id...
    file=$1
    shift
    for id in "$@"; do
        grep -q "ids:.* $id\\b" "$work/answers" || fail "$file: no element $id"
    done
}

cd "$work" || exit 1
"$lathe" build "$home/models/tiny.net" -o tiny 2>/dev/null || { echo "browser: no program" >&2
                                                                exit 1; }
"$lathe" show "$home/models/resnet_small.net" --html -o show.html || fail "show --html"
run="./tiny train --data synthetic --no-save --quiet --train-samples 400 --val-samples 100"
$run --epochs 8 --init 0.1 --reg 0 --report normal.html --plot plot.svg >/dev/null || fail "train"
$run --iterations 1 --report one.html >/dev/null || fail "one iteration"
$run --optimizer sgd --lr 1e30 --epochs 8 --report diverged.html >/dev/null 2>&1 &&
    fail "it was to diverge"

parts="loss accuracy ratios rate speed filters confusion network numbers repeat"
for page in normal one diverged; do
    measure $page.html 1200
    # shellcheck disable=SC2086
    has $page $parts
    grep -q 'charts: 5' answers || fail "$page: not five charts"
done
has diverged trouble
measure normal.html 390
has normal mistakes
grep -q '^dark: false' answers || fail "normal: dark without being asked"
measure normal.html 390 --blink-settings=preferredColorScheme=0
grep -q '^dark: true' answers || fail "normal: light where dark is wished"
for width in 1200 390; do
    measure show.html $width
    has show network
done
./tiny sweep --data synthetic --train-samples 100 --val-samples 100 --iterations 3 --runs 40 \
    --list runs >/dev/null && sh runs >/dev/null && "$lathe" sweep --table runs -o runs.html \
    >/dev/null || fail "sweep --table"
for width in 1200 390; do
    measure runs.html $width
    grep -q 'charts: 2' answers || fail "runs: not two charts"
done
chrome --dump-dom "file://$work/plot.svg" >answers || fail "plot.svg: the browser ended with $?"
grep -q 'parsererror\|error on line' answers && fail "plot.svg is no SVG"
chrome --no-pdf-header-footer --print-to-pdf=normal.pdf "file://$work/normal.html" >/dev/null
head -c 4 normal.pdf 2>/dev/null | grep -q '%PDF' || fail "normal: no PDF"
if [ -n "${KEEP:-}" ]; then
    for page in normal one diverged show runs; do
        chrome --window-size=1200,2600 --screenshot=$page.png "file://$work/$page.html" >/dev/null
    done
    mkdir -p "$KEEP" && cp ./*.html ./*.svg ./*.pdf ./*.png "$KEEP"
fi

# ---- a network in a page ----

block() {       # of docs/exchange.md, by how it begins
    awk -v start="\`\`\`$1" '/^```/ { shows = $0 == start; next } shows' \
        "$home/docs/exchange.md"
}

web=$home/build/onnxruntime-web
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$web/package.json" 2>/dev/null)
network_page() {
    mkdir web && cp "$web"/* web && block 'net stripes.net' >stripes.net &&
        "$lathe" build stripes.net 2>/dev/null &&
        ./stripes train --data synthetic --train-samples 200 --quiet >/dev/null &&
        "$lathe" export stripes.net --params stripes.safetensors --softmax --with-preprocessing \
            -o web/stripes.onnx 2>/dev/null &&
        python3 - <<'END' || return
import struct, zlib
rows = b"".join(b"\0" + bytes((x*(37 + 20*c) + y*(61 - 9*c) + 5*c) % 256 for x in range(8)
                              for c in range(3)) for y in range(8))
def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
with open("web/photo.png", "wb") as f:
    f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", 8, 8, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
END
    block html | sed "s|https://cdn.jsdelivr.net/npm/onnxruntime-web@$version/dist/||" \
        >web/page.html
    if grep https: web/page.html >&2; then
        echo "browser: docs/exchange.md names another onnxruntime-web than tests/deps.sh" >&2
        return 1
    fi
    ./stripes predict web/photo.png --scores scores.npy >/dev/null &&
        tail -c 40 scores.npy | od -An -v -w4 -tf4 | awk '{ e[NR] = exp($1); sum += e[NR] }
            END { for (k = 1; k <= NR; k++) printf "%.9f\n", e[k]/sum }' >expected &&
        python3 "$home/tests/shown_page.py" web "$browser" --headless=new --no-sandbox \
            --disable-gpu --user-data-dir="$work/profile" \
            --host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE 127.0.0.1' >probabilities &&
        paste expected probabilities | awk 'NF != 2 || ($1 - $2)^2 > 1e-10 { bad = 1 }
            END { exit bad || NR != 10 }'
}
if [ -z "$version" ] || ! command -v python3 >/dev/null; then
    echo "browser: [SKIP] a network in a page: onnxruntime-web (make deps) or python3"
else
    if network_page; then
        echo "browser: a network in a page, with onnxruntime-web $version"
    else
        fail "docs/exchange.md's page does not show what predict says:"
        paste expected probabilities >&2
    fi
fi
[ $failed = 0 ] && echo "browser: 5 pages and a plot, on screens, a phone, in the dark, on paper"
exit $failed
