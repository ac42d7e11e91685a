#!/usr/bin/env bash
# Checks style and types and runs the fast tests, up to four at a time; `--all` runs the long ones as well. Other
# arguments go to pytest.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup_venv.sh"

# Tests of one file stay in one process, which share fixtures and traced functions. A process takes some 2 GB.
pytest_arguments=(-n auto --maxprocesses=4 --dist=loadfile)
for argument in "$@"; do
    # An empty mark expression overrides pyproject.toml's `not long`.
    if [[ "$argument" == --all ]]; then pytest_arguments+=(-m ""); else pytest_arguments+=("$argument"); fi
done

setup_venv dev
cd "$checkout"
"$venv/bin/ruff" check .
"$venv/bin/ruff" format --check .
"$venv/bin/mypy"
"$venv/bin/python" -m pytest "${pytest_arguments[@]}"
