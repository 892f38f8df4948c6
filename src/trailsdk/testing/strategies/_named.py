"""Names for large strategies."""

from typing import Generic, TypeVar

from hypothesis import strategies as st

__all__ = ["named"]

_T = TypeVar("_T")


class _Named(Generic[_T]):
    """A strategy whose repr is a name."""

    def __init__(self, name: str, strategy: st.SearchStrategy[_T]) -> None:
        self.name = name
        self.strategy = strategy

    def __repr__(self) -> str:
        return self.name


@st.composite
def strategy_of(draw: st.DrawFn, name: _Named[_T]) -> _T:
    """Draw from the strategy that a name stands for."""
    return draw(name.strategy)


def named(name: str, strategy: st.SearchStrategy[_T]) -> st.SearchStrategy[_T]:
    """Give a strategy a short repr: Hypothesis warns of long ones, and takes long to make them."""
    return strategy_of(_Named(name, strategy))
