"""Experiments whose runs were never run: directories filled with made-up results of the form that runs leave."""

import json
import pathlib

import numpy as np

from enas_tf.assess.plan.directory import Experiment, ExperimentDirectory
from enas_tf.assess.plan.runs import PlannedRun, plan_runs
from enas_tf.assess.plan.settings import AssessConfig
from enas_tf.reporting.results import append_jsonl

SEARCH_FLAGS = (
    "--search_for=macro",
    "--num_epochs=6",
    "--dataset=digits",
    "--controller_training",
    "--controller_train_every=1",
    "--controller_train_steps=5",
    "--controller_num_aggregate=10",
)
NUM_EPOCHS, NUM_LAYERS, STEPS_PER_EPOCH = 6, 6, 20
SESSION = {
    "started": "2026-01-02T03:04:05+00:00",
    "device": "CPU, 2 cores",
    "processor": "a processor",
    "cores": 2,
    "memory_gib": 16.0,
    "system": "Linux",
    "workers": 2,
    "threads_per_worker": 1,
    "versions": {"enas_tf": "0.1.0", "tensorflow": "2.21.0"},
}
NUM_POISONED = {"clean": 0, "P3_006_100": 6, "P3_036_100": 36, "removal_2": 0, "identity:6": 6, "identity:36": 36}
# What a strategy gains and a space loses, in accuracy.
GAIN = {"controller": 0.02, "random": 0.0, "random_sampling": -0.03}
LOSS = {"clean": 0.0, "P3_006_100": 0.05, "P3_036_100": 0.2, "removal_2": 0.03, "identity:6": 0.01, "identity:36": 0.02}


def make_experiment(path: pathlib.Path, **settings) -> tuple[ExperimentDirectory, list[PlannedRun]]:
    """An experiment none of whose runs has begun."""
    config = AssessConfig(experiment_dir=str(path), **settings)
    directory = ExperimentDirectory(str(path))
    directory.write(Experiment(config, SEARCH_FLAGS))
    append_jsonl(directory.sessions, [SESSION])
    return directory, plan_runs(config)


def begin(run: PlannedRun, num_epochs: int = NUM_EPOCHS) -> None:
    """Leaves what a run has left after some epochs."""
    files = run.files
    files.path.mkdir(parents=True, exist_ok=True)
    files.search.flags.write_text("--search_for=macro\n")
    generator = _generator(run)
    append_jsonl(files.search.epochs, [_epoch_row(run, epoch, generator) for epoch in range(1, num_epochs + 1)])
    append_jsonl(files.search.epoch_timings, [_timing_row(epoch) for epoch in range(1, num_epochs + 1)])


def finish(run: PlannedRun, accuracy: float | None = None, **told: object) -> None:
    """Leaves what a finished run leaves; its best architecture's test accuracy may be given, and further results."""
    begin(run)
    generator = _generator(run)
    reached = _accuracy(run, generator) if accuracy is None else accuracy
    num_poisoned = NUM_POISONED[run.condition.poison]
    arcs = [
        {
            "arc": f"{index} 0 1",
            "reward": reached + 0.01,
            "valid_accuracy": reached - 0.01 * index,
            "test_accuracy": reached - 0.02 - 0.01 * index,
            "bad_operations": 1,
        }
        for index in range(10)
    ]
    results = {
        "best_arc": "1 0 1",
        "best_arc_reward": reached + 0.05,
        "best_arc_epoch": NUM_EPOCHS,
        "best_arc_valid_accuracy": reached + 0.01,
        "best_arc_test_accuracy": reached,
        "final_arcs": arcs,
        "final_arcs_valid_accuracy": reached - 0.045,
        "final_arcs_test_accuracy": reached - 0.065,
        "operations": ["op"] * (6 + num_poisoned),
        "num_poisoned": num_poisoned,
        "seed": run.seed,
        "search_mode": run.condition.strategy,
        **told,
    }
    run.files.search.results.write_text(json.dumps(results))
    if run.standalone_arcs:
        trained = [arc | {"standalone_accuracy": arc["valid_accuracy"] + 0.1 * generator.random()} for arc in arcs]
        run.files.standalone.write_text(json.dumps(trained[: run.standalone_arcs]))


def _generator(run: PlannedRun) -> np.random.Generator:
    return np.random.default_rng([run.seed, len(run.condition.strategy), NUM_POISONED[run.condition.poison]])


def _accuracy(run: PlannedRun, generator: np.random.Generator) -> float:
    return 0.8 + GAIN.get(run.condition.strategy, 0.0) - LOSS[run.condition.poison] + 0.01 * generator.standard_normal()


def _epoch_row(run: PlannedRun, epoch: int, generator: np.random.Generator) -> dict:
    share = NUM_POISONED[run.condition.poison] / (6 + NUM_POISONED[run.condition.poison])
    learns = run.condition.strategy == "controller"
    bad = share * (1 - 0.1 * epoch) if learns else share
    accuracy = _accuracy(run, generator) * epoch / (epoch + 2)
    return {
        "epoch": epoch,
        "step": STEPS_PER_EPOCH * epoch,
        "valid_accuracy": accuracy,
        "test_accuracy": accuracy - 0.02,
        "best_valid_accuracy": accuracy + 0.03,
        "best_test_accuracy": accuracy + 0.01,
        "bad_operations_mean": bad * NUM_LAYERS,
        "good_operations_mean": (1 - bad) * NUM_LAYERS,
        "bad_operations_best": 1,
        "good_operations_best": NUM_LAYERS - 1,
        "bad_probability": bad,
        "bad_uniform_share": share,
        "entropy": NUM_LAYERS * (1.7 - 0.1 * epoch * learns),
        "relative_entropy": 1 - 0.05 * epoch * learns,
    }


def _timing_row(epoch: int) -> dict:
    phases = {"child training": 3.0 * epoch, "controller training": 2.0 * epoch, "evaluation": 1.0 * epoch}
    return {"epoch": epoch, "minutes": 0.1 * epoch, "seconds_per_phase": phases}
