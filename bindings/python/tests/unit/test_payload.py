"""Frames, encodings, compression."""

from __future__ import annotations

import numpy as np
import pytest

import gradmq
from gradmq import Code, Dtype, GradMQError, Layout, Rows
from gradmq._client import packing
from gradmq._client.compressor import Compressor, int8_encode, top_k
from gradmq._client.pool import Pool
from gradmq._codes import Encoding
from gradmq._wire import dtypes, payload

LAYOUT = Layout.make([("m", (3, 4)), ("v", (5,)), ("s", ())])
MIB = 1 << 20


def packed(given: packing.Tensors, **options: object) -> packing.Packed:
    wanted = {"dtype": None, "partial": False, "copy": True, "pool": Pool(), **options}
    return packing.pack(LAYOUT, given, **wanted)  # type: ignore[arg-type]


def whole(dtype: str = "f4") -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    return {
        "m": np.arange(12, dtype=dtype).reshape(3, 4),
        "v": np.arange(5, dtype=dtype),
        "s": np.array(9, dtype),
    }


def octets(made: packing.Packed) -> bytes:
    return b"".join(bytes(frame) for frame in made.frames)


def test_frames_end_at_elements_of_about_one_mib() -> None:
    ends = payload.cut([(3 * MIB + 8, 8)])
    assert ends == [MIB, 2 * MIB, 3 * MIB, 3 * MIB + 8]
    assert payload.cut([(4, 4), (2 * MIB, 8)]) == [MIB - 4, 2 * MIB - 4, 2 * MIB + 4]
    assert payload.cut([]) == []
    huge = payload.cut([(65536 * 4 * MIB, 4)])
    assert len(huge) <= 65536
    assert max(np.diff([0, *huge])) <= 16 * MIB


@pytest.mark.parametrize("copy", [True, False])
def test_whole_is_packed_in_the_layouts_order(copy: bool) -> None:
    given = whole()
    made = packed(dict(reversed(given.items())), copy=copy)
    assert made.whole
    assert octets(made) == b"".join(given[name].tobytes() for name in ("m", "v", "s"))
    assert payload.check(LAYOUT, made.parts, [len(frame) for frame in made.frames]) == made.bytes


def test_lent_arrays_are_sent_from_where_they_lie() -> None:
    layout = Layout.make([("big", (MIB,)), ("small", (2,)), ("big2", (MIB,))])
    given = {
        "big": np.ones(MIB, np.float32),
        "small": np.ones(2, np.float32),
        "big2": np.ones(MIB, np.float32),
    }
    made = packing.pack(layout, given, dtype=None, partial=False, copy=False, pool=Pool())
    assert [len(frame) for frame in made.frames] == [MIB] * 4 + [8] + [MIB] * 4
    for frame, name in ((made.frames[0], "big"), (made.frames[5], "big2")):
        assert np.shares_memory(np.frombuffer(frame, np.uint8), given[name])


def test_views_that_are_not_contiguous_and_of_other_types_are_copied() -> None:
    given = whole()
    given["m"] = np.asfortranarray(given["m"])
    big_endian = {**given, "v": given["v"].astype(">f4")}
    assert octets(packed(big_endian, copy=False)) == octets(packed(whole()))


def test_mixed_types_are_parts_of_their_own() -> None:
    made = packed({**whole(), "v": np.arange(5, dtype=np.float16)})
    assert not made.whole
    assert [part.dtype for part in made.parts] == [Dtype.F32, Dtype.F16, Dtype.F32]


def test_rows_are_checked() -> None:
    rows = np.ones((2, 4), np.float32)
    made = packed({"m": Rows([0, 2], rows)}, partial=True)
    assert made.parts[0].encoding == Encoding.ROWS
    assert octets(made)[:8] == bytes([0, 0, 0, 0, 2, 0, 0, 0])
    for wrong in ([0, 3], [2, 0], [1, 1], [-1, 1], []):
        with pytest.raises(GradMQError) as caught:
            packed({"m": Rows(wrong, rows[: len(wrong)])}, partial=True)
        assert caught.value.code == Code.ARGUMENT
    with pytest.raises(GradMQError):
        Rows.summed([1, 2], np.ones(3))


