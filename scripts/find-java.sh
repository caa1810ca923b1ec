# shellcheck shell=dash
# Finds a Java of at least 22. Sourced by scripts/find-jdk and by the installed launchers: POSIX sh, and as long as the
# Javas on the machine have a release file, no process is started and it takes about a millisecond.
#
#   find_java java    any Java will do        find_java javac    it must be able to compile
#
# sets java_home and java_version and returns 0, or sets java_missing to a sentence for the user and returns 1.
# $PLASMA_JAVA_HOME is an order: that Java or none. Then comes $java_private, the one that Plasma's packages bring along, where
# there is one. $JAVA_HOME is a wish: it is taken when it is new enough. Then comes the newest in the places where Javas are
# installed, then the one on PATH.

java_minimum=22

# Sets java_version to the version of the Java in folder $1; returns 1 where there is none.
java_version_of() {
  java_version=
  [ -x "$1/bin/java" ] || return 1
  if [ -r "$1/release" ]; then
    while IFS= read -r java_line; do
      case $java_line in
        JAVA_VERSION=*)
          java_version=${java_line#*\"}
          java_version=${java_version%%\"*}
          break
          ;;
      esac
    done <"$1/release"
  fi
  if [ -z "$java_version" ]; then
    java_line=$("$1/bin/java" -version 2>&1) || return 1
    java_version=${java_line#*version \"}
    java_version=${java_version%%\"*}
  fi
}

# Sets java_feature and java_update to 25 and 3 for the java_version 25.0.3; returns 1 where it isn't a version.
java_split_version() {
  java_update=${java_version%%[!0-9.]*}
  java_feature=${java_update%%.*}
  case $java_update in
    *.*.*)
      java_update=${java_update#*.*.}
      java_update=${java_update%%.*}
      ;;
    *) java_update=0 ;;
  esac
  [ -n "$java_feature" ] && [ -n "$java_update" ]
}

# Makes folder $1 the java_home if it has the program $2, is new enough and newer than the java_home so far.
java_consider() {
  java_version_of "$1" && java_split_version || return 0
  if [ "$java_feature" -lt "$java_minimum" ]; then
    java_too_old="$java_version in $1"
  elif [ ! -x "$1/bin/$2" ]; then
    java_too_old="$java_version without $2 in $1"
  elif [ "$java_feature" -gt "$java_best_feature" ] ||
    { [ "$java_feature" -eq "$java_best_feature" ] && [ "$java_update" -gt "$java_best_update" ]; }; then
    java_home=$1
    java_best_version=$java_version
    java_best_feature=$java_feature
    java_best_update=$java_update
  fi
}

find_java() {
  java_home=
  java_too_old=
  java_best_version=
  java_best_feature=0
  java_best_update=0
  # What they hold would be printed by every Java that is asked for its version, or change what it does.
  unset JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS
  case $1 in
    javac) java_what=JDK java_package=openjdk-25-jdk-headless ;;
    *) java_what=Java java_package=openjdk-25-jre-headless ;;
  esac

  if [ -n "${PLASMA_JAVA_HOME:-}" ]; then
    java_consider "$PLASMA_JAVA_HOME" "$1"
    if [ -z "$java_home" ]; then
      java_missing="PLASMA_JAVA_HOME must be the folder of a $java_what $java_minimum or newer, but is"
      java_missing="$java_missing $PLASMA_JAVA_HOME (${java_too_old:-there is no bin/java that runs})"
      return 1
    fi
  fi
  [ -n "$java_home" ] || [ -z "${java_private:-}" ] || java_consider "$java_private" "$1"
  [ -n "$java_home" ] || [ -z "${JAVA_HOME:-}" ] || java_consider "$JAVA_HOME" "$1"
  if [ -z "$java_home" ]; then
    for java_candidate in /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /opt/java/* /opt/*; do
      java_consider "$java_candidate" "$1"
    done
    # Never for root: under sudo this may be the home folder of somebody else.
    if [ -n "${HOME:-}" ] && [ ! -O / ]; then
      for java_candidate in "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/*; do
        java_consider "$java_candidate" "$1"
      done
    fi
  fi
  if [ -z "$java_home" ] && java_candidate=$(command -v java) && java_candidate=$(readlink -f "$java_candidate"); then
    java_consider "${java_candidate%/bin/java}" "$1"
  fi

  java_version=$java_best_version
  [ -z "$java_home" ] || return 0
  java_missing="needs a $java_what $java_minimum or newer and finds ${java_too_old:+only }${java_too_old:-none};"
  java_missing="$java_missing install one (for example the package $java_package, or a build from https://adoptium.net),"
  java_missing="$java_missing or set PLASMA_JAVA_HOME to its folder"
  return 1
}
