"""The machine that figures are measured on, and the versions of the programs."""

import os
import platform
import re
import subprocess

PROGRAMS = {
    "tar": "tar --version",
    "zstd": "zstd --version",
    "OpenSSH": "ssh -V",
    "btrfs-progs": "btrfs --version",
    "borg": "borg --version",
    "restic": "restic version",
}


def machine(java):
    with open("/proc/cpuinfo") as info:
        names = [line.split(":", 1)[1].strip() for line in info if line.startswith("model name")]
    return {
        "cpu": names[0] if names else platform.machine(),
        "cores": os.cpu_count(),
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release()["PRETTY_NAME"],
        "java": java_version(java),
        "programs": {name: version(command) for name, command in PROGRAMS.items()},
    }


def java_version(home):
    with open(os.path.join(home, "release")) as release:
        values = dict(line.rstrip("\n").split("=", 1) for line in release if "=" in line)
    return f'{values["JAVA_VERSION"]} ({values.get("IMPLEMENTOR", "unknown")})'.replace('"', "")


def version(command):
    # ssh -V prints it on stderr.
    said = subprocess.run(command.split(), check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
    return re.search(r"\d+\.\d[^\s,*]*", said)[0]
