"""What is said of curves of a synthetic reward."""

from enas_tf.assess.synthetic.verdicts import verdict


def curve(rewards, share: float = 0.2) -> list[dict]:
    return [
        {
            "update": update,
            "reward": reward,
            "expected_reward_uniform": 0.2,
            "relative_entropy": 1 - reward,
            "operation_share": [share, 1 - share],
        }
        for update, reward in enumerate(rewards)
    ]


def rising(end: float) -> list[float]:
    return [0.2 + (end - 0.2) * k / 99 for k in range(100)]


def test_a_rise_with_every_seed_is_learning():
    text = verdict("hidden_target", {0: curve(rising(0.9)), 1: curve(rising(0.8))})
    assert text.startswith("hidden_target, 100 updates, 2 seeds: the controller learns with every seed")
    # Means of the first and last tenth of both curves.
    assert "mean reward from 0.230 to 0.820 (uniform draws 0.200)" in text


def test_one_seed_that_stays_low_is_told():
    assert "does not learn with every seed" in verdict("hidden_target", {0: curve(rising(0.9)), 1: curve(rising(0.3))})


def test_collapse_on_a_constant_reward_is_told():
    assert "did not collapse" in verdict("constant", {0: curve([0.5] * 20, share=0.5)})
    assert "collapsed onto one operation" in verdict("constant", {0: curve([0.5] * 20, share=0.1)})
