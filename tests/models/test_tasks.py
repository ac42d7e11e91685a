import threading

import pytest

from enas_tf.models.tasks import Tasks


def test_each_task_sees_the_results_of_those_it_needs():
    tasks = Tasks()
    first = tasks.add(lambda: 2, [])
    doubled = [tasks.add(lambda k=k: first.result * k, [first]) for k in range(20)]
    total = tasks.add(lambda: sum(task.result for task in doubled), doubled)
    tasks.wait()
    assert total.result == 2 * sum(range(20))


def test_a_long_chain_does_not_nest():
    tasks = Tasks()
    task = tasks.add(lambda: 0, [])
    for _ in range(3000):
        task = tasks.add(lambda before=task: before.result + 1, [task])
    tasks.wait()
    assert task.result == 3000


def test_tasks_that_need_nothing_of_each_other_overlap():
    tasks, both = Tasks(), threading.Barrier(2)
    for _ in range(2):
        tasks.add(lambda: both.wait(60), [])  # passes only where two wait at once
    tasks.wait()


def test_a_task_may_need_another_twice():
    tasks, may_start = Tasks(), threading.Event()
    first = tasks.add(lambda: may_start.wait(60) and 3, [])
    second = tasks.add(lambda: first.result + first.result, [first, first])
    may_start.set()
    tasks.wait()
    assert second.result == 6


def test_what_a_task_raises_comes_out_and_who_needs_it_is_not_run():
    tasks, ran = Tasks(), []

    def fail():
        raise ZeroDivisionError("no")

    failed = tasks.add(fail, [])
    tasks.add(lambda: ran.append(1), [failed])
    with pytest.raises(ZeroDivisionError, match="no"):
        tasks.wait()
    assert ran == []


def test_waiting_for_nothing_returns():
    Tasks().wait()
