/*
** test_links.c - symbolic links that lead in a circle or nowhere, in the places of data: what
** cannot be told to be there or not is said, not passed over. Unlike permissions they bind root,
** too.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "data/data.h"
#include "support/shell.h"

#define CIRCLE "Too many levels of symbolic links"

static const struct data_options grey = { .c = 1, .h = 1, .w = 1, .classes = 2,
    .train_samples = -1, .val_samples = -1, .test_samples = -1, .seed = 1 };
static const struct data_options colour = { .c = 3, .h = 32, .w = 32, .classes = 2,
    .train_samples = -1, .val_samples = 1, .test_samples = -1, .seed = 1 };

/* In npy/ two images and their labels, in cifar/ three records, in folder/ two classes. */
static void make(void)
{
    uint8_t bytes[3*3073] = { 0 };
    static const uint8_t array[] = { 0, 1 };
    sure("mkdir -p npy cifar folder/train/a folder/train/b");
    write_array("npy/x_train.npy", "|u1", "(2, 1, 1, 1)", array, sizeof array);
    write_array("npy/y_train.npy", "|u1", "(2,)", array, sizeof array);
    bytes[3073] = 1;
    write_bytes("cifar/data_batch_1.bin", bytes, sizeof bytes);
    write_text("folder/train/a/1.pgm", "P2 1 1 255 7");
    write_text("folder/train/b/1.pgm", "P2 1 1 255 8");
    write_text("folder/train/b/2.pgm", "P2 1 1 255 9");
}

static bool open_dir(struct dataset *d, const char *name, struct data_options o, char *err)
{
    o.dir = in_dir(name);
    return dataset_open(d, &o, err);
}

/* `link` is a link to `to` while the data is opened, which is whole before and after. */
static void expect_refused(const char *link, const char *to, struct data_options o,
                           const char *words)
{
    struct dataset d;
    char err[ERR_SIZE] = "", name[64], command[512];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(link, "/"), link);
    cr_assert(open_dir(&d, name, o, err), "%s: %s", link, err);
    dataset_close(&d);
    snprintf(command, sizeof command, "! test -e %s || mv %s kept; ln -s %s %s", link, link, to,
             link);
    sure(command);
    cr_expect_not(open_dir(&d, name, o, err), "%s", link);
    cr_expect(strstr(err, words), "%s: no \"%s\" in: %s", link, words, err);
    snprintf(command, sizeof command, "rm %s; ! test -e kept || mv kept %s", link, link);
    sure(command);
}

Test(links, in_the_place_of_data_are_said_to_be_unreadable, .fini = shell_clean)
{
    make();
    expect_refused("npy/y_train.npy", "y_train.npy", grey, "/npy: cannot be read: " CIRCLE);
    expect_refused("npy/x_val.npy", "x_val.npy", grey, "/npy: cannot be read: " CIRCLE);
    sure("cp npy/x_train.npy npy/x_val.npy && cp npy/y_train.npy npy/y_val.npy");
    expect_refused("npy/y_val.npy", "y_val.npy", grey, "/npy/y_val.npy: cannot be read: " CIRCLE);
    expect_refused("cifar/data_batch_1.bin", "data_batch_1.bin", colour,
                   "/cifar: " CIRCLE);
    expect_refused("cifar/test_batch.bin", "test_batch.bin", colour,
                   "/cifar: cannot be read: " CIRCLE);
    expect_refused("cifar/batches.meta.txt", "batches.meta.txt", colour,
                   "/cifar/batches.meta.txt: cannot be opened: " CIRCLE);
    expect_refused("folder/val", "val", grey, "/folder: cannot be read: " CIRCLE);
    expect_refused("folder/train/b", "nowhere", grey,
                   "/folder/train/b: cannot be read: No such file or directory");
}

/* Where nobody says which data, a folder of CIFAR's name is it. */
Test(links, in_the_place_of_the_default_are_too, .fini = shell_clean)
{
    struct dataset d;
    char err[ERR_SIZE] = "";
    make();
    unsetenv("LATHE_DATA");
    sure("mkdir data && mv cifar data/cifar-10-batches-bin");
    cr_assert_eq(chdir(shell_dir()), 0);
    cr_assert(dataset_open(&d, &colour, err), "%s", err);
    cr_expect(strstr(d.source, "data/cifar-10-batches-bin"), "%s", d.source);
    cr_expect_eq(d.train.count, 2);
    cr_expect_eq(d.train.labels[1], 1);
    dataset_close(&d);
    sure("cd data/cifar-10-batches-bin && rm data_batch_1.bin && "
         "ln -s data_batch_1.bin data_batch_1.bin");
    cr_expect_not(dataset_open(&d, &colour, err));
    cr_expect_str_eq(err, "data/cifar-10-batches-bin: " CIRCLE);
}
