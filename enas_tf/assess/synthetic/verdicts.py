"""What courses on a synthetic reward show, in lines: whether the controller learns; each strategy beside random."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from enas_tf.assess.statistics.inference import Summary, summarize
from enas_tf.assess.synthetic.courses import Course
from enas_tf.strategies.registry import RANDOM, STRATEGIES

# Updates whose mean is a curve's beginning or end: so many, but never more than a tenth of all.
_WINDOW = 50
# No operation may hold more than this share of all draws when there is nothing to learn.
_COLLAPSED_SHARE = 0.5

_HIGHER, _EQUAL, _LOWER = "higher", "equal", "lower"
# Numbers of a course that are held against random's with the same seed, by what they are called.
_COMPARED = {"best": "best reward", "area": "area under best so far"}

# Rows of rounds by seed, and courses by strategy and seed.
Curves = Mapping[int, Sequence[Mapping[str, Any]]]
Courses = Mapping[str, Mapping[int, Course]]


def verdict(reward_name: str, curves: Curves) -> str:
    """Says what the controller's curves show, over seeds."""
    rows = next(iter(curves.values()))
    window = max(1, min(_WINDOW, len(rows) // 10))
    begin, end = slice(None, window), slice(-window, None)
    first, last = _window_means(curves, begin, "reward"), _window_means(curves, end, "reward")
    entropy = _window_means(curves, end, "relative_entropy")
    uniform = rows[0]["expected_reward_uniform"]
    head = f"{reward_name}, {len(rows)} updates, {len(curves)} seeds: "
    kept = f"entropy {entropy.mean:.0%} of its maximum"
    if reward_name == "constant":
        share = max(max(rows[-1]["operation_share"]) for rows in curves.values())
        state = "collapsed onto one operation" if share > _COLLAPSED_SHARE else "did not collapse"
        return f"{head}the policy {state}: largest share of an operation {share:.2f}, {kept}."
    learned = min(_means_by_seed(curves, end, "reward")) > uniform + (1 - uniform) / 4
    state = "the controller learns with every seed" if learned else "the controller does not learn with every seed"
    rise = f"from {first.mean:.3f} to {last.mean:.3f} (uniform draws {uniform:.3f})"
    return f"{head}{state}: mean reward {rise}, {kept}."


def table_lines(courses: Courses) -> list[str]:
    """Lists every strategy with every seed: what it reached, and how that stands to random with the same seed."""
    names = [*_COMPARED.values(), "mean reward"]
    rows = [["strategy", "seed", *names[:1], "against random", *names[1:2], "against random", *names[2:]]]
    for name, by_seed in courses.items():
        for seed, course in by_seed.items():
            row = [STRATEGIES[name].label, str(seed)]
            for number in _COMPARED:
                row += [f"{getattr(course, number):.4f}", _against_random(courses, name, seed, number)]
            rows.append([*row, f"{course.mean:.4f}"])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def comparisons(courses: Courses) -> dict[str, str]:
    """Says of every strategy but random, by name, with how many seeds it came further than random."""
    return {
        name: f"{STRATEGIES[name].label} against random, {_num_candidates(by_seed)} architectures each: "
        + "; ".join(f"{title} {_tally(courses, name, number)}" for number, title in _COMPARED.items())
        for name, by_seed in courses.items()
        if name != RANDOM
    }


def _tally(courses: Courses, name: str, number: str) -> str:
    """Counts over seeds how a number stands to random's."""
    counts = Counter(_against_random(courses, name, seed, number) for seed in courses[name])
    num_seeds = counts.total()
    found = [(how, counts[how]) for how in (_HIGHER, _EQUAL, _LOWER) if counts[how]]
    if len(found) == 1:
        return f"{found[0][0]} with {'the one seed' if num_seeds == 1 else f'each of the {num_seeds} seeds'}"
    return ", ".join(f"{how} with {count} of {num_seeds} seeds" for how, count in found)


def _against_random(courses: Courses, name: str, seed: int, number: str) -> str:
    if name == RANDOM:
        return "–"
    ours, randoms = (getattr(courses[strategy][seed], number) for strategy in (name, RANDOM))
    return _EQUAL if ours == randoms else _HIGHER if ours > randoms else _LOWER


def _num_candidates(by_seed: Mapping[int, Course]) -> int:
    return len(next(iter(by_seed.values())).rewards)


def _means_by_seed(curves: Curves, window: slice, name: str) -> list[float]:
    return [float(np.mean([row[name] for row in rows[window]])) for rows in curves.values()]


def _window_means(curves: Curves, window: slice, name: str) -> Summary:
    return summarize(_means_by_seed(curves, window, name))
