# Sourced by tools/setup.sh and deploy/server/install: says what is done, and installs packages. Expects $root or $setup_log.

say() { printf '%s\n' "gristmill: $*" >&2; }

# Runs a command whose output is of interest only when it fails.
quietly() {
  local log=${setup_log:-$root/build/setup.log}
  mkdir -p "$(dirname "$log")"
  if ! "$@" >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    say "this failed: $* (the end of its output stands above, all of it in $log)"
    exit 1
  fi
}

install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { say "these Debian packages are missing: ${missing[*]}; install them as root"; exit 1; }
    as_root=(sudo)
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  quietly "${as_root[@]}" apt-get update
  quietly "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}"
}
