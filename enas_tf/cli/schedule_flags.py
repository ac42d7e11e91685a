"""Flags that set `ScheduleConfig`: when architectures are searched, by how many candidates, on how many images."""

import dataclasses

from enas_tf.cli.flag_spec import FlagSpec
from enas_tf.cli.kinds import POSITIVE_INTEGER, one_of
from enas_tf.config import AFTER, JOINT, OUTCOME_CANDIDATES, SearchConfig
from enas_tf.strategies.controller import ControllerConfig

SCHEDULE_FLAGS = (
    FlagSpec(
        "search_schedule",
        one_of(JOINT, AFTER),
        "When candidates are rewarded: `joint`, after each epoch of the shared weights, or `after`, when uniform draws "
        "have trained these for all epochs and they stand still. Not given: `after` for evolution, q_learning, tpe and "
        "grid, `joint` for the others; controller and random_sampling know nothing else.",
    ),
    FlagSpec(
        "child_arcs",
        one_of("strategy", "uniform"),
        "Which architectures train the shared weights: those that the strategy proposes for it, or uniform draws. Not "
        "given: the controller's own, and uniform draws for every other strategy but DARTS, which trains all at once. "
        "Of --search_schedule=after always uniform draws.",
        sets="child_arcs",
    ),
    FlagSpec(
        "candidates_per_epoch",
        POSITIVE_INTEGER,
        "With --search_schedule=joint: candidates that are rewarded after each epoch that is evaluated, beside the ten "
        "that are shown. Not given: as many as --controller_train_steps, --controller_num_aggregate and "
        "--controller_train_every would give a controller; for random none, but with enas-assess. The controller "
        "follows those flags alone.",
    ),
    FlagSpec(
        "num_candidates",
        POSITIVE_INTEGER,
        "With --search_schedule=after: candidates that are rewarded in all. Not given: as many as a joint search would "
        "have had after all of its epochs.",
    ),
    FlagSpec(
        "reward_images",
        POSITIVE_INTEGER,
        "Held-out images that each candidate is measured on, the first so many, the same for all. Not given: with "
        "--search_schedule=after all of them, with joint a shuffled batch of its own.",
    ),
    FlagSpec(
        "outcome_candidates",
        POSITIVE_INTEGER,
        "Of the candidates that were rewarded, how many different ones, the best, are measured again with the final "
        "weights on all held-out images; the best of these is the outcome. Only where there are candidates. Not given: "
        f"{OUTCOME_CANDIDATES}; for the controller none, but with enas-assess: it keeps the best of those shown.",
    ),
)


def with_budget(config: SearchConfig, controller: ControllerConfig) -> SearchConfig:
    """Says how many candidates a search has where no flag does: as many as a controller would have had.

    Args:
      config: Of the search.
      controller: What the controller's flags say, whichever strategy searches.

    Raises:
      InputError: If a controller would have had none.
    """
    schedule, epochs = config.schedule, config.run.evaluated_epochs
    asked = schedule.num_candidates if config.searches_after else schedule.candidates_per_epoch
    takes_some = config.searches_after or config.candidates_per_epoch
    if not takes_some or asked is not None:
        return config
    if config.child.fixed_arc is None:
        controller.require_candidates(epochs)
    per_epoch = controller.candidates_per_epoch(config.run.eval_every_epochs)
    if config.searches_after:
        schedule = dataclasses.replace(schedule, num_candidates=per_epoch * len(epochs))
    else:
        schedule = dataclasses.replace(schedule, candidates_per_epoch=per_epoch)
    return dataclasses.replace(config, schedule=schedule)
