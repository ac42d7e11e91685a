"""Rules of the house, held over the syntax tree of the whole library (BUILD.md has the table of ranks)."""

import ast
import pathlib

import pytest

LIBRARY = pathlib.Path(__file__).parents[1] / "enas_tf"

# A module imports from rooms of a lower rank, from its own room, and from its neighbours where NEIGHBOURLY says so.
RANKS = {
    "config": 0,
    "search_space": 0,
    "errors": 0,
    "extensions": 0,
    "seeds": 0,
    "poisoning": 1,
    "data": 1,
    "layers": 1,
    "models": 2,
    "training": 3,
    "reporting": 3,
    "strategies": 4,
    "rewards": 4,
    "search": 5,
    "serving": 6,
    "assess": 6,
    "benchmark": 6,
    "original": 6,
    "cli": 7,
}
# Plain data uses the errors beside it.
NEIGHBOURLY = {0}

WITHOUT_TENSORFLOW = ("config", "search_space", "errors", "extensions", "seeds", "poisoning")

MODULES = sorted(LIBRARY.rglob("*.py"))
each_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(LIBRARY).as_posix())


def _room(path: pathlib.Path) -> str:
    """The module or package of the library's top level that a file belongs to; "" for the library's own __init__."""
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py").replace("__init__", "")


def _tree(path: pathlib.Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def _imports(path: pathlib.Path) -> set[str]:
    """Full dotted names of everything a file imports, at any depth of its code."""
    names = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(LIBRARY.parent).parts[: -node.level] if node.level else ()
            base = ".".join([*package, *([node.module] if node.module else [])])
            names |= {f"{base}.{alias.name}" for alias in node.names}
    return names


def _rooms_imported(path: pathlib.Path) -> set[str]:
    return {name.split(".")[1] for name in _imports(path) if name.startswith("enas_tf.")} & set(RANKS)


def _may_import(room: str, other: str) -> bool:
    rank, other_rank = RANKS[room], RANKS[other]
    return room == other or other_rank < rank or (other_rank == rank and rank in NEIGHBOURLY)


def _undocumented(node: ast.AST, prefix: str) -> list[str]:
    """Public classes, functions and methods below a node that have no docstring."""
    definitions = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    names = []
    for child in getattr(node, "body", []):
        if not isinstance(child, definitions) or child.name.startswith("_"):
            continue
        name = f"{prefix}{child.name}"
        if ast.get_docstring(child) is None:
            names.append(name)
        if isinstance(child, ast.ClassDef):
            names += _undocumented(child, f"{name}.")
    return names


@each_module
def test_a_room_imports_only_what_lies_below_it(path):
    room = _room(path)
    if not room:
        assert not _rooms_imported(path)
        return
    assert room in RANKS, f"{room} has no rank: add it here and to BUILD.md's table"
    assert [other for other in sorted(_rooms_imported(path)) if not _may_import(room, other)] == []


@each_module
def test_only_the_command_line_knows_flags(path):
    if _room(path) != "cli":
        assert [name for name in _imports(path) if name.split(".")[0] == "absl" and "flags" in name.split(".")] == []


@each_module
def test_plain_data_knows_no_tensorflow(path):
    if _room(path) in WITHOUT_TENSORFLOW:
        assert [name for name in _imports(path) if name.split(".")[0] in ("tensorflow", "keras")] == []


@each_module
def test_no_assert_and_no_print(path):
    nodes = list(ast.walk(_tree(path)))
    assert [node.lineno for node in nodes if isinstance(node, ast.Assert)] == []
    calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    assert [call.lineno for call in calls if call.func.id == "print"] == []


@each_module
def test_everything_public_is_documented(path):
    tree = _tree(path)
    # An empty __init__ has nothing to say.
    assert ast.get_docstring(tree) or not tree.body, "the module has no docstring"
    assert _undocumented(tree, "") == []


def test_the_rules_see_what_they_forbid(tmp_path, monkeypatch):
    library = tmp_path / "enas_tf"
    (library / "layers").mkdir(parents=True)
    path = library / "layers" / "bad.py"
    path.write_text(
        "def f():\n    from enas_tf.training import loop\n    from ..models import child\n    from . import lstm\n"
    )
    monkeypatch.setattr(f"{__name__}.LIBRARY", library)
    assert _rooms_imported(path) == {"training", "models", "layers"}
    assert not _may_import("layers", "models")
    assert not _may_import("layers", "data")
    assert _may_import("search", "strategies")
    assert _undocumented(_tree(path), "") == ["f"]
