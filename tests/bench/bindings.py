"""How fast each binding pushes, as a ratio to the C client that runs by turns with it.

    tests/bench/bindings.py [--languages go,rust] [--sizes 4KiB,100MiB] [--rounds 5] [--json]

Needs the build folder (tests/run.sh makes it) and each binding's own (tasks.sh build). One gradmqd
over tcp for each size, one worker at a time; rates are gradients pushed until settled per second.
The ratio of a round is the binding's rate to the mean of C's rates before and after it; told are
the median and the range of the rounds.
"""

import argparse
import json
import os
import pathlib
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("GRADMQ_BUILD", ROOT / "build"))
BIN = pathlib.Path(os.environ.get("GRADMQ_BIN", BUILD / "bin"))
UNITS = {"KiB": 1 << 10, "MiB": 1 << 20}
SECONDS = 2.0  # what a run should take, at the rate that C had when it was tried
AIM = 0.8


def octets(text):
    for unit, factor in UNITS.items():
        if text.endswith(unit) and text[: -len(unit)].isdigit():
            return int(text[: -len(unit)]) * factor
    raise argparse.ArgumentTypeError(f"{text}: a number and KiB or MiB is needed, such as 4KiB")


def ports(count):
    """Free tcp ports; somebody else may take one before it is used, which then shows."""
    taken = [socket.socket() for _ in range(count)]
    for one in taken:
        one.bind(("127.0.0.1", 0))
    numbers = [one.getsockname()[1] for one in taken]
    for one in taken:
        one.close()
    return numbers


class Broker:
    """A gradmqd with one tensor of zeros, started."""

    def __init__(self, folder, size):
        names = ("control", "gradients", "updates", "events")
        endpoints = {name: f"tcp://127.0.0.1:{port}" for name, port in zip(names, ports(4))}
        self.control = endpoints["control"]
        command = [BIN / "gradmqd"]
        for name, endpoint in endpoints.items():
            command += ["--set", f"sockets/{name}={endpoint}"]
        self.log = open(folder / "gradmqd.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT)
        until = time.monotonic() + 30
        while subprocess.run([BIN / "gradmq", "status", "--control", self.control, "--timeout", "1000"],
                             capture_output=True).returncode:
            if self.process.poll() is not None or time.monotonic() > until:
                raise SystemExit("gradmqd does not answer:\n" + (folder / "gradmqd.log").read_text())
        model = folder / "model.safetensors"
        head = json.dumps({"p": {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size]}}).encode()
        with open(model, "wb") as file:
            file.write(struct.pack("<Q", len(head)) + head)
            file.truncate(8 + len(head) + size)
        subprocess.run([BIN / "gradmq", "load", model, "--start", "--control", self.control, "--quiet"],
                       check=True)
        model.unlink()

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


def rate(command, control, gradients, warm):
    done = subprocess.run([*command, "--control", control, "--gradients", str(gradients), "--warm", str(warm)],
                          capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{command[0]} ended with {done.returncode}:\n{done.stderr}")
    told = json.loads(done.stdout.strip().splitlines()[-1])
    return told["gradients"] / told["seconds"]


def measure(languages, size, rounds):
    """{language: [ratio of each round]} and C's median rate, with C between any two others."""
    own = [BUILD / "tests" / "bench.push"]
    with tempfile.TemporaryDirectory() as name:
        broker = Broker(pathlib.Path(name), size)
        try:
            tried = rate(own, broker.control, 20, 4)
            gradients = max(10, round(tried * SECONDS))
            warm = max(2, gradients // 10)
            plain = [rate(own, broker.control, gradients, warm)]
            ratios = {language: [] for language in languages}
            for _ in range(rounds):
                for language in languages:
                    command = [ROOT / "bindings" / language / "tasks.sh", "push"]
                    other = rate(command, broker.control, gradients, warm)
                    plain.append(rate(own, broker.control, gradients, warm))
                    ratios[language].append(other / statistics.mean(plain[-2:]))
        finally:
            broker.stop()
    return ratios, statistics.median(plain)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    there = sorted(path.parent.name for path in ROOT.glob("bindings/*/tasks.sh"))
    parser.add_argument("--languages", type=lambda text: text.split(","), default=there)
    parser.add_argument("--sizes", type=lambda text: [(one, octets(one)) for one in text.split(",")],
                        default=[("4KiB", 4 << 10), ("100MiB", 100 << 20)])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    for language in options.languages:
        if language not in there:
            parser.error(f"there is no binding for {language}; there are {', '.join(there) or 'none'}")
    os.environ["GRADMQ_BIN"] = str(BIN)
    results = []
    for name, size in options.sizes:
        ratios, plain = measure(options.languages, size, options.rounds)
        for language, values in ratios.items():
            results.append({"language": language, "size": size, "ratio": statistics.median(values),
                            "least": min(values), "most": max(values), "rounds": len(values), "c_per_second": plain})
            if not options.json:
                print(f"{language:12} {name:>8}  {statistics.median(values):5.2f} of C "
                      f"({min(values):.2f} to {max(values):.2f}), C {plain:.4g} gradients/s", flush=True)
    if options.json:
        json.dump({"aim": AIM, "results": results}, sys.stdout, indent=2)
        print()


if __name__ == "__main__":
    main()
