/*
** test_folder.c - folders of images as a data set: which images go where, in which order, that they
** are kept and when not, and what is said of what is wrong. Images are of a pixel or a few, each of
** a value of its own, so that a set tells which it has.
*/
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "data/data.h"
#include "support/pngs.h"
#include "support/shell.h"

static const struct data_options grey = { .c = 1, .h = 1, .w = 1, .classes = 2,
    .train_samples = -1, .val_samples = -1, .test_samples = -1, .seed = 1 };

/* An image of h x w, all of one value. */
static void put(const char *name, int h, int w, int value)
{
    char text[512];
    int n = snprintf(text, sizeof text, "P2 %d %d 255\n", w, h);
    for (int k = 0; k < h*w; k++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%d ", value);
    write_text(name, text);
}

/* DIR/SET/CLASS/NAME.pgm of one pixel, `count` of them, with values from `first` on. */
static void put_class(const char *folder, int count, int first)
{
    char name[128];
    struct run r = shell("mkdir -p %s", folder);
    cr_assert_eq(r.status, 0);
    run_free(&r);
    for (int k = 0; k < count; k++) {
        snprintf(name, sizeof name, "%s/%02d.pgm", folder, k);
        put(name, 1, 1, first + k);
    }
}

static bool open_folder(struct dataset *d, const char *name, struct data_options o, char *err)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", shell_dir(), name);
    o.dir = path;
    return dataset_open(d, &o, err);
}

static void must_open(struct dataset *d, struct data_options o)
{
    char err[ERR_SIZE] = "";
    cr_assert(open_folder(d, "d", o, err), "%s", err);
}

static void expect_refused(struct data_options o, const char *words)
{
    struct dataset d;
    char err[ERR_SIZE] = "";
    bool opened = open_folder(&d, "d", o, err);
    cr_expect_not(opened, "read, not: %s", words);
    cr_expect(strstr(err, words), "no \"%s\" in: %s", words, err);
    if (opened)
        dataset_close(&d);
}

/* "1 2 3", and each value's label as its first digit tells. */
static const char *values_of(const struct images *set)
{
    static char text[4][1024];
    static int turn;
    char *out = text[turn = (turn + 1) % 4];
    int n = 0;
    out[0] = '\0';
    for (size_t k = 0; k < set->count; k++) {
        const int value = set->bytes[k*(size_t)(set->c*set->h*set->w)];
        n += sprintf(out + n, "%s%d", k ? " " : "", value);
        cr_expect_eq(set->labels[k], value/100, "label %d of %d", set->labels[k], value);
    }
    return out;
}

#define CACHE "d/.lathe-images-1"

static void remember_cache(char *bytes /* [1 << 16] */, size_t *size)
{
    FILE *f = fopen(in_dir(CACHE), "rb");
    cr_assert(f, "there is no cache");
    *size = fread(bytes, 1, 1 << 16, f);
    fclose(f);
}

/* ---- which image goes where ---- */

Test(folder, sets_are_read_by_class_and_name_in_bytes, .fini = shell_clean)
{
    struct dataset d;
    sure("mkdir -p d/train/cat d/train/Dog d/val/cat d/val/Dog d/test/Dog");
    put("d/train/cat/b.pgm", 1, 1, 100);        /* D is before c, 10 before 9 */
    put("d/train/cat/B.pgm", 1, 1, 101);
    put("d/train/Dog/9.pgm", 1, 1, 1);
    put("d/train/Dog/10.pgm", 1, 1, 2);
    put("d/val/cat/x.pgm", 1, 1, 102);
    put("d/val/Dog/x.ppm", 1, 1, 3);            /* what it is its bytes say */
    put("d/test/Dog/x", 1, 1, 4);
    write_text("d/train/cat/.hidden", "no image");
    write_text("d/train/.DS_Store", "no folder");
    write_text("d/README", "anything");
    must_open(&d, grey);
    cr_expect_str_eq(values_of(&d.train), "2 1 101 100");
    cr_expect_str_eq(values_of(&d.val), "3 102");
    cr_expect_str_eq(values_of(&d.test), "4");
    cr_expect(d.fit.count == 4 && !d.val_cut && d.folder && !*d.note);
    cr_expect_str_eq(d.class_names[0], "Dog");
    cr_expect_str_eq(d.class_names[1], "cat");
    dataset_close(&d);
}

