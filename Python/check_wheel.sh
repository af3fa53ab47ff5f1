#!/usr/bin/env bash
# Installs a wheel in an empty environment and runs the module's tests with it; no Swift on the path.
#   check_wheel.sh WHEEL [PACKAGE...]     packages to test the adapters and notebooks with, such as
#                                         hls4ml tensorflow-cpu onnx pandas nbclient ipykernel scikit-learn
#   PYTHON=PROGRAM                        the Python that makes the environment (default python3)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
wheel=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/environment"
"$work/environment/bin/pip" install -q "$wheel"
# The wheel and NumPy alone.
cd "$work"
export PATH="$work/environment/bin:/usr/bin:/bin"
unset HWSIM_BINARY PYTHONPATH
if command -v swift; then
  echo "Swift is on the path: this would not show that nothing is needed"
  exit 1
fi
pip list --format=freeze
hwsim --version
ls -l "$(command -v hwsim)"
python "$here/overhead.py" "$here/../examples"
# What the tests of tables and models need besides.
pip install -q pytest pandas onnx "$@"
python -m pytest -q -p no:cacheprovider --rootdir "$here" "$here/tests"
