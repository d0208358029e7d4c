"""Tables hold against files, documents and the schema."""

import re

# What a row of setting.def may be in the schema.
TYPES = {"TEXT": {"string"}, "REAL": {"double"}, "COUNT": {"uint32", "uint64"}, "FLAG": {"bool"}}


def rows(path):
    """(macro, name, rest of the row) of each row of a .def table."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    for match in re.finditer(r"^([A-Z_]+) *\(\s*\"?(\w+)\"?\s*(.*)$", text, re.MULTILINE):
        yield match.groups()


def check_files(root, ranks):
    """A row is a file, and a file is a row."""
    tables, besides = [], set()
    for line in (root / "tests/rooms/tables.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            table, form = line.split()
            if table == "besides":
                besides.add(form)
            else:
                tables.append((table, form))
    for table, form in tables:
        if not (root / table).exists():
            continue
        names = [name.lower() for _, name, _ in rows(root / table)]
        if not names:
            yield f"{table}: no rows"
        for name in names:
            if names.count(name) > 1:
                yield f"{table}: {name} stands there more than once"
            if not (root / form.replace("%", name)).exists():
                yield f"{table}: {name} has no file {form.replace('%', name)}"
        others = [other for _, other in tables if other != form and len(other) > len(form)]
        for file in sorted(root.glob(form.replace("%", "*"))):
            path = str(file.relative_to(root))
            if path in besides or file.with_suffix(".h").exists() or any(matches(other, path) for other in others):
                continue
            if matches(form, path) not in names:
                yield f"{path}: neither a row of {table} nor a source with a header"


def matches(form, path):
    """What stands for % in path; None when it is not of this form."""
    match = re.fullmatch(re.escape(form).replace("%", r"(\w+)"), path)
    return match and match.group(1)


def section(root, number):
    """The text of one numbered section of the protocol."""
    text = (root / "schemas/PROTOCOL.md").read_text()
    start = text.index(f"\n## {number}. ")
    end = text.find("\n## ", start + 1)
    return text[start:end if end >= 0 else None]


def check_codes(root, ranks):
    """error.def and the protocol's table of codes."""
    ours = {name: re.match(r", *(\d+), *\"(.*)\"\)", rest).groups()
            for _, name, rest in rows(root / "broker/core/error.def")}
    wire = {name: row for name, row in ours.items() if int(row[0]) < 64}
    theirs = {name: (number, text) for number, name, text in
              re.findall(r"^\| (\d+) \| (\w+) \| (.*) \|$", section(root, 17), re.MULTILINE)}
    yield from differences("error.def", wire, "PROTOCOL.md, section 17", theirs)


def check_limits(root, ranks):
    """limit.h and the protocol's table of limits."""
    defines = re.findall(r"^#define GRADMQ_(\w+) (.+)$",
                         (root / "broker/core/limit.h").read_text(), re.MULTILINE)
    ours = {name.lower(): number(value) for name, value in defines}
    for name, value in re.findall(r"^\| (\w+) \| (\d+) \|", section(root, 18), re.MULTILINE):
        mine = ours.get(name, ours.get(name + "_max"))
        if mine is None:
            yield f"PROTOCOL.md, section 18: {name} is not in broker/core/limit.h"
        elif mine != int(value):
            yield f"{name}: {mine} in broker/core/limit.h, {value} in PROTOCOL.md"


def check_roles(root, ranks):
    """command.def and the protocol's table of commands: which role each needs."""
    ours = {name: rest.rstrip(")").rsplit(", ", 1)[-1].lower()
            for _, name, rest in rows(root / "broker/coordinator/command.def")}
    theirs = {}
    for names, role in re.findall(r"^\| ([A-Z][\w, ]+) \| (?:yes)? ?\| (\w+) \|", section(root, 15), re.MULTILINE):
        for name in names.split(", "):
            theirs[re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()] = "observer" if role == "any" else role
    yield from differences("command.def", ours, "PROTOCOL.md, section 15", theirs)


def number(expression):
    """The value of a C constant such as 16u << 20."""
    plain = re.sub(r"(\d)(?:u|ul|ull|l|ll)\b", r"\1", expression.strip("() "), flags=re.IGNORECASE)
    if re.fullmatch(r"\d+", plain):
        return int(plain)
    shift = re.fullmatch(r"(\d+) << (\d+)", plain)
    return int(shift.group(1)) << int(shift.group(2)) if shift else None


def check_settings(root, ranks):
    """setting.def and the message Settings; optimizers and schedules that the protocol lists."""
    ours = {name: TYPES.get(macro) for macro, name, _ in rows(root / "broker/settings/setting.def")}
    schema = (root / "schemas/gradmq/v1/settings.proto").read_text()
    message = re.search(r"^message Settings \{(.*?)^\}", schema, re.MULTILINE | re.DOTALL).group(1)
    theirs = {name: kind for kind, name in
              re.findall(r"^\s*optional (\w+) (\w+) = \d+", message, re.MULTILINE)}
    if not ours:
        yield "setting.def: no rows"
    for name, kinds in ours.items():
        if name not in theirs:
            yield f"setting.def: {name} is not a field of settings.proto"
        elif kinds is None or theirs[name] not in kinds:
            yield f"setting.def: {name} is a {theirs[name]} in settings.proto"
    for table, title in (("optimizer", "Optimizers"), ("schedule", "Schedules")):
        path = root / f"broker/optimize/{table}.def"
        listed = re.search(rf"^{title}: (.*)\.$", section(root, 16), re.MULTILINE)
        if path.exists() and listed:
            mine = {name: name for _, name, _ in rows(path)}
            words = {name: name for name in listed.group(1).split(", ")}
            yield from differences(f"{table}.def", mine, "PROTOCOL.md, section 16", words)


def differences(here, ours, there, theirs):
    for name in sorted(ours.keys() | theirs.keys()):
        if ours.get(name) != theirs.get(name):
            yield f"{name}: {ours.get(name)} in {here}, {theirs.get(name)} in {there}"