/* A class's share, whatever the others have; and hardly another one when images are added. */
Test(folder, without_val_the_same_share_of_each_class_validates_by_its_names, .fini = shell_clean)
{
    struct dataset d;
    struct data_options o = grey;
    char first[1024];
    put_class("d/train/a", 40, 0);
    put_class("d/train/b", 80, 100);
    o.val_samples = 30;
    must_open(&d, o);
    cr_expect(d.train.count == 90 && d.val.count == 30 && d.fit.count == 90);
    cr_expect(d.val_cut && d.val_drawn && !d.val_unasked);
    size_t of_b = 0;
    for (size_t k = 0; k < d.val.count; k++)
        of_b += d.val.labels[k] == 1;
    cr_expect_eq(of_b, 20);
    snprintf(first, sizeof first, "%s", values_of(&d.val));
    (void)values_of(&d.train);
    dataset_close(&d);

    sure("cp -r d e && rm -r d && mkdir -p d/train && cp -r e/train/b e/train/a d/train/ && "
         "touch d/train/*/*");
    must_open(&d, o);
    cr_expect_str_eq(values_of(&d.val), first);         /* elsewhere, written in another order */
    dataset_close(&d);

    put("d/train/a/zz.pgm", 1, 1, 99);
    must_open(&d, o);
    size_t same = 0;
    for (size_t k = 0; k < d.val.count; k++) {
        char word[16];
        snprintf(word, sizeof word, " %d ", d.val.bytes[k]);
        char all[1100];
        snprintf(all, sizeof all, " %s ", first);
        same += strstr(all, word) != NULL;
    }
    cr_expect(same >= 28, "%zu of 30 validate as before", same);
    dataset_close(&d);
    o.val_samples = -1;
    must_open(&d, o);
    cr_expect(d.val.count == 12 && d.val_unasked);
    dataset_close(&d);
    o.drawn = 30;
    o.drawn_of = 121;                                   /* as a parameter file says */
    must_open(&d, o);
    cr_expect_eq(d.val.count, 30);
    dataset_close(&d);
}

Test(folder, fewer_samples_are_of_every_class, .fini = shell_clean)
{
    struct dataset d;
    struct data_options o = grey;
    put_class("d/train/a", 20, 0);
    put_class("d/train/b", 20, 100);
    put_class("d/val/a", 6, 40);
    put_class("d/val/b", 6, 140);
    put_class("d/test/a", 5, 60);
    put_class("d/test/b", 5, 160);
    o.train_samples = 10;
    o.val_samples = 4;
    o.test_samples = 2;
    must_open(&d, o);
    cr_expect(d.train.count == 10 && d.fit.count == 40 && d.val.count == 4 && d.test.count == 2);
    const struct images *sets[] = { &d.train, &d.val, &d.test };
    for (int s = 0; s < 3; s++) {
        size_t of_b = 0;
        for (size_t k = 0; k < sets[s]->count; k++)
            of_b += sets[s]->labels[k] == 1;
        cr_expect_eq(2*of_b, sets[s]->count);
        (void)values_of(sets[s]);
    }
    (void)values_of(&d.fit);                            /* all are there, each with its label */
    char kept[1024];
    snprintf(kept, sizeof kept, "%s; %s", values_of(&d.val), values_of(&d.fit));
    dataset_close(&d);
    o.no_cache = true;                                  /* those that are left out are not read */
    must_open(&d, o);
    char anew[1024];
    snprintf(anew, sizeof anew, "%s; %s", values_of(&d.val), values_of(&d.fit));
    cr_expect_str_eq(anew, kept);
    dataset_close(&d);
    o.no_cache = false;
    o.train_samples = 41;
    expect_refused(o, "--train-samples 41: the data has 40");
    o.train_samples = -1;
    o.val_samples = 13;
    expect_refused(o, "--val-samples 13: the data has 12");
    sure("rm -r d/val");
    o.val_samples = 40;
    expect_refused(o, "has 40 images to train and validate");
}

