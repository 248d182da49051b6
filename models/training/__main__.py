"""``python -m models.training``: rebuild the bundle."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from models import bundle
from models.training import train


@click.command()
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=bundle.SHIPPED, show_default=True
)
def main(out: Path) -> None:
    """Rebuild the model bundle from the made data into a folder."""
    files = train.build()
    train.write(files, out)
    digest = hashlib.sha256(files[bundle.MANIFEST]).hexdigest()
    click.echo(f"{out}: {sum(map(len, files.values()))} bytes, digest {digest}")


if __name__ == "__main__":
    main()
