"""The text of the report, section by section, from the evidence."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from matplotlib.figure import Figure

from enas_tf.assess.plan.strategies import ScheduledStrategy, strategy_named
from enas_tf.assess.report import findings, tables
from enas_tf.assess.report.document import Block, Bullets, Document, Listing, Paragraph, Picture, Section, Warn
from enas_tf.assess.report.plots import (
    plot_best_reward,
    plot_best_so_far,
    plot_error_by_instances,
    plot_over_epochs,
    plot_shared_against_alone,
    to_png,
)
from enas_tf.assess.statistics.budgets import rewarded_by_space
from enas_tf.assess.statistics.evidence import Evidence, random_like
from enas_tf.assess.statistics.records import FAILED
from enas_tf.reporting.progress import format_duration
from enas_tf.strategies.registry import CONTROLLER, RANDOM, RANDOM_SAMPLING

_BATCH = "one validation batch"

_MULTIPLY_ADDS = (
    "Multiply-adds are those of convolutions and matrices. A step of the shared weights counts three times the pass it "
    "takes, for the gradients to maps and weights; one of a relaxed network runs every operation, on two batches, in "
    "two such passes or, of second order, five. What is shown and evaluated on the way counts in seconds alone."
)


def in_short(evidence: Evidence) -> Section:
    """What the numbers support."""
    blocks: list[Block] = [Paragraph(findings.completeness(evidence.records))]
    learners = _learner_names(evidence)
    for warning in (
        findings.seeds_warning(evidence.fewest_seeds, _do(learners, "learn", "learns")),
        findings.budget_warning(evidence.budgets),
    ):
        if warning:
            blocks.append(Warn(warning))
    statements = []
    for strategy in _learners(evidence):
        comparisons = [found for found in evidence.against_random if found.method.scheduled == strategy]
        if comparisons:
            label = strategy.label
            statements.append(f"{label[:1].upper()}{label[1:]} against uniform search: {findings.tally(comparisons)}")
    if evidence.against_clean:
        statements.append(f"Weakened against clean spaces: {findings.tally(evidence.against_clean)}")
    statements += [findings.avoidance_sentence(*item) for item in evidence.avoidance.items()]
    if evidence.correlations:
        statements.append(findings.correlations_tally(list(evidence.correlations.values())))
    return Section("What the numbers support", [*blocks, *_bullets(statements)])


def protocol(evidence: Evidence) -> Section:
    """How runs are compared."""
    config, flags = evidence.experiment.config, evidence.flags
    sentences = [
        f"Every search trains one network with shared weights for {flags['num_epochs']} epochs and samples ten "
        "architectures after each evaluated epoch.",
        *_schedules(evidence),
        *_outcomes(evidence),
        *_accounts(evidence),
        "All choices are made on validation images, the same in every run. Test images never choose.",
        *_selection_cost(evidence),
        "A seed sets initial weights, order of images and all draws; equal seeds pair the runs of two cells. The "
        "Wilcoxon signed-rank test decides, for it assumes no normal distribution, from six pairs on; with fewer it "
        "cannot reach p < 0.05, and the paired t test decides, which assumes normal differences.",
    ]
    if config.standalone_arcs:
        sentences.append(
            f"Up to {config.standalone_arcs} architectures of each run are trained from scratch for "
            f"{config.standalone_epochs} epochs on all training images, validation images included: its best one, then "
            "those of the last epoch as they were drawn, not chosen by accuracy."
        )
    return Section("How runs are compared", [Bullets(sentences)])


def accuracies(evidence: Evidence) -> Section:
    """What each condition reaches."""
    records, conditions = evidence.records, evidence.conditions
    return Section(
        "Accuracy",
        [
            tables.accuracy_table(records, conditions),
            *_pictures(
                {
                    "accuracy_over_epochs": (
                        plot_over_epochs(
                            records, conditions, _percent("valid_accuracy"), "validation accuracy,\nshared weights (%)"
                        ),
                        "Validation accuracy over epochs, a newly sampled architecture for every batch; mean and one "
                        "standard deviation over seeds.",
                    ),
                    "best_so_far": (
                        plot_best_so_far(records, conditions),
                        "The highest validation accuracy so far of the best of ten, against the seconds of the run; a "
                        "line a seed.",
                    ),
                }
            ),
        ],
    )


def against_random(evidence: Evidence) -> Section:
    """Strategies against uniform search."""
    missing = f"The experiment holds no {RANDOM} beside another strategy with a finished run of the same seed."
    baseline = "uniform search in the same space, which searches when the strategy does"
    section = _comparisons("Against random search", evidence.against_random, baseline, missing)
    if not evidence.without_random:
        return section
    alone = _listed([strategy.label for strategy in evidence.without_random])
    names = dict.fromkeys(random_like(strategy).name for strategy in evidence.without_random)
    text = f"Not compared for want of a random search that searches when they do ({', '.join(names)}): {alone}."
    return Section(section.heading, [Paragraph(text), *section.blocks])


def against_clean(evidence: Evidence) -> Section | None:
    """Weakened spaces against the clean one."""
    if not evidence.against_clean:
        return None
    section = _comparisons("What poisoning does", evidence.against_clean, "the clean space, same strategy", "")
    error = plot_error_by_instances(evidence.records, evidence.conditions)
    caption = "Test error of the best architecture with shared weights; mean and one standard deviation over seeds."
    return Section(section.heading, [*section.blocks, *_pictures({"error_by_instances": (error, caption)})])


def policy(evidence: Evidence) -> Section:
    """What is drawn."""
    records, conditions = evidence.records, evidence.conditions
    learners = _with_policy(evidence) or _learners(evidence) or [strategy_named(CONTROLLER)]
    names = [strategy.learner for strategy in learners]
    who, who_draw = _listed(names), _do(names, "draw", "draws")
    learning = [condition for condition in conditions if condition.scheduled in learners]
    poisoned = {record.condition.poison for record in records if record.results.get("num_poisoned")}
    weakened = [condition for condition in learning if condition.poison in poisoned]
    share = plot_over_epochs(
        records,
        weakened,
        _percent("bad_probability"),
        "probability of poison,\na draw (%)",
        _percent("bad_uniform_share"),
    )
    entropy = plot_over_epochs(
        records,
        learning,
        _percent("relative_entropy"),
        "entropy of operations\n(% of its maximum)",
    )
    return Section(
        f"What {who_draw}",
        [
            tables.policy_table(records, conditions),
            *_pictures(
                {
                    "poison_over_epochs": (
                        share,
                        f"Probability that an operation {who_draw} is a poisoned one, against its share in uniform "
                        "draws; mean and one standard deviation over seeds.",
                    ),
                    "entropy": (
                        entropy,
                        f"Entropy of {who}'s distribution of operations, relative to uniform draws; mean and one "
                        "standard deviation over seeds.",
                    ),
                }
            ),
        ],
    )


def ranks(evidence: Evidence) -> Section | None:
    """Shared weights against training from scratch."""
    if not evidence.correlations:
        return None
    scatter = plot_shared_against_alone(evidence.records, evidence.conditions)
    return Section(
        "Do shared weights rank architectures?",
        [
            tables.correlation_table(evidence.correlations),
            *_pictures(
                {
                    "shared_against_alone": (
                        scatter,
                        "Each point is an architecture, measured with shared weights and after training from scratch.",
                    )
                }
            ),
        ],
    )


def cost(evidence: Evidence) -> Section:
    """What it took."""
    seconds = sum(record.metrics().get("seconds", 0.0) for record in evidence.records)
    text = f"The searches took {format_duration(seconds)} (h:mm:ss) in all, stand-alone trainings not counted."
    blocks: list[Block] = [Paragraph(text)]
    if warning := findings.budget_warning(evidence.budgets):
        blocks.append(Warn(warning))
    if sentence := findings.budget_sentence(evidence.budgets):
        blocks.append(Paragraph(sentence))
    costs = tables.cost_table(evidence.records, evidence.conditions)
    caption = (
        "The highest reward of a candidate so far against the multiply-adds that candidates had taken; a line a seed. "
        "Rewards of searches that search at different times are measured on different images."
    )
    pictures = _pictures({"best_reward": (plot_best_reward(evidence.records, evidence.conditions), caption)})
    budgets: list[Block] = [tables.budget_table(evidence.budgets), Paragraph(_MULTIPLY_ADDS), *pictures]
    return Section("Cost", [*blocks, *budgets, costs])


def runs(evidence: Evidence) -> Section:
    """Every run, and what went wrong."""
    blocks: list[Block] = [tables.run_table(evidence.records)]
    for record in evidence.records:
        if record.state == FAILED and record.failure is not None:
            blocks.append(Paragraph(f"{record.name} failed with exit code {record.failure['exit_code']}:"))
            blocks.append(Listing(record.failure["last_lines"]))
    return Section("Runs", blocks)


def published(evidence: Evidence) -> Section | None:
    """Published results, where they are of the same images."""
    if evidence.flags.get("data_path") or evidence.flags.get("dataset") != "cifar10":
        return None
    return Section("Published results", [tables.published_table()])


def circumstances(evidence: Evidence) -> Section:
    """Versions, hardware, flags."""
    config = evidence.experiment.config
    blocks: list[Block] = [tables.session_table(evidence.sessions)] if evidence.sessions else []
    blocks += [Paragraph(f"With {text}.") for text in dict.fromkeys(map(_versions, evidence.sessions))]
    own = ("strategies", "poisons", "seeds", "standalone_arcs", "standalone_epochs")
    listed = {name: getattr(config, name) for name in own}
    texts = {name: ",".join(map(str, value)) if isinstance(value, tuple) else value for name, value in listed.items()}
    lines = [*(f"--{name}={text}" for name, text in texts.items()), *evidence.experiment.search_flags]
    return Section("Versions, hardware and flags", [*blocks, Listing(lines)])


# In the order of the report.
_SECTIONS = (
    in_short,
    protocol,
    accuracies,
    against_random,
    against_clean,
    policy,
    ranks,
    cost,
    published,
    runs,
    circumstances,
)


def make_document(evidence: Evidence) -> Document:
    """Makes the report's text, tables and plots."""
    flags = evidence.flags
    images = flags.get("data_path") or flags["dataset"]
    learners = _learner_names(evidence)
    made = [make(evidence) for make in _SECTIONS]
    return Document(
        title=f"{'Does' if len(learners) == 1 else 'Do'} {_listed(learners)} learn?",
        subtitle=f"Architecture search ({flags['search_for']} space) on {images}: "
        f"{len(evidence.experiment.config.strategies)} strategies, {len(evidence.experiment.config.poisons)} search "
        f"spaces, {len(evidence.experiment.config.seeds)} seeds.",
        sections=[section for section in made if section],
    )


