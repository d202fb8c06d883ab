# lathe.zsh - completion for zsh, after the lists that gen/tool/pages.c prints. It must never know
# a command or an option by itself.
local curcontext="$curcontext" state line
local -A opt_args
_arguments -C "${options[@]}" '1:command:->command' '*:network file:->net' && return
case $state in
command) _describe command commands ;;
net) (( ${takes_net[(Ie)$line[1]]} )) && _files -g '*.net' ;;
esac
