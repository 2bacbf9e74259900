#!/usr/bin/env bash
# Packs Lepton Studio for macOS: dist/lepton-studio-VERSION-macos-MACHINE.dmg
#
#     installer/macos.sh                      # for the processor of this Mac
#     installer/macos.sh --extra camera       # with the webcam on the Draw page
#     SIGN_AS="Developer ID Application: ..." installer/macos.sh
#
# All words go to installer/pack.py. Not tried yet: no Mac was at hand. Without SIGN_AS the program is signed for this Mac
# alone, and others have to open it with a right click; notarising it (xcrun notarytool) is not done here.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

packed=$("${PYTHON:-python3}" "$root/installer/pack.py" "$@" | tail -n 1)
version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$root/lepton_studio/__init__.py")
image="$root/dist/lepton-studio-$version-macos-$(uname -m).dmg"

if [ -n "${SIGN_AS:-}" ]; then
    codesign --force --deep --options runtime --timestamp --sign "$SIGN_AS" "$packed"
fi
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
ditto "$packed" "$stage/$(basename "$packed")"
ln -s /Applications "$stage/Applications"
mkdir -p "$root/dist"
hdiutil create -volname "Lepton Studio" -srcfolder "$stage" -format UDZO -ov "$image"

echo "Packed:       $(du -sh "$packed" | cut -f1) in $packed"
echo "Disk image:   $(du -h "$image" | cut -f1) in $image"
echo "Command line: Lepton Studio.app/Contents/MacOS/lepton-studio"
