#!/usr/bin/env bash
# Start the Python that build.sh laid out: run.sh FOLDER [ARGUMENT]...
set -euo pipefail
folder=$(cd "$1" && pwd)
shift
export WINEPREFIX=$folder/wine WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml=
export HYPOTHESIS_NO_PLUGINS=1  # else it loads trio, of Selenium's, whose cffi is not there
# Wine's console wants a screen: nothing is read from one, and nothing written to one.
/usr/lib/wine/wine64 "$folder/python/python.exe" "$@" < /dev/null 2>&1 | cat
