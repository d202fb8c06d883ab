/*
** test_install.c - what `make install` puts where, used from elsewhere, and what `make
** uninstall` leaves; manual pages and completion against --help and `lathe doc`. Nothing is
** written outside of the tests' directories.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"
#include "support/skip.h"

/* Into a stage, with a blank in the prefix; what is in it, one path a line, in `files`. */
#define MAKE "env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C \"$SOURCE\" "
#define INTO " DESTDIR=\"$DIR/st age\" PREFIX='/opt/la the' "
#define ROOT "$DIR/st age/opt/la the"

static void install(void)
{
    sure(MAKE "install" INTO "> log && grep -q '^installed lathe [0-9]' log");
}

Test(install, works_from_another_directory, .fini = shell_clean)
{
    install();
    /* Not optimised: the last -O counts. */
    sure("printf '#!/bin/sh\\nexec cc \"$@\" -O0\\n' > cc0 && chmod +x cc0 && mkdir away && "
         "cd away && cp \"" ROOT "/share/lathe/models/tiny.net\" . && "
         "CC=$DIR/cc0 \"" ROOT "/bin/lathe\" build tiny.net && ./tiny train --data synthetic "
         "--iterations 2 --quiet && test -s tiny.safetensors");
}

/* Every link of an installed document leads to a file beside it, and a heading of it. */
Test(install, has_every_file_that_its_documents_link, .fini = shell_clean)
{
    install();
    sure("cd \"" ROOT "/share/doc/lathe\" && for f in *.md docs/*.md; do "
         "grep -o '](\\([^) ]*\\))' $f | sed 's/^](//; s/)$//' | grep -v '^https*:' | "
         "while read -r link; do to=${link%%#*} && file=$f && "
         "{ [ -z \"$to\" ] || file=$(dirname $f)/$to; } && echo $link >> $DIR/links && "
         "{ test -s $file || { echo $f: $link; exit 1; }; } && case $link in *#*) "
         "sed -n 's/^##* //p' $file | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9\\n-' | "
         "grep -qx \"${link#*#}\" || { echo $f: $link; exit 1; } ;; esac; done || exit 1; done; "
         "test $(wc -l < $DIR/links) -gt 20");
}

Test(install, links_split_programs_by_pkg_config, .fini = shell_clean)
{
    if (!have("pkg-config"))
        skip_test("no pkg-config");
    install();
    sure("export PKG_CONFIG_PATH=\"" ROOT "/lib/pkgconfig\" && "
         "export PKG_CONFIG_SYSROOT_DIR=\"$DIR/st age\" && "
         "for type in f32 f64; do package=lathe; [ $type = f32 ] || package=lathe64; "
         "\"" ROOT "/bin/lathe\" emit \"" ROOT "/share/lathe/models/tiny.net\" --dtype $type "
         "--split -o t.c && "
         "eval \"${CC:-cc} -O1 t.c -o t $(pkg-config --cflags --libs $package)\" && "
         "./t train --data synthetic --iterations 2 --no-save --quiet && "
         "./t info --data synthetic | grep -q \", $type$\" || exit 1; done && "
         "pkg-config --validate lathe lathe64");
}

Test(install, without_a_stage_links_by_pkg_config_too, .fini = shell_clean)
{
    if (!have("pkg-config"))
        skip_test("no pkg-config");
    sure(MAKE "install PREFIX=\"$DIR/my own\" > log && "
         "export PKG_CONFIG_PATH=\"$DIR/my own/lib/pkgconfig\" && "
         "\"$DIR/my own/bin/lathe\" emit \"$DIR/my own/share/lathe/models/tiny.net\" --split "
         "-o t.c && "
         "eval \"${CC:-cc} -O1 t.c -o t $(pkg-config --cflags --libs lathe)\" && ./t --version");
}

Test(install, is_undone_by_uninstall_to_the_last_directory, .fini = shell_clean)
{
    sure("mkdir -p '" "st age/opt/others'");
    install();
    install();      /* the record stays whole */
    sure("test $(find 'st age' -type f | wc -l) -gt 60 && " MAKE "uninstall" INTO "&& "
         "find 'st age' | sort | tr '\\n' , > left && test \"$(cat left)\" = "
         "'st age,st age/opt,st age/opt/others,'");
    fails(2, "nothing is installed: there is no ", MAKE "uninstall" INTO);
    install();
    sure("echo mine > \"" ROOT "/bin/mine\" && " MAKE "uninstall" INTO "&& "
         "test \"$(find 'st age' -type f)\" = 'st age/opt/la the/bin/mine'");
}

