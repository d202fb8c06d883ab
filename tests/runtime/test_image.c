/*
** test_image.c - PGM and PPM: where the text of a header ends and the values begin, comments,
** several images in a file, and what is refused rather than guessed.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "file/image.h"
#include "support/pngs.h"
#include "support/shell.h"

/* A file's images: for each its values, rounded, or the message. */
static const char *images_of(const char *bytes, size_t size)
{
    static char text[4096];
    char path[128], err[ERR_SIZE];
    struct image_file f;
    struct image image;
    enum image_result result;
    size_t at = 0;
    write_bytes("x", bytes, size);
    snprintf(path, sizeof path, "%s/x", shell_dir());
    cr_assert(image_open(&f, path, 10, err), "%s", err);
    text[0] = 0;
    while ((result = image_next(&f, &image, err)) != IMAGE_END) {
        at += (size_t)snprintf(text + at, sizeof text - at, "%s", at ? " | " : "");
        for (int k = 0; result == IMAGE_GOOD && k < image.c*image.h*image.w; k++)
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%.0f", k ? " " : "",
                                   (double)image.values[k]);
        if (result == IMAGE_GOOD)
            image_free(&image);
        else
            at += (size_t)snprintf(text + at, sizeof text - at, "%s", strrchr(err, '/') + 1);
    }
    image_close(&f);
    return text;
}

#define expect_images(bytes, wanted) \
    cr_expect_str_eq(images_of(bytes, sizeof bytes - 1), wanted)

static void expect_words(const char *bytes, size_t size, const char *words)
{
    const char *text = images_of(bytes, size);
    cr_expect(strstr(text, words) == text, "no \"%s\" in: %s", words, text);
}
#define expect_refused(bytes, words) expect_words(bytes, sizeof bytes - 1, words)

Test(images, a_header_in_crlf_ends_with_one_delimiter_where_the_length_says_so, .fini = shell_clean)
{
    expect_images("P5\r\n2 2\r\n255\r\n\1\2\3\4", "1 2 3 4");
    /* A last value that is white space, and a first one that is LF. */
    expect_images("P5\r\n2 2\r\n255\r\n\1\2\3\n", "1 2 3 10");
    expect_images("P5\r\n2 2\r\n255\r\n\n\2\3\x20", "10 2 3 32");
    expect_images("P6\r\n1 1\r\n65535\r\n\xff\xff\0\0\x20\n", "255 0 32");
    expect_images("P5\r\n2 2\r\n255\r\n\1\2\3\nP6\r\n1 1\r\n255\r\n\1\2\n", "1 2 3 10 | 1 2 10");
    expect_images("P5\r\n2 2\r\n255\r\n\1\2\3\4\r\n", "1 2 3 4");
}

Test(images, a_cr_alone_delimits_where_the_length_says_so, .fini = shell_clean)
{
    expect_images("P5\r2 2\r255\r\n\2\3\4", "10 2 3 4");
    expect_images("P5\r2 2\r255\r\n\2\3\nP5\r1 1\r255\r\n", "10 2 3 10 | 10");
    expect_images("P5\r2 2\r255\r\1\2\3\4", "1 2 3 4");
    expect_images("P5\n2 2\n255\n\n\2\3 P5\n1 1\n255\n\n", "10 2 3 32 | 10");
    expect_images("P5\n2 2\n255\n\1\2\3 \n", "1 2 3 32");
}

Test(images, what_the_length_does_not_tell_is_refused, .fini = shell_clean)
{
    expect_refused("P5\r\n2 2\r\n255\r\n\1\2\3\n\n", "x: offset 13: whether the values begin "
                   "here or later the length does not tell");
    expect_refused("P5 2 2 255 \n\1\2\3\n", "x: offset 11: whether the values begin here");
    expect_refused("P5\n2 2\n255\n\n\1\2\3 ", "x: offset 11: whether the values begin here");
    expect_refused("P5\n2 2\n255\n \1\2\3 ", "x: offset 11: whether the values begin here");
    expect_refused("P5\n\r2 2\n\r255\n\r\1\2\3\n", "x: offset 13: whether the values begin");
    expect_refused("P5 2 2 255  \1\2\3 ", "x: offset 11: whether the values begin here");
    expect_refused("P5 2 2 255\n#\n\1\2  ", "x: offset 11: whether the values begin here");
    expect_refused("P5\r\n2 2\r\n255\r\n\1\2\3\4xyz", "x: long: 4 bytes after the 4 of 1x2x2 "
                   "values");
    expect_refused("P5\n2 2\n255\n\1\2\3\4xyz", "x: long: 3 bytes after the 4 of 1x2x2 values from "
                   "offset 11; after the greatest value one white space is expected");
    expect_refused("P5\n2 2\n255\n# comment\n\1\2\3\4", "x: long: 10 bytes after the 4");
    expect_refused("P5\r\n2 2\r\n255\r\n\1\2", "x: short: 3 bytes from offset 13, at least 4");
}

