/*
** test_names.c - no label and no network's name makes a name that C, its library or the runtime
** has: every kind of layer is emitted under every word that could, and what the file declares is
** compiled. What stands in functions cannot collide: it has no names but the file's and its own,
** which are the same whatever a layer is called. make test-all compiles that, too.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/shell.h"
#include "support/skip.h"

/* Words of C and of its preprocessor: C11, C23, and what gcc has more. */
static const char keywords[] =
    "auto break case char const continue default do double else enum extern float for goto if "
    "inline int long register restrict return short signed sizeof static struct switch typedef "
    "union unsigned void volatile while alignas alignof bool complex constexpr false imaginary "
    "noreturn nullptr static_assert thread_local true typeof typeof_unqual asm fortran defined "
    "define elif endif error ifdef ifndef include line pragma undef warning embed linux unix i386 "
    "main argc argv environ I NULL EOF INFINITY NAN HUGE_VAL BUFSIZ RAND_MAX assert errno stdin "
    "stdout stderr offsetof va_arg size_t ptrdiff_t uint32_t int64_t FILE INT_MAX SIZE_MAX";

/* Functions of C11's library. */
static const char libc[] =
    "abort abs aligned_alloc asctime atexit atof atoi atol atoll bsearch calloc clearerr clock "
    "ctime difftime div exit fclose feof ferror fflush fgetc fgetpos fgets fopen fprintf fputc "
    "fputs fread free freopen fscanf fseek fsetpos ftell fwrite getc getchar getenv gets gmtime "
    "isalnum isalpha isblank iscntrl isdigit isgraph islower isprint ispunct isspace isupper "
    "isxdigit labs ldiv llabs lldiv localeconv localtime longjmp malloc mblen mbrtowc memchr "
    "memcmp memcpy memmove memset mktime perror printf putc putchar puts qsort quick_exit raise "
    "rand realloc remove rename rewind scanf setbuf setjmp setlocale setvbuf signal snprintf "
    "sprintf srand sscanf strcat strchr strcmp strcoll strcpy strcspn strerror strftime strlen "
    "strncat strncmp strncpy strpbrk strrchr strspn strstr strtod strtof strtok strtol strtold "
    "strtoll strtoul strtoull strxfrm system time timespec_get tmpfile tmpnam tolower toupper "
    "ungetc vfprintf vfscanf vprintf vscanf vsnprintf vsprintf vsscanf wcslen wcstombs";

static const char libm[] =
    "acos acosf acosh asin asinh atan atan2 atanh cbrt ceil ceilf copysign cos cosf cosh erf erfc "
    "exp expf exp2 expm1 fabs fabsf fdim floor floorf fma fmaf fmax fmaxf fmin fminf fmod frexp "
    "hypot ilogb isfinite isinf isnan isnormal j0 j1 jn ldexp lgamma llrint llround log logf log10 "
    "log1p log2 logb lrint lround modf nan nearbyint nextafter pow powf remainder remquo rint "
    "rintf round roundf scalbn signbit sin sincos sinf sinh sqrt sqrtf tan tanf tanh tgamma trunc "
    "truncf y0 y1 yn gamma significand drem";

/* What POSIX and glibc declare in headers that the program includes. */
static const char posix[] =
    "access alarm basename bcopy bind bzero chdir chmod close connect creat dirname dprintf dup "
    "dup2 execve exp10 fchmod fcntl fdopen fileno fork fsync ftruncate getcwd getdelim getline "
    "getopt getpagesize getpid gettimeofday index ioctl isatty kill link lseek lstat madvise "
    "memmem memrchr mkdir mkdtemp mkstemp mmap mprotect munmap nanosleep open openat optarg optind "
    "pause pclose pipe poll popen posix_memalign pread pthread_create pwrite qsort_r random read "
    "readlink rindex rmdir sched_yield select send setenv sigaction sleep socket srandom stat "
    "stpcpy strcasecmp strchrnul strdup strndup strnlen strsep strsignal symlink sync sysconf "
    "truncate ttyname uname unlink unsetenv usleep utimensat vdprintf wait waitpid write";

/* The vocabulary, the templates' own words and those of what is printed. */
static const char own[] =
    "v v_add v_load v_fma vec vmask real VL LANES UNROLL NAME TILE ROWS PART X Y W B DX BIAS RELU "
    "tile tile_last tile_columns rows fwd bwd data weights update pack fold folded lists loss one "
    "dgrad wgrad dgrad_0_1 pool bias params forward backward infer model exact peak decisions "
    "phase taps gather merge statistics sums region step s arena x y w dy dx scalar avx2 avx512 "
    "neon lathe lathe_models page_loss checkpoint_data engine_forward whiten_one";

