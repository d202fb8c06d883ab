#!/usr/bin/env python3
"""What bench/ makes of its measurements: medians, ratios, CSV, the report; and that a
contender that crashes or sleeps is left out. Standard library only; no time is compared."""
import contextlib
import html.parser
import io
import json
import os
import struct
import sys
import tempfile
import time
import unittest
import unittest.mock

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(HOME, "bench"))
import figures
import inference
import ladder
import micro
import peers
import shipped
from contender import Contender, Failure
from network import Network, Shapes
from report import report

INFO = """network    sample
input      3x9x8, 4 classes
loss       mean over the images of a step
capacity   6 images a step
layers
  input 3x9x8
  conv1: conv 5 3x2 stride=2 pad=1,0,1,1 bias=no
  residual {
  bn1: batchnorm momentum=0.9 eps=1e-05
  } shortcut {
  relu
  }
  maxpool 2x2 stride=2,1
  affine1: affine 4
  softmax smoothing=0.1
tensors
  conv1.weight            (5, 3, 3, 2)
  bn1.weight              (5)
  bn1.running_mean        (5)
  affine1.weight          (4, 30)
"""

PEER = """import sys
print("ready sample", flush=True)
for line in sys.stdin:
    if line == "quit\\n": break
    if line == "sleep\\n": import time; time.sleep(60)
    if line == "die\\n": sys.exit(3)
    print("loss 1.5" if line == "loss\\n" else "times 3 1 2" if line[0] == "s" else
          "failed: what is " + line.strip(), flush=True)
"""


def rows():
    pairs = [([2.0], [4.0]), ([4.0], [12.0]), ([1.0], [1.0])]
    whole = dict(images=6, threads=2)
    return [
        {"model": "machine", "kind": "peak", "name": "avx9", "who": "machine", "threads": 2,
         "gflops": 200.0, "samples": 3},
        {"model": "machine", "kind": "bandwidth", "name": "triad", "who": "machine", "threads": 2,
         "gbytes_per_s": 20.0, "samples": 3},
        figures.row("net<1>", "step", "whole training step", "Lathe", [2.0, 4.0, 1.0], **whole),
        figures.row("net<1>", "step", "whole training step", "Peer & Co", [4.0, 12.0, 1.0], pairs,
                    **whole),
        figures.row("net<1>", "kernel", "conv1 forward", "Lathe", [1.0], gflops=150.0,
                    gbytes_per_s=5.0, mbytes=5.0, percent_of_peak=75.0, percent_of_bandwidth=25.0,
                    **whole),
        figures.row("net<1>", "missing", "", "Other", note="ended, with a comma"),
    ]


class Figures(unittest.TestCase):
    def test_quantiles_lie_between_the_nearest_samples(self):
        self.assertEqual([figures.quantile([4, 1, 3, 2], s) for s in (0, 0.25, 0.5, 1)],
                         [1, 1.75, 2.5, 4])
        self.assertEqual(figures.median([7]), 7)

    def test_a_ratio_is_the_median_of_pairs(self):
        r = rows()[3]
        self.assertEqual((r["ratio"], r["ratio_min"], r["ratio_max"]), (2, 1, 3))
        self.assertEqual((r["ms"], r["samples"]), (4, 3))

    def test_csv_comes_back_as_it_was(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "r.csv")
            figures.write_csv(path, rows())
            back = figures.read_csv(path)
        for was, now in zip(rows(), back):
            self.assertEqual({k: v for k, v in was.items() if v != ""}, now)

    def test_a_field_that_the_table_lacks_is_an_error(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaises(ValueError):
            figures.write_csv(os.path.join(folder, "r.csv"), [{"colour": 1}])


class Tags(html.parser.HTMLParser):
    """Elements that are closed: opened and closed in order."""
    OPEN = {"meta", "path", "circle", "html", "p"}

    def __init__(self):
        super().__init__()
        self.stack, self.seen, self.wrong = [], set(), []

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)
        if tag not in self.OPEN:
            self.stack.append(tag)
        self.wrong += [v for k, v in attributes if k in ("src", "href")]

    def handle_startendtag(self, tag, attributes):
        self.seen.add(tag)

    def handle_endtag(self, tag):
        if tag not in self.OPEN and (not self.stack or self.stack.pop() != tag):
            self.wrong.append(tag)


