#!/bin/bash
# Checks the checkout itself, which this script's own symbolic link leads to.
set -euo pipefail
root="$(realpath "$(dirname "$(realpath "$0")")/../..")"
export PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 "$root/tools/tidy.py" --root "$root" "$@"
