"""Which operations a space can offer, by their names alone: what they compute is known to `enas_tf.layers`."""

from collections.abc import Sequence

from enas_tf.errors import InputError
from enas_tf.extensions import OPERATIONS, added_names
from enas_tf.search_space.macro import MACRO_OPERATIONS
from enas_tf.search_space.micro import MICRO_OPERATIONS
from enas_tf.search_space.operation import OPERATION_PARAMETERS, parse_operation

_FLAG = "--operations"
_EFFECTLESS = ("identity", *OPERATION_PARAMETERS)
# By kind of space what is on offer there by default, in the order of the indices.
PUBLISHED: dict[str, tuple[str, ...]] = {
    "macro": MACRO_OPERATIONS,
    "channels": MACRO_OPERATIONS,
    "micro": MICRO_OPERATIONS,
}


def known_operations(kind: str) -> tuple[str, ...]:
    """Lists the operations, without parameters, that a space can offer: published ones, poisons, those of others.

    Where layers take ranges of channels these are the published ones alone: only their layers can leave the statistics
    of channels alone that are not taken.

    Args:
      kind: Of the space, a key of `PUBLISHED`.

    Raises:
      InputError: If another package gives an operation a name that is taken, in whichever space.
    """
    own = {name: tuple(dict.fromkeys((*published, *_EFFECTLESS))) for name, published in PUBLISHED.items()}
    added = added_names(OPERATIONS, {operation for names in own.values() for operation in names})
    return PUBLISHED[kind] if kind == "channels" else (*own[kind], *added)


def offered_operations(kind: str, names: Sequence[str]) -> tuple[str, ...]:
    """Checks what a space is to offer.

    Args:
      kind: Of the space.
      names: Of the operations, by their index to be.

    Returns:
      Their canonical names.

    Raises:
      InputError: If there is none, one is unknown, or one stands there twice.
    """
    known = known_operations(kind)
    operations = [parse_operation(name, _FLAG) for name in names]
    unknown = [operation.kind for operation in operations if operation.kind not in known]
    if unknown or not operations:
        space = "spaces of ranges of channels" if kind == "channels" else f"the {kind} space"
        received = ", ".join(unknown) or "none"
        raise InputError(_FLAG, f"operations that {space} can offer ({', '.join(known)})", received)
    offered = tuple(map(str, operations))
    repeated = [name for name in dict.fromkeys(offered) if offered.count(name) > 1]
    if repeated:
        raise InputError(_FLAG, "each operation once", f"{', '.join(repeated)} more than once")
    return offered
