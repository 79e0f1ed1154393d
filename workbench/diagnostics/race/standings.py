import pandas as pd


def means(row: pd.DataFrame) -> pd.Series:
    """Mean of every score (over days, assets or books) and share of hits of one row."""
    return row.mean().groupby(lambda column: column.partition("/")[0], sort=False).mean()
