# What mypy is told of TensorFlow, which has no types of its own. All that is not named here is Any.

from collections.abc import Callable
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

_Arguments = ParamSpec("_Arguments")
_Others = ParamSpec("_Others")  # of a method, those behind `self`
_Result = TypeVar("_Result")
_Instance = TypeVar("_Instance")

def __getattr__(name: str) -> Any: ...

# Layers and models of Keras derive from it. Were it Any, no wrong name of an attribute would be found in theirs.
class __internal__:
    class tracking:
        class AutoTrackable: ...

class Module:
    def __init__(self, name: str | None = None) -> None: ...

# What `tf.function` makes of a function or method; it takes the same arguments.
class _Function(Generic[_Arguments, _Result]):
    def __call__(self, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result: ...
    def __get__(
        self: _Function[Concatenate[_Instance, _Others], _Result], instance: _Instance, owner: type
    ) -> _Function[_Others, _Result]: ...
    def get_concrete_function(self, *args: Any, **kwargs: Any) -> Any: ...

@overload
def function(func: Callable[_Arguments, _Result], **options: Any) -> _Function[_Arguments, _Result]: ...
@overload
def function(
    **options: Any,
) -> Callable[[Callable[_Arguments, _Result]], _Function[_Arguments, _Result]]: ...
def custom_gradient(
    f: Callable[_Arguments, tuple[_Result, Callable[..., Any]]],
) -> Callable[_Arguments, _Result]: ...
