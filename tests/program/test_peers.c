/*
** test_peers.c - Lathe's readers of files beside those that everybody has: a few thousand files,
** good ones and changed ones, to both. What is missing here is named and skipped.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/shell.h"
#include "support/skip.h"

#define VERDICTS "$SOURCE/build/tests/verdicts"

/* tests/against_PEER.py with the first Python that has its module; `make deps` makes the first. */
static void hold_against(const char *peer, const char *words)
{
    static const char *const pythons[] = { "$SOURCE/build/python/bin/python3", "${PYTHON:-python3}",
                                           "/usr/bin/python3" };
    enum { NO_MODULE = 77, NO_PYTHON = 127 };
    for (size_t k = 0; k < sizeof pythons / sizeof *pythons; k++) {
        struct run r = shell("PYTHONDONTWRITEBYTECODE=1 %s $SOURCE/tests/against_%s.py "
                             "%s", pythons[k], peer, words);
        bool found = r.status != NO_MODULE && r.status != NO_PYTHON;
        cr_assert(!found || r.status == 0, "%s: exit %d\n%.3000s", peer, r.status, r.output);
        run_free(&r);
        if (found)
            return;
    }
    skip_test("no Python with the module for against_%s.py (make deps)", peer);
}

Test(safetensors, what_the_reference_implementation_reads_is_read_and_nothing_else,
     .fini = shell_clean)
{
    hold_against("safetensors", VERDICTS " 4000");
}

Test(npy, what_numpy_reads_is_read_with_its_values_and_nothing_else, .fini = shell_clean)
{
    hold_against("numpy", VERDICTS " 3000");
}

Test(packed, archives_and_gzip_are_read_as_python_reads_them_and_nothing_else, .fini = shell_clean)
{
    hold_against("packed", VERDICTS " 1500");
}

Test(images, pgm_and_ppm_are_read_as_pillow_and_netpbm_read_them, .fini = shell_clean)
{
    if (!have("pnmtoplainpnm"))
        skip_test("no pnmtoplainpnm of Netpbm here");
    hold_against("pnm", VERDICTS " 800");
}

Test(images, png_is_read_as_pillow_reads_it, .fini = shell_clean)
{
    hold_against("png", VERDICTS " 800");
}

/* By hand all of it: python3 tests/against_onnx.py. */
Test(onnx, is_imported_as_onnx_runtime_and_pytorch_compute_it, .fini = shell_clean,
     .timeout = 1800)
{
    if (getenv("LATHE_TEST_ALL"))       /* minutes */
        hold_against("onnx", "few tiny backend zoo random --networks 30 --exporter traced");
}
