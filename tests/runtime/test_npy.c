/*
** test_npy.c - NumPy's array files: what is written is read back, what is damaged is
** refused with the reason.
*/
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "file/npy.h"
#include "support/shell.h"

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
    write_npy("type.npy", 1, "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }\n", data,
              8);
    expect_refused("type.npy", "type <c8; numbers of 1 to 8 bytes are read: "
                   "numpy.save(FILE, x.astype('f4'))");
    write_npy("names.npy", 1, "{'descr': '<U1', 'fortran_order': False, 'shape': (2,), }\n", data,
              8);
    expect_refused("names.npy", "type <U1; numbers of 1 to 8 bytes are read: numpy.save(FILE, "
                   "numpy.unique(y, return_inverse=True)[1]), where they name classes");
    write_npy("parts.npy", 1, "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }",
              data, 12);
    expect_refused("parts.npy", "type of several parts");
    write_npy("shape.npy", 1, "{'descr': '<f4', 'fortran_order': False, }\n", data, 12);
    expect_refused("shape.npy", "its header has no shape");
    write_npy("key.npy", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'x': 1}\n",
              data, 12);
    expect_refused("key.npy", "keys other than descr, fortran_order and shape");
    write_npy("version.npy", 4, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }\n", data,
              12);
    expect_refused("version.npy", "version 4.0 of the .npy format; 1.0, 2.0 and 3.0 are read");
    write_npy("huge.npy", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': "
              "(4294967296, 4294967296), }\n", data, 12);
    expect_refused("huge.npy", "shape");
    write_bytes("magic.npy", "not a NumPy file at all", 23);
    expect_refused("magic.npy", "no .npy file");
    write_bytes("empty.npy", "", 0);
    expect_refused("empty.npy", "no .npy file");
    write_bytes("header.npy", "\x93NUMPY\x01\x00\xff\xff{'descr'", 18);
    expect_refused("header.npy", "header is longer");
    expect_refused("missing.npy", "No such file");
}

/* ---- the header is a Python literal ---- */

#define ORDER "'fortran_order': False"

static void expect_three(const char *header, int version)
{
    static const float data[] = { 1, 2, 3 };
    struct npy a;
    char err[ERR_SIZE];
    write_npy("h.npy", version, header, data, sizeof data);
    cr_assert(npy_read(&a, in_dir("h.npy"), err), "%s: %s", header, err);
    cr_expect(a.type == NPY_F4 && a.rank == 1 && a.dim[0] == 3, "%s", header);
    cr_expect_arr_eq(a.data, data, sizeof data);
    npy_close(&a);
}

Test(npy, headers_in_every_form_of_a_python_literal_are_read, .fini = shell_clean)
{
    static const char *const good[] = {
        "{\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": (3,), }",
        "{'shape':(3,),'fortran_order':False,'descr':'<f4'}",
        "  {  'descr' :\n'<f4' ,\r\n" ORDER "\t, 'shape': ( 3 , ) , }  \n\n\n",
        "{u'descr': u'<f4', " ORDER ", r'''shape''': (3L,), }",
        "{'descr': '<' 'f4', " ORDER ", 'sh\\x61pe': (0x3 L,), }   # end\n",
        "# first\n({'descr': ('\\74f4'), " ORDER ", # c\n 'shape': (+3,), })\n",
        "{'descr': [('x', {1.5, 2j}), None, b'', ..., set(), -1+2j, {}, {'a': []}],\n"
            "'descr': '<f4', " ORDER ", 'shape': (3,), }",
    };
    for (size_t k = 0; k < sizeof good / sizeof *good; k++)
        expect_three(good[k], 1);
    expect_three("{'descr': '<f4', " ORDER ", 'shape': (3L,), }", 2);
}

Test(npy, headers_that_python_refuses_are_refused, .fini = shell_clean)
{
    static const char *const bad[] = {
        "{'descr': '<f4', " ORDER ", 'shape': (3,), ",
        "{'descr': '<f4', " ORDER ", 'shape': (3,), }}",
        "{'descr': '<f4', " ORDER ", 'shape': (3,), } x",
        "\n {'descr': '<f4', " ORDER ", 'shape': (3,), }",
        "{'descr': '<f4', " ORDER ", 'shape': 3, }",
        "{'descr': '<f4', " ORDER ", 'shape': (3), }",
        "{'descr': '<f4', " ORDER ", 'shape': [3], }",
        "{'descr': '<f4', " ORDER ", 'shape': (3.0,), }",
        "{'descr': '<f4', " ORDER ", 'shape': (True, 3), }",
        "{'descr': '<f4', " ORDER ", 'shape': (-3,), }",
        "{'descr': '<f4', " ORDER ", 'shape': (03,), }",
        "{'descr': '<f4', " ORDER ", 'shape': (2 + 1,), }",
        "{'descr': '<f4', " ORDER ", 'shape': (3l,), }",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (3,), }",
        "{'descr': b'<f4', " ORDER ", 'shape': (3,), }",
        "{b'descr': '<f4', " ORDER ", 'shape': (3,), }",
        "{'descr': '<f4, " ORDER ", 'shape': (3,), }",
        "{'descr': f'<f4', " ORDER ", 'shape': (3,), }",
        "{'descr': '<f4' " ORDER ", 'shape': (3,), }",
        "('descr', '<f4')",
        "",
    };
    static const float data[] = { 1, 2, 3 };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        struct npy a;
        char err[ERR_SIZE];
        write_npy("h.npy", 1, bad[k], data, sizeof data);
        cr_expect_not(npy_read(&a, in_dir("h.npy"), err), "%s", bad[k]);
    }
    write_npy("b.npy", 3, "{'descr': '<f4', " ORDER ", 'shape': (3,), }\n ", data, sizeof data);
    expect_refused("b.npy", "its header is no dictionary of Python's");
    expect_three("{'descr': '<f4', " ORDER ", 'shape': (3,), }\n ", 1);
    write_npy("l.npy", 3, "{'descr': '<f4', " ORDER ", 'shape': (3L,), }", data, sizeof data);
    expect_refused("l.npy", "its header is no dictionary of Python's");
}

