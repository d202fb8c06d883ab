/*
** test_bench.c - make bench: what it makes of measurements, and data's archive; no time is looked
** at. And the comparison with PyTorch, where it is importable.
*/
#include <criterion/criterion.h>

#include "support/shell.h"
#include "support/skip.h"

#define MODELS "$SOURCE/models"

Test(data, archive_that_is_another_one_is_refused_and_the_old_data_stays, .fini = shell_clean)
{
    sure("mkdir -p data/cifar-10-batches-bin in/cifar-10-batches-bin && "
         "echo old > data/cifar-10-batches-bin/test_batch.bin && "
         "echo a | tee in/cifar-10-batches-bin/data_batch_1.bin > in/cifar-10-batches-bin/"
         "test_batch.bin && tar -C in -czf archive.tar.gz cifar-10-batches-bin");
    fails(1, "has md5 60b725f10c9c85c70d97880dfe8191b3, 5dd7e06a14cb22eb9f671a540d1b7c25 expected",
          "sh $SOURCE/bench/cifar10.sh archive.tar.gz data");
    struct run r = shell("cat data/cifar-10-batches-bin/test_batch.bin; ls data");
    cr_expect_str_eq(r.output, "old\ncifar-10-batches-bin\n", "%s", r.output);
    run_free(&r);
}

/* ---- make bench: what it makes of measurements; no time is looked at ---- */

static void needs_python(void)
{
    if (!have("${PYTHON:-python3}"))
        skip_test("no python3");
}

static void needs_minutes(void)
{
    needs_python();
    if (!getenv("LATHE_TEST_ALL"))
        skip_test("make test-all runs it");
}

Test(bench, figures_report_and_contenders, .fini = shell_clean)
{
    needs_python();
    sure("${PYTHON:-python3} $SOURCE/tests/test_bench.py");
}

Test(bench, measures_without_peers_and_writes_table_and_report, .fini = shell_clean)
{
    needs_python();
    sure("${PYTHON:-python3} $SOURCE/bench/bench.py --lathe $LATHE --out out --models tiny "
         "--peers none --rounds 2 --warm 3 --data synthetic --epochs 1 && "
         "grep -q '^tiny,step,whole training step,Lathe,8,' out/results.csv && "
         "grep -q '^tiny,kernel,conv1 weight gradient,Lathe,' out/results.csv && "
         "grep -q '^tiny,epoch,' out/results.csv && "
         "grep -q '^machine,bandwidth,triad,' out/results.csv && grep -q '<svg' out/report.html && "
         "grep -q 'tiny, 8 images' out/steps.svg");
}

/* A peer that computes something else, one that crashes, one that is not there. */
Test(bench, leaves_out_peers_that_do_other_work, .fini = shell_clean)
{
    needs_minutes();
    sure("mkdir b && cp $SOURCE/bench/*.py b && mkdir b/models && "
         "cp " MODELS "/tiny.net b/models && "
         "printf 'import sys\\nprint(\"ready fake\", flush=True)\\nfor line in sys.stdin:\\n"
         "    print(\"loss 1e9\", flush=True)\\n' > b/peer_torch.py && "
         "echo 'raise SystemExit(7)' > b/peer_jax.py && "
         "sed -i 's/(\"torch\", \"numpy\")/(\"os\",)/; s/(\"jax\", \"numpy\")/(\"os\",)/' "
         "b/peers.py && sed -i 's/^HOME = .*/HOME = os.path.dirname(__file__)/' b/bench.py");
    struct run r = shell("${PYTHON:-python3} $DIR/b/bench.py --lathe $LATHE --out out "
                         "--models tiny --peers pytorch,jax --rounds 1 --warm 3 --epochs 0 "
                         "--data synthetic");
    cr_expect(r.status == 0, "%s", r.output);
    cr_expect(strstr(r.output, "PyTorch eager: left out: loss: 1e+09, Lathe "), "%s", r.output);
    cr_expect(strstr(r.output, "JAX jit: left out: ended with status 7"), "%s", r.output);
    run_free(&r);
}

