#!/bin/bash
# Runs one Python test with Debian's Python; the modules under test are those of tools/.
set -euo pipefail
export PYTHONPATH="$PWD/tools" PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 "$@"
