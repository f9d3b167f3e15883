"""Runs programs where a second network interface exists, and tells what was sent on it.

It is run inside a network namespace of its own (`unshare -n`), so nothing it starts can reach a
real network: there is `lo`, and a pair of virtual cables with the default route. tcpdump's job is
done by a packet socket, which sees all that the kernel hands to the cable.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter

INTERFACE = "cable0"
SET_UP = (
    "ip link set lo up",
    f"ip link add {INTERFACE} type veth peer name cable1",
    f"ip addr add 10.77.0.1/24 dev {INTERFACE}",
    f"ip link set {INTERFACE} up multicast on",
    "ip link set cable1 up",
    f"ip route add default via 10.77.0.2 dev {INTERFACE}",
)
ALL_PROTOCOLS, IPV6 = 0x0003, 0x86DD


def watch(counts: Counter[str], done: threading.Event) -> threading.Thread:
    """Counts what is sent on the cable by kind; what the kernel says of IPv6 is its own."""
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
    tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    tap.bind((INTERFACE, 0))

    def count() -> None:
        while not done.is_set() or select.select([tap], [], [], 0)[0]:
            if not select.select([tap], [], [], 0.1)[0]:
                continue
            data, (_, protocol, kind, _, _) = tap.recvfrom(2048)
            if kind == socket.PACKET_OUTGOING and not neighbour_talk(protocol, data):
                counts[describe(protocol, data)] += 1
        tap.close()

    thread = threading.Thread(target=count, name="packet watch", daemon=True)
    thread.start()
    return thread


def neighbour_talk(protocol: int, data: bytes) -> bool:
    """Tells ICMPv6 (and its hop-by-hop form, MLD), which the kernel sends when a link comes up."""
    return protocol == IPV6 and data[20] in (0, 58)


def describe(protocol: int, data: bytes) -> str:
    """Names a packet by protocol and destination."""
    if protocol == 0x0800:
        return f"ipv4 {data[23]} to {socket.inet_ntoa(data[30:34])}"
    return hex(protocol)


def finish(process: "subprocess.Popen[str]", seconds: float) -> str:
    """Waits for a program and returns what it wrote."""
    try:
        return process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        return "took too long: " + process.communicate()[0]


def main() -> None:
    """Reads [[argv, environment], ...] from stdin; prints counts, statuses and outputs as JSON.

    The last program is waited for, all others are then interrupted.
    """
    programs = json.load(sys.stdin)
    for line in SET_UP:
        subprocess.run(line.split(), check=True, capture_output=True)
    counts: Counter[str] = Counter()
    done = threading.Event()
    thread = watch(counts, done)
    running = [
        subprocess.Popen(
            argv,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for argv, variables in programs
    ]
    outputs = [finish(process, 60.0) for process in running[-1:]]
    for process in running[:-1]:
        process.send_signal(signal.SIGINT)
    outputs = [*(finish(process, 10.0) for process in running[:-1]), *outputs]
    done.set()
    thread.join(5)
    json.dump(
        {"sent": counts, "status": [one.returncode for one in running], "output": outputs},
        sys.stdout,
    )


if __name__ == "__main__":
    main()