Test(install, refuses_a_place_that_cannot_be, .fini = shell_clean)
{
    fails(2, "PREFIX is to begin with /, not 'here'", MAKE "install PREFIX=here");
    fails(2, "file cannot be made", "echo > file; " MAKE "install PREFIX=\"$DIR/file\" || "
          "{ s=$?; find $DIR ! -name file -type f; exit $s; }");
}

Test(version, is_the_same_wherever_it_is_told, .fini = shell_clean)
{
    install();
    sure("$LATHE emit $SOURCE/models/tiny.net --split -o t.c && ${CC:-cc} -O0 -I$SOURCE/runtime "
         "t.c $SOURCE/runtime/liblathe.a -o t -lm -pthread && "
         "v=$($LATHE --version | sed 's/lathe //') && test -n \"$v\" && "
         "test \"$(./t --version)\" = \"t: made by lathe $v\" && "
         "grep -q \"^\\.TH LATHE 1 .*\\\"lathe $v\\\"\" \"" ROOT "/share/man/man1/lathe.1\" && "
         "grep -q \"^\\.TH LATHE-NET 5 .*\\\"lathe $v\\\"\" "
         "\"" ROOT "/share/man/man5/lathe-net.5\" && "
         "grep -qx \"Version: $v\" \"" ROOT "/lib/pkgconfig/lathe.pc\" && "
         "grep -qF \"$v\" \"" ROOT "/share/doc/lathe/CHANGELOG.md\" && "
         "test $(cd $SOURCE && grep -rlF \"\\\"$v\\\"\" gen runtime templates install Makefile | "
         "grep -v liblathe) = runtime/base/version.h");
}

/* ---- manual pages ---- */

/* From a page's source: what defines, as it is read. */
#define TERMS(page) \
    "sed -n 's/^\\\\fB\\(.*\\)\\\\fR$/\\1/p' $SOURCE/build/share/" page " | " \
    "sed 's/\\\\-/-/g; s/\\\\(aq/'\"\\\\'\"'/g; s/\\\\(dq/\"/g; s/\\\\(ha/^/g; " \
    "s/\\\\(ti/~/g; s/\\\\(ga/`/g; s/\\\\e/\\\\/g'"

Test(manual, has_every_command_and_option_of_the_help, .fini = shell_clean)
{
    sure(TERMS("lathe.1") " > terms && "
         "$LATHE --help | sed -n 's/^  lathe \\([a-z]*\\).*/\\1/p' > commands && "
         "$LATHE --help | "
        "sed -n 's/^  \\(--*[a-z-]*\\( [A-Z][A-Za-z.,=]*\\)*\\)\\( .*\\)*$/\\1/p' | "
         "sed 's/ *$//' > options && test $(wc -l < commands) -ge 5 && "
         "test $(wc -l < options) -ge 9 && cat commands options | while read -r word; do "
         "grep -qxF -e \"$word\" terms || "
         "{ echo \"$word\"; exit 1; }; done");
}

Test(manual, of_the_network_file_has_all_that_doc_has, .fini = shell_clean)
{
    sure(TERMS("lathe-net.5") " > terms && "
         "$LATHE doc | sed -n 's/^  \\([^ ].*\\)/\\1/p' > doc && test $(wc -l < doc) -gt 40 && "
         "while read -r line; do grep -qxF -e \"$line\" terms || { echo \"$line\"; exit 1; }; done "
         "< doc && grep -qx 'adam lr=0.001 beta1=0.9 beta2=0.999 eps=1e-08' terms");
}

Test(manual, is_set_without_a_warning_and_fits_80_columns, .fini = shell_clean)
{
    if (!have("groff"))
        skip_test("no groff");
    struct run r = shell("for page in lathe.1 lathe-net.5; do "
        "groff -man -ww -Tutf8 -P-c -rLL=78n $SOURCE/build/share/$page > page || exit 1; "
        "col -bx < page > plain 2>&1 || sed 's/.\\x08//g' page > plain; "
        "LC_ALL=C.UTF-8 awk 'length($0) > 80' plain; grep -q 'SEE ALSO' plain || exit 1; done");
    cr_expect(r.status == 0 && !*r.output, "%s", r.output);
    run_free(&r);
}

/* ---- completion ---- */

