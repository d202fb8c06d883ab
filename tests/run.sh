#!/bin/sh
# run.sh DIRECTORY SUITE... - runs suites, as many at a time as there are processors and each of
# them one test at a time: many end with one long test, which then leaves no processor idle.
# $F is the filter of the tests, "SUITE/TEST" in Criterion's patterns; without it all run.
# Prints what each says when it ends, with how long it took, and last the sum, in Criterion's
# words: a suite that ends without such a line counts as one test that crashed. Fails if any failed.
# Ctrl-C ends all.
set -u
tests=$1
shift
[ ! -d "$tests/memo" ] || find "$tests/memo" -type f -mtime +0 -exec rm -f {} +
said=$(mktemp -d) || exit 1
trap 'rm -rf "$said"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
printf '%s\n' "$@" | xargs -P "$(getconf _NPROCESSORS_ONLN)" -I '{}' sh -c '
    start=$(date +%s)
    "$1/$3" -j1 ${F:+--filter "$F"} >"$2/$3" 2>&1
    status=$?
    [ $status = 0 ] || echo "$3: exit status $status" >"$2/$3.failed"
    grep -q "^\[====\] Synthesis" "$2/$3" || {
        echo "$3: no summary, exit status $status" >"$2/$3.failed"
        echo "[====] Synthesis: Tested: 1 | Passing: 0 | Failing: 0 | Crashing: 1" >>"$2/$3"
    }
    printf "== %s, %d s\n%s\n" "$3" $(($(date +%s) - start)) "$(cat "$2/$3")"' sh "$tests" "$said" '{}'
cd "$said" || exit 1
cat -- *.failed 2>/dev/null
for suite; do grep '^\[====\] Synthesis' "$suite"; done | awk -v suites=$# '
    { for (k = 1; k < NF; k++) if ($k ~ /:$/) sum[$k] += $(k + 1) }
    END {
        printf "== %d suite%s\n[====] Synthesis: Tested: %d | Passing: %d | Failing: %d | " \
            "Crashing: %d\n", suites, suites == 1 ? "" : "s", sum["Tested:"], sum["Passing:"],
            sum["Failing:"], sum["Crashing:"]
        exit NR < suites || sum["Tested:"] == 0
    }' && ! ls -- *.failed >/dev/null 2>&1
