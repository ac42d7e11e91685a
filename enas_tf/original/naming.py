"""Finds a network's variables by the names the original gave them, as its checkpoints and the golden files do."""

import keras

from enas_tf.models.controller import Controller


def controller_variables(controller: Controller) -> dict[str, keras.Variable]:
    """Maps the original's names, for example `controller/lstm/layer_0/w`, to a controller's variables."""
    cells = {f"controller/lstm/layer_{i}/w": cell.w for i, cell in enumerate(controller.lstm.cells)}
    return cells | {
        "controller/g_emb": controller.start_input,
        "controller/emb/w": controller.operation_embedding,
        "controller/softmax/w": controller.operation_softmax,
        "controller/attention/w_1": controller.attention_key,
        "controller/attention/w_2": controller.attention_query,
        "controller/attention/v": controller.attention_score,
    }
