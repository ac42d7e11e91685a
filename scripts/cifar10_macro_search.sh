#!/usr/bin/env bash
# Macro search on CIFAR-10 in the published setting. Further flags are passed on and override the flagfile's:
# bash scripts/cifar10_macro_search.sh --num_epochs=2
set -euo pipefail
checkout="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

PATH="$checkout/.venv/bin:$PATH"
if ! command -v enas-search > /dev/null; then
    echo "$(basename "$0"): expected enas-search to be installed, found none (BUILD.md, or scripts/quickstart.sh)" >&2
    exit 1
fi
exec enas-search --flagfile="$checkout/flags/cifar10_macro_search.flags" "$@"