/* A type's name, and two values of it: 1 and 2. */
Test(npy, types_in_every_spelling_and_order_of_bytes_are_read, .fini = shell_clean)
{
    static const struct { const char *type, *bytes; size_t size; enum npy_type kept; } all[] = {
        { "<u1", "\1\2", 2, NPY_U1 }, { ">u1", "\1\2", 2, NPY_U1 }, { "=u1", "\1\2", 2, NPY_U1 },
        { "u1", "\1\2", 2, NPY_U1 }, { "B", "\1\2", 2, NPY_U1 }, { "uint8", "\1\2", 2, NPY_U1 },
        { "|i1", "\1\2", 2, NPY_I4 }, { "<i2", "\1\0\2\0", 4, NPY_I4 },
        { ">u2", "\0\1\0\2", 4, NPY_I4 }, { ">i4", "\0\0\0\1\0\0\0\2", 8, NPY_I4 },
        { "<u4", "\1\0\0\0\2\0\0\0", 8, NPY_I8 },
        { ">i8", "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2", 16, NPY_I8 },
        { "<u8", "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0", 16, NPY_I8 },
        { "<f2", "\0\x3c\0\x40", 4, NPY_F4 }, { ">f2", "\x3c\0\x40\0", 4, NPY_F4 },
        { "=f4", "\0\0\x80\x3f\0\0\0\x40", 8, NPY_F4 },
        { ">f4", "\x3f\x80\0\0\x40\0\0\0", 8, NPY_F4 },
        { "float32", "\0\0\x80\x3f\0\0\0\x40", 8, NPY_F4 },
        { ">d", "\x3f\xf0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0", 16, NPY_F8 },
    };
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        char header[128], err[ERR_SIZE];
        struct npy a;
        snprintf(header, sizeof header, "{'descr': '%s', " ORDER ", 'shape': (2,), }", all[k].type);
        write_npy("t.npy", 1, header, all[k].bytes, all[k].size);
        cr_assert(npy_read(&a, in_dir("t.npy"), err), "%s", err);
        cr_expect_eq(a.type, all[k].kept, "%s", all[k].type);
        for (int v = 0; v < 2; v++) {
            double value = a.type == NPY_U1 ? ((uint8_t *)a.data)[v]
                           : a.type == NPY_I4 ? ((int32_t *)a.data)[v]
                           : a.type == NPY_I8 ? (double)((int64_t *)a.data)[v]
                           : a.type == NPY_F4 ? (double)((float *)a.data)[v]
                           : ((double *)a.data)[v];
            cr_expect_eq(value, v + 1, "%s: %g", all[k].type, value);
        }
        npy_close(&a);
    }
}

Test(npy, signs_halves_and_great_numbers_keep_their_values, .fini = shell_clean)
{
    struct npy a;
    char err[ERR_SIZE];
    write_npy("b.npy", 1, "{'descr': '|b1', " ORDER ", 'shape': (3,), }", "\0\1\7", 3);
    cr_assert(npy_read(&a, in_dir("b.npy"), err), "%s", err);
    cr_expect_arr_eq(a.data, "\0\1\1", 3);
    npy_close(&a);
    write_npy("i.npy", 1, "{'descr': '>i2', " ORDER ", 'shape': (2,), }", "\xff\xfe\x7f\xff", 4);
    cr_assert(npy_read(&a, in_dir("i.npy"), err), "%s", err);
    cr_expect(((int32_t *)a.data)[0] == -2 && ((int32_t *)a.data)[1] == 32767);
    npy_close(&a);
    write_npy("h.npy", 1, "{'descr': '<f2', " ORDER ", 'shape': (4,), }",
              "\1\x80\xff\x7b\0\xfc\0\x7e", 8);
    cr_assert(npy_read(&a, in_dir("h.npy"), err), "%s", err);
    const float *h = a.data;
    cr_expect(h[0] == -0x1p-24f && h[1] == 65504 && h[2] < -3e38f && h[3] != h[3]);
    npy_close(&a);
    write_npy("u.npy", 1, "{'descr': '>u8', " ORDER ", 'shape': (1,), }", "\x80\0\0\0\0\0\0\0", 8);
    expect_refused("u.npy", "value 0 is greater than 9223372036854775807");
    write_npy("u.npy", 1, "{'descr': '<u8', " ORDER ", 'shape': (2,), }",
              "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80", 16);
    expect_refused("u.npy", "value 1 is greater than 9223372036854775807");
}

Test(npy, arrays_in_fortran_order_are_read_in_c_order, .fini = shell_clean)
{
    static const uint8_t stored[] = { 0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11 };
    struct npy a;
    char err[ERR_SIZE];
    write_npy("f.npy", 1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2, 3), }", stored,
              12);
    cr_assert(npy_read(&a, in_dir("f.npy"), err), "%s", err);
    cr_expect(a.rank == 3 && a.dim[0] == 2 && a.dim[2] == 3);
    for (int k = 0; k < 12; k++)
        cr_expect_eq(((uint8_t *)a.data)[k], k);
    npy_close(&a);
    write_npy("e.npy", 1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 0, 3), }", "", 0);
    cr_assert(npy_read(&a, in_dir("e.npy"), err), "%s", err);
    cr_expect_eq(a.count, 0);
    npy_close(&a);
}
