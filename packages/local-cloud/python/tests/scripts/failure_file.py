"""In the style of the public bring-your-own-container example: the reason goes to /opt/ml/output/failure."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

OUTPUT = Path(os.environ.get("SM_OUTPUT_DIR", "/opt/ml/output"))


def train() -> None:
    raise LookupError("the column BASKET_ID is missing")


if __name__ == "__main__":
    try:
        train()
    except LookupError as error:
        (OUTPUT / "failure").write_text(f"Exception during training: {error}\n{traceback.format_exc()}")
        print(f"Exception during training: {error}", file=sys.stderr)
        sys.exit(255)