def _strategies(evidence: Evidence) -> list[ScheduledStrategy]:
    """The strategies of the experiment, in the order of the flag."""
    return [strategy_named(name) for name in evidence.experiment.config.strategies]


def _learners(evidence: Evidence) -> list[ScheduledStrategy]:
    """The strategies of the experiment that learn."""
    return [strategy for strategy in _strategies(evidence) if strategy.kind.learner]


def _learner_names(evidence: Evidence) -> list[str]:
    """What sentences call those that learn; the controller, after which the question is asked, where none does."""
    return [strategy.learner for strategy in _learners(evidence) or [strategy_named(CONTROLLER)]]


def _with_policy(evidence: Evidence) -> list[ScheduledStrategy]:
    """The strategies of the experiment that learn and tell how they draw."""
    telling = {record.condition.scheduled for record in evidence.records if "relative_entropy" in record.metrics()}
    return [strategy for strategy in _learners(evidence) if strategy in telling]


def _schedules(evidence: Evidence) -> list[str]:
    """When candidates are rewarded, and on what; nothing of an experiment that did not grant the same to all."""
    if "num_candidates" not in evidence.flags:
        return []
    having = [strategy for strategy in _strategies(evidence) if strategy.kind.compares]
    jointly, afterwards = ([s.label for s in having if s.searches_after == after] for after in (False, True))
    images, sentences = evidence.flags.get("reward_images"), []
    if jointly:
        on = f"the same {images} validation images" if images else f"{_BATCH} each"
        who = _do(jointly, "search", "searches")
        sentences.append(f"{who} jointly: candidates are rewarded after each evaluated epoch, on {on}.")
    if afterwards:
        on = f"the same {images}" if images else "all"
        sentences.append(
            f"{_do(afterwards, 'search', 'searches')} afterwards: uniform draws train the shared weights for all "
            f"epochs, then these stand still, and candidates are rewarded on {on} validation images."
        )
    return sentences


