"""When among many rounds something is shown."""

import pytest

from enas_tf.search.shown_state import is_among


@pytest.mark.parametrize(("total", "how_many"), [(6, 10), (10, 10), (23, 10), (3500, 200), (1, 3)])
def test_so_many_are_spread_evenly_and_the_last_is_one_of_them(total, how_many):
    chosen = [number for number in range(1, total + 1) if is_among(number, total, how_many)]
    assert len(chosen) == min(total, how_many)
    assert chosen[-1] == total
    gaps = {after - before for before, after in zip(chosen, chosen[1:], strict=False)}
    assert not gaps or max(gaps) - min(gaps) <= 1
