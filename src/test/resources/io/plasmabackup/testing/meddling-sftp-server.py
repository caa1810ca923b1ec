"""An SFTP server before which somebody meddles, once: meddling-sftp-server.py COMMAND HAPPENED SERVER

Between the client and a real server, SERVER. COMMAND is a file for the shell, whose first line says when it is to run it: # WHAT COUNT,
before the server is told to WHAT for the COUNTth time. HAPPENED is a file that says, once it exists, that this has begun. Where there
is no COMMAND, or it has begun, this is SERVER itself.

open  opens an archive, to read it
copy  copies a range (copy-data)
"""

import os
import struct
import subprocess
import sys
import threading

OPEN, EXTENDED = 3, 200
READ, WRITE = 1, 2

command, happened, server = sys.argv[1:]
if os.path.exists(happened) or not os.path.exists(command):
    os.execv(server, [server])
with open(command) as lines:
    _, what, count = lines.readline().split()
left = int(count)
child = subprocess.Popen([server], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def answers():
    while answer := os.read(child.stdout.fileno(), 65536):
        while answer:
            answer = answer[os.write(1, answer):]
    os._exit(0)


def exactly(count):
    read = sys.stdin.buffer.read(count)
    if len(read) < count:
        child.stdin.close()
        child.wait()
        os._exit(0)
    return read


def text(request, at):
    length = struct.unpack(">I", request[at:at + 4])[0]
    return request[at + 4:at + 4 + length], at + 4 + length


def wanted(request):
    if what == "copy":
        return request[0] == EXTENDED and text(request, 5)[0] == b"copy-data"
    if request[0] != OPEN:
        return False
    path, end = text(request, 5)
    flags = struct.unpack(">I", request[end:end + 4])[0]
    return flags & (READ | WRITE) == READ and path.endswith((b".tar", b".tar.zst"))


def meddle():
    try:
        open(happened, "x").close()
    except FileExistsError:
        return
    subprocess.run(["sh", command], check=True)


threading.Thread(target=answers, daemon=True).start()
while True:
    request = exactly(struct.unpack(">I", exactly(4))[0])
    if left and wanted(request):
        left -= 1
        if not left:
            meddle()
    child.stdin.write(struct.pack(">I", len(request)) + request)
    child.stdin.flush()
