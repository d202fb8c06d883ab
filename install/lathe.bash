# lathe.bash - completion for bash 4 and later, after the lists that gen/tool/pages.c prints: for
# lathe, and for the programs it makes (complete -F _lathe_program PROGRAM), which are asked
# for their --help. It must never know a command or an option by itself.

# Files that match a pattern, and directories.
_lathe_files()  # pattern word
{
    local word=${2//\\/}
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <({ compgen -f -X "!$1" -- "$word"; compgen -d -- "$word"; } | sort -u)
}

_lathe_from()   # words word
{
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# The word to complete and the one before; bash takes --isa=avx2 for three words.
_lathe_here()
{
    cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    if [[ $cur == '=' ]]; then
        cur=
    elif [[ $before == '=' && $COMP_CWORD -gt 2 ]]; then
        before=${COMP_WORDS[COMP_CWORD-2]}
    fi
}

_lathe()
{
    local cur before command= word values
    COMPREPLY=()
    _lathe_here
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        [[ $word == -- ]] && return
        [[ -z $command && " $_lathe_commands " == *" $word "* ]] && command=$word
    done
    values=$(_lathe_values "$before")
    case $values in
    FILE) _lathe_files '*' "$cur" ;;
    -) ;;
    ?*) _lathe_from "$values" "$cur" ;;
    *)
        if [[ $cur == -* ]]; then
            _lathe_from "$_lathe_options" "$cur"
        elif [[ -z $command ]]; then
            _lathe_from "$_lathe_commands" "$cur"
        elif [[ $_lathe_takes_net == *" $command "* ]]; then
            _lathe_files '*.net' "$cur"
        fi ;;
    esac
}

_lathe_program()
{
    local cur before help program=${1/#\~\//$HOME/}
    COMPREPLY=()
    _lathe_here
    if [[ $COMP_CWORD -eq 1 ]]; then
        help=$("$program" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\)  *[^ ].*/\1/p')
        _lathe_from "$help --help --version" "$cur"
        return
    fi
    help=$("$program" "${COMP_WORDS[1]}" --help 2>/dev/null)
    case $(sed -n "s/^  ${before//[^a-z-]/} \([A-Z][^ ]*\).*/\1/p" <<<"$help") in
    '')
        if [[ $cur == -* ]]; then
            _lathe_from "$(sed -n 's/^  \(--*[a-z-]*\).*/\1/p' <<<"$help")" "$cur"
        else
            _lathe_files '*' "$cur"
        fi ;;
    *FILE* | DIR | *.npy) _lathe_files '*' "$cur" ;;
    esac
}

complete -F _lathe lathe
