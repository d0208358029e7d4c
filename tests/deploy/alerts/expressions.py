"""Every expression of the board and of the alerts, held against what a gradmqd tells at /metrics.

usage: expressions.py METRICS GAUGES BOARD ALERTS RULES

METRICS is what was scraped, GAUGES the table of gauges, BOARD Grafana's JSON, ALERTS Prometheus's rules. The
board's expressions are written to RULES as rules, so that promtool can parse them. Says what is wrong and
ends with 1.
"""

import json
import re
import sys

import yaml

LABELS_OF_SCRAPES = {"job", "instance"}
PARTS_OF_HISTOGRAMS = ("_bucket", "_sum", "_count")


def families(text, table):
    """Names of series, and the labels that they may have; a family without a value yet has a name too."""
    labels = {}
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M):
        for end in PARTS_OF_HISTOGRAMS if kind == "histogram" else ("",):
            labels[name + end] = {"model"} | ({"le"} if end == "_bucket" else set())
        if name.endswith("_reason_total"):
            labels[name].add("reason")
    for name, label in re.findall(r'^LABELLED \((\w+), "(\w+)"', table, re.M):
        labels["gradmq_" + name].add(label)
    return labels


def expressions_of_board(board):
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield f'panel "{panel["title"]}"', target["expr"], target["legendFormat"]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield f'variable {variable["name"]}', variable["query"]["query"], ""


def check_names(where, expression, legend, known):
    """Metrics and labels that nobody tells."""
    for name, selector in re.findall(r"(gradmq_\w+)(\{[^}]*\})?", expression):
        if name not in known:
            yield f"{where}: there is no metric {name}"
            continue
        for label in re.findall(r"(\w+)\s*=~?", selector):
            if label not in known[name] | LABELS_OF_SCRAPES:
                yield f"{where}: {name} has no label {label}"
    names = [name for name in re.findall(r"gradmq_\w+", expression) if name in known]
    for label in re.findall(r"\{\{(\w+)\}\}", legend):
        if not any(label in known[name] | LABELS_OF_SCRAPES for name in names):
            yield f"{where}: the legend's label {label} is nowhere in the expression"


def check_board(board):
    """Identities, places, and a unit and a source for each panel."""
    seen, taken = set(), {}
    for panel in board["panels"]:
        title, place = panel["title"], panel["gridPos"]
        if panel["id"] in seen:
            yield f'panel "{title}": the number {panel["id"]} is another one\'s'
        seen.add(panel["id"])
        if place["x"] + place["w"] > 24:
            yield f'panel "{title}" is wider than the board'
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                if taken.setdefault((x, y), title) != title:
                    yield f'panel "{title}" lies on "{taken[x, y]}"'
        if panel["type"] == "row":
            continue
        if not panel["targets"] or not panel["fieldConfig"]["defaults"].get("unit"):
            yield f'panel "{title}" has no expression or no unit'
        for target in panel["targets"]:
            if target["datasource"]["uid"] != "${datasource}":
                yield f'panel "{title}" reads another source than the one that is chosen'


def rules(board):
    """The board's expressions as rules, with its variables put in."""
    listed = []
    for _, expression, _ in expressions_of_board(board):
        if expression.startswith("label_values("):
            expression = expression[len("label_values("):].rsplit(",", 1)[0]
        expression = expression.replace("$__rate_interval", "5m")
        expression = re.sub(r"\$(job|instance|model)", ".*", expression)
        listed.append({"record": f"board:{len(listed)}", "expr": expression})
    return {"groups": [{"name": "board", "rules": listed}]}


def main():
    scraped, table, board_path, alerts_path, rules_path = sys.argv[1:]
    with open(scraped, encoding="utf-8") as file, open(table, encoding="utf-8") as rows:
        known = families(file.read(), rows.read())
    with open(board_path, encoding="utf-8") as file:
        board = json.load(file)
    with open(alerts_path, encoding="utf-8") as file:
        alerts = [rule for group in yaml.safe_load(file)["groups"] for rule in group["rules"]]
    wrong = list(check_board(board))
    for where, expression, legend in expressions_of_board(board):
        wrong += check_names(where, expression, legend, known)
    for rule in alerts:
        wrong += check_names(rule["alert"], rule["expr"], "", known)
    if not known or not alerts:
        wrong.append("there is nothing to check")
    with open(rules_path, "w", encoding="utf-8") as file:
        yaml.safe_dump(rules(board), file)
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


sys.exit(main())
