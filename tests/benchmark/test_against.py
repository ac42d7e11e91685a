"""This checkout against another one: turns and ratios by made-up measurements, and what the probe measures."""

import json
import pathlib
import sys

import pytest

from enas_tf.benchmark.against import OTHER, QUANTITIES, THIS, compare_in_turn, run_against, write_request
from enas_tf.benchmark.benchmark import draw_arcs, take_images
from enas_tf.benchmark.settings import BenchmarkConfig
from enas_tf.benchmark.timing import Spread
from enas_tf.cli import benchmark_probe
from enas_tf.config import ChildConfig, ControllerConfig, DataConfig, SearchConfig
from enas_tf.errors import InputError

FLAGS = (
    "--search_for=macro\n--controller_search_whole_channels\n--child_num_layers=2\n--child_num_branches=4\n"
    "--child_out_filters=2\n--image_size=8\n--batch_size=4\n--eval_batch_size=4\n"
)
CONFIG = SearchConfig(
    data=DataConfig(image_size=8, batch_size=4, eval_batch_size=4),
    child=ChildConfig(num_layers=2, num_branches=4, out_filters=2),
    controller=ControllerConfig(search_whole_channels=True),
)
HERE = pathlib.Path(__file__).parents[2]

# A probe that measures nothing. It says it is of the checkout that PYTHONPATH names first.
PROBE = """
import json, os, pathlib, sys
request, result = map(pathlib.Path, sys.argv[1:])
checkout = os.environ["PYTHONPATH"].split(os.pathsep)[0]
arcs = json.loads((request / "arcs.json").read_text())
numbers = {"child_step": [float(len(arc)) for arc in arcs], "first_step": len((request / "search.flags").read_text())}
found = {"enas_tf": checkout + "/enas_tf/__init__.py", "machine": {"device": "made up"}, "measured": numbers}
result.write_text(json.dumps(found))
"""


def test_both_are_measured_in_turn_and_compared_architecture_by_architecture():
    measured, said = [], []

    def measure(name):
        measured.append(name)
        turn = (len(measured) + 1) // 2
        factor = {THIS: turn, OTHER: 1}[name]
        # The first architecture is slow: ratios of medians would be others than medians of ratios.
        return {"child_step": [10.0, 1.0 * factor, 2.0 * factor], "peak_memory_host": 100.0 * factor}

    results = compare_in_turn(measure, 3, said.append)
    assert measured == [OTHER, THIS, THIS, OTHER, OTHER, THIS]
    assert [turn["ratios"] for turn in results["turns"]] == [
        {"child_step": factor, "peak_memory_host": factor} for factor in (1.0, 2.0, 3.0)
    ]
    assert results["ratios"]["child_step"] == Spread(median=2.0, lower=1.5, upper=2.5)
    assert results["medians"][OTHER]["peak_memory_host"] == Spread(100.0, 100.0, 100.0)
    assert len(said) == 9
    assert said[0].startswith("Turn 1 of 3, other checkout: child step 2 s, peak memory, host 100 MiB")
    assert said[5].startswith("Turn 2 of 3, this / other: child step 2.000, peak memory, host 2.000; 0:00:00 left")


def test_what_one_side_lacks_is_not_compared():
    results = compare_in_turn(
        lambda name: {"child_step": 1.0} | ({"peak_memory_gpu": 2.0} if name == THIS else {}), 1, str
    )
    assert set(results["ratios"]) == {"child_step"}


def run(probe: str, turns: int = 1):
    settings = BenchmarkConfig(quick=True, against=str(HERE), against_turns=turns)
    return run_against(CONFIG, settings, FLAGS, (sys.executable, "-c", probe), str)


def test_both_get_the_same_request():
    results = run(PROBE, turns=2)
    assert results["setting"]["num_turns"] == 2
    assert results["machine"] == {"device": "made up"}
    assert results["checkouts"][THIS] == results["checkouts"][OTHER]
    assert results["turns"][0]["measured"][THIS] == {"child_step": [3.0] * 3, "first_step": len(FLAGS)}
    assert results["ratios"]["child_step"].median == 1.0


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        ("raise ImportError('no such name')", "received ImportError: no such name"),
        ("import os; os.kill(os.getpid(), 9)", "received its end by signal 9"),
        ("import sys; sys.exit(3)", "received nothing"),
        (PROBE.replace('checkout + "', '"/somewhere'), "received those of /somewhere"),
    ],
)
def test_a_checkout_that_cannot_be_measured_is_told_in_one_line(probe, said):
    with pytest.raises(InputError, match=said) as error:
        run(probe)
    assert str(error.value).startswith(f"--against, the process for {HERE}: expected numbers")
    assert "\n" not in str(error.value)


def test_the_probe_measures_every_quantity_of_a_cpu(tmp_path):
    arcs = draw_arcs(CONFIG, 2)
    write_request(tmp_path, FLAGS, take_images(CONFIG.data, BenchmarkConfig()), arcs)
    benchmark_probe.main(["probe", str(tmp_path), str(tmp_path / "result.json")])
    result = json.loads((tmp_path / "result.json").read_text())
    measured = result["measured"]
    assert set(QUANTITIES) - {"peak_memory_gpu"} <= set(measured)
    assert len(measured["child_step"]) == len(measured["evaluation_batch"]) == len(arcs)
    assert min(measured["child_step"]) > 0
    assert pathlib.Path(result["enas_tf"]).is_relative_to(HERE)
