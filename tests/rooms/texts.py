"""What the files say, and how long they are."""

import re
import subprocess

# Folders of one machine, which no file and no commit should name. ~ and $HOME are fine.
PLACES = re.compile(r"(?<![\w.$}~])/(?:home/(?!USER\b|user\b)|root/|Users/|work/)[\w.-]+")

FILE_LONG, FILE_TOO_LONG = 400, 500
TEST_TOO_LONG = 800  # a list of cases
FUNCTION_LONG = 60


def git(root, *arguments):
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.decode("utf-8", errors="replace")


def files(root):
    """Every file of the project that is text, as far as git knows it; else all outside build/."""
    listed = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed is not None:
        paths = [root / name for name in sorted(set(listed.split("\0"))) if name]
    else:
        paths = [path for path in sorted(root.rglob("*"))
                 if path.relative_to(root).parts[0] not in ("build", ".git")]
    for path in paths:
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            if b"\0" not in data:
                yield path, data.decode("utf-8", errors="replace")


def check_places(root, ranks):
    for path, text in files(root):
        for line, words in enumerate(text.splitlines(), 1):
            for found in PLACES.findall(words):
                yield f"{path.relative_to(root)}:{line}: names a folder of one machine: {found}"
    for commit in (git(root, "log", "--format=%h %B%x00") or "").split("\0"):
        for found in PLACES.findall(commit):
            yield f"commit {commit.split()[0]}: names a folder of one machine: {found}"


def sources(root):
    for path, text in files(root):
        if path.suffix in (".c", ".h") and path.relative_to(root).parts[0] in ("broker", "bindings", "tests"):
            yield path, text.splitlines()


def functions(lines):
    """(name, first line, length) of each function, as clang-format writes them."""
    start = name = None
    for at, line in enumerate(lines, 1):
        if line.startswith("{") and name:
            start = at
        elif line.startswith("}"):
            if start:
                yield name, start, at - start - 1
            start = name = None
        elif start is None and (found := re.match(r"(\w+) \(", line)):
            name = found.group(1)


def check_sizes(root, ranks):
    for path, lines in sources(root):
        name = path.relative_to(root)
        most = TEST_TOO_LONG if name.parts[0] == "tests" else FILE_TOO_LONG
        if len(lines) > most:
            yield f"{name}: {len(lines)} lines; more than {most} are two files"


def long_ones(root):
    """What asks to be two, for whoever wants to know."""
    for path, lines in sources(root):
        name = path.relative_to(root)
        if len(lines) > FILE_LONG:
            yield f"{name}: {len(lines)} lines"
        for function, line, length in functions(lines):
            if length > FUNCTION_LONG:
                yield f"{name}:{line}: {function} has {length} lines"
