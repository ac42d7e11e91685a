"""Finds what zero-debiased moving averages hide: a biased sum and a count of updates for each average.

In the original's checkpoints they are variables called by the scope of the average twice over, for example
`child/stem_conv/bn/child/stem_conv/bn/moving_mean/biased`; its golden files leave them out.
"""

from collections.abc import Iterable, Mapping

import keras

# From what an average is called, there and here, to what hides behind it here. One count serves both averages.
_HIDDEN = {
    "moving_mean": {"biased": "biased_mean", "local_step": "num_updates"},
    "moving_variance": {"biased": "biased_variance"},
}


def hidden_averages(
    named: Mapping[str, keras.Variable], variables: Iterable[keras.Variable]
) -> dict[str, keras.Variable]:
    """Maps the original's names to the hidden variables of a network.

    Args:
      named: Its other variables, moving averages included, by the original's names.
      variables: All its variables.

    Returns:
      For example `child/fc/bn/child/fc/bn/moving_mean/local_step`; averages that are kept plain have none.
    """
    by_path = {variable.path: variable for variable in variables}
    hidden = {}
    for name, average in named.items():
        scope, _, kind = name.rpartition("/")
        layer, _, _ = average.path.rpartition("/")
        for ending, sibling in _HIDDEN.get(kind, {}).items():
            if (variable := by_path.get(f"{layer}/{sibling}")) is not None:
                hidden[f"{scope}/{name}/{ending}"] = variable
    return hidden
