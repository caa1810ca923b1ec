#!/usr/bin/env python3
"""Runs a server until standard input ends, and then prints the CPU seconds of all that it has started.

    counted.py COMMAND...

Whatever loses its parent on the way comes to this process, which waits for it: so nothing is missing. What the server is
still doing when the input ends it may complete, within GRACE seconds; then it is told to stop.
"""

import ctypes
import os
import pathlib
import resource
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
GRACE = 30


def children(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def main():
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit(f"counted: prctl: {os.strerror(ctypes.get_errno())}")
    server = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    sys.stdin.read()
    end = time.monotonic() + GRACE
    while children(server.pid) and time.monotonic() < end:
        time.sleep(0.01)
    server.terminate()
    server.wait()
    for orphan in children(os.getpid()):
        os.waitpid(int(orphan), 0)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(usage.ru_utime + usage.ru_stime)


main()
