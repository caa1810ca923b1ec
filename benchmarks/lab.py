"""What programs are measured in: a btrfs, OpenSSH servers, lines with a round-trip time; and the measuring itself.

All of it is below one folder, and in namespaces for mounts, processes and the network that scripts/bench has made: what is
mounted or listens here nobody else sees, and the kernel removes it when the last process has ended.
"""

import contextlib
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
LOOPBACK, LINE, LINE_CLIENT = "127.0.0.1", "198.18.0.1", "198.18.0.2"
CLIENT = "client"
CABLE = "cable0"
CABLE_MTU = 65_000  # about loopback's
COMMAND_SECONDS = 1800


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, **options)
    if done.returncode:
        sys.exit(f"bench: {shlex.join(map(str, command))} ended with status {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def write_to(file, text):
    with open(file, "w") as opened:
        opened.write(text)


class Filesystem:
    """A new btrfs in a file that is read and written past the page cache: a cold cache is cold."""

    def __init__(self, folder, bytes, options="compress=zstd:3,noatime"):
        self.root = folder / "btrfs"
        self.root.mkdir()
        self.image = folder / "btrfs.image"
        with open(self.image, "wb") as file:
            file.truncate(bytes)
        run("mkfs.btrfs", "-q", self.image)
        self.device = run("losetup", "--find", "--show", "--direct-io=on", self.image).strip()
        run("mount", "-o", options, self.device, self.root)
        # It goes with the mount.
        run("losetup", "--detach", self.device)

    def subvolume(self, name):
        run("btrfs", "subvolume", "create", self.root / name)
        return self.root / name

    def settle(self):
        """Waits until deleted snapshots are gone, which begins with the next commit, and all is on the disk."""
        run("btrfs", "filesystem", "sync", self.root)
        run("btrfs", "subvolume", "sync", self.root)
        run("btrfs", "filesystem", "sync", self.root)

    def used(self):
        """Bytes of data and metadata."""
        lines = run("btrfs", "filesystem", "df", "--raw", self.root).splitlines()
        return sum(int(line.rsplit("used=", 1)[1]) for line in lines if line.startswith(("Data", "Metadata")))

    def remove(self):
        run("umount", self.root)
        self.image.unlink()


class Keys:
    """Who may log in here, and what a client has to know for that."""

    def __init__(self, folder):
        self.client, self.host = folder / "client_key", folder / "host_key"
        self.known_hosts, self.ssh_config = folder / "known_hosts", folder / "ssh_config"
        for key in (self.client, self.host):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
        public = self.host.with_suffix(".pub").read_text()
        self.known_hosts.write_text("".join(f"{address} {public}" for address in (LOOPBACK, LINE)))
        self.ssh_config.write_text(
            f"User root\nIdentityFile {self.client}\nIdentitiesOnly yes\nBatchMode yes\nStrictHostKeyChecking yes\n"
            f"UserKnownHostsFile {self.known_hosts}\nGlobalKnownHostsFile /dev/null\n"
        )


class Server:
    """An sshd for one measured run, so that its CPU time is known when it has ended."""

    def __init__(self, folder, keys):
        self.log, self.config = folder / "sshd.log", folder / "sshd_config"
        self.keys = keys
        self.folder = folder
        os.makedirs("/run/sshd", exist_ok=True)

    @contextlib.contextmanager
    def running(self, *options, variables=""):
        """Gives a dictionary that has the CPU seconds when this is left.

        Of its lines SetEnv sshd takes the first, so what else is to be set is given as variables.
        """
        settings = (
            "ListenAddress 0.0.0.0",
            f"HostKey {self.keys.host}",
            f"AuthorizedKeysFile {self.keys.client}.pub",
            "StrictModes no",
            "PidFile none",
            "UsePAM no",
            "PermitRootLogin prohibit-password",
            "Subsystem sftp internal-sftp",
            # A shell below another one doesn't run the account's .bashrc, which isn't what is measured.
            f"SetEnv SHLVL=2 BORG_BASE_DIR={self.folder}/borg-server {variables}",
            *options,
        )
        write_to(self.config, "\n".join(settings) + "\n")
        program = shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin")
        with open(self.log, "wb") as log:
            counted = subprocess.Popen(
                [sys.executable, HERE / "counted.py", program, "-D", "-e", "-f", self.config],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        while "Server listening" not in self.log.read_text():
            if counted.poll() is not None:
                sys.exit(f"bench: sshd doesn't start:\n{self.log.read_text()}")
            time.sleep(0.01)
        usage = {}
        yield usage
        usage["server"] = float(counted.communicate()[0])


@contextlib.contextmanager
def line(milliseconds):
    """A line to the network namespace `client`, over which the server is at LINE."""
    delay = subprocess.Popen([sys.executable, HERE / "delay-line.py", str(milliseconds), CLIENT], stdout=subprocess.PIPE)
    try:
        if not delay.stdout.readline():
            sys.exit("bench: the line doesn't stand")
        yield
    finally:
        delay.kill()
        delay.wait()


def make_client_namespace():
    """Where the client of a line lives; false where there can be no line, and a word about it."""
    if not os.path.exists("/dev/net/tun"):
        print("bench: left out: lines with a round-trip time (there is no /dev/net/tun)", file=sys.stderr)
        return False
    run("ip", "netns", "add", CLIENT)
    return True


def make_cable():
    """A line without a delay to the network namespace `client`, at whose end the kernel counts each direction by itself."""
    there = ("-netns", CLIENT)
    run("ip", "netns", "add", CLIENT)
    run("ip", "link", "add", "name", CABLE, "type", "veth", "peer", "name", CABLE, "netns", CLIENT)
    for where, address in (((), LINE), (there, LINE_CLIENT)):
        run("ip", *where, "address", "add", f"{address}/30", "dev", CABLE)
        run("ip", *where, "link", "set", CABLE, "mtu", str(CABLE_MTU), "up")
    run("ip", *there, "link", "set", "lo", "up")


def carried():
    """Bytes that have gone over the cable to the server, and from it, with the headers of packets."""
    return traffic(CABLE)


def in_client_namespace(command):
    return ["nsenter", f"--net=/run/netns/{CLIENT}", *command]


def drop_caches():
    os.sync()
    write_to("/proc/sys/vm/drop_caches", "3")


def machine_busy():
    """CPU seconds of all processes and of the kernel since the machine started."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, interrupts, soft_interrupts = map(int, file.readline().split()[1:8])
    return (user + nice + system + interrupts + soft_interrupts) / os.sysconf("SC_CLK_TCK")


def traffic(interface):
    """Bytes that it has received and sent."""
    with open("/proc/net/dev") as file:
        (numbers,) = [line.split()[1:] for line in file if line.strip().startswith(f"{interface}:")]
    return int(numbers[0]), int(numbers[8])


def moved():
    """Bytes that have gone over loopback, in both directions, with the headers of packets."""
    return traffic("lo")[0]


def measure(command, environment, folder, destination):
    """Runs a command and then waits until what it has stored is on the disk.

    Gives seconds without and with that wait, CPU seconds of the command's processes and of the whole machine, which has
    btrfs's own threads, too, and the largest process's peak memory; and what the command said.
    """
    usage, log = folder / "usage", folder / "log"
    busy = machine_busy()
    with open(log, "wb") as output:
        start = time.monotonic()
        # GNU time and not our own getrusage: a child's peak would be at least this interpreter's.
        status = subprocess.call(
            ["timeout", str(COMMAND_SECONDS), "time", "--quiet", "-f", "%U %S %M", "-o", usage, *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        seconds = time.monotonic() - start
    said = log.read_text(errors="replace")
    if status:
        sys.exit(f"bench: {shlex.join(map(str, command))} ended with status {status}:\n{said}")
    run("sync", *(path for path in destination.rglob("*") if path.is_file()))
    synced = time.monotonic() - start
    busy = machine_busy() - busy
    user, system, kibibytes = usage.read_text().split()
    figures = {"seconds": seconds, "synced": synced, "client": float(user) + float(system), "machine": busy}
    return figures | {"peak": int(kibibytes) * 1024}, said
