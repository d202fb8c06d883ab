/*
** test_floors.c - tests/floors.sh on small trees: each fault that it is there for is found, with
** its place, and a tree without one passes.
*/
#include <criterion/criterion.h>

#include "support/shell.h"

#define CHECK "sh $SOURCE/tests/floors.sh . 2>&1"

/* A house in order. */
static void house(void)
{
    sure("mkdir -p gen/base gen/read gen/plan runtime/base runtime/core runtime/data runtime/train "
         "runtime/vector templates tests/golden");
    write_text("gen/base/net.h", "\n");
    write_text("gen/plan/fuse.h", "#include \"base/net.h\"\n#include \"runtime/core/engine.h\"\n");
    write_text("gen/plan/fuse.c", "#include \"plan/fuse.h\"\n#include <stdio.h>\n");
    write_text("runtime/base/error.h", "\n");
    write_text("runtime/core/engine.h", "#include \"base/error.h\"\n");
    write_text("runtime/train/solver.h", "#include \"core/engine.h\"\n");
    write_text("runtime/train/solver.c", "#include \"train/solver.h\"\n");
    write_text("runtime/vector/optim.c", "#include \"core/engine.h\"\n");
}

TestSuite(floors, .init = house, .fini = shell_clean);

Test(floors, that_hold_say_nothing)
{
    struct run r = shell(CHECK);
    cr_expect(r.status == 0 && !*r.output, "%d: %s", r.status, r.output);
    run_free(&r);
}

Test(floors, an_arrow_upward_is_found)
{
    write_text("runtime/core/engine.c", "\n#include \"train/solver.h\"\n");
    fails(1, "runtime/core/engine.c:2: includes train/solver.h of a higher floor (base < core",
          CHECK);
    write_text("gen/read/spec.c", "#include \"plan/fuse.h\"\n");
    fails(1, "gen/read/spec.c:1: includes plan/fuse.h of a higher floor (base < read < plan",
          CHECK);
}

Test(floors, the_runtime_knows_nothing_of_gen_nor_of_vectors)
{
    write_text("runtime/data/feed.c", "#include \"gen/base/net.h\"\n");
    fails(1, "runtime/data/feed.c:1: includes gen/base/net.h: the runtime knows nothing", CHECK);
    write_text("runtime/data/feed.c", "#include \"vector/optim.c\"\n");
    fails(1, "runtime/data/feed.c:1: includes vector/optim.c of a higher floor", CHECK);
}

Test(floors, gen_takes_of_the_runtime_only_what_both_share)
{
    write_text("gen/plan/fuse.c", "#include \"runtime/train/solver.h\"\n");
    fails(1, "gen/plan/fuse.c:1: includes runtime/train/solver.h: of the runtime, gen/ may use",
          CHECK);
}

Test(floors, a_circle_of_modules_is_found_with_each_of_its_includes)
{
    write_text("gen/plan/mem.h", "#include \"plan/fuse.h\"\n");
    write_text("gen/plan/mem.c", "#include \"plan/mem.h\"\n#include \"plan/block.h\"\n");
    write_text("gen/plan/block.h", "\n\n#include \"plan/mem.h\"\n");
    fails(1, "gen/plan/mem.c:2: gen/plan/mem includes gen/plan/block, and a circle", CHECK);
    fails(1, "gen/plan/block.h:3: gen/plan/block includes gen/plan/mem, and a circle", CHECK);
    struct run r = shell(CHECK " | grep -c fuse");
    cr_expect_str_eq(r.output, "0\n", "what only hangs on a circle is none: %s", r.output);
    run_free(&r);
}

Test(floors, a_file_that_is_too_long_is_found_except_goldens)
{
    sure("for k in $(seq 550); do echo; done > templates/tile.c; cp templates/tile.c tests/a.c");
    sure(CHECK);
    sure("echo >> tests/a.c; cp tests/a.c tests/golden/a.c");
    fails(1, "tests/a.c:550: 551 lines, of 550 at most", CHECK);
    struct run r = shell(CHECK " | grep -c golden");
    cr_expect_str_eq(r.output, "0\n");
    run_free(&r);
}

Test(floors, a_folder_without_a_floor_is_found)
{
    sure("mkdir gen/misc");
    write_text("gen/misc/a.c", "#include \"base/net.h\"\n");
    fails(1, "gen/misc/a.c:1: gen/misc is no floor: base < read < plan < exchange < print <",
          CHECK);
}
