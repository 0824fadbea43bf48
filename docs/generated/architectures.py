"""Tables of the architectures: what each is, how large, what it cannot do and what it reaches."""

import arzoo
from arzoo import registry
from generated.checkpoints import checkpoints, model_row, split_of_clips, split_of_images
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
    sequences = [each for each in checkpoints(sequences=True) if registry.checkpoints()[each].architecture == id]
    images = [each for each in checkpoints(sequences=False) if registry.checkpoints()[each].architecture == id]
    unit, said = ("a symbol", split_of_clips) if sequences else ("an image", split_of_images)
    head = [
        "checkpoint",
        "test split",
        f"nats {unit}",
        "bits a symbol" if sequences else "bits/dim",
        "parameters",
        "file",
    ]
    ours = [[card_of(each), *model_row(each, said)[1:]] for each in sequences or images]
    return "\n\n".join([table([head, *ours]), *published(id)])


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
