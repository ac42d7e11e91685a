"""Shows several runs side by side: a picture of their courses and a table of where they ended."""

from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from enas_tf.reporting.log_history import LogHistory
from enas_tf.reporting.tables import TextTable

# The palette of Okabe and Ito, distinguishable with every common colour blindness.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_PANEL_SIZE = (4.2, 2.7)  # inches
_MARKED_POINTS = 40  # lines of more points have no markers
_NONE = "–"

Curve = tuple[Sequence[float], Sequence[float]]


def _child_curve(field: str) -> Callable[[LogHistory], Curve]:
    return lambda log: ([point.step for point in log.child_steps], [getattr(point, field) for point in log.child_steps])


def _controller_curve(field: str) -> Callable[[LogHistory], Curve]:
    """Over the samples logged, since every line of a controller phase is one of them."""

    def curve(log: LogHistory) -> Curve:
        points = [point for point in log.controller_steps if getattr(point, field) is not None]
        return [point.step for point in points], [getattr(point, field) for point in points]

    return curve


def _accuracy_curve(subset: str) -> Callable[[LogHistory], Curve]:
    return lambda log: (list(log.accuracies[subset]), list(log.accuracies[subset].values()))


_CHILD_AXIS, _EPOCH_AXIS, _CONTROLLER_AXIS = "step of the child", "epoch", "update of the controller"
# By the quantity with its unit: the name of the other axis, and the curve of a run.
_PANELS = {
    "training loss (nats)": (_CHILD_AXIS, _child_curve("loss")),
    "training accuracy (share of a batch)": (_CHILD_AXIS, _child_curve("accuracy")),
    "validation accuracy (share)": (_EPOCH_AXIS, _accuracy_curve("valid")),
    "test accuracy (share)": (_EPOCH_AXIS, _accuracy_curve("test")),
    "entropy (nats)": (_CONTROLLER_AXIS, _controller_curve("entropy")),
    "baseline (reward)": (_CONTROLLER_AXIS, _controller_curve("baseline")),
}


def draw_logs(logs: Sequence[LogHistory]) -> Figure:
    """Draws loss, accuracies, entropy and baseline of runs, a panel each and a colour for each run."""
    columns = 2
    rows = -(-len(_PANELS) // columns)
    figure = Figure(figsize=(columns * _PANEL_SIZE[0], rows * _PANEL_SIZE[1] + 0.4), layout="constrained")
    panels = figure.subplots(rows, columns).ravel()
    for panel, (quantity, (axis, curve)) in zip(panels, _PANELS.items(), strict=True):
        _draw_panel(panel, logs, curve)
        panel.set(xlabel=axis, ylabel=quantity)
        panel.grid(alpha=0.25)
    handles = [panels[0].plot([], [], color=_colour(k), label=log.name)[0] for k, log in enumerate(logs)]
    figure.legend(handles=handles, loc="outside upper center", ncols=min(len(logs), 3), frameon=False)
    return figure


def last_epochs_table(logs: Sequence[LogHistory]) -> TextTable:
    """Makes a table of the last numbers of each run."""
    columns = ("run", "epoch", "step", "loss", "training", "validation", "test", "entropy", "baseline", "minutes")
    notes = ["Accuracies as shares; validation and test of the last evaluated epoch, all else of the last line."]
    return TextTable("Where the runs ended", columns, [_last_numbers(log) for log in logs], notes)


def _draw_panel(panel: Axes, logs: Sequence[LogHistory], curve: Callable[[LogHistory], Curve]) -> None:
    curves = [curve(log) for log in logs]
    for k, (x, y) in enumerate(curves):
        marker = "o" if len(x) <= _MARKED_POINTS else None
        panel.plot(x, y, color=_colour(k), marker=marker, markersize=3, linewidth=1.3)
    if not any(x for x, _ in curves):
        panel.text(0.5, 0.5, "in none of the logs", ha="center", va="center", transform=panel.transAxes)


def _colour(k: int) -> str:
    return _COLOURS[k % len(_COLOURS)]


def _last_numbers(log: LogHistory) -> tuple[str, ...]:
    valid, test = (list(log.accuracies[subset].items()) for subset in ("valid", "test"))
    epoch = str((test or valid)[-1][0]) if test or valid else _NONE
    measured = [f"{part[-1][1]:.4f}" if part else _NONE for part in (valid, test)]
    child = log.child_steps[-1] if log.child_steps else None
    controller = log.controller_steps[-1] if log.controller_steps else None
    trained = [str(child.step), f"{child.loss:.4f}", f"{child.accuracy:.4f}"] if child else [_NONE] * 3
    policy = [_text(controller.entropy), _text(controller.baseline)] if controller else [_NONE] * 2
    return log.name, epoch, *trained, *measured, *policy, _text(log.minutes)


def _text(value: float | None) -> str:
    return _NONE if value is None else f"{value:.2f}"
