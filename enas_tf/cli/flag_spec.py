"""One flag as a declaration: a name, a kind of value and a sentence of help."""

import dataclasses
from typing import Any

from absl import flags

from enas_tf.cli.kinds import BOOLEAN, Kind


@dataclasses.dataclass(frozen=True)
class FlagSpec:
    """The declaration of a flag.

    Attributes:
      name: Name without dashes.
      kind: What its value may be.
      help: A sentence on its meaning, with units.
      default: Value of a flag that sets no field of a config; the others take their field's default.
      required: Whether it must be given; it then has no default.
      sets: The config field it sets, where that does not follow from its name.
    """

    name: str
    kind: Kind
    help: str
    default: Any = None
    required: bool = False
    sets: str | None = None

    @property
    def field(self) -> str:
        """The config field the flag sets, by the naming rule of `enas_tf.config` where `sets` does not say it."""
        if self.sets is not None:
            return self.sets
        return self.name.removeprefix("child_").removeprefix("controller_").lower()

    def define(self, values: flags.FlagValues, group: str, default: Any) -> None:
        """Registers the flag.

        Args:
          values: Where.
          group: The heading it stands under in `--help`.
          default: Its value where it is not given.
        """
        default = None if self.required else default
        is_boolean = self.kind is BOOLEAN  # absl then offers `--no<name>` as well
        flag = flags.Flag(self.kind, self.kind, self.name, default, self.help, boolean=is_boolean)
        flags.DEFINE_flag(flag, values, module_name=group)

    def value(self, values: flags.FlagValues) -> Any:
        """Returns the flag's value.

        Raises:
          flags.IllegalFlagValueError: If it is required and was not given.
        """
        value = values[self.name].value
        if value is None and self.required:
            raise flags.IllegalFlagValueError(f"flag --{self.name}: expected {self.kind.expected}, received nothing")
        return value
