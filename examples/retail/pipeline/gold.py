"""Reading gold, the same way for training and for judging."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from schema import CLASSES, IDENTITY, LABEL, TARGETS


def read_channel(folder: Path) -> pd.DataFrame:
    """All Parquet files of a channel as one table."""
    files = sorted(folder.glob("*.parquet"))
    if not files:
        raise SystemExit(f"E-NO-GOLD: {folder} holds no Parquet file | the channel is empty | run the ETL first")
    return pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)


def features_of(table: pd.DataFrame) -> list[str]:
    """Every column that neither identifies a basket nor is known only afterwards."""
    return [name for name in table.columns if name not in (*IDENTITY, *TARGETS)]


def truth_of(table: pd.DataFrame) -> np.ndarray:
    """The label as an index into CLASSES."""
    return pd.Categorical(table[LABEL], categories=list(CLASSES)).codes.astype(np.int64)


def matrix_of(table: pd.DataFrame, features: list[str]) -> np.ndarray:
    """The feature columns as floats, gaps as NaN."""
    return table[features].to_numpy(dtype=np.float32, na_value=np.nan)


def sample(table: pd.DataFrame, rows: int, seed: int) -> pd.DataFrame:
    """About that many rows, as whole households; all of them when there are fewer."""
    if rows <= 0 or len(table) <= rows:
        return table
    households = np.random.default_rng(seed).permutation(table["household_id"].unique())
    sizes = table["household_id"].value_counts()
    chosen = households[: int(np.searchsorted(np.cumsum(sizes.loc[households]), rows)) + 1]
    return table[table["household_id"].isin(chosen)]
