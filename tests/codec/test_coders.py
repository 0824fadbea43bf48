import sys

import numpy as np
import pytest

from arzoo import ArchiveError, ConfigError
from arzoo.codec.coders import Reader, Writer

IMPOSSIBLE = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])


def pmfs(n, levels):
    masses = np.exp(4 * np.random.default_rng(0).standard_normal((n, levels)))
    return masses / masses.sum(1, keepdims=True)


@pytest.mark.parametrize(("n", "levels"), [(1, 2), (64, 2), (7, 17), (64, 256), (2, 65536)])
def test_what_was_written_is_read_in_the_bits_that_it_is_worth(n, levels):
    masses, writer, random = pmfs(n, levels), Writer(), np.random.default_rng(1)
    drawn = [np.array([random.choice(levels, p=row) for row in masses]) for _ in range(20)]
    for symbols in drawn:
        assert np.array_equal(writer(masses.copy(), symbols), symbols)
    words = writer.words()
    reader = Reader(words)
    assert all(np.array_equal(reader(masses.copy()), symbols) for symbols in drawn)
    bits = -sum(np.log2(masses[np.arange(n), symbols]).sum() for symbols in drawn)
    floor = levels * 2**-24 * 1.5 * n * 20  # what it costs that no level has less than a part of 2^24
    assert 8 * len(words) <= bits + floor + 64


def test_a_level_of_probability_zero_is_written_in_24_bits():
    writer = Writer()
    symbols = np.array([2, 0, 1])
    for _ in range(100):
        writer(IMPOSSIBLE.copy(), symbols)
    words = writer.words()
    reader = Reader(words)
    assert all(np.array_equal(reader(IMPOSSIBLE.copy()), symbols) for _ in range(100))
    assert 8 * len(words) == pytest.approx(100 * (24 + 24 + 1.585), rel=0.01)


def test_masses_need_not_sum_to_one():
    masses, writer = pmfs(5, 4), Writer()
    writer(1e-9 * masses, np.arange(5) % 4)
    assert np.array_equal(Reader(writer.words())(1e-9 * masses), np.arange(5) % 4)


@pytest.mark.parametrize("coder", [Writer(), Reader(b"\0" * 8)])
def test_a_probability_that_is_no_number_is_refused(coder):
    masses = np.array([[0.5, np.nan]])
    with pytest.raises(ArchiveError, match=r"Every probability of a code must be a number, got 1 of 2 that are none\."):
        coder(masses, np.array([0]))


def test_words_that_no_distribution_gives_are_refused():
    with pytest.raises(ArchiveError, match=r"Words must be read by the distributions that they were written by: Tried"):
        Reader(b"\xff" * 4000)(pmfs(64, 3))


def test_a_writer_without_symbols_is_refused():
    with pytest.raises(ConfigError, match=r"A writer needs the symbols that it is to write, got None\. Use a Reader\."):
        Writer()(pmfs(1, 2), None)


def test_the_library_is_an_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "constriction", None)
    with pytest.raises(ConfigError, match=r'needs the extra "codec", which is not installed\. Run: pip install'):
        Writer()