Test(images, comments_stand_wherever_netpbm_lets_them, .fini = shell_clean)
{
    expect_images("P5#c\n2 2 255\n\1\2\3\4", "1 2 3 4");
    expect_images("P5 #c\n\n#\r2#c\n 2#d\r\n 25#c\n5\n\1\2\3\4", "1 2 3 4");
    expect_images("P5 1#c\n0 1 255\n0123456789", "48 49 50 51 52 53 54 55 56 57");
    expect_images("P2#c\n2 1#c\n #\n255#c\n\n1 #c\n 2#1\n3 # end\n", "1 23");
    /* After the greatest value: its line end is no delimiter, but libnetpbm's. */
    expect_images("P5 2 2 255#c\n\n\1\2\3\4", "1 2 3 4");
    expect_images("P5 2 2 255#c\r\n\1\2\3\4", "1 2 3 4");
    expect_images("P5 2 2 255#c\n\1\2\3\4", "1 2 3 4");
    expect_images("P5 2 2 255\n#\n\3\4", "35 10 3 4");
}

Test(images, of_every_greatest_value_fill_0_to_255, .fini = shell_clean)
{
    expect_images("P5 2 1 1\n\1\0", "255 0");
    expect_images("P5 2 1 254\n\xfe\x7f", "255 128");
    expect_images("P5 2 1 256\n\1\0\0\x80", "255 128");
    expect_images("P6 1 1 65535\n\xff\xff\x80\0\0\0", "255 128 0");
    expect_images("P2 3 1 65535 65535 0 00256", "255 0 1");
    expect_images("P3 1 1 1 1 0 1\nP2 1 1 7 7P5 1 1 9\n\3", "255 0 255 | x: offset 24: a sample "
                  "expected, a whole number from 0 to 7");
    expect_refused("P5 1 1 254\n\xff", "x: offset 11: sample 255, 0 to 254 expected");
}

Test(images, a_png_is_one_alone_or_among_others, .fini = shell_clean)
{
    static struct png_bytes png;
    png_make(&png, 2, 1, 8, 0, 0, "\0\7\10", 3);
    cr_expect_str_eq(images_of((const char *)png.at, png.size), "7 8");
    memcpy(png.at + png.size, "P5 1 1 255\n\t", 12);
    memcpy(png.at + png.size + 12, png.at, png.size);
    cr_expect_str_eq(images_of((const char *)png.at, 2*png.size + 12), "7 8 | 9 | 7 8");
    memcpy(png.at + png.size, "not an image", 12);     /* what others leave there is not read */
    cr_expect_str_eq(images_of((const char *)png.at, png.size + 12), "7 8");
}

Test(images, of_other_kinds_are_called_by_their_names, .fini = shell_clean)
{
    expect_refused("P4 8 1\n\1", "x: offset 0: P4 is a bitmap (PBM); PGM and PPM are read");
    expect_refused("P1 1 1 1", "x: offset 0: P1 is a bitmap (PBM)");
    expect_refused("P7\nWIDTH 1\n", "x: offset 0: P7 is a PAM image");
    expect_refused("Pf\n1 1\n-1\n", "x: offset 0: Pf is a PFM image");
    expect_refused("P58 8 255\n", "x: offset 0: P2, P3, P5 or P6 expected and white space after "
                   "it");
    expect_refused("P5\v8 8 255\n", "x: offset 0: P2, P3, P5 or P6 expected");
    expect_images("P5 1 1 255\n\1P4 8 1\n\1", "1 | x: offset 12: P4 is a bitmap (PBM); PGM and PPM "
                  "are read (P2, P3, P5 or P6): convert it to one of them");
}

/* Standard input is no other file. */
Test(images, from_standard_input_are_read_as_from_a_file, .fini = shell_clean)
{
    char err[ERR_SIZE], path[128];
    struct image_file f;
    struct image image;
    write_bytes("x", "P5\r\n2 2\r\n255\r\n\1\2\3\n", 18);
    snprintf(path, sizeof path, "%s/x", shell_dir());
    cr_assert(freopen(path, "rb", stdin));
    cr_assert(image_open(&f, "-", 10, err), "%s", err);
    cr_assert_eq(image_next(&f, &image, err), IMAGE_GOOD, "%s", err);
    cr_expect(image.values[0] == 1 && image.values[3] == 10);
    image_free(&image);
    cr_expect_eq(image_next(&f, &image, err), IMAGE_END);
    image_close(&f);
}
