#!/usr/bin/env bash
# Whoever talks to a port without being a peer: the daemon stays up and answers, the parameters stay
# as they were, and memory stays bounded.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh

zeros "$scratch/model.safetensors" 1000
start_daemon --set heartbeat_ms=100 --set "model/load=$scratch/model.safetensors" --set model/start=true
open_worker worker
ask worker push 0 10
ask worker flush 60000
parameters 'p == [-1] * 10 + [0] * 990'
before=$(resident VmRSS)

# Each kind of peer against each port; a port has to take connections afterwards. Those that only
# hold their connection open stay until the end of the round.
cat > "$scratch/peers.py" << 'PYTHON'
import random, socket, struct, sys

GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + b"\0" + bytes(31)
kinds = {"control": b"REQ", "gradients": b"PUSH", "updates": b"SUB", "events": b"SUB"}
noise = random.Random(1)
held = []

def ready(kind):
    body = b"\x05READY" + b"\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind
    return b"\x04" + bytes([len(body)]) + body

def short(flags, body):
    return bytes([flags, len(body)]) + body

def long_frame(flags, size):
    return bytes([flags | 2]) + struct.pack(">Q", size)

def open_to(port):
    peer = socket.create_connection(("127.0.0.1", port), 30)
    peer.settimeout(0.2)
    return peer

def say(peer, data):
    """Send, as long as the other side takes it."""
    try:
        peer.sendall(data)
        return True
    except OSError:
        return False

def hear(peer, most):
    try:
        return peer.recv(most)
    except OSError:
        return b""

def handshake(peer, kind):
    say(peer, GREETING)
    got = b""
    while len(got) < 64:
        piece = hear(peer, 64)
        if not piece:
            return
        got += piece
    say(peer, ready(kind))

def http(port, kind):
    peer = open_to(port)
    say(peer, b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: curl\r\n\r\n")
    hear(peer, 4096)
    peer.close()

def random_bytes(port, kind):
    for size in (1, 9, 64, 100, 5000, 300000):
        peer = open_to(port)
        say(peer, noise.randbytes(size))
        peer.close()

def half_greeting(port, kind):
    for size in (1, 10, 11, 12, 33, 63, 64):
        peer = open_to(port)
        say(peer, GREETING[:size])
        held.append(peer)

def noise_behind_greeting(port, kind):
    for _ in range(5):
        peer = open_to(port)
        say(peer, GREETING + noise.randbytes(200))
        peer.close()

def noise_behind_handshake(port, kind):
    for _ in range(20):
        peer = open_to(port)
        handshake(peer, kind)
        say(peer, noise.randbytes(noise.randrange(1, 400)))
        peer.close()

def other_socket_type(port, kind):
    peer = open_to(port)
    handshake(peer, b"ROUTER")
    say(peer, short(0, b"hello"))
    peer.close()

def wrong_messages(port, kind):
    """Frames that ZeroMQ takes and that are no messages of ours."""
    envelope = short(1, b"") if kind == b"REQ" else b""
    for body in (b"", b"x", bytes(8), b"GMQ1", noise.randbytes(255)):
        peer = open_to(port)
        peer.settimeout(60)  # every answer is waited for
        handshake(peer, kind)
        say(peer, envelope + short(0, body))
        if kind == b"REQ":
            assert hear(peer, 4096), "no answer to what is no request"
        say(peer, envelope + short(1, body) + short(1, body) + short(0, body))
        if kind == b"REQ":
            assert hear(peer, 4096), "no answer to frames that are no request"
        peer.close()

def too_large(port, kind):
    """16 MiB and a byte: the connection ends before it is read."""
    peer = open_to(port)
    handshake(peer, kind)
    size = (16 << 20) + 1
    say(peer, long_frame(0, size))
    chunk = bytes(1 << 20)
    peer.settimeout(5)
    taken = all(say(peer, chunk) for _ in range(16)) and say(peer, b"x") and hear(peer, 1) != b""
    peer.close()
    assert not taken, "a frame that is too large is taken"

def huge_length(port, kind):
    for size in (2 ** 63 - 1, 2 ** 64 - 1, 1 << 40):
        peer = open_to(port)
        handshake(peer, kind)
        say(peer, long_frame(1, size) + bytes(1000))
        held.append(peer)

def cut_off(port, kind):
    """A multipart message whose end never comes."""
    for _ in range(5):
        peer = open_to(port)
        handshake(peer, kind)
        say(peer, short(1, b"begin") + long_frame(1, 1 << 20) + bytes(1000))
        peer.close()

peers = (http, random_bytes, half_greeting, noise_behind_greeting, noise_behind_handshake,
         other_socket_type, wrong_messages, too_large, huge_length, cut_off)
for argument in sys.argv[1:]:
    name, endpoint = argument.split("=")
    port = int(endpoint.rsplit(":", 1)[1])
    for peer in peers:
        peer(port, kinds[name])
    open_to(port).close()
PYTHON
for round in 1 2; do
    python3 "$scratch/peers.py" "control=$control" "gradients=$gradients" "updates=$updates" "events=$events" ||
        fail "round $round: a peer got further than it should"
    ! ended "$daemon" || fail "gradmqd ended in round $round"
    parameters "p == [-1] * (9 + $round) + [0] * (991 - $round)"
    ask worker push $((9 + round)) 1
    ask worker flush 60000
done
holds 'd["state"] == "RUNNING" and d["members"] == 1 and c["malformed"] > 0' || fail "it is not as it was"
grown=$(($(resident VmHWM) - before))
echo "grown by at most $grown KiB; $(status 'c["malformed"]') malformed"
[ -n "$GRADMQ_SANITIZE" ] || [ "$grown" -le $((20 * 1024)) ] || fail "grown by $grown KiB"
ask worker close 60000
[ "$(number worker applied) $(number worker resent)" = "12 0" ] || fail "the worker noticed"
stop_daemon
