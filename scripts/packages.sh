# shellcheck shell=bash
# Finds and installs what a script needs. Sourced by scripts/test and scripts/demo, from the top folder.
#
#   missing_packages <TABLE    prints the missing Debian packages on one line; a row of TABLE is a program, or a pattern of
#                              absolute file names, and the package that has it
#   can_install_packages       whether install_packages can work here: as root on Debian
#   install_packages PACKAGE...    installs them, and a JDK where scripts/find-jdk finds none

missing_packages() {
  local what package missing=()
  while read -r what package; do
    case $what in
      /*) compgen -G "$what" >/dev/null || missing+=("$package") ;;
      *) PATH=$PATH:/usr/sbin:/sbin command -v "$what" >/dev/null || missing+=("$package") ;;
    esac
  done
  [ ${#missing[@]} = 0 ] || printf '%s\n' "${missing[@]}" | sort -u | paste -s -d ' '
}

can_install_packages() {
  [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ]
}

install_packages() {
  local version wanted=("$@") has_jdk=true
  scripts/find-jdk >/dev/null 2>&1 || has_jdk=false
  [ ${#wanted[@]} != 0 ] || ! $has_jdk || return 0
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q update || return
  if ! $has_jdk; then
    for version in 29 28 27 26 25 24 23 22; do
      apt-cache show "openjdk-$version-jdk-headless" >/dev/null 2>&1 || continue
      wanted+=("openjdk-$version-jdk-headless")
      break
    done
  fi
  [ ${#wanted[@]} = 0 ] || apt-get -qy --no-install-recommends install "${wanted[@]}"
}
