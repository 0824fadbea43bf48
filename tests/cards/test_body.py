"""What a card says: every figure from a record, and what must not be compared said so."""

from pathlib import Path

from arzoo.cards import Sample, card
from arzoo.cards.origin import citation
from arzoo.cards.results import UNMEASURED, results, table
from arzoo.data import VQVAE
from arzoo.entries import Paper

SECTIONS = ["How to use it", "Results", "Intended use", "Limits and biases", "Training data and licences", "Recipe"]
LABEL = {"label": {"kind": "labels", "num_classes": 3, "names": ["a", "b", "c"]}}


def headings(text):
    return [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]


def test_a_card_has_its_sections_in_order(subject):
    assert headings(card(subject())) == [*SECTIONS, "Provenance", "Citation"]
    assert headings(card(subject(sample=Sample(Path("made-mine.png")))))[1] == "Samples"


def test_figures_come_from_the_record(subject, likelihood):
    text = results(subject(records={"likelihood": likelihood}))
    assert "| **bits/dim** | **1.5438 ± 0.0037** |" in text
    assert "| nats an image | 83.89 ± 0.20 |" in text
    assert "whole test split of `digits`: 360 images of 64 dimensions; one ordering, raster" in text
    assert f"`{'d' * 64}`" in text
    assert f"`{'c' * 40}`" in text
    assert "`arzoo eval made-mine`" in text
    assert UNMEASURED not in text


def test_without_a_record_or_a_paper_of_figures_a_card_says_so(subject):
    assert results(subject("charrnn")) == UNMEASURED


def test_an_ensemble_stands_in_a_table_of_its_own(subject, likelihood):
    ensemble = likelihood | {"ensemble": "ensemble of 8 orderings"}
    text = results(subject(records={"likelihood": likelihood, "ensemble": ensemble}))
    first, second = text.split("The same weights as an ensemble of 8 orderings")
    assert first.count("**bits/dim**") == second.count("**bits/dim**") == 1


def test_a_figure_of_the_paper_is_marked_and_never_beside_what_it_is_not(subject):
    static = "Not to be compared. Papers measure the static binarisation"
    assert static in results(subject(dataset="binarized-mnist"))
    assert "| 86.64 nats | static-binarized-mnist, ensemble of 32 masks |" in results(subject())
    assert "Not to be compared: another data set." in results(subject())
    same = results(subject("pixelcnn", dataset="cifar10"))
    assert "| 3.14 bits/dim | cifar10 | The same data; the paper's network and training are its own. |" in same
    told = results(subject("pixelcnn", dataset="cifar10", context=LABEL))
    assert "The same data, but this model is told the label." in told


def test_what_it_is_told_is_said_in_words(subject, likelihood):
    context = LABEL | {"speaker": {"kind": "labels", "num_classes": 2, "names": None}}
    text = card(subject(context=context, records={"likelihood": likelihood}, sample=Sample(Path("made-mine.png"))))
    assert "It draws images, told the label and the speaker, finishes" in text
    assert "A likelihood given the label and the speaker: to be compared" in text
    assert "none was left out. Told the label and the speaker. What stands in one column" in text
    assert "It draws images, finishes" in card(subject())


def test_one_thread_of_an_older_record_is_no_several(subject, likelihood):
    ours = subject(records={"likelihood": likelihood | {"machine": "1 threads of it"}})
    ours.training["machine"] = "1 threads of it"
    assert card(ours).count("| machine | 1 thread of it") == 2


def test_what_a_label_is_worth_is_said(subject):
    record = {"context": "label", "items": 300, "median_cost_nats": 12.34, "accuracy": 0.5}
    text = results(subject(records={"labels": record | {"pairs_where_the_wrong_class_costs": 0.987}}))
    assert "lose a median of 12.3 nats" in text
    assert "98.7%" in text


def test_an_unknown_licence_is_called_unknown(subject):
    text = card(subject(dataset="cifar10"))
    assert "as their publisher states it: **unknown**" in text
    assert "Nobody states a licence of the data" in text


def test_share_alike_reaches_the_weights(subject):
    assert "Licence of the weights: **cc-by-sa-4.0**. Whoever shares" in card(subject(dataset="fsdd"))


def test_limits_are_those_of_architecture_and_data(subject):
    text = card(subject("pixelcnn"))
    assert "It has a blind spot" in text
    assert "Thirteen writers" in text


def test_a_likelihood_of_codes_is_called_one(subject):
    spec = VQVAE(17, hidden_channels=2, code_channels=2).to_config()
    said = card(subject(data=spec))
    assert "**The likelihood.** It is that of codes of a VQ-VAE, and says nothing about pixels" in said
    assert "codes" not in card(subject())


def test_a_recipe_of_the_zoo_comes_with_its_command(subject):
    assert "arzoo train" not in card(subject())
    ours = subject()
    ours.recipe["name"] = "made-digits"
    assert "```sh\narzoo train made-digits --out runs/made-digits \\\n  --set" in card(ours)
    assert "`steps=9`, `batch_size=4`, `seed=0`" in card(ours)


def test_a_model_of_unknown_training_has_a_card(subject):
    text = card(subject(dataset=None))
    assert text.count("Its config does not say.") == 1
    assert "Licence of the weights: **not stated**." in text


def test_text_samples_cannot_end_their_block(subject):
    sample = Sample(Path("x.txt"), "before\n```\n# after")
    assert card(subject(sample=sample)).count("```text\nbefore\n` ` `\n# after\n```") == 1


def test_a_bar_stays_in_its_cell():
    assert table([["a"], ["b|c"]]) == "| a |\n| --- |\n| b\\|c |"


def test_papers_are_cited_as_they_are_linked():
    assert "isbn   = {978-0}" in citation(Paper("T", 1998, "ISBN 978-0", authors="Frey"))
    assert "url    = {https://doi.org/10.1/x}" in citation(Paper("T", 1998, "10.1/x"))
    assert "url    = {https://a.org/x}" in citation(Paper("T", 1998, "a.org/x"))
    assert citation(Paper("T", 1998, "somewhere")).startswith("@misc{anonymous1998,\n  title  = {{T}},\n  year")