def _outcomes(evidence: Evidence) -> list[str]:
    """How outcomes are chosen."""
    comparing = [strategy.label for strategy in _strategies(evidence) if strategy.kind.compares]
    if not comparing:
        return []
    drawn, measured_again = (evidence.flags.get(f"{name}_candidates") for name in ("guided_random", "outcome"))
    if drawn not in (None, "0"):
        rule = f"{drawn} architectures after the search, and the outcome is the best of them on all validation images."
        return [f"{_do(comparing, 'draw', 'draws')} {rule}"]
    if measured_again is None:
        rule = f"the one with the highest accuracy on {_BATCH}: equal numbers of steps and of architectures sampled."
        return [f"{_do(comparing, 'keep', 'keeps')} {rule}"]
    return [
        f"{_do(comparing, 'measure', 'measures')} the {measured_again} candidates that had the highest rewards again, "
        "with the final weights on all validation images, and the outcome is the best of these: equal numbers of steps,"
        " of candidates, and of those measured again."
    ]


def _accounts(evidence: Evidence) -> list[str]:
    """What strategies do beside, as they say themselves; random ones in any case, as others are judged beside them."""
    by_account: dict[str, list[str]] = {}
    kinds = dict.fromkeys([*map(strategy_named, (RANDOM, RANDOM_SAMPLING)), *_strategies(evidence)])
    for kind in dict.fromkeys(strategy.kind for strategy in kinds):
        if kind.account:
            by_account.setdefault(kind.account, []).append(kind.label)
    return [
        "; ".join(
            f"{labels[0] if len(labels) == 1 else f'each of {_listed(labels)}'} {account}"
            for account, labels in by_account.items()
        )
        + "."
    ]


