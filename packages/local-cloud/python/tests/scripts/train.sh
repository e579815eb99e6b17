#!/bin/sh
# In the style of the public examples with a shell entry point.
set -e
python3 -c 'import sys; print(sys.argv[1:])' "$@"
cp "$SM_CHANNEL_TRAIN/a.csv" "$SM_MODEL_DIR/"
