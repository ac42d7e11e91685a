"""The moves of a controller's walk in numpy, for one arc at a time: a check of both spaces' walks."""

import numpy as np

from enas_tf.original.naming import controller_variables

# The skip penalty is a small difference of terms near 0.1, so its float32 rounding is absolute.
PENALTY_ROUNDING = 3e-7


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def log_softmax(logits):
    return logits - np.log(np.exp(logits).sum())


class NumpyController:
    """A controller's weights `w` by the original's names, and the states of its LSTM layers, zero at first."""

    def __init__(self, controller):
        self.w = {name.partition("/")[2]: v.numpy() for name, v in controller_variables(controller).items()}
        self.config = controller.config
        self.states = [(np.zeros(self.config.lstm_size),) * 2 for _ in range(self.config.lstm_num_layers)]

    def step(self, x):
        for k, (c, h) in enumerate(self.states):
            i, f, o, g = np.split(np.concatenate([x, h]) @ self.w[f"lstm/layer_{k}/w"], 4)
            c = sigmoid(i) * np.tanh(g) + sigmoid(f) * c
            x = sigmoid(o) * np.tanh(c)
            self.states[k] = (c, x)
        return x

    def attend(self, key, h):
        return np.tanh(key + h @ self.w["attention/w_2"]) @ self.w["attention/v"][:, 0]

    def shape(self, logits, tanh_reduce=1.0):
        logits = logits / (self.config.temperature or 1.0)
        constant = self.config.tanh_constant
        return logits if constant is None else constant / tanh_reduce * np.tanh(logits)
