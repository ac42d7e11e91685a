"""Runs side by side: what is drawn, and the table of their ends."""

import numpy as np
import pytest

from enas_tf.reporting.log_comparison import draw_logs, last_epochs_table
from enas_tf.reporting.log_reading import parse_log, read_log
from tests.conftest import GOLDENS
from tests.reporting.made_logs import MACRO_PORT, MICRO_PORT


@pytest.fixture(scope="module")
def logs():
    final = parse_log(["Epoch 2: Eval", "Eval at 10", "test_accuracy: 0.5000"], "final")
    return [read_log(GOLDENS / "stdout_macro_search.txt", "original"), final]


@pytest.fixture(scope="module")
def panels(logs):
    return {panel.get_ylabel(): panel for panel in draw_logs(logs).axes}


def test_every_panel_has_both_runs_and_axes_with_units(panels):
    assert len(panels) == 6
    for name, panel in panels.items():
        assert panel.get_xlabel()
        assert "(" in name, "no unit"
        original, final, *_ = panel.lines
        assert original.get_color() != final.get_color()


def test_curves_are_the_numbers_of_the_logs(panels):
    original, final, *_ = panels["test accuracy (share)"].lines
    np.testing.assert_array_equal(original.get_xydata(), [[1, 0.171], [2, 0.165], [3, 0.179]])
    np.testing.assert_array_equal(final.get_xydata(), [[2, 0.5]])
    accuracy = panels["training accuracy (share of a batch)"].lines[0]
    np.testing.assert_allclose(accuracy.get_ydata()[[0, -1]], [7 / 64, 16 / 64])
    baseline = panels["baseline (reward)"].lines[0]
    np.testing.assert_array_equal(baseline.get_ydata(), [0.00, 0.04, 0.06, 0.08, 0.09, 0.11])


def test_the_legend_names_the_runs(logs):
    legend = draw_logs(logs).legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["original", "final"]


def test_a_quantity_in_none_of_the_logs_is_said_so(logs):
    panels = {panel.get_ylabel(): panel for panel in draw_logs(logs[1:]).axes}
    assert panels["entropy (nats)"].texts[0].get_text() == "in none of the logs"


def test_the_table_holds_the_last_numbers(logs):
    rows = last_epochs_table(logs).rows
    assert rows[0] == ("original", "3", "320", "1.9904", "0.2500", "0.1870", "0.1790", "6.99", "0.11", "2.08")
    assert rows[1] == ("final", "2", "–", "–", "–", "–", "0.5000", "–", "–", "–")


def test_three_programs_in_one_picture(logs):
    ports = [parse_log(text.splitlines(), name) for text, name in ((MACRO_PORT, "macro"), (MICRO_PORT, "micro"))]
    panels = {panel.get_ylabel(): panel for panel in draw_logs([logs[0], *ports]).axes}
    lengths = {name: [len(line.get_xdata()) for line in panel.lines[:3]] for name, panel in panels.items()}
    assert lengths["training loss (nats)"] == [16, 5, 5]
    assert lengths["entropy (nats)"] == [6, 3, 0]
    assert lengths["test accuracy (share)"] == [3, 2, 0]
    macro, micro = last_epochs_table(ports).rows
    assert macro == ("macro", "2", "152", "nan", "0.2500", "0.2500", "0.2400", "17.50", "0.15", "–")
    assert micro == ("micro", "2", "32", "1.9000", "0.3000", "0.3350", "–", "–", "0.24", "15.00")