/* What bash is offered for the last of the words, sorted, blanks between. */
static void expect_bash(const char *function, const char *words, const char *offered)
{
    struct run r = shell("bash -c '. $SOURCE/build/share/lathe.bash; COMP_WORDS=(%s); "
                         "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); %s \"${COMP_WORDS[0]}\"; "
                         "printf \"%%s\\n\" \"${COMPREPLY[@]}\"' | LC_ALL=C sort | tr '\\n' ' '",
                         words, function);
    r.output[strcspn(r.output, "\n")] = '\0';
    size_t length = strlen(r.output);
    if (length > 0)
        r.output[length - 1] = '\0';
    cr_expect_str_eq(r.output, offered, "%s: \"%s\", not \"%s\"", words, r.output, offered);
    run_free(&r);
}

Test(completion, in_bash_offers_what_fits, .fini = shell_clean)
{
    if (!have("bash"))
        skip_test("no bash");
    sure("mkdir nets && echo > a.net && echo > 'b c.net' && echo > nets/d.net && echo > other.c");
    expect_bash("_lathe", "lathe bu", "build");
    expect_bash("_lathe", "lathe build \"\"", "a.net b c.net nets");
    expect_bash("_lathe", "lathe build b\\\\ ", "b c.net");
    expect_bash("_lathe", "lathe build nets/", "nets/d.net");
    expect_bash("_lathe", "lathe show a.net --dt", "--dtype");
    expect_bash("_lathe", "lathe show a.net --dtype \"\"", "f32 f64");
    expect_bash("_lathe", "lathe show a.net --dtype =", "f32 f64");
    expect_bash("_lathe", "lathe show a.net --isa = av", "avx2 avx512");
    expect_bash("_lathe", "lathe emit -o o", "other.c");
    expect_bash("_lathe", "lathe emit --batch \"\"", "");
    expect_bash("_lathe", "lathe doc \"\"", "");
    expect_bash("_lathe", "lathe sweep a.net -- --", "");
}

Test(completion, in_bash_asks_a_program_for_its_options, .fini = shell_clean)
{
    if (!have("bash"))
        skip_test("no bash");
    sure("$LATHE emit $SOURCE/models/tiny.net --split -o tiny.c && ${CC:-cc} -O0 -I$SOURCE/runtime "
         "tiny.c $SOURCE/runtime/liblathe.a -o tiny -lm -pthread && echo > image.ppm");
    expect_bash("_lathe_program", "./tiny pre", "predict");
    expect_bash("_lathe_program", "./tiny predict --re", "--resize");
    expect_bash("_lathe_program", "./tiny predict im", "image.ppm");
    expect_bash("_lathe_program", "./tiny predict --json im", "image.ppm");
    expect_bash("_lathe_program", "./tiny predict --params im", "image.ppm");
    expect_bash("_lathe_program", "./tiny predict --top \"\"", "");
    expect_bash("_lathe_program", "./tiny train --lr-d", "--lr-decay");
}

Test(completion, knows_every_command_and_option_of_the_help, .fini = shell_clean)
{
    sure("$LATHE --help | sed -n 's/^  lathe \\([a-z]*\\).*/\\1/p' > commands && "
         "$LATHE --help | sed -n 's/^  \\(--*[a-z-]*\\) .*/\\1/p' > options && "
         "test $(wc -l < commands) -ge 5 && test $(wc -l < options) -ge 9 && "
         "cat commands options | while read -r word; do "
         "grep -qE -e \"^_lathe_[a-z]*='(.* )?$word( .*)?'$\" $SOURCE/build/share/lathe.bash && "
         "grep -qE -e \"^  '[*]?$word(=?\\[|:)\" $SOURCE/build/share/lathe.zsh || "
         "{ echo \"$word\"; exit 1; }; done");
}

Test(completion, for_zsh_is_well_formed, .fini = shell_clean)
{
    if (!have("zsh"))
        skip_test("no zsh");
    sure("zsh -n $SOURCE/build/share/lathe.zsh && zsh -n $SOURCE/install/program.zsh && "
         "head -1 $SOURCE/build/share/lathe.zsh | grep -qx '#compdef lathe'");
    /* As the completion system calls it, which is not there. */
    sure("cat > t.zsh <<'END'\n"
         "_arguments() { print -rl -- \"$@\" > specs; line=(build); "
         "state=$STATE; return 1 }\n"
         "_describe() { print -rl -- ${(P)2} > described }\n"
         "_files() { print -r -- \"$@\" > files }\n"
         "_lathe() { . $SOURCE/build/share/lathe.zsh }\n"
         "STATE=command _lathe; STATE=net _lathe\n"
         "END\n"
         "zsh -f t.zsh && grep -q '^build:Emits and compiles' described && "
         "grep -qx -- '-g .*net' files && grep -q '^--dtype=.*:TYPE:(f32 f64)$' specs");
}