/* ---- channels, sizes ---- */

Test(folder, grey_and_colours_become_what_the_network_takes, .fini = shell_clean)
{
    static struct png_bytes png;
    struct dataset d;
    struct data_options o = grey;
    sure("mkdir -p d/train/a d/train/b");
    png_make(&png, 1, 1, 8, 6, 0, "\0\12\24\36\50", 5);     /* opaque to 40, which is left out */
    write_bytes("d/train/a/1.png", png.at, png.size);
    png_make(&png, 1, 1, 16, 0, 0, "\0\177\377", 3);        /* 127.498 */
    write_bytes("d/train/a/2.png", png.at, png.size);
    write_text("d/train/b/3.ppm", "P3 1 1 255 255 0 0");
    o.val_samples = 0;
    must_open(&d, o);
    cr_expect(d.train.bytes[0] == 18 && d.train.bytes[1] == 127 && d.train.bytes[2] == 76);
    dataset_close(&d);
    o.c = 3;
    must_open(&d, o);
    cr_expect_arr_eq(d.train.bytes, "\12\24\36\177\177\177\377\0", 9);
    dataset_close(&d);
    o.c = 4;
    must_open(&d, o);
    cr_expect_arr_eq(d.train.bytes, "\12\24\36\50\177\177\177\377\377\0\0\377", 12);
    dataset_close(&d);
    o.c = 2;
    must_open(&d, o);
    cr_expect_arr_eq(d.train.bytes, "\22\50\177\377\114\377", 6);
    dataset_close(&d);
    o.c = 5;
    expect_refused(o, "takes images of 5 channels; those of files have 1 (grey) to 4");
}

Test(folder, other_sizes_are_scaled_or_cut_by_wish_alone, .fini = shell_clean)
{
    struct dataset d;
    struct data_options o = grey;
    sure("mkdir -p d/train/a d/train/b");
    write_text("d/train/a/1.pgm", "P2 4 2 255  0 10 20 30  40 50 60 70");
    write_text("d/train/b/2.pgm", "P2 2 4 255  0 10 20 30 40 50 60 70");
    o.val_samples = 0;
    o.h = o.w = 2;
    expect_refused(o, "d/train/a/1.pgm: an image of 2x4 (height, width), the network takes 2x2; "
                   "add `crop`");
    o.crop = true;
    expect_refused(o, "d/train/b/2.pgm: an image of 4x2 (height, width), and ");
    o.crop = false;
    o.middle = true;
    must_open(&d, o);
    cr_expect_arr_eq(d.train.bytes, "\12\24\62\74\24\36\50\62", 8);
    dataset_close(&d);
    o.resize = true;                    /* the whole of the shorter side here, too */
    must_open(&d, o);
    cr_expect_arr_eq(d.train.bytes, "\12\24\62\74\24\36\50\62", 8);
    dataset_close(&d);
    o.middle = false;                   /* weights 3, 3, 1 of 7 */
    must_open(&d, o);
    cr_expect_arr_eq(d.train.bytes, "\7\27\57\77", 4);
    dataset_close(&d);
    o.h = o.w = 8;
    must_open(&d, o);
    cr_expect(d.train.h == 8 && d.train.w == 8 && d.train.bytes[0] == 0);
    dataset_close(&d);
    o.resize = false;
    o.middle = true;
    expect_refused(o, "smaller than the 8x8 that the network takes; --resize scales images first");
    o.resize = true;
    o.h = 1;
    o.w = 2;                            /* cut to 2x4 and 1x2, then scaled */
    must_open(&d, o);
    cr_expect(d.train.bytes[2] == 20 && d.train.bytes[3] == 30);
    dataset_close(&d);
}

