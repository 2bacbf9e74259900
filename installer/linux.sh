#!/usr/bin/env bash
# Packs Lepton Studio for Linux: dist/lepton-studio-VERSION-linux-MACHINE.tar.gz
#
#     installer/linux.sh                      # with the CPU build of torch
#     installer/linux.sh --cuda               # with CUDA: several GB
#     installer/linux.sh --extra camera       # with the webcam on the Draw page
#     PYTHON=python3.12 installer/linux.sh    # with another Python
#
# All words go to installer/pack.py, which makes the environment, packs, and tries what it packed. The result runs where
# the C library (glibc) is as new as here or newer, so pack on the oldest system that is to be served.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

packed=$("${PYTHON:-python3}" "$root/installer/pack.py" "$@" | tail -n 1)
version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$root/lepton_studio/__init__.py")
name="lepton-studio-$version-linux-$(uname -m)"

cp "$root/build/installer/icons/lepton-studio.png" "$root/installer/lepton-studio.desktop" \
    "$root/installer/add_to_menu.sh" "$root/LICENSE" "$packed/"
mkdir -p "$root/dist"
tar --directory "$(dirname "$packed")" --transform "s,^lepton-studio,$name,S" --owner=0 --group=0 \
    -czf "$root/dist/$name.tar.gz" "$(basename "$packed")"

echo "Packed:   $(du -sh "$packed" | cut -f1) in $packed"
echo "Archive:  $(du -h "$root/dist/$name.tar.gz" | cut -f1) in $root/dist/$name.tar.gz"
echo "Use it:   tar -xzf $name.tar.gz && $name/lepton-studio"
echo "          $name/add_to_menu.sh puts it into the menu of the desktop"
