/*
** test_mpi.c - one training on several processes: the same bytes from any number of ranks with any
** threads. tests/mpi.py, run by hand, has more networks, more ranks, both MPIs, and kills.
*/
#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/shell.h"
#include "support/skip.h"

/* Every kind of region that reads what other ranks made: of convolutions by three algorithms, of a
** deconv, a prelu, batch statistics that convolutions gather and that they do not, affine layers
** with lists and without. 13 images are no whole number of groups, and blocks of several images
** belong to two ranks. */
static const char network[] =
    "net ranks\ninput 3x8x8\nconv 6 3x3\nbatchnorm\nprelu\nconv 8 3x3\nrelu\nmaxpool 2x2\n"
    "residual { conv 8 3x3 groups=8\n batchnorm }\nrelu\ndeconv 5 2x2 stride=2\nconv 4 3x3\n"
    "batchnorm scale=no\ngelu\naffine 9\nrelu\ndropout 0.6\naffine 7\nbatchnorm\naffine 4\n"
    "softmax\n"
    "train\n  optimizer adam lr=0.01\n  group conv optimizer=muon lr=0.05\n  average ema 0.9\n"
    "  batch 13\n  flip\n  translate 2 reflect\n  cutout 3\n  reg 0.01\n";

/* Targets that are no labels, and gradients that are not exchanged once a layer is frozen: after
** half an epoch, 7 steps. */
static const char frozen[] =
    "net frozen\ninput 2x6x6\nconv 3 3x3\nrelu\nconv 2 3x3\nmse\n"
    "train\n  optimizer sgd lr=1e-5\n  batch 5\n  freeze conv1 after 0.5\n";

/* Ranks that wait for each other would spin for ever. */
#define MPIRUN "timeout -k 10 120 mpirun "

static void begin(void)
{
    if (!have("mpicc") || !have("mpirun"))
        skip_test("no mpicc or no mpirun");
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    setenv("OMPI_MCA_rmaps_base_oversubscribe", "1", 1);
    setenv("COMPILER", "mpicc", 1);
    setenv("MPICC", getenv("CC") ? getenv("CC") : "mpicc", 1);
    write_text("ranks.net", network);
    write_text("frozen.net", frozen);
    sure("$LATHE build --mpi ranks.net frozen.net -o ranks 2>built || { cat built; exit 1; }");
    write_text("one", "tag=$1 ranks=$2 threads=$3; shift 3\n"
               "[ $ranks = 1 ] && run= || run=\"" MPIRUN "-np $ranks\"\n"
               "$run ./ranks train \"$@\" --threads $threads --history $tag.csv --params $tag.st "
               "--checkpoint $tag.ck > $tag.txt 2>&1 || { cat $tag.txt; exit 1; }\n");
}

#define DATA "--data synthetic --train-samples 70 --val-samples 30 --check-every 3 "

Test(mpi, any_number_of_ranks_has_the_bytes_of_one, .init = begin, .fini = shell_clean)
{
    sure("sh one a 1 1 " DATA "--iterations 6");
    sure("for k in '2 1' '2 2' '3 1' '4 2'; do sh one b $k " DATA "--iterations 6 && "
         "cmp a.csv b.csv && cmp a.st b.st && cmp a.ck b.ck || { echo \"ranks, threads: $k\"; "
         "exit 1; }; done");
    sure("sh one c 3 1 " DATA "--iterations 3 && cp c.ck d.ck && "
         "sh one d 2 1 --resume d.ck --iterations 6 && cmp a.csv d.csv && cmp a.ck d.ck");
    /* What gradients need at least is said beside what was sent: batch statistics, too, and few
    ** images. */
    sure("sh one b 3 2 " DATA "--iterations 6 --data-per-rank --traffic && cmp a.csv b.csv && "
         "cmp a.ck b.ck && "
         "sed -n 's/^a step of 3 processes: \\([0-9.]*\\) MB between them, of which images "
         "\\([0-9.]*\\); an all-reduce of all gradients has \\([0-9.]*\\) at least$/"
         "\\1 \\2 \\3/p' b.txt | awk '{ n++; good = $1 > 0 && $2 < $1 && $3 > 0 } "
         "END { exit n != 1 || !good }' || { cat b.txt; exit 1; }");
    sure("how='--iterations 4 --clip 0.5 --average lookahead --class-weights balanced'; "
         "sh one a 1 2 " DATA "$how && sh one b 3 1 " DATA "$how && cmp a.ck b.ck");
    sure("how='--network frozen --iterations 12'; sh one a 1 1 " DATA "$how && "
         "for k in '2 1' '3 2'; do for how in \"$how\" \"$how --data-per-rank\"; do "
         "sh one b $k " DATA "$how && cmp a.csv b.csv && cmp a.st b.st && cmp a.ck b.ck || "
         "{ echo \"$k $how\"; exit 1; }; done; done");
    /* One message, of rank 0 alone, and its status. */
    fails(1, "ranks: data directory nowhere: No such file or directory",
          MPIRUN "-np 2 ./ranks train --data nowhere 2>&1");
    fails(1, "rank 1 of 2: ranks: train: --threads",
          MPIRUN "-np 1 ./ranks train " DATA ": -np 1 ./ranks train " DATA "--threads 0 2>&1");
    fails(1, "rank 1 of 2 has other data, of fingerprint ",
          MPIRUN "-np 1 ./ranks train " DATA "--data-per-rank : -np 1 ./ranks train " DATA
          "--train-samples 60 --data-per-rank 2>&1");
    fails(1, "ranks: --result is of one process, not of 2",
          MPIRUN "-np 2 ./ranks train " DATA "--result r.json 2>&1");
    write_text("other.net", "net ranks\ninput 3x8x8\naffine 4\nsoftmax\n");
    sure("$LATHE build --mpi other.net -o other 2>&1");
    fails(1, "rank 1 of 2 has another program, of fingerprint ",
          MPIRUN "-np 1 ./ranks train " DATA ": -np 1 ./other train " DATA "2>&1");
}

Test(mpi, programs_without_it_have_nothing_of_it, .fini = shell_clean)
{
    write_text("ranks.net", network);
    sure("$LATHE emit ranks.net | grep -v '#.*LATHE_MPI' > plain.c && ! grep -i 'mpi[_.]' plain.c");
    sure("$LATHE emit ranks.net --mpi | grep -q '#include <mpi.h>'");
    fails(2, "--mpi goes without --split", "$LATHE emit ranks.net --mpi --split");
}