class Report(unittest.TestCase):
    def test_is_one_well_formed_file_without_scripts_or_addresses(self):
        text, tags = report(rows()), Tags()
        tags.feed(text)
        self.assertEqual((tags.wrong, tags.stack), ([], []))
        self.assertFalse(tags.seen & {"script", "link", "img", "iframe"})
        self.assertNotIn("url(", text)
        self.assertTrue({"svg", "circle", "table"} <= tags.seen)

    def test_escapes_names_and_says_what_was_left_out(self):
        text = report(rows())
        for words in "net&lt;1&gt;", "Peer &amp; Co", "2.00&times;", "ended, with a comma":
            self.assertIn(words, text)

    def test_without_measurements_is_still_a_report(self):
        self.assertIn("Lathe, measured", report([]))
        self.assertIn("Lathe, measured", report(rows()[2:3]))


class Description(unittest.TestCase):
    def test_layers_and_shapes_are_those_of_info(self):
        network = Network(INFO, "sample")
        self.assertEqual((network.input, network.batch, network.loss_sum), ((3, 9, 8), 6, False))
        self.assertEqual(network.weights(), ["conv1.weight", "affine1.weight"])
        self.assertEqual(network.loss_option("smoothing"), 0.1)
        shapes = Shapes(network)
        before, after, layer = shapes.convolutions["conv1"]
        self.assertEqual((before, after, layer.filters()), ((3, 9, 8), (5, 5, 4), 5))
        self.assertEqual(shapes.affines["affine1"], (5, 2, 3))

    def test_a_layer_that_a_framework_lacks_is_named(self):
        with self.assertRaisesRegex(NotImplementedError, "conv1: conv"):
            Network(INFO, "sample").walk(object(), None)


class Contenders(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.peer = self.start(PEER)

    def tearDown(self):
        self.peer.close()
        self.folder.cleanup()

    def start(self, text):
        log = os.path.join(self.folder.name, "log")
        return Contender("sample", [sys.executable, "-c", text], log)

    def test_answers(self):
        self.assertEqual((self.peer.ready, self.peer.loss()), ("sample", 1.5))
        self.assertEqual(self.peer.times("step 3"), [3, 1, 2])

    def test_says_why_it_cannot(self):
        with self.assertRaisesRegex(Failure, "what is love") as caught:
            self.peer.times("love")
        self.assertIs(caught.exception.who, self.peer)
        self.assertEqual(self.peer.loss(), 1.5)

    def test_that_ends_or_never_starts_is_a_failure(self):
        with self.assertRaisesRegex(Failure, "status 3"):
            self.peer.loss("die")
        with self.assertRaisesRegex(Failure, "status 1"):
            self.start("import nowhere_to_be_found")

    def test_that_does_not_answer_is_given_up(self):
        with self.assertRaisesRegex(Failure, "no answer in 0.2 s"):
            self.peer.ask("sleep", "done", 0.2)
        self.peer.close(patience=0.1)
        self.assertIsNotNone(self.peer.process.returncode)

    def test_stands_still_while_it_is_not_asked(self):
        status = f"/proc/{self.peer.process.pid}/stat"
        if not os.path.exists(status):
            self.skipTest("no /proc")
        for _ in range(100):
            with open(status) as f:
                state = f.read().rsplit(")", 1)[1].split()[0]
            if state == "T":
                return
            time.sleep(0.05)
        self.fail(f"state {state}")


class Peers(unittest.TestCase):
    def test_each_has_its_script_and_a_name_of_its_own(self):
        for name, script, modules, modes in peers.PEERS:
            self.assertTrue(os.path.exists(os.path.join(peers.HERE, script)), script)
            self.assertTrue(modules and modes, name)
        self.assertEqual(len(set(peers.options())), len(peers.options()))
        self.assertLessEqual(peers.INFERENCE, {name for name, *_ in peers.PEERS})

    def test_those_that_cannot_run_are_named(self):
        with unittest.mock.patch.object(peers, "has_modules", return_value=False):
            found, missing = peers.installed([], [], False)
        self.assertEqual(found, [])
        self.assertEqual(missing, [name for name, *_ in peers.PEERS])


class Shipped(unittest.TestCase):
    def test_parameters_say_that_images_are_prepared_and_are_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "p")
            head = json.dumps({"__metadata__": {"preprocessing": "channel_norm"}}).encode()
            with open(path, "wb") as f:
                f.write(struct.pack("<Q", len(head)) + head + b"weights")
            shipped.as_they_are(path)
            with open(path, "rb") as f:
                head = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
                self.assertEqual((head["__metadata__"]["preprocessing"], f.read()),
                                 ("none", b"weights"))

    def test_the_first_image_of_an_array(self):
        with tempfile.TemporaryDirectory() as folder:
            path, head = os.path.join(folder, "x"), ("{'descr': '<f4', 'fortran_order': False, "
                                                     "'shape': (2, 1, 1, 2), }").encode()
            with open(path, "wb") as f:
                f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head
                        + struct.pack("<4f", 1, 2, 3, 4))
            self.assertEqual(shipped.first_image(path), ((1, 1, 2), (1.0, 2.0)))


