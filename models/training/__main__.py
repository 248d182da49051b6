"""``python -m models.training``: rebuild the shipped models."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from models.goods import scorer as goods_scorer
from models.risk import bundle
from models.training.goods.train import build as build_goods
from models.training.risk import train
from models.training.vagueness.train import build as build_vagueness
from models.vagueness import scorer


@click.command()
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=bundle.SHIPPED, show_default=True
)
@click.option(
    "--vagueness-out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the description score goes; beside the program when --out is not given either.",
)
@click.option(
    "--goods-out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the chapters of goods go; beside the program when --out is not given either.",
)
def main(out: Path, vagueness_out: Path | None, goods_out: Path | None) -> None:
    """Rebuild the risk model and the two models of goods descriptions, from made data, into folders."""
    files = train.build()
    train.write(files, out)
    digest = hashlib.sha256(files[bundle.MANIFEST]).hexdigest()
    click.echo(f"{out}: {sum(map(len, files.values()))} bytes, digest {digest}")
    if out == bundle.SHIPPED:
        vagueness_out = vagueness_out or scorer.SHIPPED
        goods_out = goods_out or goods_scorer.SHIPPED
    if vagueness_out is not None:
        click.echo(f"{vagueness_out}: digest {build_vagueness(vagueness_out)}")
    if goods_out is not None:
        click.echo(f"{goods_out}: digest {build_goods(goods_out)}")


if __name__ == "__main__":
    main()