/* Those that need no minutes to compile, with whatever of them is installed. */
Test(bench, installed_peers_compute_the_same, .fini = shell_clean, .timeout = 900)
{
    needs_python();
    struct run r = shell("${PYTHON:-python3} $SOURCE/bench/bench.py --lathe $LATHE --out out "
                         "--models tiny --peers ipex,onnxruntime,ncnn,openvino,tflite --rounds 1 "
                         "--warm 3 --epochs 0 --data synthetic");
    cr_expect(r.status == 0, "%s", r.output);
    cr_expect(!strstr(r.output, "left out"), "%s", r.output);
    bool none = strstr(r.output, "peers: none") != NULL;
    run_free(&r);
    if (none)
        skip_test("neither IPEX nor ONNX Runtime, ncnn, OpenVINO or TFLite is installed");
}

Test(bench, layers_are_built_and_measured_and_the_processor_is_named, .fini = shell_clean)
{
    needs_minutes();
    struct run r = shell("${PYTHON:-python3} $SOURCE/bench/layers.py --lathe $LATHE --out out "
                         "--only '1x1 stride' --batch 4 --seconds 0.01");
    cr_expect(r.status == 0, "%s", r.output);
    cr_expect(strstr(r.output, "2 threads, batch 4, relu after each layer"), "%s", r.output);
    cr_expect(strstr(r.output, "\n1x1 stride 2, to 128 "), "%s", r.output);
    cr_expect(strstr(r.output, "\npeak "), "%s", r.output);
    run_free(&r);
    fails(2, "--only nothing: none of 1x1, ", "${PYTHON:-python3} $SOURCE/bench/layers.py --only "
          "nothing");
}

Test(bench, one_image_is_measured_on_this_machine, .fini = shell_clean)
{
    needs_minutes();
    struct run r = shell("${PYTHON:-python3} $SOURCE/bench/inference.py --lathe $LATHE --out out "
                         "--models tiny --peers none --rounds 1 --warm 3");
    cr_expect(r.status == 0, "%s", r.output);
    cr_expect(strstr(r.output, "\n| tiny | "), "%s", r.output);
    run_free(&r);
}

Test(bench, one_image_is_counted_on_a_microcontroller, .fini = shell_clean)
{
    needs_minutes();
    if (!have("arm-none-eabi-gcc") || !have("qemu-system-arm"))
        skip_test("no arm-none-eabi-gcc or no qemu-system-arm: no firmware was counted");
    struct run r = shell("${PYTHON:-python3} $SOURCE/bench/micro.py --lathe $LATHE --out out "
                         "--models tiny --cpus m7 --warm 3");
    cr_expect(r.status == 0, "%s", r.output);
    cr_expect(strstr(r.output, "\n| Lathe `--fast` | -O2 | "), "%s", r.output);
    cr_expect(strstr(r.output, "\n| TFLite Micro | -O2 | [not found] --tflm"), "%s", r.output);
    run_free(&r);
}

Test(bench, refuses_wrong_usage_with_status_2, .fini = shell_clean)
{
    needs_python();
    fails(2, "nowhere.net: no such file", "${PYTHON:-python3} $SOURCE/bench/bench.py --models "
          "nowhere");
    fails(2, "--rounds: at least 1", "${PYTHON:-python3} $SOURCE/bench/bench.py --rounds 0");
    fails(2, "expected some of pytorch", "${PYTHON:-python3} $SOURCE/bench/bench.py --peers thano");
    fails(2, "nowhere.net: no such file", "${PYTHON:-python3} $SOURCE/bench/inference.py --models "
          "nowhere");
    fails(2, "expected some of pytorch", "${PYTHON:-python3} $SOURCE/bench/inference.py --peers x");
    fails(2, "--cpus m0: expected some of m7, m4", "${PYTHON:-python3} $SOURCE/bench/micro.py "
          "--cpus m0");
    fails(2, "usage: peers.sh", "sh $SOURCE/bench/peers.sh --help");
}

/* ---- the comparison with PyTorch, where it is importable ---- */

Test(torch, computes_what_the_programs_compute, .fini = shell_clean, .timeout = 900)
{
    needs_python();
    struct run r = shell("${PYTHON:-python3} $SOURCE/tests/compare_torch.py");
    if (r.status == 77) {
        run_free(&r);
        skip_test("PyTorch is not importable by ${PYTHON:-python3}");
    }
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
}
