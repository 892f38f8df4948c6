"""What happens to files: bits flip, ends are cut off, pieces are lost, doubled, or come from elsewhere."""

from hypothesis import strategies as st

__all__ = ["damaged"]


@st.composite
def damaged(draw: st.DrawFn, strategy: st.SearchStrategy[bytes]) -> bytes:  # noqa: D417 (Hypothesis hands `draw` in)
    """Bytes with up to three kinds of damage: flipped bits, cuts, losses, insertions, doubled pieces.

    Args:
        strategy: The sound bytes.
    """
    data = draw(strategy)
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["flip", "lose", "insert", "double", "cut", "behead"]))
        at = draw(st.integers(0, len(data)))
        size = draw(st.integers(1, 8) | st.integers(1, 1 + len(data) // 2))
        if kind == "flip" and at < len(data):
            data = data[:at] + bytes([data[at] ^ 1 << draw(st.integers(0, 7))]) + data[at + 1 :]
        elif kind == "lose":
            data = data[:at] + data[at + size :]
        elif kind == "insert":
            put = draw(
                st.binary(max_size=8) | st.sampled_from([b'"', b"{", b"}", b"[", b"]", b",", b"\\", b"\n", b"\0"])
            )
            data = data[:at] + put + data[at:]
        elif kind == "double":
            data = data[: at + size] + data[at:]
        elif kind == "cut":
            data = data[:at]
        elif kind == "behead":
            data = data[at:]
    return data
