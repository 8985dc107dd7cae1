#!/usr/bin/env bash
# Puts Debian's chromium in place for the browser tests, where that can be done without asking for a password.
# Where it can't, says loudly what will be skipped; the other tests run all the same.
set -euo pipefail

if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then
    exit 0
fi

skipped() {
    cat >&2 <<TEXT

  ****************************************************************************
  *  NO CHROMIUM HERE: $1
  *  THE BROWSER TESTS (tests/browser) WILL BE SKIPPED.
  *  TO RUN THEM: apt-get install chromium   (OR PUT chromium ON THE PATH)
  ****************************************************************************

TEXT
    exit 0
}

command -v apt-get >/dev/null || skipped "THIS SYSTEM HAS NO apt-get."

if [ "$(id -u)" -eq 0 ]; then
    as_root=()
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
else
    skipped "INSTALLING IT NEEDS ROOT OR A sudo WITHOUT PASSWORD."
fi

export DEBIAN_FRONTEND=noninteractive
install=("${as_root[@]}" apt-get install -y -q --no-install-recommends chromium fonts-dejavu-core)
"${install[@]}" >/dev/null 2>&1 || {
    "${as_root[@]}" apt-get update -q >/dev/null 2>&1 || true
    "${install[@]}" >&2 || skipped "apt-get COULD NOT INSTALL IT (SEE ABOVE)."
}
