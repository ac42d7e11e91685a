"""Finds a network's variables by the names the original gave them, as its checkpoints and the golden files do."""

import keras

from enas_tf.models.controller import Controller

# From the name a controller gives a weight of its own to the original's, below `controller/`.
_CONTROLLER_NAMES = {
    "start_input": "g_emb",
    "operation_embedding": "emb/w",
    "operation_softmax": "softmax/w",
    "operation_bias": "softmax/b",
    "attention_key": "attention/w_1",
    "attention_query": "attention/w_2",
    "attention_score": "attention/v",
}


def controller_variables(controller: Controller) -> dict[str, keras.Variable]:
    """Maps the original's names, for example `controller/lstm/layer_0/w`, to a controller's variables."""
    cells = {f"controller/lstm/layer_{i}/w": cell.w for i, cell in enumerate(controller.lstm.cells)}
    own = {weight.name: weight for weight in controller.weights}
    return cells | {f"controller/{name}": own[ours] for ours, name in _CONTROLLER_NAMES.items() if ours in own}
