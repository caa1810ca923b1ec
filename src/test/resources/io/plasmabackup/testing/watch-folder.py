"""Watches a folder and all that is in it by inotify(7): tells what is opened, read or changed there, even if it stays the same.

    watch-folder.py FOLDER

For each line of standard input prints, in one line, what has happened since the last one: nothing, or names and event bits.
"""

import ctypes
import os
import struct
import sys

IN_ALL_EVENTS = 0xFFF
IN_DONT_FOLLOW = 0x02000000
EVENT = struct.Struct("iIII")

libc = ctypes.CDLL(None, use_errno=True)


def watch(inotify, path):
    number = libc.inotify_add_watch(inotify, path, IN_ALL_EVENTS | IN_DONT_FOLLOW)
    if number < 0:
        sys.exit(f"watch-folder: inotify_add_watch: {os.strerror(ctypes.get_errno())}")
    return number


def happened(inotify, watched):
    events = []
    while True:
        try:
            data = os.read(inotify, 65536)
        except BlockingIOError:
            return " ".join(events)
        at = 0
        while at < len(data):
            number, mask, _, length = EVENT.unpack_from(data, at)
            at += EVENT.size
            name = data[at : at + length].rstrip(b"\0")
            at += length
            events.append(f"{os.path.join(watched.get(number, b'?'), name).decode()}:{mask:#x}")


def main():
    top = os.fsencode(sys.argv[1])
    inotify = libc.inotify_init1(os.O_NONBLOCK)
    if inotify < 0:
        sys.exit(f"watch-folder: inotify_init1: {os.strerror(ctypes.get_errno())}")
    watched = {watch(inotify, top): top}
    for base, folders, files in os.walk(top):
        for name in folders + files:
            path = os.path.join(base, name)
            watched[watch(inotify, path)] = path
    for _ in sys.stdin:
        print(happened(inotify, watched), flush=True)


main()
