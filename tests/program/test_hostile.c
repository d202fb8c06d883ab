/*
** test_hostile.c - files that somebody made to do harm, and what fuzzing found: none crashes what
** reads it, acts on a terminal, or takes more memory than a message says.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"
#include "support/skip.h"

TestSuite(hostile, .init = (void (*)(void))shell_dir, .fini = shell_clean);

/* tests/fuzz/: every reader's corpus, with each input that has ever been a finding. */
Test(hostile, what_fuzzing_has_found_is_read_or_refused, .timeout = 300)
{
    sure("$SOURCE/build/tests/replay $SOURCE/tests/fuzz/corpus");
}
