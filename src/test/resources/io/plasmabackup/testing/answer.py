"""Runs a command on a terminal and answers what it asks: answer.py COUNT QUESTION ANSWER ... COMMAND ...

COUNT pairs of a text that the command shows at last, and what is typed then. Prints what was to be seen on the terminal, and
ends as the command did.
"""

import os
import pty
import select
import sys
import time

PATIENCE_SECONDS = 60


def read(terminal, deadline):
    if not select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
        sys.exit("answer.py: the command says nothing more")
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when nobody has the other end open any more.
        return b""


def main():
    count = int(sys.argv[1])
    pairs, command = sys.argv[2:2 + 2 * count], sys.argv[2 + 2 * count:]
    child, terminal = pty.fork()
    if child == 0:
        os.execv(command[0], command)
    deadline = time.monotonic() + PATIENCE_SECONDS
    seen, asked = b"", 0
    for question, answer in zip(pairs[::2], pairs[1::2]):
        while question.encode() not in seen[asked:]:
            some = read(terminal, deadline)
            if not some:
                sys.exit(f"answer.py: never asked: {question}\n{seen.decode()}")
            seen += some
        asked = len(seen)
        os.write(terminal, answer.encode() + b"\n")
    while some := read(terminal, deadline):
        seen += some
    sys.stdout.write(seen.decode().replace("\r\n", "\n"))
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


main()
