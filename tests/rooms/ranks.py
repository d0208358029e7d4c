"""The table ranks.txt: who may include what."""

import fnmatch
import re


class Ranks:
    def __init__(self, path):
        self.rank = {}
        self.client = set()
        self.libraries = []
        self.public = []
        for number, line in enumerate(path.read_text().splitlines(), 1):
            line = line.split("#")[0].strip()
            if line and not self._read(line):
                raise ValueError(f"{path}:{number}: not a line of this table: {line}")

    def _read(self, line):
        words = line.split(None, 2)
        if words[0] == "client:":
            self.client = set(line.split()[1:])
        elif words[0] in ("library", "public") and len(words) == 3:
            who = {word.strip() for word in words[2].split(",")}
            (self.libraries if words[0] == "library" else self.public).append((words[1], who))
        elif len(words) == 2 and words[1].isdigit():
            self.rank[words[0]] = int(words[1])
        else:
            return False
        return True

    def rooms_of(self, owner):
        """The rooms that this one may include."""
        if owner == "client":
            return self.client
        return {room for room, rank in self.rank.items() if rank < self.rank[owner]} | {owner}

    def who_may(self, header):
        """Who may include this library's or public header; None: everybody."""
        for pattern, who in self.libraries + self.public:
            if fnmatch.fnmatch(header, pattern) or fnmatch.fnmatch(header, "*/" + pattern):
                return who
        return None

    def allows(self, owner, header):
        who = self.who_may(header)
        if who is None or owner in who:
            return True
        least = [int(word.split()[1]) for word in who if re.fullmatch(r"from \d+", word)]
        return bool(least) and owner in self.rank and self.rank[owner] >= least[0]
