"""Says in words what the integers of an architecture mean."""

import functools
from collections.abc import Mapping, Sequence

from enas_tf.search_space import CELL_NAMES, NUM_CELL_INPUTS, Block, Cell, MacroSpace, MicroSpace, SearchSpace

_CELL_INPUTS = tuple(f"input {k}" for k in range(NUM_CELL_INPUTS))


@functools.singledispatch
def describe_arc(space: SearchSpace, arc: Sequence[int]) -> dict:
    """Takes an architecture apart.

    Args:
      space: The search space, poisoned or not.
      arc: One of its architectures.

    Returns:
      What each group of integers means, as JSON would hold it: `space`, and `layers` and `halved_after` (macro) or
      `cells` (micro).

    Raises:
      TypeError: If nothing is known to describe architectures of such a space.
    """
    raise TypeError(f"expected a space with a description, received a {type(space).__name__}")


def arc_words(described: Mapping) -> list[str]:
    """Writes what `describe_arc` returns as lines for people."""
    return {"macro": _macro_words, "micro": _micro_words}[described["space"]](described)


@describe_arc.register
def _describe_macro(space: MacroSpace, arc: Sequence[int]) -> dict:
    entries = ["stem", *(f"layer {i}" for i in range(space.num_layers))]  # the network's list of outputs
    layers = [
        {
            "layer": i,
            "integers": integers,
            "operation": space.operations[layer.operation],
            "input": entries[i],
            "skips": [entries[source] for source in layer.sources],
        }
        for i, (integers, layer) in enumerate(zip(space.format_layers(arc), space.layers(arc), strict=True))
    ]
    return {"space": "macro", "layers": layers, "halved_after": [entries[i + 1] for i in space.pool_layers]}


def _macro_words(described: Mapping) -> list[str]:
    rows = [
        (
            f"layer {layer['layer']}",
            layer["integers"],
            f"{layer['operation']} of {layer['input']}"
            + (f", skips from {', '.join(layer['skips'])}" if layer["skips"] else ""),
        )
        for layer in described["layers"]
    ]
    halved = " and ".join(described["halved_after"])
    return [
        f"Macro architecture of {len(rows)} layers. Each line: [operation, then a bit for each earlier output but "
        "the layer's input: stem, layer 0, …], and what that means.",
        *_table(rows),
        *([f"Maps are halved in height and width after {halved}."] if halved else []),
    ]


@describe_arc.register
def _describe_micro(space: MicroSpace, arc: Sequence[int]) -> dict:
    cells = zip(CELL_NAMES, space.cells(arc), strict=True)
    return {"space": "micro", "cells": {name: _describe_cell(space, cell) for name, cell in cells}}


def _describe_cell(space: MicroSpace, cell: Cell) -> dict:
    entries = [*_CELL_INPUTS, *(f"block {b}" for b in range(len(cell.blocks)))]

    def side(index: int, operation: int) -> dict:
        return {"operation": space.operations[operation], "input": entries[index]}

    def described(b: int, block: Block) -> dict:
        integers = (block.index_1, block.operation_1, block.index_2, block.operation_2)
        summands = [side(*integers[:2]), side(*integers[2:])]
        return {"block": b, "entry": NUM_CELL_INPUTS + b, "integers": f"[{space.format(integers)}]", "adds": summands}

    blocks = [described(b, block) for b, block in enumerate(cell.blocks)]
    return {"blocks": blocks, "output": [entries[entry] for entry in cell.unused]}


def _micro_words(described: Mapping) -> list[str]:
    lines = [
        "Micro architecture: two cells. Each line: [input, operation, input, operation], and what that means. Input 0 "
        "is the output of the cell before last, 1 that of the cell before, b + 2 is block b.",
    ]
    for name, cell in described["cells"].items():
        rows = [(f"block {block['block']}", block["integers"], _sum_words(block["adds"])) for block in cell["blocks"]]
        output = ", ".join(cell["output"])
        lines += [
            "",
            f"{name} cell",
            *_table(rows),
            f"Output: {output}{', joined' if len(cell['output']) > 1 else ''}.",
        ]
    return lines


def _sum_words(summands: Sequence[Mapping[str, str]]) -> str:
    return " + ".join(f"{summand['operation']} of {summand['input']}" for summand in summands)


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Sets rows out in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
