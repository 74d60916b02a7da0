#!/usr/bin/env bash
# Builds the solution and runs every test. Sets up what the browser tests need (Chromium, a CJK font) where it may.
# Environment: CI=true makes a missing browser a failure; R1LAB_REFERENCE names the public reference data;
# R1LAB_CHROMIUM names a browser to use.
set -uo pipefail
cd "$(dirname "$0")/.."

find_browser() {
  for name in "${R1LAB_CHROMIUM:-}" chromium chromium-browser google-chrome-stable google-chrome; do
    [ -n "$name" ] && command -v "$name" && return 0
  done
  return 1
}

has_cjk_font() { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh family 2>/dev/null | head -1)" ]; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo "$@"; else return 1; fi
}

install_browser() {
  command -v apt-get >/dev/null || return 1
  echo "Installing Chromium and a CJK font for the browser tests ..."
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk fontconfig >/dev/null
}

{ find_browser >/dev/null && has_cjk_font; } || install_browser || true
if browser=$(find_browser); then export R1LAB_CHROMIUM="$browser"; else echo "No Chromium found and none could be installed."; fi

dotnet build R1Lab.sln -c Release --nologo -v quiet -clp:NoSummary || { echo "0 passed, 1 failed"; exit 1; }

passed=0 failed=0 skipped=0
failures=$(mktemp)
for project in Engine Data Web Browser; do
  name="R1Lab.$project.Tests"
  log=$(mktemp)
  echo "== $name"
  started=$SECONDS
  "tests/$name/bin/Release/net10.0/$name" --progress off --no-ansi 2>"$log.err" | tee "$log"
  status=${PIPESTATUS[0]}
  count() { sed -n "s/^ *$1: *\([0-9][0-9]*\).*/\1/p" "$log" | tail -1; }
  p=$(count succeeded) f=$(count failed) s=$(count skipped)
  # A runner that dies without a summary is a failure of its own.
  if [ -z "$p" ] || { [ "$status" != 0 ] && [ "${f:-0}" = 0 ]; }; then f=$((${f:-0} + 1)); tail -40 "$log.err"; fi
  grep -A 20 '^failed ' "$log" >>"$failures"
  passed=$((passed + ${p:-0})) failed=$((failed + ${f:-0})) skipped=$((skipped + ${s:-0}))
  echo "   $((SECONDS - started)) s"
  rm -f "$log" "$log.err"
done

# Once more at the end, where whoever reads only the last lines finds them.
[ -s "$failures" ] && { echo "== What failed"; cat "$failures"; }
rm -f "$failures"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