Test(folder, larger_images_of_one_size_are_for_crop, .fini = shell_clean)
{
    struct dataset d;
    struct data_options o = grey;
    sure("mkdir -p d/train/a d/train/b");
    put("d/train/a/1.pgm", 3, 4, 1);
    put("d/train/b/2.pgm", 3, 4, 101);
    o.crop = true;
    o.val_samples = 0;
    for (int k = 0; k < 2; k++) {       /* from the files, and from what was kept */
        must_open(&d, o);
        cr_expect(d.train.h == 3 && d.train.w == 4 && d.h == 1);
        dataset_close(&d);
    }
    o.crop = false;
    expect_refused(o, "d/train/a/1.pgm: an image of 3x4 (height, width), the network takes 1x1");
}

/* ---- what is kept ---- */

/* Changes a byte here and there, and cuts it short: the images are read all the same. */
static void taint_cache(void)
{
    static char bytes[1 << 16];
    size_t size;
    remember_cache(bytes, &size);
    for (size_t k = 0; k < size; k += 3) {
        char kept = bytes[k];
        bytes[k] ^= 8;
        write_bytes(CACHE, bytes, size);
        struct dataset d;
        must_open(&d, grey);
        cr_expect_str_eq(values_of(&d.train), "7 8 107 108", "with byte %zu changed", k);
        dataset_close(&d);
        bytes[k] = kept;
    }
    for (size_t k = 0; k < size; k += 17) {
        struct dataset d;
        write_bytes(CACHE, bytes, k);
        must_open(&d, grey);
        cr_expect_str_eq(values_of(&d.train), "7 8 107 108", "%zu bytes", k);
        dataset_close(&d);
    }
}

static void make_four(void)
{
    put_class("d/train/a", 2, 7);
    put_class("d/train/b", 2, 107);
    put_class("d/val/a", 1, 9);
    put_class("d/val/b", 1, 109);
}

/* What a file says when nobody looks at it again: of the same name, size and time. */
static void change_unseen(const char *name, const char *text)
{
    struct stat st;
    cr_assert_eq(stat(in_dir(name), &st), 0);
    write_text(name, text);
    const struct timespec times[] = { st.st_atim, st.st_mtim };
    cr_assert_eq(utimensat(AT_FDCWD, in_dir(name), times, 0), 0);
}

Test(folder, images_are_decoded_once_until_a_file_changes, .fini = shell_clean)
{
    struct dataset d;
    struct data_options o = grey;
    make_four();
    must_open(&d, o);
    dataset_close(&d);
    change_unseen("d/train/a/00.pgm", "P2 1 1 255\n6 ");
    must_open(&d, o);
    cr_expect_str_eq(values_of(&d.train), "7 8 107 108");       /* it was not read */
    dataset_close(&d);
    o.no_cache = true;
    must_open(&d, o);
    cr_expect_str_eq(values_of(&d.train), "6 8 107 108");
    dataset_close(&d);
    o.no_cache = false;
    sure("touch d/train/b/00.pgm");
    must_open(&d, o);
    cr_expect_str_eq(values_of(&d.train), "6 8 107 108");
    dataset_close(&d);
    change_unseen("d/train/a/00.pgm", "P2 1 1 255\n5   ");      /* longer */
    must_open(&d, o);
    cr_expect_str_eq(values_of(&d.train), "5 8 107 108");
    dataset_close(&d);
    sure("mv d/train/a/00.pgm d/train/a/03.pgm");
    must_open(&d, o);
    cr_expect_str_eq(values_of(&d.train), "8 5 107 108");
    dataset_close(&d);
    put("d/train/b/02.pgm", 1, 1, 109);
    must_open(&d, o);
    cr_expect_str_eq(values_of(&d.train), "8 5 107 108 109");
    dataset_close(&d);
}

