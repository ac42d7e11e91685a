# Sourced by the other scripts: `setup_venv [EXTRAS]` makes the checkout's .venv and installs enas_tf into it, once.

checkout="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
venv="$checkout/.venv"

find_python() {
    local python
    for python in python3.13 python3.12 python3.11 python3; do
        if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            echo "$python"
            return
        fi
    done
    echo "$(basename "$0"): expected Python 3.11, 3.12 or 3.13 on the PATH, found none" >&2
    return 1
}

make_venv() {
    [[ -x "$venv/bin/python" ]] && return
    local python
    python="$(find_python)"
    echo "Making $venv with $python ..."
    # A half-made environment would pass for a whole one the next time.
    "$python" -m venv "$venv" || { rm -rf "$venv"; return 1; }
}

setup_venv() {
    local extras="${1:-}"
    make_venv
    # The mark holds what was installed: where the checkout lies and its setup.py.
    local mark="$venv/.enas_tf${extras:+-$extras}"
    local state
    state="$checkout $(cksum < "$checkout/setup.py")"
    [[ -f "$mark" && "$(cat "$mark")" == "$state" ]] && return
    echo "Installing enas_tf${extras:+ with the extras $extras} into $venv (minutes the first time) ..."
    "$venv/bin/python" -m pip install -q -e "$checkout${extras:+[$extras]}"
    echo "$state" > "$mark"
}
