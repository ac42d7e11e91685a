"""Finds a network's variables by the names the original gave them, as its checkpoints and the golden files do."""

import re

import keras

from enas_tf.models.controller import Controller

# From the name a controller gives a weight of its own to the original's, below `controller/`.
_CONTROLLER_NAMES = {
    r"start_input": r"g_emb",
    r"operation_embedding": r"emb/w",
    r"operation_softmax": r"softmax/w",
    r"operation_bias": r"softmax/b",
    r"(start|count)_(\d+)_embedding": r"emb/branch_\2/w_\1",
    r"(start|count)_(\d+)_softmax": r"softmax/branch_\2/w_\1",
    r"attention_key": r"attention/w_1",
    r"attention_query": r"attention/w_2",
    r"attention_score": r"attention/v",
}


def controller_variables(controller: Controller) -> dict[str, keras.Variable]:
    """Maps the original's names, for example `controller/lstm/layer_0/w`, to a controller's variables."""
    cells = {f"controller/lstm/layer_{i}/w": cell.w for i, cell in enumerate(controller.lstm.cells)}
    own = {
        match.expand(f"controller/{name}"): weight
        for ours, name in _CONTROLLER_NAMES.items()
        for weight in controller.weights
        if (match := re.fullmatch(ours, weight.name))
    }
    return cells | own
