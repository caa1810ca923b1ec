"""An SFTP server that dies at the first request to rename a file; the next one that is started works.

Between the client and a real server, whose path is the third argument. The first says when:

before  the request is not carried out
after   it is carried out, and not answered
half    the file has both names, as when OpenSSH's server ends between link() and unlink()
gone    somebody deletes the file instead
taken   somebody else makes a file of that name meanwhile

The second is a file that says, once it exists, that this has happened.
"""

import os
import struct
import subprocess
import sys
import threading
import time

RENAME = 18

when, happened, server = sys.argv[1:]
child = subprocess.Popen([server], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def answers():
    while answer := os.read(child.stdout.fileno(), 65536):
        if not os.path.exists(happened):
            os.write(1, answer)
    os._exit(0)


def exactly(count):
    read = sys.stdin.buffer.read(count)
    if len(read) < count:
        child.stdin.close()
        child.wait()
        os._exit(0)
    return read


def die(request):
    old_length = struct.unpack(">I", request[5:9])[0]
    old = request[9:9 + old_length]
    new = request[13 + old_length:]
    open(happened, "x").close()
    if when == "after":
        child.stdin.write(struct.pack(">I", len(request)) + request)
        child.stdin.flush()
        while os.path.lexists(old):
            time.sleep(0.01)
    elif when == "half":
        os.link(old, new)
    elif when == "gone":
        os.unlink(old)
    elif when == "taken":
        size = os.path.getsize(old)
        with open(new, "xb") as other:
            other.truncate(size)
    child.kill()
    os._exit(1)


if os.path.exists(happened):
    os.execv(server, [server])
threading.Thread(target=answers, daemon=True).start()
while True:
    request = exactly(struct.unpack(">I", exactly(4))[0])
    if request[0] == RENAME:
        die(request)
    child.stdin.write(struct.pack(">I", len(request)) + request)
    child.stdin.flush()
