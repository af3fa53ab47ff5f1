#!/usr/bin/env bash
# Builds the wheel: the release program, linked statically to Swift's runtime and zlib and stripped, in
# a wheel whose tag says what it needs of a system.
#   build.sh [FOLDER]         where the wheel goes (default: dist beside this file)
#   CI_SCRATCH=DIR            build folder of Swift (default .build)
#   PYTHON=PROGRAM            a Python with hatchling and auditwheel (default python3)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:-$here/dist}
mkdir -p "$folder" "$here/build"
folder=$(cd "$folder" && pwd)
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$here/.."

# Where the linker looks for -lz first there is the archive alone.
zlib=$(pkg-config --variable=libdir zlib)/libz.a
if [ ! -e "$zlib" ]; then
  echo "$zlib is missing: install zlib's headers and archive (apt install zlib1g-dev)"
  exit 1
fi
ln -s "$zlib" "$work/libz.a"
scratch=${CI_SCRATCH:-.build}
# A folder of its own: other options than the release build's would build that one anew.
swift build --scratch-path "$scratch/wheel" -c release --product hwsim --static-swift-stdlib \
  -Xlinker "-L$work"
strip -o "$here/build/hwsim" "$scratch/wheel/release/hwsim"

cd "$here"
"$python" -m hatchling build -t wheel -d "$work"
# The oldest system that has every symbol, and no library beyond the policy's.
policy=$("$python" -m auditwheel show "$work"/hwsim-*.whl | grep -o 'manylinux_[0-9]*_[0-9]*_[a-z0-9_]*' | head -n 1)
if [ -z "$policy" ]; then
  "$python" -m auditwheel show "$work"/hwsim-*.whl
  echo "the program needs what no manylinux system promises"
  exit 1
fi
HWSIM_PLATFORM=$policy "$python" -m hatchling build -t wheel -d "$folder"
ls -l "$folder"/hwsim-*.whl
