"""When architectures are searched, by how many candidates, and on how many images."""

import dataclasses

# When architectures are searched: while the shared weights are trained, or when they are.
JOINT, AFTER = "joint", "after"

# What the original's controller rewards after an epoch by default: `train_steps` times `num_aggregate`.
CANDIDATES_PER_EPOCH = 50
# Guo et al. (2020), arXiv 1904.00420, recompute a candidate's averages; how many batches that takes is ours.
RECALIBRATION_BATCHES = 4
OUTCOME_CANDIDATES = 10


@dataclasses.dataclass(frozen=True)
class ScheduleConfig:
    """When architectures are searched, by how many candidates, and on how many images.

    Attributes:
      search_schedule: `JOINT` or `AFTER`; None for what the strategy does by default.
      child_arcs: Which architectures train the shared weights: `strategy`, those it proposes for that, or `uniform`
        draws; None for what the strategy does by default.
      candidates_per_epoch: Under `JOINT`, candidates after each evaluated epoch; None for what the strategy does itself
        or, where it has to be said, `CANDIDATES_PER_EPOCH`.
      num_candidates: Under `AFTER`, candidates in all; None for as many as `CANDIDATES_PER_EPOCH` would be in all.
      reward_images: Held-out images that a candidate is measured on, the same ones for all; None for all of them under
        `AFTER` and a batch of its own under `JOINT`.
      outcome_candidates: Of the candidates, how many of the best are measured again, with the final weights on all
        held-out images; the best of them is the outcome. None for `OUTCOME_CANDIDATES`, or where the strategy says
        itself how many candidates it has for none: the outcome is then the best that was shown.
    """

    search_schedule: str | None = None
    child_arcs: str | None = None
    candidates_per_epoch: int | None = None
    num_candidates: int | None = None
    reward_images: int | None = None
    outcome_candidates: int | None = None
