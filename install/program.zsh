#autoload
# program.zsh - completion for the programs that lathe makes, which are asked for their --help:
# compdef _lathe_program PROGRAM. It must never know a command or an option by itself.
local program=${~words[1]} line
local -a found
if (( CURRENT == 2 )); then
    for line in ${(f)"$($program --help 2>/dev/null)"}; do
        [[ $line =~ '^  ([a-z]+) +(.+)' ]] && found+=("$match[1]:$match[2]")
    done
    found+=('--help' '--version')
    _describe command found
    return
fi
local help=$($program $words[2] --help 2>/dev/null)
local before=${words[CURRENT-1]}
for line in ${(f)help}; do
    [[ $line =~ '^  (--?[a-z-]+)( ([A-Z][^ ]*))?' ]] || continue
    if [[ $match[1] == $before && -n $match[3] ]]; then
        [[ $match[3] == *(FILE|DIR|npy)* ]] && _files
        return
    fi
    found+=($match[1])
done
if [[ $PREFIX == -* ]]; then compadd -a found; else _files; fi