def test_integers_go_where_a_type_is_named() -> None:
    given: packing.Tensors = {**whole(), "v": [1, 2, 3, 4, 5]}
    assert packed(given, dtype="float32").dtype == Dtype.F32
    with pytest.raises(GradMQError):
        packed(given)
    with pytest.raises(GradMQError):
        packed(given, dtype="f7")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_int8_is_within_half_a_scale(dtype: type[np.floating]) -> None:
    random = np.random.default_rng(1)
    values = (random.standard_normal(1000) * 10.0 ** random.integers(-40, 30, 1000)).astype(dtype)
    values[300:560] = 0
    to = np.zeros(4 * 4 + 1000, np.uint8)
    int8_encode(values, to)
    scales = np.repeat(to[:16].view("<f4").astype(np.float64), 256)[:1000]
    back = to[16:].view("i1").astype(np.float64) * scales
    assert (np.abs(back - values.astype(np.float64)) <= scales / 2).all()


def test_top_k_takes_the_lower_of_equal_ones() -> None:
    values = np.array([1, -3, 3, 2, -3], np.float32)
    assert top_k(values, 2).tolist() == [1, 2]
    assert top_k(values, 5).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("how", [gradmq.Int8(), gradmq.TopK(fraction=0.1), gradmq.LowRank(rank=2)])
@pytest.mark.parametrize("master", [Dtype.F32, Dtype.F64])
def test_what_was_left_out_and_what_was_sent_is_the_gradient(
    how: gradmq.Compression, master: Dtype
) -> None:
    layout = Layout.make([("m", (30, 40)), ("v", (3000,))], master)
    compressor = Compressor(how, layout)
    random = np.random.default_rng(2)
    total = np.zeros(layout.elements)
    sent = np.zeros(layout.elements)
    to = np.zeros(compressor.bytes, np.uint8)
    for _ in range(20):
        gradient = random.standard_normal(layout.elements).astype(master.numpy)
        total += gradient * 0.5
        compressor.encode(gradient, 0.5, to)
        compressor.sent()
        at = 0
        for part, size in zip(compressor.parts, compressor.sizes, strict=True):
            first = layout.first(part.tensor)
            values = payload.decode(layout, part, to[at : at + size], master)
            sent[first : first + values.size] += values
            at += size
    assert np.allclose(sent + compressor._residual, total, atol=1e-4)
    before = compressor._residual.copy()
    compressor.give_back(compressor.generation, to)
    assert (compressor._residual != before).any()
    after = compressor._residual.copy()
    compressor.give_back(compressor.generation + 1, to)
    assert (compressor._residual == after).all()


def test_what_would_become_longer_goes_as_it_is() -> None:
    layout = Layout.make([("one", ()), ("pair", (2, 2)), ("m", (30, 40))])
    for how, encoding in (
        (gradmq.Int8(), Encoding.INT8),
        (gradmq.TopK(), Encoding.TOP_K),
        (gradmq.LowRank(), Encoding.LOW_RANK),
    ):
        parts = Compressor(how, layout).parts
        assert parts[0].encoding == Encoding.DENSE
        assert parts[2].encoding == encoding


def test_compression_is_checked() -> None:
    for wrong in (lambda: gradmq.TopK(fraction=0), lambda: gradmq.LowRank(rank=0)):
        with pytest.raises(GradMQError):
            wrong()


def test_a_double_is_rounded_once() -> None:
    # Just above a tie of float16 and bfloat16: by way of float32 it would be one, and go to even.
    for to, bits in ((Dtype.F16, 11), (Dtype.BF16, 8)):
        tie = 1 + 2.0**-bits
        given = np.array([tie, tie + 2.0**-40, -tie - 2.0**-40])
        made = dtypes.convert(dtypes.convert(given, to), Dtype.F64, of=to)
        step = 2.0 ** (1 - bits)
        assert made.tolist() == [1.0, 1 + step, -1 - step]


def test_memory_is_used_again_when_nobody_looks_at_it() -> None:
    pool = Pool()
    first = pool.take(MIB)
    view = first[100:200].view("u4")
    where = first.ctypes.data
    del first
    other = pool.take(MIB)
    assert other.ctypes.data != where
    view[:] = 7
    del view
    assert pool.take(MIB).ctypes.data == where
