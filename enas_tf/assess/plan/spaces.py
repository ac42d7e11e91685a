"""The search spaces of an experiment, as `--poisons` names them."""

from enas_tf.errors import InputError

CLEAN = "clean"

_REMOVAL_PREFIX = "removal_"


def poison_flags(poison: str) -> dict[str, str]:
    """The flags `remove_ops` and `poison` that an entry of `--poisons` stands for.

    Raises:
      InputError: If it joins two of a kind, or `clean` with anything.
    """
    parts = [] if poison == CLEAN else poison.split("+")
    removals = [part for part in parts if part.startswith(_REMOVAL_PREFIX)]
    additions = [part for part in parts if not part.startswith(_REMOVAL_PREFIX)]
    if CLEAN in parts or len(removals) > 1 or len(additions) > 1:
        raise InputError("--poisons", f"{CLEAN}, a poison, a removal, or one of each joined by +", poison)
    return {"remove_ops": "".join(removals), "poison": "".join(additions)}
