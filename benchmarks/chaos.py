"""Breaks backups on purpose, and looks whether anything was lost; see scripts/chaos.

A machine of its own: a btrfs filesystem that is backed up, in an image on another one, so that the image can be copied as it
is at one moment; an ext4 filesystem for the archives; an OpenSSH server, and before it a proxy that counts bytes and cuts
connections; a network namespace for the agent, with a cable that can be pulled. Everything below a temporary folder, which is
removed afterwards.
"""

import argparse
import collections
import fcntl
import glob
import hashlib
import json
import mmap
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tarfile
import tempfile
import threading
import time

MIB = 1 << 20
# What may be sent again. After a lost connection: what was under way and not yet confirmed; of several, also what the others
# were ahead of the slowest.
WINDOW = {1: 3 * MIB, 3: 19 * MIB}
# After the end of the process: what had not yet been noted as a whole, too.
CHUNK = 8 * MIB
EXT4_IOC_SHUTDOWN = 0x8004587D
PATIENCE = 180
ANYTHING = [""]
DAMAGED = 16
COPIED = re.compile(r"([\d,]+) bytes[^\n]* copied from ")


def run(*command, check=True):
    result = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if check and result.returncode:
        sys.exit(f"chaos: {' '.join(map(str, command))}: {result.stderr.strip()}")
    return result.stdout


class Violation(Exception):
    """Something that must never be."""


