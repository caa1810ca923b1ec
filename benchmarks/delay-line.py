#!/usr/bin/env python3
"""Joins this network namespace with another one by a line on which a packet takes its time. Prints a line when it stands.

    delay-line.py MILLISECONDS NAMESPACE

Here the address is 198.18.0.1, there 198.18.0.2 (of the network that is set aside for tests of devices, RFC 2544). The
milliseconds are for there and back. Between two TUN devices, so that everything above is the kernel's own, there is one
queue for each direction; no packet is lost, and the order stays. Not every kernel has netem, which does this too.
"""

import collections
import fcntl
import os
import select
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
# Jumbo frames: with smaller ones, this program is what one measures.
MTU = 9000
# More packets than all the windows of a few connections hold.
DEVICE_QUEUE = 50_000
BATCH = 64
HERE, THERE = "198.18.0.1", "198.18.0.2"


def tun(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


def ip(*command):
    subprocess.run(["ip", *command], check=True)


def set_up(name, address, peer, *where):
    ip(*where, "address", "add", address, "peer", peer, "dev", name)
    ip(*where, "link", "set", name, "mtu", str(MTU), "txqueuelen", str(DEVICE_QUEUE), "up")


def receive(device, queue, delay):
    for _ in range(BATCH):
        try:
            packet = os.read(device, MTU)
        except BlockingIOError:
            return
        queue.append((time.monotonic() + delay, packet))


def deliver(queue, device):
    """Seconds until the next one is due, if there is one."""
    while queue:
        wait = queue[0][0] - time.monotonic()
        if wait > 0:
            return wait
        os.write(device, queue.popleft()[1])
    return None


def main():
    delay = float(sys.argv[1]) / 2 / 1000
    namespace = sys.argv[2]
    here, there = tun("line0"), tun("line1")
    ip("link", "set", "line1", "netns", namespace)
    set_up("line0", HERE, THERE)
    set_up("line1", THERE, HERE, "-netns", namespace)
    ip("-netns", namespace, "link", "set", "lo", "up")
    print("up", flush=True)

    queues = {here: collections.deque(), there: collections.deque()}
    other = {here: there, there: here}
    while True:
        waits = [wait for device, queue in queues.items() if (wait := deliver(queue, other[device])) is not None]
        for device in select.select([here, there], [], [], min(waits, default=None))[0]:
            receive(device, queues[device], delay)


main()
