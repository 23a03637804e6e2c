#!/bin/sh
# Installs Chromium and Chinese fonts on Debian, as root or with sudo that asks for no password.
set -u
run=""
[ "$(id -u)" -eq 0 ] || run="sudo -n"
if ! command -v apt-get >/dev/null; then
    echo "chromium is not installed and this is not Debian: the browser tests will say so" >&2
    exit 0
fi
$run apt-get update -qq && DEBIAN_FRONTEND=noninteractive $run apt-get install -y -qq chromium fonts-noto-cjk >/dev/null ||
    echo "chromium could not be installed: the browser tests will say so" >&2