/* words.txt: all of them, and the first word of every function of the runtime's. */
static void write_words(void)
{
    static const char *const lists[] = { keywords, libc, libm, posix, own };
    FILE *f;
    shell_dir();
    char path[128];
    snprintf(path, sizeof path, "%s/given.txt", shell_dir());
    cr_assert(f = fopen(path, "w"));
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        fprintf(f, "%s\n", lists[i]);
    fclose(f);
    sure("grep -hoE '^[a-z][A-Za-z0-9_ *]*[ *][a-z][a-z0-9_]*\\(' $(find $SOURCE/runtime -name "
         "'*.[ch]') | sed -E 's/.*[ *]([a-z][a-z0-9_]*)\\($/\\1/; s/_.*//' | sort -u > runtime.txt;"
         "test $(wc -l < runtime.txt) -gt 60 && grep -qx engine runtime.txt && "
         "tr ' ' '\\n' < given.txt | cat - runtime.txt | sort -u > words.txt");
}

/* The command that compiles t.c: functions with an empty body, by clang where it is, which reads a
** file three times as fast as gcc; or as they are. */
static const char *compile(void)
{
    return getenv("LATHE_TEST_ALL") ? "${CC:-cc} -I$SOURCE/runtime -fsyntax-only -w t.c"
         : "awk '/^{$/ { print \"{ }\"; inside = 1 } !inside { print } /^}/ { inside = 0 }' t.c "
           "> declared.c && test $(grep -c '^{ }$' declared.c) -gt 9 && "
           "$(command -v clang || echo ${CC:-cc}) -I$SOURCE/runtime -fsyntax-only -w declared.c";
}

/* A network of layers of one kind, one for each word, with `after` after each. */
static void compiles(const char *kind, const char *after)
{
    struct run r = shell(
        "{ echo 'net t\ninput 16x4x4'; sed 's/$/: %s%s/' words.txt; "
        "echo 'affine 2\nsoftmax'; } | tr '|' '\\n' > t.net && "
        "$LATHE emit t.net --isa scalar -o t.c && %s", kind, after, compile());
    cr_expect(r.status == 0 && !*r.output, "%s%s: %.2000s", kind, after, r.output);
    run_free(&r);
}

Test(names, no_convolution_has_a_label_that_the_program_cannot, .fini = shell_clean)
{
    write_words();
    compiles("conv 16 3x3", "");                        /* Winograd's */
    compiles("conv 2 1x1", "|relu|maxpool 1x1");
    compiles("conv 16 1x1 groups=16", "");              /* depthwise */
    compiles("conv 2 1x1", "|batchnorm|relu");          /* folded for inference */
}

Test(names, no_other_layer_has_a_label_that_the_program_cannot, .fini = shell_clean)
{
    static const char *const kinds[] = {
        "prelu", "dropout 0.5", "avgpool 1x1", "deconv 2 1x1", "upsample 1", "gate {|tanh|}",
    };
    write_words();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        compiles(kinds[i], "");
    compiles("affine 2", "|batchnorm|tanh");
}

/* Their functions are called as those of the kinds before. */
Test(names, nor_has_a_layer_of_another_kind, .fini = shell_clean)
{
    static const char *const kinds[] = {
        "leaky_relu 0.1", "gelu", "silu", "sigmoid", "globalmaxpool", "globalavgpool",
        "conv 2 1x1", "conv 4 1x1 groups=2", "affine 2", "batchnorm", "relu", "tanh", "scale 2",
        "maxpool 1x1", "residual {|tanh|}",
    };
    if (!getenv("LATHE_TEST_ALL"))
        skip_test("make test-all runs it");
    write_words();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        compiles(kinds[i], "");
}

/* Networks of one line each, named n1, n2, ... or by the word, in files 1.net, 2.net, ... */
static void write_networks(const char *words, const char *text)
{
    struct run r = shell("awk '{ f = NR \".net\"; print \"%s\" > f; close(f) }' %s", text, words);
    cr_assert(r.status == 0, "%s", r.output);
    run_free(&r);
}

/* A network has one loss. Those of many are appended to a program, without the names of their
** networks: as each would be called in a file of its own. */
Test(names, no_loss_has_a_label_that_the_program_cannot, .fini = shell_clean)
{
    static const char *const kinds[] = { "softmax", "svm" };
    write_words();
    for (int k = 0; k < 2; k++) {
        char text[128];
        snprintf(text, sizeof text, "net n\" NR \"\\ninput 1x2x2\\naffine 2\\n\" $1 \": %s",
                 kinds[k]);
        write_networks("words.txt", text);
        struct run r = shell(
            "printf 'net n\\ninput 1x2x2\\naffine 2\\nno_word: %s\\n' > base && "
            "$LATHE emit base --isa scalar -o t.c && ls [1-9]*.net | xargs -n 30 sh -c "
            "'$LATHE emit \"$@\" --isa scalar --split' sh | awk '/^static .*__(loss|one)\\(/ "
            "{ p = 1 } p { print } /^}/ { p = 0 }' | sed -E 's/\\bn[0-9]+__//g' >> t.c && "
            "grep -q '^static void engine__loss' t.c && %s", kinds[k], compile());
        cr_expect(r.status == 0 && !*r.output, "%.2000s", r.output);
        run_free(&r);
    }
}

