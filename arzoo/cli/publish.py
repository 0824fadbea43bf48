"""`arzoo publish`: checkpoints onto the Hub."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arzoo.cli.card import Results, chosen_of

if TYPE_CHECKING:
    from arzoo.publishing import Outcome

app = typer.Typer(add_completion=False)


@app.command()
def publish(
    org: Annotated[
        str, typer.Option(envvar="ARZOO_HUB_ORG", help="Who owns the repositories, ORG/NAME.", show_default=False)
    ],
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Checkpoints of the zoo.", show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every checkpoint that is pinned.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    private: Annotated[bool, typer.Option("--private", help="Make new repositories private.")] = False,
    cards: Annotated[
        Path | None, typer.Option(help="Where `arzoo card --out` wrote samples; by default in arzoo's own checkout.")
    ] = None,
    results: Results = None,
) -> None:
    """Upload weights, config, card and samples, a repository and a commit each; write where into the lock files.

    What is there already as it is here is not sent again. Needs a token: HF_TOKEN=hf_... or `hf auth login`.
    """
    from arzoo.cards import CARDS, RESULTS
    from arzoo.publishing import publish

    chosen = chosen_of(names, every=every)
    outcomes = publish(chosen, org, dry_run=dry_run, private=private, cards=cards or CARDS, results=results or RESULTS)
    for outcome in outcomes:
        typer.echo(_said(outcome, dry_run=dry_run))


def _said(outcome: "Outcome", *, dry_run: bool) -> str:
    if not outcome.sent:
        return f"{outcome.id}: {outcome.repo_id}@{outcome.revision} is up to date."
    verb = "would be" if dry_run else "were"
    made = f"{outcome.repo_id} {'would be' if dry_run else 'was'} made, " if outcome.created else ""
    at = f", at {outcome.revision}" if outcome.revision else ""
    return f"{outcome.id}: {made}{', '.join(outcome.sent)} {verb} uploaded to {outcome.repo_id}{at}."
