"""Tables of the architectures: what each is, how large, what it cannot do and what it reaches."""

import arzoo
from arzoo import registry
from generated.checkpoints import by_board, checkpoints
from generated.records import ROOT, table


def architectures() -> str:
    """The architectures with their papers."""
    head = ["architecture", "paper", "what it is"]
    entries = [arzoo.info(id) for id in arzoo.list_models()]
    rows = [[f"`{e.id}`", f"{e.paper.title}, {e.paper.year}, {e.paper.link}", e.summary] for e in entries]
    return table([head, *rows])


def sizes() -> str:
    """The number of parameters of each paper's network."""
    rows = [[arzoo.info(id).title, f"`{id}`", f"{parameters(id):,}"] for id in arzoo.list_models()]
    return table([["architecture", "id", "parameters of `paper`"], *rows])


def parameters(id: str) -> int:
    """How many parameters the `paper` config has."""
    import torch

    with torch.device("meta"):
        return sum(parameter.numel() for parameter in arzoo.create(id, "paper").parameters())


def limits_of(id: str) -> str:
    """What an architecture cannot do, as its entry says it."""
    return arzoo.info(id).limits


def results_of(id: str) -> str:
    """The checkpoints of an architecture, and what its paper prints of its own networks."""
    mine = [each for kind in (False, True) for each in checkpoints(sequences=kind)]
    ours = by_board([each for each in mine if registry.checkpoints()[each].architecture == id], card_of)
    return "\n\n".join([ours, *published(id)])


def card_of(checkpoint: str) -> str:
    """A checkpoint, and a link to its card where there is one, from a page a folder below `docs`."""
    card = f"model_cards/{checkpoint}.md"
    return f"[`{checkpoint}`](../../{card})" if (ROOT / card).is_file() else f"`{checkpoint}`"


def published(id: str) -> list[str]:
    """What the paper prints, as one sentence; nothing where it prints no likelihood."""
    said = [
        f"{each.value} {each.unit} on {each.task}{f' ({each.note})' if each.note else ''}"
        for each in arzoo.info(id).paper.results
    ]
    return [f"The paper's own, of its own networks and not measured here: {'; '.join(said)}."] if said else []