Test(folder, a_kept_file_serves_every_number_of_samples, .fini = shell_clean)
{
    struct dataset d;
    struct data_options o = grey;
    put_class("d/train/a", 20, 0);
    put_class("d/train/b", 20, 100);
    o.val_samples = 4;
    must_open(&d, o);
    dataset_close(&d);
    sure("for f in d/train/*/*; do touch -r $f t && printf 'P2 1 1 255\\n255 ' | head -c "
         "$(wc -c < $f) > $f && touch -r t $f; done");          /* no file would do any more */
    o.val_samples = 10;
    o.train_samples = 8;
    must_open(&d, o);
    cr_expect(d.train.count == 8 && d.val.count == 10 && d.fit.count == 30);
    (void)values_of(&d.fit);
    (void)values_of(&d.val);
    dataset_close(&d);
}

Test(folder, a_damaged_or_foreign_cache_is_never_trusted, .fini = shell_clean)
{
    struct dataset d;
    static char kept[1 << 16], again[1 << 16];
    size_t size, length;
    make_four();
    must_open(&d, grey);
    dataset_close(&d);
    taint_cache();
    must_open(&d, grey);
    dataset_close(&d);
    remember_cache(kept, &size);
    write_text(CACHE, "someone's notes");
    must_open(&d, grey);
    cr_expect_str_eq(values_of(&d.train), "7 8 107 108");
    cr_expect(strstr(d.note, "is there, and no images kept by Lathe: it is not replaced"), "%s",
              d.note);
    dataset_close(&d);
    remember_cache(again, &length);
    cr_expect(length == 15, "it was replaced");
    sure("rm " CACHE " && mkdir " CACHE);
    must_open(&d, grey);
    cr_expect(*d.note);
    dataset_close(&d);
    sure("rmdir " CACHE " && cp -r d other && printf 'P2 1 1 255\\n1 ' > other/train/a/00.pgm");
    must_open(&d, grey);
    dataset_close(&d);
    sure("cp " CACHE " other/.lathe-images-1 && rm -r d && mv other d");
    must_open(&d, grey);                        /* of other files: another time of change */
    cr_expect_str_eq(values_of(&d.train), "1 8 107 108");
    dataset_close(&d);
}

Test(folder, that_cannot_be_written_is_read_and_says_so, .fini = shell_clean)
{
    struct dataset d;
    make_four();
    if (geteuid() == 0)                         /* whom no mode stops */
        sure("ln -s nowhere/at/all " CACHE);
    else
        sure("chmod a-w d");
    must_open(&d, grey);
    cr_expect_str_eq(values_of(&d.train), "7 8 107 108");
    cr_expect(strstr(d.note, "its images are decoded anew each time: ")
              && strstr(d.note, "cannot be written"), "%s", d.note);
    dataset_close(&d);
    sure("chmod u+w d");
    struct data_options o = grey;
    o.no_cache = true;
    must_open(&d, o);
    cr_expect(!*d.note);
    dataset_close(&d);
}

/* ---- what is wrong ---- */

