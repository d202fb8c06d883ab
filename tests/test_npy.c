/*
** test_npy.c - NumPy's array files: what is written is read back, what is damaged is
** refused with the reason.
*/
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../runtime/error.h"
#include "../runtime/npy.h"
#include "shell.h"

static const char *in_dir(const char *name)
{
    static char path[1024];
    snprintf(path, sizeof path, "%s/%s", shell_dir(), name);
    return path;
}

/* A file as NumPy writes it: version, header text, data. */
static void write_npy(const char *name, int version, const char *text, const void *data,
                      size_t size)
{
    unsigned char file[512];
    size_t start = version == 1 ? 10 : 12, length = strlen(text);
    memset(file, 0, sizeof file);
    memcpy(file, "\x93NUMPY", 6);
    file[6] = (unsigned char)version;
    file[8] = (unsigned char)length;
    memcpy(file + start, text, length);
    memcpy(file + start + length, data, size);
    write_bytes(name, file, start + length + size);
}

static void expect_refused(const char *name, const char *words)
{
    struct npy a;
    char err[ERR_SIZE] = "";
    cr_expect_not(npy_read(&a, in_dir(name), err));
    cr_expect(strstr(err, words), "no \"%s\" in: %s", words, err);
    cr_expect(strstr(err, name), "the file is not named: %s", err);
}

Test(npy, every_type_comes_back_as_it_was_written, .fini = shell_clean)
{
    static const double f8[] = { 1.5, -2, 3e300, 0, 5, -0.0 };
    static const float f4[] = { 1.5f, -2, 3e30f, 0, 5, -0.0f };
    static const int64_t i8[] = { 1, -2, INT64_MAX, 4, 5, 6 };
    static const int32_t i4[] = { 1, -2, INT32_MAX, 4, 5, 6 };
    static const uint8_t u1[] = { 1, 2, 255, 4, 5, 6 };
    static const struct { enum npy_type type; const void *data; size_t size; } all[] = {
        { NPY_F4, f4, sizeof f4 }, { NPY_F8, f8, sizeof f8 }, { NPY_U1, u1, sizeof u1 },
        { NPY_I4, i4, sizeof i4 }, { NPY_I8, i8, sizeof i8 },
    };
    const size_t dim[] = { 2, 1, 3 };
    char err[ERR_SIZE];
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        struct npy a;
        cr_assert(npy_write(in_dir("a.npy"), all[k].type, dim, 3, all[k].data, err), "%s", err);
        cr_assert(npy_read(&a, in_dir("a.npy"), err), "%s", err);
        cr_expect_eq(a.type, all[k].type);
        cr_expect(a.rank == 3 && a.dim[0] == 2 && a.dim[1] == 1 && a.dim[2] == 3 && a.count == 6);
        cr_expect_arr_eq(a.data, all[k].data, all[k].size);
        npy_close(&a);
    }
}

Test(npy, versions_1_2_and_3_are_read, .fini = shell_clean)
{
    static const float data[] = { 1, 2, 3 };
    for (int version = 1; version <= 3; version++) {
        struct npy a;
        char err[ERR_SIZE];
        write_npy("v.npy", version,
                  "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }\n", data, 12);
        cr_assert(npy_read(&a, in_dir("v.npy"), err), "version %d: %s", version, err);
        cr_expect(a.rank == 1 && a.count == 3);
        cr_expect_arr_eq(a.data, data, 12);
        npy_close(&a);
    }
}

Test(npy, a_scalar_has_rank_0_and_an_empty_array_no_values, .fini = shell_clean)
{
    static const float one = 1;
    struct npy a;
    char err[ERR_SIZE];
    write_npy("s.npy", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n", &one, 4);
    cr_assert(npy_read(&a, in_dir("s.npy"), err), "%s", err);
    cr_expect(a.rank == 0 && a.count == 1);
    npy_close(&a);
    write_npy("e.npy", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }\n", &one, 0);
    cr_assert(npy_read(&a, in_dir("e.npy"), err), "%s", err);
    cr_expect(a.rank == 2 && a.count == 0);
    npy_close(&a);
}

Test(npy, damage_is_refused_with_its_reason, .fini = shell_clean)
{
    static const float data[] = { 1, 2, 3 };
    write_npy("long.npy", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", data,
              12);
    expect_refused("long.npy", "12 bytes of data");
    write_npy("short.npy", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }\n", data,
              11);
    expect_refused("short.npy", "its shape takes 12");
    write_npy("order.npy", 1, "{'descr': '<f4', 'fortran_order': True, 'shape': (3,), }\n", data,
              12);
    expect_refused("order.npy", "Fortran order");
    write_npy("type.npy", 1, "{'descr': '>f4', 'fortran_order': False, 'shape': (3,), }\n", data,
              12);
    expect_refused("type.npy", "type '>f4'");
    write_npy("shape.npy", 1, "{'descr': '<f4', 'fortran_order': False, }\n", data, 12);
    expect_refused("shape.npy", "states no shape");
    write_npy("huge.npy", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': "
              "(4294967296, 4294967296), }\n", data, 12);
    expect_refused("huge.npy", "shape");
    write_bytes("magic.npy", "not a NumPy file at all", 23);
    expect_refused("magic.npy", "no .npy file");
    write_bytes("empty.npy", "", 0);
    expect_refused("empty.npy", "no .npy file");
    write_bytes("header.npy", "\x93NUMPY\x01\x00\xff\xff{'descr'", 20);
    expect_refused("header.npy", "header is longer");
    expect_refused("missing.npy", "No such file");
}
