import copy
import dataclasses
import math

import pytest

import arzoo
from arzoo.benchmark.page.boards import Board, figure_of, published_beside
from arzoo.benchmark.page.rendering import boards_of, data_of
from arzoo.benchmark.page.sections import section_of
from arzoo.entries import Paper, PublishedResult


@pytest.fixture
def made(found):
    return next(each for each in found.models if each.subject.id == "made-digits").subject


@pytest.fixture
def record(made):
    return copy.deepcopy(dict(made.records["likelihood"]))


def test_a_figure_is_the_recorded_one(made, record):
    figure = figure_of(made, record)
    measured = record["likelihood"]
    assert (figure.value, figure.error) == (measured["bits_per_dim"], measured["bits_per_dim_se"])
    assert figure.board == Board("digits", measured["digest"], "bits/dim", (), True, False, False)
    assert (figure.nats, figure.count, figure.command) == (measured["nats"], 360, record["command"])


CHANGES = {
    "the static binarisation": lambda r: r["likelihood"].update(dataset="static-binarized-mnist"),
    "the other edition of a data set, or another draw": lambda r: r["likelihood"].update(digest="0" * 64),
    "told something": lambda r: r.update(context=["label"]),
    "a bound": lambda r: r.update(exact=False),
    "an ensemble": lambda r: r.update(ensemble="ensemble of 8 orderings"),
    "augmented": lambda r: r.update(augmented=True),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_must_not_share_a_column_has_another_board(made, record, what):
    before = figure_of(made, record).board
    CHANGES[what](record)
    after = figure_of(made, record).board
    assert after != before and after.slug != before.slug


class Stamps(arzoo.data.DataSpec):
    """A data spec of somebody's own, whose levels stand for something else."""

    levels_are = "stamps of an album"


def test_tokens_are_counted_in_nats_on_a_board_of_their_own(made, record):
    stamped, pixels = dataclasses.replace(made), figure_of(made, record)
    stamped.__dict__["spec"] = Stamps.__new__(Stamps)
    tokens = figure_of(stamped, record)
    assert tokens.board.unit == "nats/token" and tokens.board.slug != pixels.board.slug
    assert tokens.value == pytest.approx(pixels.value * math.log(2))


def test_a_board_is_told_by_its_whole_key():
    board = Board("digits", "ab" * 32, "bits/dim", (), True, False, False)
    others = {
        "digits-label": {"dataset": "digits-label"},
        "digits, told label": {"told": ("label",)},
        "digits": {"digest": "ab" * 31 + "cd"},  # the same to the eye
        "digits, a bound": {"exact": False},
        "digits, ensembles": {"several": True},
        "digits, augmented": {"augmented": True},
    }
    changed = [dataclasses.replace(board, **change) for change in others.values()]
    assert [each.name for each in changed] == list(others)
    assert len({board.slug, *(each.slug for each in changed)}) == len(others) + 1


def test_the_order_in_which_a_model_is_told_is_no_question(made, record):
    boards = [figure_of(made, {**record, "context": told}).board for told in (["a", "b"], ["b", "a"])]
    assert boards[0] == boards[1]


def test_an_average_of_weights_and_another_ordering_are_no_other_question(made, record):
    before = figure_of(made, record).board
    record.update(averaged=not record["averaged"], ordering="snake")
    assert figure_of(made, record).board == before


def test_no_figure_stands_on_two_boards_and_charts_are_of_one(found):
    sections = [section_of(shown) for shown in found.models]
    boards = boards_of(sections)
    assert sum(len(pairs) for _, pairs in boards) == sum(len(section.figures) for section in sections)
    slugs = [board.slug for board, _ in boards]
    assert len(set(slugs)) == len(slugs)
    for board, pairs in boards:
        assert all(figure.board == board for _, figure in pairs)
        assert [figure.value for _, figure in pairs] == sorted(figure.value for _, figure in pairs)
    values = [set(board["values"]) for board in data_of(sections, found.models)["boards"]]
    assert all(
        len({next(m for m in sections if m.shown.subject.id == id).shown.subject.dataset_id for id in ids}) == 1
        for ids in values
    )


def test_a_paper_stands_beside_the_same_question_alone(made):
    entry = dataclasses.replace(
        made.entry,
        paper=Paper(
            "A Title",
            2020,
            "arXiv:2020.00000",
            results=[
                PublishedResult("digits", 1.5, "bits/dim"),
                PublishedResult("digits", 1.4, "bits/dim", "ensemble of 32 masks"),
                PublishedResult("digits", 80.0, "nats"),
                PublishedResult("mnist", 1.3, "bits/dim"),
            ],
        ),
    )
    subject = dataclasses.replace(made)
    subject.__dict__["entry"] = entry
    board = Board("digits", "d", "bits/dim", (), True, False, False)
    assert published_beside(subject, board) == ["1.5 bits/dim"]
    for change in ({"told": ("label",)}, {"several": True}, {"augmented": True}, {"exact": False}):
        assert published_beside(subject, dataclasses.replace(board, **change)) == []