def _do(names: Sequence[str], several: str, one: str) -> str:
    """Some names and what they do, a verb in its two forms."""
    return f"{_listed(names)} {one if len(names) == 1 else several}"


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _comparisons(heading: str, comparisons: Sequence, baseline: str, missing: str) -> Section:
    if not comparisons:
        return Section(heading, [Paragraph(missing)])
    primary = comparisons[-1].metric  # trained from scratch where that was done
    of_learners = [
        comparison
        for comparison in comparisons
        if comparison.metric == primary and comparison.method.scheduled.kind.learner
    ]
    sentences = [findings.comparison_sentence(comparison) for comparison in of_learners]
    return Section(heading, [*_bullets(sentences), tables.comparison_table(comparisons, baseline)])


def _selection_cost(evidence: Evidence) -> list[str]:
    """What the controller's updates cost beside the architectures that all strategies sample."""
    rewarded = [numbers for numbers in rewarded_by_space(evidence.budgets).values() if numbers.get(CONTROLLER)]
    if not rewarded or rewarded[0].get(RANDOM) == rewarded[0][CONTROLLER]:
        return []
    return [
        f"Selection cost: for its updates the controller evaluates {rewarded[0][CONTROLLER]:.0f} architectures a run "
        f"on {_BATCH} each, on top of those sampled. They are counted in its seconds (see Cost) and not granted to "
        "random search."
    ]


def _percent(name: str) -> Callable[[dict], float | None]:
    """The quantity of that name of a row of an epoch, in percent."""
    return lambda row: None if row.get(name) is None else 100 * row[name]


def _bullets(sentences: Sequence[str]) -> list[Block]:
    return [Bullets(sentences)] if sentences else []


def _pictures(figures: Mapping[str, tuple[Figure | None, str]]) -> Iterable[Picture]:
    return [Picture(name, caption, to_png(figure)) for name, (figure, caption) in figures.items() if figure]


def _versions(session: dict) -> str:
    return ", ".join(f"{name} {version}" for name, version in session["versions"].items())
