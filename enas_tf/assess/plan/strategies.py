"""The strategies an experiment may compare, and how its plots, tables and sentences tell of them.

Everything in `assess` that differs between strategies stands here: a new one needs an entry, and a `--search_mode` of
that name.
"""

import dataclasses

CONTROLLER, RANDOM, RANDOM_SAMPLING = "controller", "random", "random_sampling"


@dataclasses.dataclass(frozen=True)
class Strategy:
    """How a strategy is told of.

    Attributes:
      label: Its name in plots, tables and sentences.
      colour: In plots, hexadecimal; distinguishable from the others with every common colour blindness.
      marker: In plots, for print.
      learner: What sentences call it that tell what it has learned; None for a strategy that learns nothing.
      summary: What `--help` says of it beside its name; empty for nothing.
      account: What the report says it does, as a sentence without its subject; empty for nothing.
      compares: Whether it keeps the best of its candidates, of which all that do so have equally many.
    """

    label: str
    colour: str
    marker: str
    learner: str | None = None
    summary: str = ""
    account: str = ""
    compares: bool = True


# By their names as `--strategies` has them; colours are those of Okabe and Ito.
STRATEGIES = {
    CONTROLLER: Strategy("controller", "#0072B2", "o", learner="the controller"),
    RANDOM: Strategy(
        "random",
        "#D55E00",
        "s",
        summary="uniform draws, the best of as many is kept",
        account="draws uniformly, for training the weights as well",
    ),
    RANDOM_SAMPLING: Strategy(
        "random_sampling",
        "#009E73",
        "^",
        summary="one uniform draw",
        account="keeps one uniform draw without comparing any",
        compares=False,
    ),
}