Test(folder, what_is_no_image_is_named_with_what_to_do, .fini = shell_clean)
{
    make_four();
    write_text("d/train/a/notes.txt", "not an image");
    expect_refused(grey, "d/train/a/notes.txt: is no image that is read: PNG, PPM (P3, P6) or PGM "
                   "(P2, P5); remove it, or let its name begin with a dot");
    sure("mv d/train/a/notes.txt d/train/a/.notes && : > d/train/a/empty.png");
    expect_refused(grey, "d/train/a/empty.png: is empty");
    sure("rm d/train/a/empty.png && printf '\\377\\330\\377\\340 and so on' > d/val/b/my.jpg");
    expect_refused(grey, "d/val/b/my.jpg: is a JPEG picture; PNG, PPM and PGM are read: `mogrify "
                   "-format png ");
    expect_refused(grey, "/d -name '*.jpg' -exec mogrify -format png {} ';' -delete`");
    sure("rm d/val/b/my.jpg && printf '\\211PNG\\r\\n\\032\\n12' > d/val/b/cut.png");
    expect_refused(grey, "d/val/b/cut.png: short: it ends at offset 10, where a chunk was");
    sure("rm d/val/b/cut.png && printf 'P5 1 1 255\\n1P5 1 1 255\\n2' > d/val/b/two.pgm");
    expect_refused(grey, "d/val/b/two.pgm: holds several images; in folders each has a file");
    sure("rm d/val/b/two.pgm && mkdir d/val/b/more");
    expect_refused(grey, "d/val/b/more: is a folder: a class's images lie in its folder itself");
    sure("rmdir d/val/b/more && ln -s nowhere d/val/b/link");
    expect_refused(grey, "d/val/b/link: cannot be read: No such file");
    sure("rm d/val/b/link && mkfifo d/val/b/pipe");
    expect_refused(grey, "d/val/b/pipe: is no file");
    sure("test ! -e " CACHE " && test ! -e " CACHE ".lathe-tmp");
}

Test(folder, classes_that_do_not_fit_are_named_with_what_to_do, .fini = shell_clean)
{
    struct data_options o = grey;
    make_four();
    o.classes = 3;
    expect_refused(o, "d/train: has 2 folders, one for each class (a, b), and the network 3 cl");
    sure("mkdir d/train/c");
    expect_refused(o, "d/train/c: holds no images: put some there, or remove the folder");
    sure("rmdir d/train/c && mkdir d/val/c && cp d/val/a/* d/val/c");
    expect_refused(grey, "d/val/c: no class of this name is in train, whose folders are the "
                   "classes (a, b): rename it, or remove it");
    sure("rm -r d/val/c && mkdir -p d/test/b");
    expect_refused(grey, "d/test/b: holds no images");
    sure("rmdir d/test/b");
    expect_refused(grey, "d/test: holds no folders: each class has one of its own there, for its "
                   "images; or remove it");
    sure("rmdir d/test && mkdir d/valid");
    expect_refused(grey, "d: holds val and valid: which of them validates? rename or remove");
    sure("rmdir d/valid && cp d/val/a/00.pgm d/train/loose.pgm");
    expect_refused(grey, "d/train/loose.pgm: is no folder: in ");
    sure("rm -r d/train/*");
    expect_refused(grey, "d/train: holds no folders: each class has one of its own there");
}

/* A class that val or test has not is none of theirs. */
Test(folder, a_class_may_be_missing_where_nothing_is_learnt, .fini = shell_clean)
{
    struct dataset d;
    make_four();
    sure("rm -r d/val/a && mv d/val d/validation");
    must_open(&d, grey);
    cr_expect_str_eq(values_of(&d.val), "109");
    dataset_close(&d);
}

Test(folder, one_folder_too_high_or_too_low_is_told_the_right_one, .fini = shell_clean)
{
    struct dataset d;
    make_four();
    char err[ERR_SIZE], words[256];
    cr_expect_not(open_folder(&d, "d/train", grey, err));
    snprintf(words, sizeof words, "d/train: holds folders of images; --data takes the folder that "
             "holds train: --data %s/d", shell_dir());
    cr_expect(strstr(err, words), "no \"%s\" in: %s", words, err);
    sure("mv d/train/* d && rm -r d/train d/val");
    expect_refused(grey, "d: holds folders of images, which are read from ");
    cr_expect_not(open_folder(&d, "d", grey, err));
    char *command = strchr(err, '`');
    cr_assert(command, "%s", err);
    command[strlen(command) - 1] = '\0';
    sure(command + 1);
    struct data_options o = grey;
    o.val_samples = 0;
    must_open(&d, o);
    cr_expect_str_eq(values_of(&d.train), "7 8 107 108");
    dataset_close(&d);
}
