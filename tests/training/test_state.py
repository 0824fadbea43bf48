from arzoo.training.state import State


def test_patience_counts_evaluations_without_improvement():
    state = State()
    ends = []
    for state.step, figure in enumerate([3.0, 2.0, 2.0, 2.1, 1.9]):
        state.compare(figure)
        ends.append((state.stale, state.out_of(2), state.out_of(0)))
    assert ends == [(0, False, False), (0, False, False), (1, False, False), (2, True, False), (0, False, False)]
    assert (state.best_bits_per_dim, state.best_step, state.bits_per_dim) == (1.9, 4, 1.9)


def test_a_figure_that_is_no_number_is_never_the_best():
    state = State(step=1)
    assert not state.compare(float("nan"))
    assert state.compare(2.0)
