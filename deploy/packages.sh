# shellcheck shell=sh
# Debian and Ubuntu packages, for scripts to source. POSIX shell.
#
#   . deploy/packages.sh
#   gradmq_need $GRADMQ_BUILD_PACKAGES

# What a build without tests needs.
# shellcheck disable=SC2034  # for whoever sources this
GRADMQ_BUILD_PACKAGES="gcc libc6-dev cmake ninja-build pkg-config
    libzmq3-dev libczmq-dev libprotobuf-c-dev protobuf-c-compiler libopenblas-dev libsodium-dev libmicrohttpd-dev"

# gradmq_missing PACKAGE...: print those that are not installed.
gradmq_missing () {
    for gradmq_package; do
        # pkgconf took pkg-config's place, and a virtual package has no status of its own.
        case $gradmq_package in
            pkg-config) command -v pkg-config > /dev/null 2>&1 && continue ;;
        esac
        gradmq_status=$(dpkg-query -W -f '${db:Status-Status}' "$gradmq_package" 2> /dev/null) || gradmq_status=
        # A package of several architectures answers once for each.
        case $gradmq_status in
            installed*) ;;
            *) printf '%s ' "$gradmq_package" ;;
        esac
    done
}

# gradmq_as_root COMMAND...: as root, or through sudo.
gradmq_as_root () {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# gradmq_need PACKAGE...: install what is missing. Silent when nothing is; else one line, and
# apt's own words only when it fails. Returns 1 when something is still missing.
gradmq_need () {
    if ! command -v dpkg-query > /dev/null 2>&1 || ! command -v apt-get > /dev/null 2>&1; then
        echo "packages: this is not Debian or Ubuntu; install by hand what these packages hold: $*" >&2
        return 1
    fi
    gradmq_wanted=$(gradmq_missing "$@")
    [ -n "$gradmq_wanted" ] || return 0
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo > /dev/null 2>&1; then
        echo "packages: missing, and neither root nor sudo is here; install as root: $gradmq_wanted" >&2
        return 1
    fi
    echo "packages: installing $gradmq_wanted"
    gradmq_log=$(mktemp) || return 1
    gradmq_result=0
    # The lists may be old or absent. A source that does not answer is fatal only if a package is
    # then not found.
    gradmq_as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 update \
        > "$gradmq_log" 2>&1 < /dev/null || true
    # shellcheck disable=SC2086  # a list of words
    gradmq_as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
        install --no-install-recommends $gradmq_wanted >> "$gradmq_log" 2>&1 < /dev/null || gradmq_result=1
    if [ "$gradmq_result" -ne 0 ]; then
        echo "packages: apt-get failed:" >&2
        tail -n 20 "$gradmq_log" >&2
    fi
    rm -f "$gradmq_log"
    return "$gradmq_result"
}
