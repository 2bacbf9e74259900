#!/bin/sh
# Puts Lepton Studio into the menu of this person's desktop, or takes it out again: add_to_menu.sh [--remove]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data="${XDG_DATA_HOME:-$HOME/.local/share}"
entry="$data/applications/lepton-studio.desktop"
icon="$data/icons/hicolor/256x256/apps/lepton-studio.png"

if [ "${1:-}" = "--remove" ]; then
    rm -f "$entry" "$icon"
    echo "Lepton Studio is no longer in the menu. What you made with it is kept."
    exit
fi
mkdir -p "$(dirname "$entry")" "$(dirname "$icon")"
cp "$here/lepton-studio.png" "$icon"
# Quoted twice, as desktop entries want it: for the argument, then for the value.
# https://specifications.freedesktop.org/desktop-entry-spec/latest/exec-variables.html
place=$(printf '%s' "$here/lepton-studio" | sed -e 's/\\/\\\\\\\\/g' -e 's/["`$]/\\\\&/g' -e 's/%/%%/g')
{
    grep -v '^Exec=' "$here/lepton-studio.desktop"
    printf 'Exec="%s" %%f\n' "$place"
} > "$entry"
echo "Lepton Studio is in the menu now. If its folder moves, call this again."
