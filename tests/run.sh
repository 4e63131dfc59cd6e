#!/usr/bin/env bash
# Builds everything and runs every test; the last line is `N passed, N failed, N skipped`.
#
#   bash tests/run.sh             tests whose service is missing are skipped, with the reason
#   bash tests/run.sh --install   as root on Debian or Ubuntu: installs what is missing first (also with CI=true)
#   bash tests/run.sh --interop   also tries the media server with aiortc, GStreamer and werift (also with CI=true)
#   bash tests/run.sh --filter X  only tests whose full name contains X
set -euo pipefail
cd "$(dirname "$0")/.."

install=${CI:+yes}
interop=${CI:+yes}
filter=
while [ $# -gt 0 ]; do
  case $1 in
    --install) install=yes ;;
    --interop) interop=yes ;;
    --filter) filter=${2:?--filter needs a part of a test name}; shift ;;
    *) echo "tests/run.sh: unknown option $1; known are --install, --interop and --filter NAME" >&2; exit 2 ;;
  esac
  shift
done

say() { printf '%s\n' "$*" >&2; }
step() { # name, command...: silent unless it fails
  local name=$1 log status=0 start=$SECONDS; shift
  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  if [ $status -ne 0 ]; then say "$name failed:"; tail -n 60 "$log" >&2; rm -f "$log"; exit $status; fi
  rm -f "$log"
  say "$name: $((SECONDS - start)) s"
}

command -v dotnet >/dev/null || { say "The .NET 10 SDK is missing: https://dotnet.microsoft.com/download"; exit 1; }

# Services: Debian package, and the program that shows that it is there.
missing=()
need() { command -v "$2" >/dev/null || missing+=("$1"); }
need_file() { compgen -G "$2" >/dev/null || missing+=("$1"); } # for packages without a program
need chromium chromium
need firefox-esr firefox-esr
need nodejs node
need npm npm
# Networks with routers and firewalls, which the tests build in namespaces (root only), and a relay.
need iproute2 ip
need nftables nft
need coturn turnserver
# Rules for a proxy in front, as documented.
need nginx-light nginx
need postgresql pg_ctlcluster
if [ -n "$interop" ]; then
  export CALLS_INTEROP=1
  need_file python3-aiortc /usr/lib/python3/dist-packages/aiortc
  need_file python3-gi /usr/lib/python3/dist-packages/gi
  need_file gir1.2-gst-plugins-bad-1.0 '/usr/lib/*/girepository-1.0/GstWebRTC-1.0.typelib'
  need_file gstreamer1.0-plugins-base '/usr/lib/*/gstreamer-1.0/libgstopus.so'
  need_file gstreamer1.0-plugins-good '/usr/lib/*/gstreamer-1.0/libgstvpx.so'
  need_file gstreamer1.0-plugins-bad '/usr/lib/*/gstreamer-1.0/libgstwebrtc.so'
  need_file gstreamer1.0-nice '/usr/lib/*/gstreamer-1.0/libgstnice.so'
fi
if [ ${#missing[@]} -gt 0 ]; then
  if [ -n "$install" ]; then
    [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || { say "Installing ${missing[*]} needs root and apt-get."; exit 1; }
    export DEBIAN_FRONTEND=noninteractive
    step "apt-get update" apt-get update -qq
    step "install ${missing[*]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
  else
    say "Not installed: ${missing[*]}. Their tests are skipped; --install installs them."
  fi
fi

step restore dotnet restore Plugin.sln --locked-mode
step build dotnet build Plugin.sln --no-restore -c Release -v quiet
step format dotnet format Plugin.sln --no-restore --verify-no-changes --exclude tests/fixtures
step "allocation gate" dotnet run --project tests/Calls.Benchmarks -c Release --no-build -- --gate
step conformance dotnet run --project tests/Calls.Conformance -c Release --no-build -- --check
if [ -f webapp-shim/package.json ] && command -v npm >/dev/null; then
  step "webapp-shim packages" npm --prefix webapp-shim ci --no-audit --no-fund
  step "webapp-shim types" npm --prefix webapp-shim run --silent check
fi

if [ -n "$interop" ] && command -v npm >/dev/null; then
  step "interop packages" npm --prefix tests/interop/werift ci --no-audit --no-fund
fi

results=$(mktemp)
trap 'rm -f "$results"' EXIT
status=0
dotnet test Plugin.sln --no-build -c Release -m:1 ${filter:+--filter "FullyQualifiedName~$filter"} \
  --logger "console;verbosity=minimal" --blame-hang-timeout 5m --blame-hang-dump-type none >"$results" 2>&1 || status=$?
# Failures in full, skips with their reason, one line per project.
grep -vE '^(Test run for|VSTest version|Starting test execution|A total of|Results File|No test matches|\s*$)' "$results" | head -n 400 >&2 || true

count() { grep -oE "^(Passed|Failed|Skipped)! .*" "$results" | sed -E "s/.*$1: +([0-9]+).*/\1/" | awk '{n+=$1} END {print n+0}'; }
passed=$(count Passed); failed=$(count Failed); skipped=$(count Skipped)
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; say "A test host ended without a result."; fi
if [ -n "${CI:-}" ] && [ "$skipped" -gt 0 ]; then failed=$((failed + skipped)); say "With CI set, a skipped test is a failure."; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$status" -eq 0 ]
