#!/usr/bin/env bash
# Two short searches on digits, one as the original means it and one as it is written, and a picture of both:
# bash scripts/compare_quirks.sh [--num_epochs=N --seed=N ...] draws outputs/compare_quirks/comparison.png.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup_venv.sh"

setup_venv
root=outputs/compare_quirks
search=("$venv/bin/enas-search" --flagfile="$checkout/flags/digits_macro_search.flags" --num_epochs=30 --log_every=10)
"${search[@]}" "$@" --output_dir="$root/as_meant"
"${search[@]}" "$@" --output_dir="$root/as_written" --original_quirks=all
"$venv/bin/enas-compare" --log="$root/as_meant/stdout" --log="$root/as_written/stdout" --output="$root/comparison.png"
