#!/usr/bin/env bash
# Runs a console command with a flagfile of this checkout, whatever the directory it is called from:
# bash scripts/run_flagfile.sh COMMAND NAME [--flag=value ...] runs COMMAND with flags/NAME.flags; later flags win.
set -euo pipefail
checkout="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
command="$1" name="$2"
shift 2

PATH="$checkout/.venv/bin:$PATH"
if ! command -v "$command" > /dev/null; then
    echo "$name.sh: expected $command to be installed, found none (BUILD.md, or scripts/quickstart.sh)" >&2
    exit 1
fi
exec "$command" --flagfile="$checkout/flags/$name.flags" "$@"
