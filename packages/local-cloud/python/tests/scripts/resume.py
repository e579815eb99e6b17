"""In the style of the public examples with checkpoints: goes on after the last epoch that was saved."""

from __future__ import annotations

import argparse
import os
import re
import time
from pathlib import Path


def last_epoch(folder: Path) -> int:
    saved = (re.fullmatch(r"checkpoint-(\d+)\.txt", path.name) for path in folder.iterdir())
    return max((int(match[1]) for match in saved if match), default=0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--checkpoint-path", default="/opt/ml/checkpoints")
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR", "/opt/ml/model"))
    given, _ = parser.parse_known_args()
    checkpoints = Path(given.checkpoint_path)
    done = last_epoch(checkpoints)
    print(f"going on after epoch {done}", flush=True)
    for epoch in range(done + 1, given.epochs + 1):
        if epoch == 3 and done == 0:
            print("begun", flush=True)
            time.sleep(60)
        (checkpoints / f"checkpoint-{epoch}.txt").write_text(str(epoch))
        print(f"epoch={epoch}", flush=True)
    (Path(given.model_dir) / "epochs.txt").write_text(f"{done + 1}-{given.epochs}")
