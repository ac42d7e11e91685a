"""The picture of courses on a synthetic reward: every strategy in its colour, against architectures rewarded."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from enas_tf.assess.report.plots import DPI, UNIFORM_LINE, dress
from enas_tf.assess.synthetic.courses import NUM_PLACES, Course
from enas_tf.assess.synthetic.verdicts import Courses
from enas_tf.strategies.registry import STRATEGIES

_SIZE = (9.4, 3.9)

# What a panel shows, by the names of `Course.curve`, and at how many places: means of few candidates would hide it.
_PANELS = {"best_reward": ("best reward so far", NUM_PLACES), "mean_reward": ("mean reward of candidates", 25)}


def plot_courses(reward_name: str, courses: Courses) -> Figure:
    """Plots best so far and mean reward: a thin line a seed, a thick one for the mean over seeds."""
    figure = Figure(figsize=_SIZE, dpi=DPI, layout="constrained")
    panels = dict(zip(_PANELS, figure.subplots(1, len(_PANELS), sharey=True), strict=True))
    for name, axes in panels.items():
        for strategy, by_seed in courses.items():
            _draw(axes, strategy, by_seed, name)
        axes.set_ylim(-0.02, 1.02)
        dress(axes, "architectures rewarded", f"{_PANELS[name][0]}:\n{reward_name} (from 0 to 1)")
    uniform = next(iter(next(iter(courses.values())).values())).uniform_mean
    panels["mean_reward"].axhline(uniform, **UNIFORM_LINE)
    handles, labels = panels["mean_reward"].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=min(len(labels), 5), frameon=False)
    return figure


def _draw(axes: Axes, strategy: str, by_seed: Mapping[int, Course], name: str) -> None:
    kind = STRATEGIES[strategy]
    curves = [course.curve(_PANELS[name][1]) for course in by_seed.values()]
    places = curves[0]["architectures"]
    if len(curves) > 1:
        for curve in curves:
            axes.plot(places, curve[name], color=kind.colour, linewidth=0.6, alpha=0.35)
    mean = np.mean([curve[name] for curve in curves], axis=0)
    axes.plot(places, mean, color=kind.colour, linewidth=1.6, label=kind.label)
