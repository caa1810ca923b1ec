# shellcheck shell=bash disable=SC2154 # work is the script's
# An sshd of its own for a script. Sourced by scripts/train and scripts/test-packages, which have a folder $work and a function fail,
# and end $sshd_pid.
#
#   start_sshd SSHD    starts it on 127.0.0.1 at $port, for whoever has $work/client_key; its process is $sshd_pid, its host key is in
#                      $work/known_hosts

start_sshd() {
  local attempt pam=no
  ssh-keygen -q -t ed25519 -N '' -f "$work/client_key"
  ssh-keygen -q -t ed25519 -N '' -f "$work/host_key"
  if [ "$(id -u)" = 0 ]; then
    mkdir -p /run/sshd
    # A locked root is let in only if PAM is asked.
    [[ $(getent shadow root) != root:!* ]] || pam=yes
  fi
  for attempt in 1 2 3 4 5; do
    port=$((RANDOM % 20000 + 40000))
    printf '%s\n' 'ListenAddress 127.0.0.1' "Port $port" "HostKey $work/host_key" "AuthorizedKeysFile $work/client_key.pub" \
      'PidFile none' 'StrictModes no' "UsePAM $pam" 'Subsystem sftp internal-sftp' >"$work/sshd_config"
    "$1" -D -e -f "$work/sshd_config" 2>"$work/err" &
    sshd_pid=$!
    for _ in {1..50}; do
      if grep -q '^Server listening' "$work/err"; then
        echo "[127.0.0.1]:$port $(cut -d ' ' -f 1,2 "$work/host_key.pub")" >"$work/known_hosts"
        return
      fi
      kill -0 "$sshd_pid" 2>/dev/null || break
      sleep 0.1
    done
    sshd_pid=
  done
  : >"$work/out"
  fail "sshd doesn't start (attempt $attempt):"
}
