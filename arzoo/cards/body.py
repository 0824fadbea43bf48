"""The card as a whole: front matter, and the sections in the order in which a reader asks."""

from collections.abc import Iterator, Mapping

from arzoo.cards import origin, usage
from arzoo.cards.front import front_matter
from arzoo.cards.results import ITEMS, results
from arzoo.cards.samples import PICTURES
from arzoo.cards.subject import Subject

RANKING = {
    "image": "A high likelihood is no proof that an image is of the same kind: plain, smooth images get high ones from "
    "models that never saw any like them.",
    "audio": "A high likelihood is no proof that a clip is speech: silence is the most probable of all.",
    "text": "A high likelihood is no proof that a text makes sense: it says that its characters follow each other as "
    "in the training text.",
}
CITED = "Of these weights cite arzoo and the checkpoint's id; of the architecture, the paper:"


def card(subject: Subject) -> str:
    """Return a model card: Markdown under front matter that the Hub reads.

    Args:
        subject: What it is made from.
    """
    sections = {
        "How to use it": how_to_use(subject),
        "Samples": samples(subject),
        "Results": results(subject),
        "Intended use": intended(subject),
        "Limits and biases": limits(subject),
        "Training data and licences": origin.data(subject),
        "Recipe": origin.recipe(subject),
        "Provenance": origin.provenance(subject),
        "Citation": cited(subject),
    }
    return f"---\n{front_matter(subject).strip()}\n---\n\n{_lead(subject)}\n\n{_headed(sections)}\n"


def how_to_use(subject: Subject) -> str:
    """Return the code, to install, for Python and for the shell."""
    install = f"```sh\n{usage.install_code(subject)}\n```"
    said = f"{install}\n\nIn Python:"
    shell = f"\n\nIn a shell:\n\n```sh\n{usage.shell_code(subject)}\n```"
    return f"{said}\n\n```python\n{usage.python_code(subject)}\n```{shell if usage.shell_code(subject) else ''}"


def samples(subject: Subject) -> str:
    """Return the picture or the passage, and how it was drawn; nothing where there is none."""
    if subject.sample is None:
        return ""
    how = "Drawn by these weights with seed 0, at temperature 1; none was left out."
    if subject.sample.text is not None:
        return f"{how}\n\n```text\n{subject.sample.text.replace('```', '` ` `')}\n```"
    told = f" Told {subject.told}." if subject.told else ""
    told += " What stands in one column was told the same." if told and subject.medium == "image" else ""
    return f"![Samples of {subject.id}]({PICTURES}/{subject.sample.path.name})\n\n{how}{told}"


def intended(subject: Subject) -> str:
    """Return what it is for, and what it takes."""
    items, told = ITEMS[subject.medium], f", told {subject.told}," if subject.told else ","
    data = subject.dataset
    beside = f" Beside others that learnt `{data.id}`, it shows what its architecture is worth." if data else ""
    return (
        f"It draws {items}{told} finishes those of which a part is known, and says exactly how probable given ones "
        f"are.{beside} It takes {subject.events} in integer levels, which `model.data.encode` makes of raw "
        "data, and no others; and it is no recogniser: it names nothing that it is shown."
    )


def limits(subject: Subject) -> str:
    """Return what neither the architecture nor the data can give."""
    dataset = subject.dataset
    found = [
        f"**The architecture.** {subject.entry.limits}" if subject.entry.limits else "",
        f"**The data.** {dataset.limits}" if dataset and dataset.limits else "",
        f"**The likelihood.** {_of_levels(subject)}{RANKING[subject.medium]}",
    ]
    return "\n\n".join(text for text in found if text)


def _of_levels(subject: Subject) -> str:
    """Say what a likelihood is of where it is not of raw values."""
    levels = subject.spec.levels_are if subject.spec else ""
    return f"It is that of {levels}, and says nothing about pixels, nor about other {levels}. " if levels else ""


def cited(subject: Subject) -> str:
    """Return the paper as BibTeX, where there is one."""
    paper = subject.entry.paper
    return f"{CITED}\n\n```bibtex\n{origin.citation(paper)}\n```" if paper else ""


def _lead(subject: Subject) -> str:
    paper = subject.entry.paper
    lines = [f"# {subject.id}", *_said(subject.summary)]
    about = f": {subject.entry.summary}" if subject.entry.summary else ""
    lines += _said(f"{subject.title}, the architecture `{subject.config.architecture}` of arzoo{about}")
    if paper:
        url = origin.address(paper.link)
        title = f"[{paper.title}]({url})" if url else f"*{paper.title}* ({paper.link})"
        lines.append(f"Paper: {title}, {paper.authors + ', ' if paper.authors else ''}{paper.year}.")
    count = subject.records.get("likelihood", {}).get("parameters")
    lines.append(f"{f'{count:,} parameters, ' if count else ''}{subject.config.weights.size / 1e6:.2f} MB.")
    return "\n\n".join(lines)


def _said(text: str) -> Iterator[str]:
    if text:
        yield text if text.endswith((".", "!", "?")) else f"{text}."


def _headed(sections: Mapping[str, str]) -> str:
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items() if text)
