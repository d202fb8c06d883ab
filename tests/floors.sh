#!/bin/sh
# floors.sh [DIR] - the house's rules about its own shape, in gen/ and runtime/ of a checkout: an
# include goes to its own floor or to a lower one, no modules (NAME.c with NAME.h) include each
# other in a circle, and no file is longer than can be read in one go. It must never change a
# file. Prints FILE:LINE: what is wrong and what to do; exit 1 where there is something.
set -u
cd "${1:-$(dirname "$0")/..}" || exit 2

most=550

# Floors from the lowest to the highest. runtime/vector is emitted once for each instruction set:
# nothing else may include it, so it stands on top. gen/ may use what both halves share.
gen="base read plan exchange print sweep tool"
runtime="base core file settings data page train command vector"
shared="base core file settings page"

sources=$(find gen runtime -name '*.[ch]' 2>/dev/null | sort)
[ -n "$sources" ] || { echo "floors: no gen/ or runtime/ in $PWD" >&2; exit 2; }

{
    echo "$sources" | sed 's/$/ file/'
    # FILE:LINE:#include "PATH"...
    grep -n '^# *include "' $sources /dev/null |
        sed -n 's,^\([^:]*\):\([0-9]*\):# *include "\([^"]*\)".*,\1 \2 \3,p'
} | awk -v gen="$gen" -v runtime="$runtime" -v shared="$shared" '
    BEGIN {
        order["gen"] = gen; order["runtime"] = runtime
        for (h in order) {
            n = split(order[h], name, " ")
            for (k = 1; k <= n; k++) rank[h "/" name[k]] = k
        }
        n = split(shared, name, " ")
        for (k = 1; k <= n; k++) open["runtime/" name[k]] = 1
    }
    function half(path) { return substr(path, 1, index(path, "/") - 1) }
    function floor(path,    part) { split(path, part, "/"); return part[1] "/" part[2] }
    function module(path) { sub(/\.[ch]$/, "", path); return path }
    function wrong(text) { print from ":" line ": " text; found = 1 }
    function chain(h,    text) { text = order[h]; gsub(/ /, " < ", text); return text }

    # Whether the module includes the other, through any number of others.
    function leads(at, to,    k, step, queue, n, seen) {
        queue[n = 1] = at; seen[at] = 1
        for (step = 1; step <= n; step++) {
            if (queue[step] == to) return 1
            for (k = first[queue[step]]; k; k = after[k])
                if (!(bs[k] in seen)) { seen[bs[k]] = 1; queue[++n] = bs[k] }
        }
        return 0
    }

    $2 == "file" { exists[$1] = 1; next }
    {
        from = $1; line = $2; path = $3
        to = path
        if (half(from) == "gen" && ("gen/" path in exists)) to = "gen/" path
        else if (!(path in exists) && ("runtime/" path in exists)) to = "runtime/" path
        if (!(to in exists)) next              # the build tells
        here = floor(from); there = floor(to)
        if (!(here in rank)) wrong(here " is no floor: " chain(half(from)))
        else if (half(from) == "runtime" && half(to) == "gen")
            wrong("includes " path ": the runtime knows nothing of gen/")
        else if (half(from) == half(to) && rank[there] > rank[here])
            wrong("includes " path " of a higher floor (" chain(half(from)) \
                  "): move what it wants down, or hand it in")
        else if (half(from) != half(to) && !(there in open))
            wrong("includes " path ": of the runtime, gen/ may use " shared)
        a = module(from); b = module(to)
        if (a != b && !((a, b) in edge)) {
            edge[a, b] = from ":" line
            as[++edges] = a; bs[edges] = b
            after[edges] = first[a]; first[a] = edges
        }
    }
    END {
        for (k = 1; k <= edges; k++)
            if (leads(bs[k], as[k])) {
                print edge[as[k], bs[k]] ": " as[k] " includes " bs[k] \
                      ", and a circle leads back: move what both want into a third"
                found = 1
            }
        exit found
    }'
bad=$?

for f in $(find gen runtime templates tests -name '*.[ch]' ! -path 'tests/golden/*' 2>/dev/null |
           sort); do
    lines=$(wc -l <"$f")
    if [ "$lines" -gt $most ]; then
        echo "$f:$most: $lines lines, of $most at most: divide it where its subject does"
        bad=1
    fi
done
exit $bad
