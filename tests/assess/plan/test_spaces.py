"""Names of search spaces: which flags and directories they stand for, and which are refused."""

import pytest

from enas_tf.assess.plan.runs import plan_runs
from enas_tf.assess.plan.settings import AssessConfig
from enas_tf.assess.plan.spaces import directory_name, parse_poisons, poison_flags
from enas_tf.errors import InputError


@pytest.mark.parametrize(
    ("poison", "removed", "added", "operations"),
    [
        ("clean", "", "", ""),
        ("P3_006_100", "", "P3_006_100", ""),
        ("removal_2", "removal_2", "", ""),
        ("removal_2+P3_006_100", "removal_2", "P3_006_100", ""),
        ("identity:3", "", "", "identity:3"),
        ("identity:3+dropout(rate=1.0):6", "", "", "identity:3,dropout(rate=1.0):6"),
        ("dropout(rate=0.9):6+removal_2+P1_006", "removal_2", "P1_006", "dropout(rate=0.9):6"),
    ],
)
def test_a_name_becomes_flags_of_a_search(poison, removed, added, operations):
    assert poison_flags(poison) == {"remove_ops": removed, "poison": added, "poison_ops": operations}


@pytest.mark.parametrize(
    "poison", ["clean+P1_006", "clean+identity:3", "P1_006+P2_006", "removal_1+removal_2", "P1_006+identity:3+"]
)
def test_poisons_that_do_not_join_are_refused(poison):
    with pytest.raises(InputError, match="one of each joined by"):
        poison_flags(poison)


def test_names_are_read_in_canonical_form():
    text = (
        "clean, removal_2 + dropout( rate=1 ):6 , gaussian_noise(stddev=1e+1):2+identity: 3,P3_6_100,removal_1+P5_0012"
    )
    names = (
        *("clean", "removal_2+dropout(rate=1.0):6", "gaussian_noise(stddev=10.0):2+identity:3"),
        *("P3_006_100", "removal_1+P5_012"),
    )
    assert parse_poisons(text) == names
    assert parse_poisons(",".join(names)) == names


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("P0", "--poisons: expected `clean` among --poisons"),
        ("P0_000", "--poisons: expected `clean` among --poisons"),
        ("P3_036_100_cifar100", "--poisons: expected P3_036_100, and the data set by --dataset=cifar100, received"),
        ("P1_", "--poisons: expected P<set>_<instances> or"),
        ("removal_9", "--poisons: expected one of removal_1, "),
    ],
)
def test_what_is_not_published_is_refused_by_the_flag_that_named_it(name, said):
    with pytest.raises(InputError, match=said):
        poison_flags(name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dropout(rate=2):3", "a rate from 0 to 1"),
        ("dropout(rate=0.9)", "operation:instances"),
        ("dropout:3", r"dropout\(rate=…\)"),
        ("identity:0", "a positive integer"),
        ("conv_3x3:2", "operations out of identity, "),
        ("clean,identity:2+stretched_conv(dilation=x):3", "a dilation of at least 1"),
        ("dropout(rate=0.9:3,clean", "operation:instances"),
    ],
)
def test_a_wrong_operation_is_refused(text, said):
    with pytest.raises(InputError, match=said) as error:
        parse_poisons(text)
    assert str(error.value).startswith("--poisons")


@pytest.mark.parametrize(
    ("poison", "name"),
    [
        ("removal_2+P3_006_100", "removal_2+P3_006_100"),
        ("dropout(rate=1.0):6", "dropout_rate1.0_x6"),
        ("P1_006+identity:3+gaussian_noise(stddev=10.0):2", "P1_006+identity_x3+gaussian_noise_stddev10.0_x2"),
    ],
)
def test_directories_are_named_without_signs_of_a_shell(poison, name):
    assert directory_name(poison) == name
    runs = plan_runs(AssessConfig(poisons=(poison,), seeds=(3,)))
    assert [run.name for run in runs] == [f"controller-{name}-seed3", f"random-{name}-seed3"]


def test_long_names_are_cut_and_still_differ():
    long = "+".join(f"gaussian_noise(stddev={k}.0):{k}" for k in range(1, 12))
    names = {directory_name(long), directory_name(f"{long}+identity:1")}
    assert len(names) == 2
    assert all(len(name) == 150 and name.startswith("gaussian_noise_stddev1.0_x1+") for name in names)
