# shellcheck shell=bash
# Sourced by the scripts beside it: installs the Debian packages that are missing, and starts no service by it.

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

as_root() {
    if [[ $(id -u) == 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -- "$@"
    else
        fail "There is no sudo here: as root, run apt-get install ${missing[*]}"
    fi
}

require_swift() {
    command -v swift >/dev/null || fail "There is no swift on PATH: install Swift 6.2 or later from https://www.swift.org/install."
}

# A server that came from elsewhere than Debian's own package is as good.
is_installed() {
    case $1 in
        postgresql) command -v psql && { command -v postgres || compgen -G '/usr/lib/postgresql/*/bin/postgres'; } ;;
        redis-server | nginx) command -v "$1" ;;
        *) [[ $(dpkg-query --show --showformat='${db:Status-Abbrev}' "$1" 2>/dev/null) == ii* ]] ;;
    esac >/dev/null
}

# Undone when the script ends, in whatever way: it must not outlive the installation.
policy=/usr/sbin/policy-rc.d
create_conf=/etc/postgresql-common/createcluster.conf
undo=()
undo_all() {
    local command
    for command in "${undo[@]}"; do eval "$command"; done
    undo=()
}
give_up() {
    undo_all
    say "These packages could not be installed, the lines above say why: ${missing[*]}"
}

# Debian starts what it installs. The servers of the system are not ours, so those that run go on, and none is added:
# no service is started, no PostgreSQL cluster is made, and Redis is not started at boot either.
install_without_services() {
    local apt=(as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
    local redis_is_new=no
    is_installed redis-server || redis_is_new=yes
    trap give_up EXIT
    "${apt[@]}" update
    if [[ ! -e $policy ]]; then
        undo+=("as_root rm -f '$policy'")
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
    fi
    if [[ " $* " == *" postgresql "* ]]; then
        "${apt[@]}" install --yes --no-install-recommends postgresql-common >/dev/null
        undo+=("as_root mv '$create_conf.before-roster' '$create_conf'")
        as_root cp --preserve "$create_conf" "$create_conf.before-roster"
        printf 'create_main_cluster = false\n' | as_root tee --append "$create_conf" >/dev/null
    fi
    "${apt[@]}" install --yes --no-install-recommends "$@" >/dev/null
    if [[ $redis_is_new == yes ]] && is_installed redis-server; then
        if command -v systemctl >/dev/null; then
            as_root systemctl --quiet disable redis-server
        else
            as_root update-rc.d redis-server disable
        fi
    fi
    undo_all
    trap - EXIT
}

# Installs those of the named packages that are missing.
ensure_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "This is no Debian: make sure that you have what these packages contain: $*"
        return
    fi
    local package
    missing=()
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    if [[ ${#missing[@]} == 0 ]]; then return; fi
    say "Installing ${missing[*]}"
    install_without_services "${missing[@]}"
}

# What the libraries are compiled against, and the servers of a private cluster.
# shellcheck disable=SC2034
packages=(libpq-dev libhiredis-dev libcurl4-openssl-dev pkg-config postgresql redis-server)
