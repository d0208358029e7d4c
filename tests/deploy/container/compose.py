"""Runs a compose file's services in a root folder, without an engine: as the image's user, each in a mount namespace
of its own with the volumes that it names, in the order of depends_on. All share the network of whoever runs this.

usage: compose.py ROOT SCRATCH COMPOSE DOCKERFILE

ROOT is the image's tree, SCRATCH a folder for volumes and logs. What is started is stopped at the end. Says what each
service said last where one fails, and ends with 1; else prints the log of the last service.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import yaml

WAIT_S = 120


def image_of(dockerfile):
    """User, entrypoint, command, environment, health check: what the last stage says."""
    with open(dockerfile, encoding="utf-8") as file:
        text = file.read().replace("\\\n", " ")
    stage = text[text.rindex("\nFROM ") :]
    image = {"environment": {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}}
    for word, rest in re.findall(r"^([A-Z]+) (.*)$", stage, re.M):
        if word in ("ENTRYPOINT", "CMD"):
            image[word.lower()] = json.loads(rest)
        elif word == "HEALTHCHECK":
            image["health"] = json.loads(rest[rest.index("CMD ") + 4 :])
        elif word == "ENV":
            name, value = rest.split("=", 1)
            image["environment"][name] = value
        elif word == "USER":
            image["user"] = rest
    return image


class Run:
    """The services that were started."""

    def __init__(self, root, scratch, image):
        self.root, self.scratch, self.image = root, scratch, image
        self.processes = {}

    def volume(self, name, path):
        """A volume's folder; new ones are what the image has there."""
        folder = f"{self.scratch}/volumes/{name}"
        if not os.path.exists(folder):
            shutil.copytree(self.root + path, folder)
            owner = os.stat(self.root + path)
            os.chown(folder, owner.st_uid, owner.st_gid)
            os.chmod(folder, owner.st_mode & 0o777)
        return folder

    def start(self, service, command):
        """COMMAND as the service would run it; its process."""
        lines = ["set -e"]
        if service.get("read_only"):
            lines.append(f'mount --rbind "{self.root}" "{self.root}"')
            lines.append(f'for at in "{self.root}" "{self.root}"/{{usr,etc}}; do')
            lines.append('    ! mountpoint -q "$at" || mount -o remount,ro,bind "$at"')
            lines.append("done")
        for volume in service.get("volumes", []):
            name, path, *options = volume.split(":")
            where = self.root + path
            lines.append(f'mount --bind "{self.volume(name, path)}" "{where}"')
            if options == ["ro"]:
                lines.append(f'mount -o remount,ro,bind "{where}"')
        user, group = self.image["user"].split(":")
        lines.append(f'exec setpriv --no-new-privs chroot --userspec={user}:{group} --groups= "{self.root}" "$@"')
        return ["unshare", "-m", "bash", "-c", "\n".join(lines), "bash", *command]

    def up(self, name, service):
        """Start a service."""
        entrypoint = service.get("entrypoint", self.image["entrypoint"])
        command = service.get("command", [] if "entrypoint" in service else self.image["cmd"])
        with open(f"{self.scratch}/{name}.log", "wb") as log:
            self.processes[name] = subprocess.Popen(
                self.start(service, entrypoint + command), stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, env=self.image["environment"])

    def healthy(self, service):
        """True once the health check passes."""
        done = subprocess.run(self.start(service, self.image["health"]), env=self.image["environment"],
                              capture_output=True, check=False)
        return done.returncode == 0

    def wait(self, name, service, condition):
        """Wait until a service is as another one wants it."""
        process = self.processes[name]
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            ended = process.poll()
            if condition == "service_completed_successfully" and ended is not None:
                if ended != 0:
                    raise RuntimeError(f"{name} ends with {ended}")
                return
            if condition == "service_healthy":
                if ended is not None:
                    raise RuntimeError(f"{name} ends with {ended} and is not healthy")
                if self.healthy(service):
                    return
            time.sleep(0.1)
        raise RuntimeError(f"{name}: {condition} does not come")

    def down(self):
        """Stop what runs, in the way of the image; what did not end in order."""
        wrong = []
        for name, process in self.processes.items():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            if process.returncode != 0:
                wrong.append(f"{name} ends with {process.returncode}")
        return wrong


def main():
    root, scratch, compose, dockerfile = sys.argv[1:]
    with open(compose, encoding="utf-8") as file:
        services = yaml.safe_load(file)["services"]
    run = Run(root, scratch, image_of(dockerfile))
    wrong = []
    try:
        for name, service in services.items():
            for before, how in service.get("depends_on", {}).items():
                run.wait(before, services[before], how["condition"])
            run.up(name, service)
        for name in services:
            if name != "broker":
                run.wait(name, services[name], "service_completed_successfully")
    except RuntimeError as error:
        wrong.append(str(error))
    wrong += run.down()
    if wrong:
        print("\n".join(wrong))
        for name in run.processes:
            with open(f"{scratch}/{name}.log", encoding="utf-8", errors="replace") as log:
                print(f"--- {name}", *log.read().splitlines()[-15:], sep="\n")
        return 1
    with open(f"{scratch}/{name}.log", encoding="utf-8") as log:
        print(log.read(), end="")
    return 0


sys.exit(main())
