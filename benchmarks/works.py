"""What is compared: the table "Figures to reach", with the commands of each program.

Commands are for bash, with these variables: SOURCE, the folder to back up; STORE, the empty folder on the server; SSH, how to
call ssh; SERVER, its host; SNAPSHOT, a read-only snapshot of the source's subvolume; TOTAL, how many MiB to store.
"""

from dataclasses import dataclass, field

CIPHER = "aes128-gcm@openssh.com"
ROUND_TRIPS = (0, 20, 100)


@dataclass(frozen=True)
class Program:
    name: str
    command: str
    # Before it is measured, with the storage empty.
    prepare: str = "true"
    # Makes a tar stream of the archive $1, to be compared with the source; empty: there is none.
    unpack: str = ""
    # Settings of the server for this program alone.
    sshd: tuple = ()


@dataclass(frozen=True)
class Rival:
    """Goals say how many times faster, how many times less CPU of the client, how many times less new space."""

    program: Program
    faster: float = 0
    cheaper: float = 0
    smaller: float = 0


@dataclass(frozen=True)
class Work:
    key: str
    title: str
    rivals: tuple
    source: str = ""
    cold: bool = True
    # Of the round trip to the server; None: over loopback.
    milliseconds: int | None = None
    # Whether the archive goes to a folder on the filesystem of the source; else to the server.
    local: bool = False
    # Of plasma-agent.
    compression: str = "none"
    sshd: tuple = ()
    ours: Program = field(default=Program("plasma-agent", '"$AGENT" --config "$CONFIGURATION"', unpack="ours"))


def to_server(name, command, suffix, ssh="$SSH", **details):
    unpack = {"tar": 'cat "$1"', "tar.zst": 'zstd -dcq "$1"'}.get(suffix, "")
    return Program(name, f"{command} | {ssh} $SERVER \"cat >$STORE/archive.{suffix}\"", unpack=unpack, **details)


TAR = 'tar -C / -cf - "${SOURCE#/}"'
AES_SSH = f"$SSH -c {CIPHER}"
TAR_SSH = to_server("tar | ssh", TAR, "tar")
TAR_AES = to_server("tar | ssh -c aes128-gcm", TAR, "tar", ssh=AES_SSH)
TAR_ZSTD = to_server("tar | zstd -1 -T2 | ssh", f"{TAR} | zstd -q -1 -T2", "tar.zst")
TAR_FILE = Program("tar cf", 'tar -C / -cf "$STORE/archive.tar" "${SOURCE#/}"', unpack='cat "$1"')
SEND = to_server(
    "btrfs send --compressed-data | ssh", 'btrfs -q send --proto 2 --compressed-data "$SNAPSHOT"', "send"
)
BORG = Program(
    "borg create, first run",
    'borg --rsh "$SSH" create --compression zstd,1 "ssh://root@$SERVER/$STORE/borg::first" "$SOURCE"',
    prepare='rm -rf "$BORG_BASE_DIR" && borg init --encryption none "$STORE/borg" && rm -rf "$BORG_BASE_DIR"',
)
RESTIC = Program(
    "restic backup, first run",
    'restic -q -o sftp.command="$SSH $SERVER -s sftp" -r "sftp:$SERVER:$STORE/restic" backup "$SOURCE"',
    prepare='rm -rf "$RESTIC_CACHE_DIR" && restic -q -r "$STORE/restic" init && rm -rf "$RESTIC_CACHE_DIR"',
)
TRANSPORT = Program(
    "the agent's store",
    '"${TRANSPORT[@]}" "$SERVER" 22 root "$KEY" "$KNOWN_HOSTS" "$STORE" file "$TOTAL" "$ZEROS_SHA256"',
    # Else the server would compute a digest of what it has, which is no part of the way there.
    sshd=("ForceCommand internal-sftp",),
)
DD_AES = Program(
    "dd | ssh -c aes128-gcm", f'dd if=/dev/zero bs=1M count=$TOTAL status=none | {AES_SSH} $SERVER "cat >$STORE/file"'
)


def works(sizes):
    """Sizes: tree, line, big in MiB; files."""
    same_cipher = (f"Ciphers {CIPHER}",)
    yield Work(
        "tree",
        f"{mebibytes(sizes.tree)} of /usr, cold",
        (Rival(TAR_ZSTD, faster=5, cheaper=4), Rival(SEND, faster=2), Rival(BORG, faster=15), Rival(RESTIC, faster=8)),
        source="tree",
        compression="zstd",
    )
    yield Work(
        "big",
        f"one incompressible file of {mebibytes(sizes.big)}, warm",
        (Rival(TAR_AES, faster=1.2, cheaper=1),),
        source="big",
        cold=False,
        sshd=same_cipher,
    )
    yield Work(
        "transport",
        f"{mebibytes(sizes.big)} from memory to memory",
        (Rival(DD_AES, faster=1.3),),
        sshd=same_cipher,
        ours=TRANSPORT,
    )
    for cold, goal in ((True, 2), (False, 1.2)):
        yield Work(
            "small-cold" if cold else "small-warm",
            f"{sizes.files:,} files of 0 to 4 KiB, {'cold' if cold else 'warm'}",
            (Rival(TAR_SSH, faster=goal),),
            source="small",
            cold=cold,
        )
    for milliseconds in ROUND_TRIPS:
        yield Work(
            f"line-{milliseconds}",
            f"{mebibytes(sizes.line)} of /usr over a line with a round trip of {milliseconds} ms",
            (Rival(TAR_ZSTD, faster=3 if milliseconds == 100 else 0),),
            source="line",
            milliseconds=milliseconds,
            compression="zstd",
        )
    yield Work(
        "local",
        f"{mebibytes(sizes.tree)} of /usr, uncompressed, to the same btrfs, cold",
        (Rival(TAR_FILE, faster=4, smaller=5),),
        source="tree",
        local=True,
    )


def mebibytes(count):
    return f"{count // 1024} GiB" if count % 1024 == 0 else f"{count} MiB"
