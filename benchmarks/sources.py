"""What is backed up: always the same files, as far as the machine's own /usr is the same."""

import contextlib
import hashlib
import os
import random
import subprocess

from lab import run

SMALL_FILE = 4096
FILES_PER_FOLDER = 200
SMALLEST_MIXED, LARGEST_MIXED = 64 << 10, 64 << 20
MIXED_FILES_PER_FOLDER = 20


def usr(folder, mebibytes):
    """Files of /usr/share and /usr/lib in the order of a hash of their names, until nearly nothing more fits."""
    found = []
    for top in ("/usr/share", "/usr/lib"):
        for base, _, names in os.walk(os.fsencode(top)):
            for name in names:
                path = os.path.join(base, name)
                size = 0 if os.path.islink(path) else os.path.getsize(path) if os.path.isfile(path) else None
                if size is not None:
                    found.append((hashlib.sha256(path).digest(), size, path))
    left = mebibytes << 20
    # Small files always fit: what is left is not to be filled with them alone.
    enough = left // 100
    chosen = []
    for _, size, path in sorted(found):
        if left < enough:
            break
        if size <= left:
            left -= size
            chosen.append(path[1:])
    names = b"\0".join(sorted(chosen))
    pipeline = "tar -C / --null --no-recursion --verbatim-files-from -T - -cf - | tar -C \"$0\" -xpf -"
    subprocess.run(["bash", "-o", "pipefail", "-c", pipeline, folder], input=names, check=True)


def small_files(folder, count):
    """Files of 0 to 4096 bytes, of any bytes."""
    randomness = random.Random(5)
    for number in range(count):
        parent = folder / f"{number // FILES_PER_FOLDER:04}"
        if number % FILES_PER_FOLDER == 0:
            parent.mkdir()
        (parent / f"file-{number}").write_bytes(randomness.randbytes(randomness.randint(0, SMALL_FILE)))


def incompressible(folder, mebibytes):
    """One file of bytes that no program can make fewer."""
    key = "00" * 16
    with open(folder / "file", "wb") as file:
        subprocess.run(
            f"head -c {mebibytes}M /dev/zero | openssl enc -aes-128-ctr -nosalt -K {key} -iv {key}",
            shell=True,
            executable="/bin/bash",
            stdout=file,
            check=True,
        )


def mixed_files(folder, bytes):
    """Incompressible files of 64 KiB to 64 MiB, as many of each size as of its double."""
    randomness = random.Random(7)
    with incompressible_stream(bytes) as stream:
        number, left = 0, bytes
        while left > 0:
            size = min(mixed_size(randomness), left)
            parent = folder / f"{number // MIXED_FILES_PER_FOLDER:04}"
            if number % MIXED_FILES_PER_FOLDER == 0:
                parent.mkdir()
            (parent / f"file-{number}").write_bytes(stream.read(size))
            number += 1
            left -= size


def mixed_size(randomness):
    return int(SMALLEST_MIXED * (LARGEST_MIXED / SMALLEST_MIXED) ** randomness.random())


@contextlib.contextmanager
def incompressible_stream(bytes):
    key = "00" * 16
    command = f"head -c {bytes} /dev/zero | openssl enc -aes-128-ctr -nosalt -K {key} -iv {key}"
    with subprocess.Popen(["bash", "-c", command], stdout=subprocess.PIPE) as process:
        yield process.stdout
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def copies(folder, count, make):
    """Folders of files: all but the first one share its blocks, and have inodes of their own."""
    first = folder / "copy-0"
    first.mkdir()
    make(first)
    run("sync", "--file-system", first)
    for number in range(1, count):
        run("cp", "-a", "--reflink=always", first, folder / f"copy-{number}")


def facts(folder):
    """Entries and bytes."""
    entries, size = 1, 0
    for base, folders, files in os.walk(os.fsencode(folder)):
        entries += len(folders) + len(files)
        size += sum(os.lstat(os.path.join(base, name)).st_size for name in files if not os.path.islink(os.path.join(base, name)))
    return {"entries": entries, "bytes": size}


def read(folder):
    """Into the page cache."""
    run("bash", "-o", "pipefail", "-c", 'tar -C "$0" -cf - . | cat >/dev/null', str(folder))
