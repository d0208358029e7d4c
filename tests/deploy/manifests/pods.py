"""What a pod of rendered manifests would run.

usage: pods.py MANIFESTS config           gradmqd.conf of the ConfigMap that the StatefulSet mounts
       pods.py MANIFESTS command KIND/NAME  command and arguments, a zero byte after each
"""

import sys

import yaml


def find(objects, kind, name):
    return next(o for o in objects if o["kind"] == kind and o["metadata"]["name"] == name)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        objects = list(yaml.safe_load_all(file))
    if sys.argv[2] == "config":
        pod = find(objects, "StatefulSet", "gradmq")["spec"]["template"]["spec"]
        name = next(v["configMap"]["name"] for v in pod["volumes"] if v["name"] == "config")
        print(find(objects, "ConfigMap", name)["data"]["gradmqd.conf"], end="")
        return
    kind, name = sys.argv[3].split("/")
    container = find(objects, kind, name)["spec"]["template"]["spec"]["containers"][0]
    for word in container.get("command", []) + container.get("args", []):
        sys.stdout.write(word + "\0")


main()
