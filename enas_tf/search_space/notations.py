"""How architectures are written: in integers as here and in the original, as a genotype of DARTS, as a sample of NNI.

References: DARTS (Liu et al., 2019), its `Genotype`; NNI 3.0, the samples of its cell spaces, whose class `ENAS` has
the operations of the micro space.
"""

import ast
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from enas_tf.errors import InputError
from enas_tf.search_space.micro import NUM_CELL_INPUTS, Cell, MicroSpace
from enas_tf.search_space.space import Arc, SearchSpace

# Operations of the micro space by the names that DARTS and NNI share for them.
_FOREIGN_NAMES = {
    "separable_conv_3x3": "sep_conv_3x3",
    "separable_conv_5x5": "sep_conv_5x5",
    "average_pooling": "avg_pool_3x3",
    "max_pooling": "max_pool_3x3",
    "identity": "skip_connect",
}
_OWN_NAMES = {foreign: own for own, foreign in _FOREIGN_NAMES.items()}
# By number, as NNI's class `ENAS` lists them: not the order of this package.
_NNI_NUMBERS = ("skip_connect", "sep_conv_3x3", "sep_conv_5x5", "avg_pool_3x3", "max_pool_3x3")
_CELLS = ("normal", "reduce")  # as both call them
_BLOCKS_OF_DARTS = 4

# What stands around architectures in a log: their accuracy, and the rule below each of them.
_ACCURACY = re.compile(r"val_acc\s*=\s*\S+(?:\s+reward=\S+\s+cost=\S+)?")
_RULE = re.compile(r"-{3,}")
_PUNCTUATION = re.compile(r"[\[\](),;]")
_GENOTYPE = re.compile(r"Genotype\s*\(.*\)", re.DOTALL)


class Summand(NamedTuple):
    """One side of a block: an operation on an entry of the cell's list.

    Attributes:
      operation: Its name in this package.
      entry: As in `Block`.
    """

    operation: str
    entry: int


def is_of_cells(text: str) -> bool:
    """Whether a text is in a notation that only two cells can be written in."""
    return bool(_GENOTYPE.search(text)) or text.lstrip().startswith("{")


def to_integers(text: str, operations: Sequence[str], what: str = "arc") -> str:
    """Reads an architecture in any notation.

    Args:
      text: Integers, with or without the brackets, commas and accuracies of a log; a DARTS genotype; an NNI sample.
      operations: Names of the space's operations, by their index.
      what: Flag or file to name in an error.

    Returns:
      The integers with blanks between them, for `SearchSpace.parse` to check.

    Raises:
      InputError: If it is in none of the notations, or names an operation that the space does not have.
    """
    genotype = _GENOTYPE.search(text)
    if genotype:
        cells = _read_genotype(genotype.group(), what)
    elif text.lstrip().startswith("{"):
        cells = _read_sample(text, what)
    else:
        return _read_integers(text, what)
    names = [summand.operation for cell in cells for summand in cell]
    unknown = [name for name in dict.fromkeys(names) if name not in operations]
    if unknown:
        raise InputError(what, f"operations of the space ({', '.join(operations)})", ", ".join(unknown))
    summands = (summand for cell in cells for summand in cell)
    return " ".join(f"{summand.entry} {operations.index(summand.operation)}" for summand in summands)


def parse_arc(space: SearchSpace, text: str, what: str = "arc") -> Arc:
    """Reads an architecture of a space in any notation (arguments and errors as `to_integers`, `SearchSpace.parse`)."""
    return space.parse(to_integers(text, space.operations, what), what)


def write_arc(space: SearchSpace, arc: Arc, notation: str, what: str = "notation") -> str:
    """Writes an architecture.

    Args:
      space: What it means.
      arc: The architecture.
      notation: A key of `NOTATIONS`.
      what: Flag to name in an error.

    Raises:
      InputError: If the notation cannot say it.
    """
    return NOTATIONS[notation](space, arc, what)


def _text(space: SearchSpace, arc: Arc, what: str) -> str:
    return space.format(arc)


def _genotype(space: SearchSpace, arc: Arc, what: str) -> str:
    fields = []
    for name, cell in zip(_CELLS, _foreign_cells(space, arc, what), strict=True):
        if len(cell.blocks) != _BLOCKS_OF_DARTS:
            raise InputError(what, f"cells of {_BLOCKS_OF_DARTS} blocks, as DARTS has", f"{len(cell.blocks)} blocks")
        for number, block in enumerate(cell.blocks):
            if block.index_1 == block.index_2:
                twice = f"{block.index_1} twice in block {number} of the {name} cell"
                raise InputError(what, "two different inputs in each block, as DARTS has", twice)
        pairs = [(_FOREIGN_NAMES[summand.operation], summand.entry) for summand in _summands(space.operations, cell)]
        fields += [f"{name}={pairs}", f"{name}_concat={list(cell.unused)}"]
    return f"Genotype({', '.join(fields)})"


def _sample(space: SearchSpace, arc: Arc, what: str) -> str:
    sample: dict[str, Any] = {}
    for name, cell in zip(_CELLS, _foreign_cells(space, arc, what), strict=True):
        for number, summand in enumerate(_summands(space.operations, cell)):
            block, side = divmod(number, 2)
            place = f"{NUM_CELL_INPUTS + block}_{side}"
            sample[f"{name}/op_{place}"] = _FOREIGN_NAMES[summand.operation]
            sample[f"{name}/input_{place}"] = [summand.entry]
    return json.dumps(sample)


# By its name how each notation is written.
NOTATIONS: dict[str, Callable[[SearchSpace, Arc, str], str]] = {"text": _text, "darts": _genotype, "nni": _sample}