Test(names, no_network_has_a_name_that_the_program_cannot, .fini = shell_clean)
{
    write_words();
    sure("awk 'NR < 4' given.txt | tr ' ' '\n' | cat - runtime.txt | sort -u > few.txt");
    write_networks("few.txt", "net \" $1 \"\\ninput 1x2x2\\n\" $1 \": affine 2\\nsoftmax");
    write_text("compile", compile());
    struct run r = shell("ls [1-9]*.net | xargs -n 30 sh -c "
                         "'$LATHE emit \"$@\" --isa scalar -o t.c && sh ./compile || exit 255' sh");
    cr_expect(r.status == 0 && !*r.output, "%.2000s", r.output);
    run_free(&r);
}

/* Each is one file of one network, or several, that two rules of naming once told apart. */
Test(names, programs_that_once_did_not_compile_do, .fini = shell_clean)
{
    static const char *const files[][2] = {
        { "net t|input 3x8x8|affine 4|page: softmax", NULL },
        { "net t|input 3x8x8|page: conv 6 3x3 groups=3|affine 4|softmax", NULL },
        { "net t|input 3x8x8|conv 4 3x3|checkpoint: conv 5 3x3|affine 4|softmax", NULL },
        { "net t|input 3x8x8|conv 4 3x3|checkpoint: batchnorm|dump: batchnorm|affine 4|softmax",
          NULL },
        { "net t|input 3x8x8|conv 4 3x3|bench: batchnorm|markup: affine 4|whiten: softmax", NULL },
        { "net engine|input 3x8x8|affine 4|softmax", "net u|input 3x8x8|affine 4|softmax" },
        { "net a|input 3x8x8|b_x: affine 4|softmax", "net a_b|input 3x8x8|x: affine 4|softmax" },
        { "net a|input 3x8x8|a: affine 4|softmax", NULL },
        { "net avx2|input 3x8x8|scalar: affine 4|softmax", "net a|input 3x8x8|avx2: affine 4|svm" },
        { "net t|input 3x8x8|conv 4 3x3|batchnorm|conv1_folded: conv 4 3x3|batchnorm|affine 4"
          "|softmax", NULL },
        { "net t|input 3x8x8|conv 4 3x3 stride=2|conv1_dgrad: conv 4 3x3|conv1_dgrad_0: conv 4 3x3"
          "|conv1_dgrad_0_1: conv 4 3x3|conv1_fwd: conv 4 3x3|affine 4|softmax", NULL },
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        for (int x86 = 0; x86 < 2; x86++) {
            bool two = files[i][1];
            struct run r = shell("echo '%s' | tr '|' '\\n' > a.net; echo '%s' | tr '|' '\\n' > "
                                 "b.net; $LATHE emit a.net %s %s -o t.c && %s", files[i][0],
                                 two ? files[i][1] : "", two ? "b.net" : "",
                                 x86 ? "--isa x86 --split" : "", compile());
            cr_expect(r.status == 0 && !*r.output, "%s: %.2000s", files[i][0], r.output);
            run_free(&r);
        }
}

/* The rule that all this rests on: who prints joins by "__", and nobody else uses that. */
Test(names, nothing_of_the_runtime_is_called_with_two_underscores, .fini = shell_clean)
{
    struct run r = shell("cd $SOURCE && grep -nE '\\b[A-Za-z][A-Za-z0-9_]*__[A-Za-z0-9]' "
                         "$(find runtime templates -name '*.[ch]')");
    cr_expect(!*r.output, "%s", r.output);
    run_free(&r);
}

Test(names, with_the_longest_labels_compile, .fini = shell_clean)
{
    struct run r = shell("n=$(printf %%047d 0 | tr 0 a); { echo net $n; echo input 16x8x8; "
                         "echo $n: conv 16 3x3; echo relu; echo maxpool 2x2; "
                         "echo b$n | cut -c 1-47 | sed 's/$/: conv 5 3x3 stride=2/'; "
                         "echo batchnorm; echo c$n | cut -c 1-47 | sed 's/$/: affine 40/'; "
                         "echo softmax; } > t.net; $LATHE emit t.net --isa x86 -o t.c && "
                         "%s", compile());
    cr_expect(r.status == 0 && !*r.output, "%.2000s", r.output);
    run_free(&r);
}

/* A label that is also a word of the vocabulary: text and comments keep no function alive. */
Test(names, a_label_is_no_use_of_a_function, .fini = shell_clean)
{
    sure("printf 'net t\\ninput 3x8x8\\na: affine 4\\nsoftmax\\n' > a.net && "
         "sed 's/^a:/v_gelu:/' a.net > b.net && $LATHE emit a.net --split -o a.c && "
         "$LATHE emit b.net --split -o b.c && "
         "grep -c '^static inline' a.c > a && grep -c '^static inline' b.c | cmp - a");
}

/* tests/random_programs.py prints the seed that repeats it; by hand it does thousands. */
Test(names, random_networks_compile_have_right_gradients_and_the_same_bits, .fini = shell_clean,
     .timeout = 900)
{
    if (!have("python3"))
        skip_test("no python3");
    struct run r = shell("PYTHONDONTWRITEBYTECODE=1 python3 $SOURCE/tests/random_programs.py 20");
    cr_expect(r.status == 0, "%.4000s", r.output);
    fprintf(stderr, "%.*s\n", (int)strcspn(r.output, "\n"), r.output);
    run_free(&r);
}
