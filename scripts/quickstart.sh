#!/usr/bin/env bash
# From a fresh checkout to a first search: installs enas_tf into .venv and searches on handwritten digits, minutes on
# a laptop. Further flags are passed on: bash scripts/quickstart.sh --num_epochs=5
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup_venv.sh"

setup_venv
"$venv/bin/enas-search" --flagfile="$checkout/flags/digits_macro_search.flags" "$@"

output_dir=outputs/digits_macro_search
for argument in "$@"; do
    [[ "$argument" == --output_dir=* ]] && output_dir="${argument#*=}"
done
echo
echo "To see the curves and the architecture: $venv/bin/tensorboard --logdir=$output_dir"
