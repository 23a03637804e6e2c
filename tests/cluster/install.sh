#!/bin/sh
# Installs Java and Maven on Debian, as root or with sudo that asks for no password; Maven then fetches OpenSearch.
set -u
run=""
[ "$(id -u)" -eq 0 ] || run="sudo -n"
if ! command -v apt-get >/dev/null; then
    echo "java or mvn is not installed and this is not Debian: the cluster tests will say so" >&2
    exit 0
fi
install() { DEBIAN_FRONTEND=noninteractive $run apt-get install -y -qq --no-install-recommends "$@" maven >/dev/null; }
$run apt-get update -qq && { install openjdk-17-jre-headless || install default-jre-headless; } ||
    echo "java and maven could not be installed: the cluster tests will say so" >&2
