"""Factor returns of Fama and French."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.data.catalogue import dataset
from workbench.data.sources import package_file


@dataset(
    title="Fama-French three US factors and the risk-free rate",
    kind="return",
    span=("1926-07-31", "2018-11-30"),
    shape=(1109, 4),
    frequency="monthly",
    fields=("return",),
    sha256="2273183ba9238d58dc227de4664dc75b004e8ce3dc4557c0c30b4f1b9046957b",
)
def fama_french() -> pd.DataFrame:
    """Fama-French factors Mkt-RF, SMB, HML and RF, monthly, 1926 to 2018.

    Origin: arch, data/frenchdata (Kenneth R. French data library)

    Licence: NCSA (package); data copyright Fama and French, cite the data library

    Traps:

    - months are integers in the file (192607), nanoseconds when read as dates; dated month-end here
    - the file gives simple returns in percent; log(1 + r) of each series here, also of the long-short factors
    - Mkt-RF is in excess of RF; market = Mkt-RF + RF holds for the simple returns
    """
    table = pd.read_csv(
        package_file("arch", "data/frenchdata/frenchdata.csv.gz"), index_col="Date", dtype={"Date": str}
    )
    table.index = pd.to_datetime(table.index, format="%Y%m") + pd.offsets.MonthEnd(0)
    return np.log1p(table.astype(float) / 100).round(10)  # the last bits of log1p differ between processors
