#!/usr/bin/env bash
# Puts Debian's chromium (browser tests) and dicom3tools (DICOM validation) in place, where that can be done
# without asking for a password. Where it can't, says loudly what will be skipped; the other tests run all the same.
set -euo pipefail

skipped() {
    cat >&2 <<TEXT

  ****************************************************************************
  *  NO $1 HERE: $3
  *  $2 WILL BE SKIPPED.
  *  TO RUN THEM: apt-get install $1   (OR PUT IT ON THE PATH)
  ****************************************************************************

TEXT
}

# install NAME "WHAT IS SKIPPED WITHOUT IT" PACKAGE...
install() {
    local name=$1 what=$2
    shift 2
    command -v apt-get >/dev/null || { skipped "$name" "$what" "THIS SYSTEM HAS NO apt-get."; return; }
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
            skipped "$name" "$what" "INSTALLING IT NEEDS ROOT OR A sudo WITHOUT PASSWORD."
            return
        fi
        as_root=(sudo -n)
    fi
    local command=(${as_root[@]+"${as_root[@]}"} apt-get install -y -q --no-install-recommends "$@")
    "${command[@]}" >/dev/null 2>&1 && return
    ${as_root[@]+"${as_root[@]}"} apt-get update -q >/dev/null 2>&1 || true
    "${command[@]}" >&2 || skipped "$name" "$what" "apt-get COULD NOT INSTALL IT (SEE ABOVE)."
}

export DEBIAN_FRONTEND=noninteractive
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
    install chromium "THE BROWSER TESTS (tests/browser)" chromium fonts-dejavu-core
command -v dciodvfy >/dev/null || install dicom3tools "THE DICOM VALIDATION (tests/test_exporting.py)" dicom3tools