class Tables(unittest.TestCase):
    def printed(self, function, *arguments):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            function(*arguments)
        return out.getvalue()

    def test_microcontrollers_rows_have_counts_or_what_is_missing(self):
        row = {"instructions": 16846480, "ram": 57760, "stack": 512, "code": 9012, "weights": 4}
        self.assertEqual(self.printed(micro.line, "Lathe", "-O2", {"m7": row}, ["m7"]),
                         "| Lathe | -O2 | 16.8 million | 57,760 | 512 | 9,012 | 4 |\n")
        self.assertEqual(self.printed(micro.line, "onnx2c", "-O2", "[not found]", ["m7"]),
                         "| onnx2c | -O2 | [not found] |  |  |  |  |\n")
        self.assertEqual(micro.short(59160), "59.2 thousand")

    def test_a_desktops_rows_end_with_the_best_peer(self):
        pairs = [([0.25], [1.0])]
        rows = [figures.row("net", "inference", "", "Lathe", [0.25]),
                figures.row("net", "inference", "", "Lathe `--small`", [0.3], [([0.25], [0.3])]),
                figures.row("net", "inference", "", "Peer", [1.0], pairs),
                figures.row("other", "inference", "", "Lathe", [1.5])]
        text = self.printed(inference.table, rows)
        self.assertIn("| net | 250 | 300 | 1,000 | 4.0 |\n| other | 1,500 | - | - | - |\n", text)


class Ladder(unittest.TestCase):
    def test_interval_is_students(self):
        self.assertIsNone(ladder.interval([94.0]))
        self.assertEqual(ladder.interval([3.0, 3.0, 3.0]), 0)
        # deviation 1, of 3 values: 4.303/sqrt(3)
        self.assertAlmostEqual(ladder.interval([1.0, 2.0, 3.0]), 4.303 / 3 ** 0.5)
        self.assertAlmostEqual(ladder.interval([0.0, 2.0]), 12.706)
        self.assertLess(ladder.interval([float(k % 2) for k in range(100)]), 0.11)

    def test_accuracy_is_what_eval_prints(self):
        told = "data: x\ntest: 10000 images, 25 % in 6 views, accuracy 0.940100, loss 0.3\n"
        self.assertAlmostEqual(ladder.accuracy(told), 94.01)
        with self.assertRaises(SystemExit):
            ladder.accuracy("nothing")

    def test_no_rung_is_climbed_on_made_up_images(self):
        ladder.refuse_made_up("layers\ndata       CIFAR-10 in data/cifar\n")
        with self.assertRaisesRegex(SystemExit, "make data"):
            ladder.refuse_made_up(
                "layers\ndata       the built-in synthetic set (3x32x32, 10 classes)\n")

    def test_summary_has_mean_and_interval(self):
        line = ladder.summary(94, "Lathe", [(93.0, 10.0), (95.0, 12.0)])
        for words in ("94 %", "Lathe", "94.00 +- 12.71 %", "11.0 +- 12.7 s", "2 seeds"):
            self.assertIn(words, line)
        self.assertIn("1 seed", ladder.summary(65, "Lathe", [(65.0, 5.0)]))

    def test_every_rung_has_a_network(self):
        for goal in ladder.SHARES:
            path = os.path.join(HOME, "models", "ladder", f"{goal}.net")
            with open(path, encoding="utf-8") as f:
                self.assertIn(f"net ladder_{goal}\n", f.read())


if __name__ == "__main__":
    unittest.main()
