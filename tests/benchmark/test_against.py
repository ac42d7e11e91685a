"""This checkout against another one: turns and ratios by made-up measurements, and what the probe measures."""

import pathlib
import sys

import pytest

from enas_tf.benchmark.against import OTHER, QUANTITIES, THIS, compare, measure_turn, run_against
from enas_tf.benchmark.benchmark import draw_arcs, take_images
from enas_tf.benchmark.checkout import write_request
from enas_tf.benchmark.settings import BenchmarkConfig
from enas_tf.cli.benchmark_probe import Answers
from enas_tf.config import ChildConfig, DataConfig, RunConfig, SearchConfig
from enas_tf.errors import InputError

FLAGS = (
    "--search_for=macro\n--controller_search_whole_channels\n--child_num_layers=2\n--child_num_branches=4\n"
    "--child_out_filters=2\n--image_size=8\n--batch_size=4\n--eval_batch_size=4\n"
)
CONFIG = SearchConfig(
    RunConfig(search_whole_channels=True),
    DataConfig(image_size=8, batch_size=4, eval_batch_size=4),
    ChildConfig(num_layers=2, num_branches=4, out_filters=2),
)
HERE = pathlib.Path(__file__).parents[2]

# A probe that measures nothing: an architecture takes as many seconds as it has integers, the rest one second.
PROBE = """
import json, os, pathlib, sys
request = pathlib.Path(sys.argv[1])
checkout = os.environ["PYTHONPATH"].split(os.pathsep)[0]
arcs = json.loads((request / "arcs.json").read_text())
assert (request / "images.npz").exists() and "--batch_size=4" in (request / "search.flags").read_text()
for line in sys.stdin:
    name, *numbers = line.split()
    answer = len(arcs[int(numbers[0])]) if numbers else 1.0
    if name == "peak_memory":
        answer = {"host": 100.0}
    if name == "about":
        answer = {"enas_tf": checkout, "machine": {"device": "made up"}}
    print(json.dumps(answer), flush=True)
"""


class MadeUp:
    """A process whose answers are made up; it notes what it is asked."""

    def __init__(self, name, asked, factor):
        self.name, self.asked, self.factor = name, asked, factor

    def ask(self, question, *numbers):
        self.asked.append((self.name, question, *numbers))
        if question == "peak_memory":
            return {"host": 100.0 * self.factor} | ({"gpu": 5.0} if self.name == THIS else {})
        # The first architecture is slow: the ratio of medians would be another than the median of ratios.
        return 10.0 if numbers == (0,) else (1.0 + sum(numbers)) * self.factor

    def machine(self):
        return {"device": "made up"}


def test_both_run_one_architecture_after_the_other():
    asked, said = [], []
    measured, machine = measure_turn(
        lambda name: MadeUp(name, asked, {THIS: 3, OTHER: 1}[name]), (OTHER, THIS), 3, said.append
    )
    assert machine == {"device": "made up"}
    assert asked[:2] == [(OTHER, "first_step"), (THIS, "first_step")]
    child = [question for question in asked if question[1] == "child_step"]
    order = [THIS, OTHER, OTHER, THIS, THIS, OTHER]
    assert child == [(name, "child_step", k // 2) for k, name in enumerate(order)]
    assert measured[THIS]["child_step"] == [10.0, 6.0, 9.0]
    ratios = compare(measured)
    assert ratios["child_step"] == ratios["peak_memory_host"] == 3.0
    assert "peak_memory_gpu" not in ratios  # of which the other one says nothing
    assert said[2] == "child step 9 / 3 s, this / other 3.000"


def run(probe: str, said: list[str], turns: int = 1):
    settings = BenchmarkConfig(quick=True, against=str(HERE), against_turns=turns)
    return run_against(CONFIG, settings, FLAGS, (sys.executable, "-c", probe), said.append)


def test_turns_alternate_and_are_summed_up():
    said = []
    results = run(PROBE, said, turns=2)
    assert results["setting"]["num_turns"] == 2
    assert results["machine"] == {"device": "made up"}
    assert results["checkouts"][THIS] == results["checkouts"][OTHER]
    assert [turn["order"] for turn in results["turns"]] == [(OTHER, THIS), (THIS, OTHER)]
    assert results["turns"][0]["measured"][THIS] == {
        "first_step": 1.0,
        "controller_update": 1.0,
        "child_step": [3, 3, 3],
        "evaluation_batch": [3, 3, 3],
        "peak_memory_host": 100.0,
    }
    assert results["ratios"]["child_step"].median == 1.0
    assert results["medians"][OTHER]["child_step"].upper == 3.0
    assert said[2] == "Turn 1 of 2: time to the first step 1 / 1 s, this / other 1.000"
    assert said[-1] == "Turn 2 of 2 done; 0:00:00 left"


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        ("raise ImportError('no such name')", "received ImportError: no such name"),
        ("import os; os.kill(os.getpid(), 9)", "received its end by signal 9"),
        ("import sys; sys.exit(3)", "received nothing"),
        (PROBE.replace('"enas_tf": checkout', '"enas_tf": "/somewhere"'), "received those of /somewhere"),
    ],
)
def test_a_checkout_that_cannot_be_measured_is_told_in_one_line(probe, said):
    with pytest.raises(InputError, match=said) as error:
        run(probe, [])
    assert str(error.value).startswith(f"--against, the process for {HERE}: expected answers")
    assert "\n" not in str(error.value)


def test_the_probe_measures_every_quantity(tmp_path):
    write_request(tmp_path, FLAGS, take_images(CONFIG.data, BenchmarkConfig()), draw_arcs(CONFIG, 2))
    answers = Answers(tmp_path)
    assert answers.first_step() > 0
    assert answers.controller_update() > 0
    answers.warm_up()
    assert min(measure(k) for measure in (answers.child_step, answers.evaluation_batch) for k in (0, 1)) > 0
    assert {f"peak_memory_{kind}" for kind in answers.peak_memory()} <= set(QUANTITIES)
    assert answers.about()["enas_tf"] == str(HERE)