def _foreign_cells(space: SearchSpace, arc: Arc, what: str) -> Sequence[Cell]:
    """The cells of an architecture, once it is sure that others can say them at all."""
    if not isinstance(space, MicroSpace):
        raise InputError(what, "an architecture of two cells, as the micro space has", "one of whole networks")
    cells = space.cells(arc)
    for which, cell in zip(_CELLS, cells, strict=True):
        names = [summand.operation for summand in _summands(space.operations, cell)]
        nameless = [name for name in names if name not in _FOREIGN_NAMES]
        if nameless:
            raise InputError(what, f"operations that it has names for ({', '.join(_FOREIGN_NAMES)})", nameless[0])
        unused = [entry for entry in cell.unused if entry < NUM_CELL_INPUTS]
        if unused:  # here it is part of the cell's output, which others join of blocks alone
            received = f"input {unused[0]} of the {which} cell, which goes to its output untouched"
            raise InputError(what, "cells both of whose inputs some block takes", received)
    return cells


def _summands(operations: Sequence[str], cell: Cell) -> Iterable[Summand]:
    for block in cell.blocks:
        yield Summand(operations[block.operation_1], block.index_1)
        yield Summand(operations[block.operation_2], block.index_2)


def _read_integers(text: str, what: str) -> str:
    accuracies = _ACCURACY.findall(text)
    if len(accuracies) > 1:
        raise InputError(what, "one architecture", f"{len(accuracies)}, each with its val_acc")
    words = _PUNCTUATION.sub(" ", _RULE.sub(" ", _ACCURACY.sub(" ", text))).split()
    for word in words:
        try:
            int(word)
        except ValueError:
            raise InputError(what, "integers separated by blanks", repr(word)) from None
    return " ".join(words)


def _read_genotype(text: str, what: str) -> list[list[Summand]]:
    form = "Genotype(normal=[('operation', input), …], normal_concat=…, reduce=…, reduce_concat=…)"
    try:
        call = ast.parse(text, mode="eval").body
        keywords = {keyword.arg: _literal(keyword.value) for keyword in call.keywords}  # type: ignore[attr-defined]
        named = [[(str(name), int(entry)) for name, entry in keywords[cell]] for cell in _CELLS]
        joined = [[int(entry) for entry in keywords[f"{cell}_concat"]] for cell in _CELLS]
    except (AttributeError, KeyError, SyntaxError, TypeError, ValueError):
        raise InputError(what, form, text if len(text) <= len(form) else f"{text[: len(form)]}…") from None
    cells = [[Summand(_own_name(name, what), entry) for name, entry in cell] for cell in named]
    for name, cell, entries in zip(_CELLS, cells, joined, strict=True):
        _require_loose_ends(name, cell, entries, what)
    return cells


def _require_loose_ends(name: str, cell: Sequence[Summand], joined: Sequence[int], what: str) -> None:
    """Refuses a cell that joins other entries than an ENAS cell does: those that no block takes."""
    entries = range(NUM_CELL_INPUTS + len(cell) // 2)
    loose = sorted(set(entries) - {summand.entry for summand in cell})
    if sorted(joined) != loose:
        raise InputError(f"{what}, {name}_concat", f"{loose}, the entries that no block takes", list(joined))


def _literal(node: ast.expr) -> Any:
    """The value of an expression of literals, or of a `range` of them."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        return range(*map(ast.literal_eval, node.args))
    return ast.literal_eval(node)


def _read_sample(text: str, what: str) -> list[list[Summand]]:
    try:
        sample = ast.literal_eval(text.strip())
    except (SyntaxError, TypeError, ValueError):
        sample = None
    if isinstance(sample, dict):
        return [_read_sampled_cell(sample, cell, what) for cell in _CELLS]
    num_rows = sum(map(_is_row, text.splitlines()))
    if num_rows > 1:
        raise InputError(what, "one architecture", f"several architectures: {num_rows} lines of JSON with `arc`")
    sampled = "{'normal/op_2_0': 'operation', 'normal/input_2_0': [entry], …, 'reduce/op_2_0': …}"
    expected = f"JSON of best_arc.json or results.json, or an NNI sample, {sampled}"
    raise InputError(what, expected, "something that cannot be read as such")


def _is_row(line: str) -> bool:
    """Whether a line is JSON of one of several architectures, as in a run's `arcs.jsonl`."""
    try:
        return "arc" in json.loads(line)
    except (TypeError, ValueError):
        return False


def _read_sampled_cell(sample: Mapping[str, Any], cell: str, what: str) -> list[Summand]:
    summands: list[Summand] = []
    while True:
        block, side = divmod(len(summands), 2)
        place = f"{NUM_CELL_INPUTS + block}_{side}"
        operation, entry = (sample.get(f"{cell}/{kind}_{place}") for kind in ("op", "input"))
        if operation is None and summands and not side:
            return summands
        if isinstance(entry, list) and len(entry) == 1:  # NNI 3.0 writes [1], 2.x wrote 1
            entry = entry[0]
        if operation is None or not isinstance(entry, int):
            expected = f"{cell}/op_{place} with an operation and {cell}/input_{place} with one entry"
            raise InputError(what, expected, f"{operation} and {entry}")
        summands.append(Summand(_own_name(_numbered(operation), what), entry))


def _numbered(operation: Any) -> str:
    """The name of an operation that may be given by its number in NNI's class `ENAS`."""
    numbers = {str(number): name for number, name in enumerate(_NNI_NUMBERS)}
    return numbers.get(str(operation), str(operation))


def _own_name(foreign: str, what: str) -> str:
    if foreign not in _OWN_NAMES:
        raise InputError(what, f"operations that the micro space has ({', '.join(_OWN_NAMES)})", repr(foreign))
    return _OWN_NAMES[foreign]
