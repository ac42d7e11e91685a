import io

import pytest
from rich.console import Console

from enas_tf.reporting.progress import RunProgress, TimeLeft, format_duration


def test_time_left_weighs_each_phase_by_its_own_speed():
    estimate = TimeLeft({"child": 12, "controller": 5})
    assert estimate.seconds() is None
    for seconds in (60.0, 2.0, 2.0):  # the first step includes tracing
        estimate.observe("child", seconds)
    for seconds in (9.0, 0.5):
        estimate.observe("controller", seconds)
    assert estimate.steps_per_second("child") == pytest.approx(0.5)
    assert estimate.seconds() == pytest.approx(9 * 2.0 + 3 * 0.5)


def test_a_phase_that_has_not_come_is_taken_as_slow_as_the_slowest():
    estimate = TimeLeft({"child": 3, "evaluation": 10})
    for seconds in (60.0, 2.0):
        estimate.observe("child", seconds)
    assert estimate.seconds() == pytest.approx(1 * 2.0 + 10 * 2.0)


def test_more_steps_than_planned_leave_nothing_negative():
    estimate = TimeLeft({"child": 1})
    for _ in range(3):
        estimate.observe("child", 1.0)
    assert estimate.seconds() == 0


def test_without_a_terminal_a_plain_line_comes_at_once_and_then_every_half_minute():
    output = io.StringIO()
    console = Console(file=output, width=30, force_terminal=False)
    with RunProgress(console, {"child training": 100}, now=0.0) as progress:
        progress.begin("child training", total=50, now=0.0)
        for step in range(1, 8):
            progress.advance(now=10.0 * step, text="loss 1.93")
    assert output.getvalue().splitlines() == [
        "child training 1/50  loss 1.93",
        "child training 4/50  loss 1.93  0.10 steps/s  0:16:00 left",
        "child training 7/50  loss 1.93  0.10 steps/s  0:15:30 left",
    ]


def test_a_terminal_shows_a_bar_with_phase_steps_and_text(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    output = io.StringIO()
    console = Console(file=output, width=120, force_terminal=True)
    with RunProgress(console, {"a": 3, "evaluation": 9}, now=0) as progress:
        progress.begin("a", total=3, now=0)
        progress.begin("evaluation", total=9, now=0, done=4)
        progress.advance(now=1, text="accuracy 0.31")
    last_picture = output.getvalue().rsplit("evaluation", 1)[1]
    assert "5/9" in last_picture
    assert "accuracy 0.31" in last_picture


@pytest.mark.parametrize(
    "seconds, text", [(0.4, "0:00:00"), (61, "0:01:01"), (3600 * 5 + 59.7, "5:01:00"), (86400 * 2 + 1, "2 d 0:00:01")]
)
def test_durations_read_as_clocks(seconds, text):
    assert format_duration(seconds) == text
