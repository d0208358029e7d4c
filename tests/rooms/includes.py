"""Who includes whom, held against the table of ranks."""

import re

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
SOURCES = {".c", ".h", ".def"}


def owned(root, ranks):
    """(owner, file) of every source of the rooms and of the C client."""
    for room in sorted(path for path in (root / "broker").iterdir() if path.is_dir()):
        for file in sorted(room.rglob("*")):
            if file.suffix in SOURCES and "examples" not in file.relative_to(room).parts:
                yield room.name, file
    for file in sorted((root / "bindings" / "c").rglob("*")):
        inside = file.relative_to(root / "bindings" / "c").parts
        if file.suffix in SOURCES and inside[0] not in ("examples", "include"):
            yield "client", file


def included(file):
    text = file.read_text(encoding="utf-8", errors="replace")
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1), match.group(2)


def check_includes(root, ranks):
    for room in sorted(path for path in (root / "broker").iterdir() if path.is_dir()):
        if room.name not in ranks.rank:
            yield f"broker/{room.name}: a room without a rank; add it to tests/rooms/ranks.txt"
    for owner, file in owned(root, ranks):
        if owner != "client" and owner not in ranks.rank:
            continue
        for line, mark, header in included(file):
            where = f"{file.relative_to(root)}:{line}"
            yield from check_one(ranks, owner, file, where, mark, header)


def check_one(ranks, owner, file, where, mark, header):
    if not ranks.allows(owner, header):
        yield f"{where}: {owner} may not include {header}"
    elif mark == "<" or ranks.who_may(header) is not None:
        return
    elif "/" not in header:
        #  The client's own headers stand beside its sources.
        if owner != "client" or not (file.parent / header).exists():
            yield f'{where}: "{header}" does not name its room'
    elif header.split("/")[0] == "client" and owner == "client":
        return
    elif header.split("/")[0] not in ranks.rank:
        yield f'{where}: "{header}" is in no room'
    elif header.split("/")[0] not in ranks.rooms_of(owner):
        yield f'{where}: {owner} may not include the room {header.split("/")[0]}'


def check_examples(root, ranks):
    """Examples show what a user can do: public headers only."""
    public = {name for name, _ in ranks.public}
    for file in sorted([*root.glob("bindings/**/examples/**/*.[ch]"),
                        *root.glob("broker/*/examples/**/*.[ch]")]):
        for line, mark, header in included(file):
            beside = "/" not in header and (file.parent / header).exists()
            if mark == '"' and not beside and header.split("/")[-1] not in public:
                yield f'{file.relative_to(root)}:{line}: an example may not include "{header}"'


def check_links(root, ranks):
    """A room's CMake file links the rooms that it includes, and builds every source."""
    for room in ranks.rank:
        build = root / "broker" / room / "CMakeLists.txt"
        if not build.exists():
            continue
        text = re.sub(r"#.*", "", build.read_text())
        call = re.search(r"gradmq_room\s*\(\s*" + room + r"\b([^)]*)\)", text)
        if not call:
            yield f"broker/{room}/CMakeLists.txt: no gradmq_room ({room} ...)"
            continue
        linked = rooms_named(call.group(1)) - {"client"}  # whose headers the table of ranks names
        used = set()
        for owner, file in owned(root, ranks):
            if owner == room:
                used |= {header.split("/")[0] for _, mark, header in included(file)
                         if mark == '"' and header.split("/")[0] in ranks.rank}
        used.discard(room)
        for missing in sorted(used - linked):
            yield f"broker/{room}/CMakeLists.txt: {missing} is included and not linked"
        for idle in sorted(linked - used):
            yield f"broker/{room}/CMakeLists.txt: {idle} is linked and not included"
        if "GLOB" not in text:
            for file in sorted((root / "broker" / room).rglob("*.c")):
                if not re.search(r"(^|[\s/])" + re.escape(file.name) + r"\b", text):
                    yield f"{file.relative_to(root)}: not built by its room's CMakeLists.txt"


def rooms_named(arguments):
    words = arguments.split()
    if "ROOMS" not in words:
        return set()
    rest = words[words.index("ROOMS") + 1:]
    ends = [i for i, word in enumerate(rest) if word in ("SOURCES", "LIBS")]
    return set(rest[:ends[0]] if ends else rest)