class Proxy:
    """Stands before the server: counts what is sent there, and cuts connections in several ways."""

    def __init__(self, address, port):
        self.target = port
        self.sent = 0
        self.connections = []
        self.silent = False
        self.listener = socket.create_server((address, 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            self.connections.append((client, server))
            threading.Thread(target=self.pump, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client, False), daemon=True).start()

    def pump(self, source, target, counted):
        try:
            while data := source.recv(256 * 1024):
                while self.silent:
                    time.sleep(0.05)
                if counted:
                    self.sent += len(data)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            for end in (source, target):
                end.close()

    def reset(self):
        for ends in self.take():
            for end in ends:
                try:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    end.shutdown(socket.SHUT_RDWR)
                    end.close()
                except OSError:
                    pass

    def half_close(self):
        for client, _ in self.take():
            try:
                client.shutdown(socket.SHUT_WR)
            except OSError:
                pass

    def silence(self, seconds):
        """As if packets were dropped; what was under way never arrives."""
        self.silent = True
        threading.Timer(seconds, self.speak, [self.take()]).start()

    def speak(self, connections):
        for ends in connections:
            for end in ends:
                end.close()
        self.silent = False

    def take(self):
        taken, self.connections = self.connections, []
        return taken


class Cable:
    """Between the agent's network namespace and this one."""

    def __init__(self):
        self.name = f"chaos{os.getpid()}"
        # Of the network that is set aside for tests of devices (RFC 2544).
        subnet = f"198.18.{os.getpid() // 64 % 256}.{os.getpid() % 64 * 4}"
        prefix, last = subnet.rsplit(".", 1)
        self.address = f"{prefix}.{int(last) + 1}"
        made = subprocess.run(["ip", "netns", "add", self.name], capture_output=True, text=True, check=False)
        if made.returncode:
            raise OSError(made.stderr.strip())
        run("ip", "link", "add", self.name, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        run("ip", "address", "add", f"{self.address}/30", "dev", self.name)
        run("ip", "link", "set", self.name, "up")
        for command in (f"address add {prefix}.{int(last) + 2}/30 dev eth0", "link set eth0 up", "link set lo up"):
            run("ip", "-netns", self.name, *command.split())

    def inside(self):
        """What a command is to be preceded by."""
        return ["nsenter", f"--net=/run/netns/{self.name}"]

    def pull(self, seconds):
        """Every packet is dropped on the way, without a word to either end."""
        run("ip", "link", "set", self.name, "down")
        threading.Timer(seconds, self.plug).start()

    def plug(self):
        run("ip", "link", "set", self.name, "up")

    def remove(self):
        run("ip", "netns", "delete", self.name)


class Machine:
    def __init__(self, work, agent):
        self.work = work
        self.agent = agent
        self.outer = work / "outer"
        self.image = self.outer / "source.img"
        self.source = work / "source"
        self.folder = self.source / "data"
        self.state = self.source / "state"
        self.storage = work / "storage"
        self.loops = {}
        self.sshd = None
        self.proxy = None
        self.cable = None
        self.runs = []

    def start(self):
        for folder in (self.outer, self.source, self.storage):
            folder.mkdir()
        self.new_filesystem(self.work / "outer.img", 6 << 30, "btrfs", self.outer)
        self.new_filesystem(self.image, 1 << 30, "btrfs", self.source)
        self.new_filesystem(self.work / "storage.img", 512 * MIB, "ext4", self.storage)
        (self.storage / "archives").mkdir()
        run("sync", "-f", self.storage)
        for subvolume in (self.folder, self.folder / "nested"):
            run("btrfs", "subvolume", "create", subvolume)
        self.start_sshd(first=True)
        try:
            self.cable = Cable()
            self.address = self.cable.address
        except OSError as reason:
            print(f"left out: packets dropped (no network namespace can be made: {reason})")
            self.address = "127.0.0.1"
        self.proxy = Proxy(self.address, self.sshd_port)
        self.configuration = self.work / "plasma-agent.conf"
        hosts = (self.work / "host_key.pub").read_text()
        (self.work / "known_hosts").write_text(f"[{self.address}]:{self.proxy.port} {hosts}")

    def configure(self, connections, detection):
        self.configuration.write_text(
            json.dumps(
                {
                    "folders": [str(self.folder)],
                    "strategy": "btrfs-snapshot",
                    "remoteFolder": str(self.storage / "archives"),
                    "options": {"stateFolder": str(self.state), "changeDetection": detection},
                    "ssh": {
                        "host": self.address,
                        "port": self.proxy.port,
                        "login": "root",
                        "identityFile": str(self.work / "client_key"),
                        "knownHostsFile": str(self.work / "known_hosts"),
                        "stallTimeout": "5s",
                        "retryFor": "60s",
                        "connections": connections,
                    },
                }
            )
        )
        self.configuration.chmod(0o600)

    def new_filesystem(self, image, size, kind, mount_point):
        with open(image, "wb") as file:
            file.truncate(size)
        run(f"mkfs.{kind}", "-q", image)
        self.mount(image, mount_point)

    def mount(self, image, mount_point):
        self.loops[mount_point] = run("losetup", "--find", "--show", image).strip()
        options = "errors=remount-ro" if mount_point == self.storage else "defaults"
        run("mount", "-o", options, self.loops[mount_point], mount_point)

    def unmount(self, mount_point):
        for _ in range(100):
            if subprocess.run(["umount", mount_point], capture_output=True, check=False).returncode == 0:
                break
            time.sleep(0.1)
        else:
            run("umount", "--lazy", mount_point)
        run("losetup", "--detach", self.loops.pop(mount_point))

    def start_sshd(self, first=False):
        if first:
            for key in ("host_key", "client_key"):
                run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.work / key)
            shutil.copy(self.work / "client_key.pub", self.work / "authorized_keys")
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.sshd_port = free.getsockname()[1]
            (self.work / "sshd_config").write_text(
                f"Port {self.sshd_port}\nListenAddress 127.0.0.1\nHostKey {self.work}/host_key\n"
                f"AuthorizedKeysFile {self.work}/authorized_keys\nStrictModes no\nPidFile none\nUsePAM no\n"
                "PermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\nMaxStartups 100\n"
                # A shell below another one doesn't run the account's .bashrc, which may leave a lock when it is killed.
                "SetEnv SHLVL=2\n"
            )
            os.makedirs("/run/sshd", exist_ok=True)
        program = shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin")
        self.sshd = subprocess.Popen(
            [program, "-D", "-f", self.work / "sshd_config"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.sshd_port)).close()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit("chaos: the OpenSSH server doesn't start")

    def sessions(self):
        """The server's own processes; not what they have started, such as the shell of the account."""
        found, parents = [], [self.sshd.pid]
        while parents:
            parents = run("pgrep", "-P", ",".join(map(str, parents)), "sshd", check=False).split()
            found += map(int, parents)
        return found

    def kill_sessions(self):
        for pid in self.sessions():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def stop(self):
        for agent in self.runs:
            agent.kill()
        if self.sshd:
            self.kill_sessions()
            self.sshd.kill()
            self.sshd.wait()
        if self.cable:
            self.cable.remove()
        for mount_point in reversed(list(self.loops)):
            self.unmount(mount_point)

    # What is backed up

    def change(self, rng):
        """The folder as it never was before: what is in kept/ stays, but for one file, and can be copied from the archive before."""
        for directory in (self.folder, self.folder / "nested"):
            for number in range(rng.randint(5, 30)):
                (directory / f"small-{number}").write_bytes(rng.randbytes(rng.randint(0, 20_000)))
            for number in range(2):
                (directory / f"large-{number}").write_bytes(rng.randbytes(rng.randint(1, 7 * MIB)))
            kept = directory / "kept"
            new = range(10) if not kept.exists() else [rng.randrange(10)]
            kept.mkdir(exist_ok=True)
            for number in new:
                (kept / f"{number}").write_bytes(rng.randbytes(rng.randint(MIB // 2, 3 * MIB)))
        run("sync", "-f", self.source)

    def manifest(self):
        """What an archive must hold that is made now."""
        found = {}
        for base, directories, files in os.walk(self.folder):
            directories[:] = [name for name in directories if name != ".plasma-snapshots"]
            for name in files:
                path = pathlib.Path(base, name)
                found[str(path)[1:]] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found

    # What is stored

    def archives(self):
        return sorted(path for path in (self.storage / "archives").iterdir() if path.name.endswith(".tar"))

    def parts(self):
        return sorted((self.storage / "archives").glob(".*.part"))

    def part_bytes(self):
        try:
            return max((path.stat().st_size for path in self.parts() if path.name.endswith(".tar.part")), default=0)
        except OSError:
            return 0

    def journals(self, pattern="*"):
        return sorted(self.state.glob(f"*/*/{pattern}"))

    def proven_bytes(self):
        """How much is stored, as far as the journal tells."""
        lines = [line.split() for path in self.journals("chunks") for line in path.read_text(errors="replace").splitlines()]
        return max((int(line[0]) + int(line[1]) for line in lines if len(line) == 4), default=0)

    def stages(self):
        found = set()
        for path in self.journals("run"):
            try:
                content = path.read_bytes()
            except OSError:
                continue
            found |= {stage for stage in ("PLANNED", "SNAPSHOTS_MADE", "PUBLISHED") if stage.encode() in content}
        return found

    def snapshots(self):
        return glob.glob(f"{self.folder}/.plasma-snapshots/*/snapshot") + glob.glob(
            f"{self.folder}/nested/.plasma-snapshots/*/snapshot"
        )


def contents(archive):
    found = {}
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.isreg():
                    found[member.name] = hashlib.sha256(tar.extractfile(member).read()).hexdigest()
    except (tarfile.TarError, OSError) as error:
        return {"unreadable": str(error)}
    return found


class Agent:
    """A run of the agent, in the background."""

    def __init__(self, machine, *options):
        self.log = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            [*(machine.cable.inside() if machine.cable else ()), machine.agent, "--config", machine.configuration, *options],
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        machine.runs = [earlier for earlier in machine.runs if earlier.running()] + [self]

    def running(self):
        return self.process.poll() is None

    def until(self, reached):
        """Waits for something; false if the run has ended before."""
        while self.running():
            if reached():
                return True
            time.sleep(0.0005)
        return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)  # its threads, into the log
            time.sleep(2)
            self.kill()
            raise Violation(f"a run didn't end within {PATIENCE} s:\n{self.said()}") from None
        return self.process.returncode

    def said(self):
        self.log.seek(0)
        return self.log.read()


class Chaos:
    def __init__(self, machine, seed):
        self.machine = machine
        self.seed = seed
        self.statistics = collections.defaultdict(collections.Counter)
        self.told = self.verified = self.starts = 0
        self.faults = {
            "agent killed: journal begun": (self.kill_at_stage, "PLANNED"),
            "agent killed: snapshots made": (self.kill_at_stage, "SNAPSHOTS_MADE"),
            "agent killed: archive named": (self.kill_at_stage, "PUBLISHED"),
            "agent killed: upload": (self.kill_at_bytes,),
            "agent killed: at any time": (self.kill_at_any_time,),
            "agent stopped (SIGTERM)": (self.terminate,),
            "server process killed": (self.cut, lambda rng: machine.kill_sessions()),
            "connection reset": (self.cut, lambda rng: machine.proxy.reset()),
            "connection half closed": (self.cut, lambda rng: machine.proxy.half_close()),
            "connection silent": (self.cut, lambda rng: machine.proxy.silence(6 + 4 * rng.random())),
            "server restarted": (self.cut, self.restart_server),
            "disk full on the server": (self.disk_full,),
            "server's disk fails (EIO)": (self.storage_shut_down,),
            "server's disk turns read-only": (self.storage_read_only,),
            "snapshot deleted under the agent": (self.delete_snapshot,),
            "block unreadable": (self.unreadable_block,),
            "power cut": (self.power_cut,),
            "killed; journal truncated": (self.damage, self.journal_truncated),
            "killed; journal with a flipped bit": (self.damage, self.journal_flipped),
            "killed; partial file truncated": (self.damage, self.part_truncated),
            "killed; partial file extended": (self.damage, self.part_extended),
            "killed; partial file corrupted": (self.damage, self.part_corrupted),
            "killed; partial file replaced": (self.damage, self.part_replaced),
        }
        # What happens to the archive that is copied from.
        self.of_source = {
            "source deleted": (self.source_fault, self.source_deleted),
            "source replaced": (self.source_fault, self.source_replaced),
            "source truncated": (self.source_fault, self.source_truncated),
            "source with flipped bits": (self.source_fault, self.source_flipped),
            "source replaced unnoticeably": (self.source_fault, self.source_disguised),
            "source's index deleted before": (self.nothing,),
            "source's index truncated before": (self.nothing,),
            "source's index with a flipped bit before": (self.nothing,),
        }
        self.before = {
            "source's index deleted before": lambda rng, index: index.unlink(),
            "source's index truncated before": self.index_truncated,
            "source's index with a flipped bit before": lambda rng, index: self.flip(index, rng),
        }
        self.faults |= self.of_source
        if machine.cable:
            self.faults["packets dropped"] = (self.cut, lambda rng: machine.cable.pull(rng.uniform(0.5, 12)))

    def kind(self, number, wanted):
        """Each kind once in every round, in another order each time."""
        kinds = [kind for kind in self.faults if wanted in kind]
        turn, place = divmod(number, len(kinds))
        random.Random(f"{self.seed}-round-{turn}").shuffle(kinds)
        return kinds[place]

    def iterate(self, number, kind):
        rng = random.Random(f"{self.seed}-{number}")
        self.cuts, self.lost = 1, 0
        self.struck, self.storage_broken = False, False
        self.abused, self.damaged = set(), set()
        machine = self.machine
        if not machine.archives():
            self.undisturbed(rng)
        earlier = {path.name: self.fingerprint(path) for path in machine.archives()}
        machine.change(rng)
        first = machine.manifest()
        machine.proxy.sent = 0
        self.connections = rng.choice(list(WINDOW))
        machine.configure(self.connections, "auto" if kind in self.of_source or rng.random() < 0.8 else "full")
        self.source = machine.archives()[-1]
        if kind in self.before:
            self.before[kind](rng, self.source.with_name(self.source.name + ".index"))
        agent = Agent(machine)
        fault, *arguments = self.faults[kind]
        try:
            expected = fault(agent, rng, *arguments)
            status = agent.end()
            if status not in expected:
                raise Violation(f"ended with {status} instead of {list(expected)}:\n{agent.said()}")
            if not any(word in agent.said() for word in expected[status]):
                raise Violation(f"doesn't name the fault:\n{agent.said()}")
            self.intermediate(earlier, [first], agent.said())
            # One bit can be one that means nothing.
            if kind in self.before and "bit" not in kind and COPIED.search(agent.said()):
                raise Violation(f"copied from an archive without a right index:\n{agent.said()}")
            machine.change(rng)
            second = machine.manifest()
            again = Agent(machine)
            status = again.end()
            if status != 0:
                raise Violation(f"the run after it ended with {status}:\n{agent.said()}---\n{again.said()}")
            outcome = self.final(earlier, [first, second], agent, again, kind)
            if rng.random() < 0.3 and not self.storage_broken:
                self.require_verified(machine.archives()[-1])
        except Violation as violation:
            raise Violation(f"fault {number} of seed {self.seed} ({kind}): {violation}") from None
        # One is kept, which the next run has as its source.
        right = [path.name for path in machine.archives() if path.name not in self.abused and path.name not in self.damaged]
        for path in (machine.storage / "archives").iterdir():
            if path.is_file() and not (right and path.name.startswith(right[-1])):
                path.unlink()
        # A server never learns that a connection ended whose packets were dropped, and keeps what it had open.
        machine.kill_sessions()
        # What a later fault takes from the server's disk is not to be this.
        run("sync", "-f", machine.storage)
        return outcome

    def undisturbed(self, rng):
        """An archive to begin with."""
        self.machine.change(rng)
        self.machine.configure(1, "auto")
        agent = Agent(self.machine)
        if agent.end() != 0:
            raise Violation(f"a run that nothing was done to failed:\n{agent.said()}")

    def verify(self, path):
        """What plasma-restore says of an archive: its exit code, and its words."""
        program = pathlib.Path(self.machine.agent).with_name("plasma-restore")
        result = subprocess.run(
            [program, "verify", path.name, "--from", path.parent], capture_output=True, text=True, errors="replace", check=False
        )
        return result.returncode, result.stdout + result.stderr

    def require_verified(self, path):
        if not path.with_name(path.name + ".index").exists():
            return
        status, said = self.verify(path)
        if status != 0:
            raise Violation(f"{path.name} is right, but verifying it ended with {status}: {said}")
        self.verified += 1

    @staticmethod
    def fingerprint(path):
        status = path.stat()
        return status.st_size, status.st_mtime_ns, status.st_ino

    def intermediate(self, earlier, states, said):
        """What has an archive's name is one, whatever else has happened."""
        found = []
        for path in self.machine.archives():
            if path.name in self.abused or path.name in self.damaged:
                continue
            if path.name in earlier:
                if self.fingerprint(path) != earlier[path.name]:
                    raise Violation(f"{path.name}, of an earlier run, was changed")
                continue
            matching = [number for number, state in enumerate(states) if contents(path) == state]
            if not matching and self.storage_broken:
                # Its own disk has lied to the storage. Who asks is told, and no further archive has copies of this one.
                status, words = self.verify(path)
                if status != DAMAGED:
                    raise Violation(f"{path.name} is not what the folder was, and verifying it ended with {status}: {words}\n{said}")
                self.damaged.add(path.name)
                self.told += 1
                continue
            if not matching:
                raise Violation(f"{path.name} is not what the folder was:\n{said}")
            found += matching
        if len(set(found)) < len(found):
            raise Violation("two archives of one run")
        for name in earlier.keys() - self.abused:
            if not (self.machine.storage / "archives" / name).exists():
                raise Violation(f"{name}, of an earlier run, is gone")
        return found

    def final(self, earlier, states, agent, again, kind):
        machine = self.machine
        found = self.intermediate(earlier, states, f"{agent.said()}---\n{again.said()}")
        new = [path for path in machine.archives() if path.name not in earlier]
        if not found and not self.damaged & {path.name for path in new}:
            raise Violation(f"no archive:\n{agent.said()}---\n{again.said()}")
        left = machine.parts() + machine.snapshots() + [path for path in machine.journals() if path.is_file()]
        left += glob.glob(f"{machine.folder}/.plasma-snapshots") + glob.glob(f"{machine.folder}/*/.plasma-snapshots")
        if left:
            raise Violation(f"left behind: {left}\n{agent.said()}---\n{again.said()}")
        for path in new:
            if not path.with_name(path.name + ".index").exists() and "archive named" not in kind and "power" not in kind:
                raise Violation(f"{path.name} has no index:\n{agent.said()}---\n{again.said()}")
        counts = self.statistics[kind]
        counts["faults"] += 1
        resumed = "are stored already" in again.said()
        counts["gone on with, next run"] += resumed
        counts["gone on with, same run"] += agent.process.returncode == 0
        counts["while copying"] += self.struck
        copied = sum(int(bytes.replace(",", "")) for bytes in COPIED.findall(agent.said() + again.said()))
        counts["bytes copied"] += copied
        if resumed or agent.process.returncode == 0:
            stored = sum(path.stat().st_size + path.with_name(path.name + ".index").stat().st_size for path in new)
            resent = max(0, machine.proxy.sent - int(max(0, stored - copied) * 1.01) - MIB // 2)
            counts["bytes sent again"] += resent
            if "starts over" in agent.said() + again.said():
                # One bit that isn't as it was sent shows in the end, in the digest of the whole.
                self.lost += stored
            allowed = (CHUNK if resumed else 0) + WINDOW[self.connections] * self.cuts + self.lost
            counts["most bytes sent again"] = max(counts["most bytes sent again"], resent - self.lost)
            if resent > allowed:
                raise Violation(f"{resent} bytes were sent again:\n{agent.said()}---\n{again.said()}")
            return f"{resent / MIB:.1f} MiB sent again" + (f", {self.lost / MIB:.1f} MiB lost" if self.lost else "")
        return "begun anew"

    # Faults: each gives the exit codes with which the run may end, each with words one of which names the fault.

    # How often it was cut off, and how many bytes it lost of what was stored, or of the proof of what was stored.
    cuts = 1
    lost = 0

    def somewhere(self, rng):
        return rng.randint(1, 40 * MIB)

    def upload_reaches(self, agent, rng):
        goal = self.somewhere(rng)
        reached = agent.until(lambda: self.machine.part_bytes() >= goal)
        # More is there than was sent.
        self.struck |= reached and self.machine.part_bytes() - self.machine.proxy.sent > MIB
        return reached

    def kill_at_stage(self, agent, rng, stage):
        agent.until(lambda: stage in self.machine.stages())
        time.sleep(rng.random() * 0.02)
        agent.kill()
        return {-9: ANYTHING, 0: ANYTHING}

    def kill_at_bytes(self, agent, rng):
        self.upload_reaches(agent, rng)
        agent.kill()
        return {-9: ANYTHING, 0: ANYTHING}

    def kill_at_any_time(self, agent, rng):
        time.sleep(rng.uniform(0, 4))
        agent.kill()
        return {-9: ANYTHING, 0: ANYTHING}

    def terminate(self, agent, rng):
        self.upload_reaches(agent, rng)
        agent.process.terminate()
        start = time.monotonic()
        agent.end()
        if time.monotonic() - start > 5:
            raise Violation(f"took {time.monotonic() - start:.1f} s to stop:\n{agent.said()}")
        # Before Java runs, the signal ends it without a word.
        return {15: ["stopped by a signal"], 130: ["stopped by a signal"], -15: ANYTHING, 143: ANYTHING, 0: ANYTHING}

    def cut(self, agent, rng, how):
        self.cuts = rng.randint(1, 3)
        for _ in range(self.cuts):
            if not self.upload_reaches(agent, rng):
                break
            how(rng)
        return {0: ANYTHING}

    def restart_server(self, rng):
        self.machine.kill_sessions()
        self.machine.sshd.kill()
        self.machine.sshd.wait()
        time.sleep(rng.random() * 2)
        self.machine.start_sshd()

    def disk_full(self, agent, rng):
        self.upload_reaches(agent, rng)
        filler = self.machine.storage / "filler"
        free = os.statvfs(self.machine.storage)
        with open(filler, "wb") as file:
            try:
                os.posix_fallocate(file.fileno(), 0, free.f_bfree * free.f_frsize - MIB)
                for _ in range(1024):
                    file.seek(0, os.SEEK_END)
                    file.write(bytes(4096))
                    file.flush()
            except OSError:
                pass
        agent.end()
        filler.unlink()
        return {9: ["full", " free"], 0: ANYTHING, 13: ANYTHING}

    def storage_shut_down(self, agent, rng):
        machine = self.machine
        self.upload_reaches(agent, rng)
        self.perhaps_written_back(rng)
        directory = os.open(machine.storage, os.O_RDONLY)
        fcntl.ioctl(directory, EXT4_IOC_SHUTDOWN, struct.pack("I", 1))
        os.close(directory)
        return self.storage_comes_back(agent)

    def storage_read_only(self, agent, rng):
        """What ext4 does about an error with errors=remount-ro."""
        machine = self.machine
        self.upload_reaches(agent, rng)
        self.perhaps_written_back(rng)
        device = pathlib.Path(machine.loops[machine.storage]).name
        pathlib.Path(f"/sys/fs/ext4/{device}/trigger_fs_error").write_text("chaos")
        return self.storage_comes_back(agent)

    def perhaps_written_back(self, rng):
        """What the server has confirmed is in its memory first."""
        if rng.random() < 0.5:
            run("sync", "-f", self.machine.storage)

    def storage_comes_back(self, agent):
        machine = self.machine
        agent.end()
        machine.kill_sessions()
        machine.unmount(machine.storage)
        run("e2fsck", "-p", machine.work / "storage.img", check=False)
        machine.mount(machine.work / "storage.img", machine.storage)
        return {9: ["read-only", "broken"], 13: ["read-only", "broken"], 0: ANYTHING}

    def delete_snapshot(self, agent, rng):
        self.upload_reaches(agent, rng)
        for snapshot in self.machine.snapshots():
            subprocess.run(["btrfs", "subvolume", "delete", snapshot], capture_output=True, check=False)
        return {7: ["snapshot"], 0: ANYTHING}

    def unreadable_block(self, agent, rng):
        """There from the beginning: the run is started once more."""
        machine = self.machine
        agent.kill()
        marker = rng.randbytes(64 * 1024)
        victim = machine.folder / "large-0"
        victim.write_bytes(marker * 16)
        run("sync", "-f", machine.source)
        run("sync", "-f", machine.outer)
        # The image's blocks, not the file's pages: those are given up with the mount.
        machine.unmount(machine.source)
        with open(machine.image, "r+b") as file, mmap.mmap(file.fileno(), 0) as image:
            at = image.find(marker)
            while at >= 0:
                image[at + 5000] ^= 1
                at = image.find(marker, at + 1)
        machine.mount(machine.image, machine.source)
        agent.__init__(machine)
        agent.end()
        return {7: ["/large-0"]}

    def power_cut(self, agent, rng):
        machine = self.machine
        if rng.random() < 0.7:
            self.upload_reaches(agent, rng)
        else:
            time.sleep(rng.random() * 1.5)
        copy = machine.outer / "copy.img"
        run("cp", "--reflink=always", machine.image, copy)
        agent.kill()
        proven = machine.proven_bytes()
        machine.unmount(machine.source)
        os.replace(copy, machine.image)
        machine.mount(machine.image, machine.source)
        # What was noted after the copy was made, or was still in memory.
        self.lost = max(0, proven - machine.proven_bytes())
        return {-9: ANYTHING, 0: ANYTHING}

    def damage(self, agent, rng, how):
        reached = self.upload_reaches(agent, rng)
        agent.kill()
        if reached:
            how(rng)
        return {-9: ANYTHING, 0: ANYTHING}

    def journal_truncated(self, rng):
        # The log of what is stored, or a copy of the record.
        path = self.damaged_journal(rng, rng.choice(["chunks", "run", "run.copy"]))
        if path:
            os.truncate(path, rng.randint(0, path.stat().st_size))

    def journal_flipped(self, rng):
        path = self.damaged_journal(rng, rng.choice(["chunks", "run", "run.copy"]))
        if path:
            self.flip(path, rng)

    def damaged_journal(self, rng, name):
        # What a log doesn't tell any more has to be sent again, and be it all.
        self.lost = self.machine.part_bytes() if name == "chunks" else 0
        return next(iter(self.machine.journals(name)), None)

    @staticmethod
    def flip(path, rng):
        content = bytearray(path.read_bytes())
        if content:
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
            path.write_bytes(content)

    def part(self):
        return next((path for path in self.machine.parts() if path.name.endswith(".tar.part")), None)

    def part_truncated(self, rng):
        if part := self.part():
            size = part.stat().st_size
            kept = rng.randint(0, size)
            os.truncate(part, kept)
            self.lost = size - kept

    def part_extended(self, rng):
        if part := self.part():
            with open(part, "ab") as file:
                file.write(rng.randbytes(rng.randint(1, MIB)))

    def part_corrupted(self, rng):
        if part := self.part():
            self.lost = part.stat().st_size
            self.flip(part, rng)

    def part_replaced(self, rng):
        if part := self.part():
            self.lost = part.stat().st_size
            other = self.machine.storage / "other"
            other.write_bytes(rng.randbytes(part.stat().st_size))
            part.unlink()
            if rng.random() < 0.5:
                part.symlink_to(other)
            else:
                other.rename(part)

    def nothing(self, agent, rng):
        return {0: ANYTHING}

    def source_fault(self, agent, rng, how):
        reached = self.upload_reaches(agent, rng)
        # If it is over, the archive is an earlier one as others are.
        if reached:
            self.abused.add(self.source.name)
            how(rng)
        agent.end()
        if "starts over" in agent.said():
            self.starts += 1
        return {0: ANYTHING}

    def source_deleted(self, rng):
        self.source.unlink()
        if rng.random() < 0.5:
            self.source.with_name(self.source.name + ".index").unlink()

    def source_replaced(self, rng):
        self.replace_source(rng, rng.choice([self.source.stat().st_size, rng.randint(0, 60 * MIB)]), time.time() + 10)

    def source_disguised(self, rng):
        """By one that the server says the same of."""
        self.storage_broken = True
        status = self.source.stat()
        self.replace_source(rng, status.st_size, status.st_mtime)

    def replace_source(self, rng, size, modified):
        other = self.machine.storage / "other"
        other.write_bytes(rng.randbytes(size))
        os.utime(other, (modified, modified))
        other.rename(self.source)

    def source_truncated(self, rng):
        os.truncate(self.source, rng.randint(0, self.source.stat().st_size))

    def source_flipped(self, rng):
        self.storage_broken = True
        size = self.source.stat().st_size
        with open(self.source, "r+b") as file:
            for _ in range(rng.choice([1, 10, 1000])):
                place = rng.randrange(size)
                file.seek(place)
                byte = file.read(1)[0] ^ 1 << rng.randrange(8)
                file.seek(place)
                file.write(bytes([byte]))

    def index_truncated(self, rng, index):
        os.truncate(index, rng.randrange(index.stat().st_size))

    def copied(self):
        """Whether what is copied was tried at all."""
        return sum(counts["while copying"] for counts in self.statistics.values()), sum(
            counts["bytes copied"] for counts in self.statistics.values()
        )

    def print(self):
        total = collections.Counter()
        print(
            "\n| fault | injected | while copying | same run went on | next run went on | MiB copied | MiB sent again | at most |"
            "\n|---|---|---|---|---|---|---|---|"
        )
        for kind, counts in sorted(self.statistics.items()):
            most = max(total["most bytes sent again"], counts["most bytes sent again"])
            total += counts
            total["most bytes sent again"] = most
            self.line(kind, counts)
        self.line("all", total)
        print(
            f"\n{self.told} archives have flipped or foreign bits of their source, and verifying told so; {self.starts} runs"
            f" started over without their source; {self.verified} right archives were verified"
        )

    @staticmethod
    def line(kind, counts):
        print(
            f"| {kind} | {counts['faults']} | {counts['while copying']} | {counts['gone on with, same run']} | {counts['gone on with, next run']}"
            f" | {counts['bytes copied'] / MIB:.0f} | {counts['bytes sent again'] / MIB:.1f} | {max(0, counts['most bytes sent again']) / MIB:.1f} |"
        )


def stop(*_):
    """Ends it in order, so that nothing stays mounted; once, for timeout(1) sends its signal twice."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(143)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("agent")
    parser.add_argument("faults")
    parser.add_argument("seed", type=int)
    parser.add_argument("only")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, stop)
    work = pathlib.Path(tempfile.mkdtemp(prefix="plasma-chaos-"))
    machine = Machine(work, options.agent)
    violations = 0
    try:
        machine.start()
        chaos = Chaos(machine, options.seed)
        kinds = sum(options.only in kind for kind in chaos.faults)
        for number in range(kinds if options.faults == "kinds" else int(options.faults)):
            kind = chaos.kind(number, options.only)
            try:
                start = time.monotonic()
                outcome = chaos.iterate(number, kind)
                print(f"{number + 1}: {kind}: {outcome}, {time.monotonic() - start:.1f} s", flush=True)
            except Violation as violation:
                violations += 1
                print(f"VIOLATION: {violation}", flush=True)
                break
        chaos.print()
        struck, copied = chaos.copied()
        if not violations and len(chaos.statistics) > 8 and not (struck and copied):
            violations += 1
            print(f"VIOLATION: {struck} faults hit a run while it copied, and {copied} bytes were copied: nothing was tried of that")
    finally:
        machine.stop()
        shutil.rmtree(work)
    print(f"\nchaos: {violations} violations")
    sys.exit(1 if violations else 0)


main()
