"""The commands of a document: fenced blocks, the commands in them, and commands in running text."""

import dataclasses
import re
import shlex

FENCE = re.compile(r"^```(\w*)$")
# A code span of running text is a command if it begins with one of these and has another word.
PROGRAMS = {
    "bash",
    "cargo",
    "credential-audit",
    "docker",
    "fn",
    "oci",
    "podman",
    "python3",
    "target/release/credential-audit",
    "terraform",
}
# .ci/run analysis runs blocks of SQL.
LANGUAGES = {"sh", "json", "hcl", "text", "sql", "rust"}


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced block."""

    line: int
    language: str
    text: str


@dataclasses.dataclass(frozen=True)
class Command:
    """A command line, without its comment."""

    line: int
    text: str
    inline: bool = False

    def words(self):
        return shlex.split(self.text)


def blocks(text):
    """The fenced blocks. A block that is not closed, or has an unknown language, is an error."""
    found, open_at, language, lines = [], None, "", []
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if open_at is None and line.lstrip().startswith("```"):
            if not fence or fence[1] not in LANGUAGES:
                raise ValueError(f"{number}: the block {line.strip()} has an unknown language")
            open_at, language, lines = number, fence[1], []
        elif open_at is not None and line.strip() == "```":
            found.append(Block(open_at, language, "\n".join(lines) + "\n"))
            open_at = None
        elif open_at is not None:
            lines.append(line)
    if open_at is not None:
        raise ValueError(f"{open_at}: the block is not closed")
    return found


def commands_of(block):
    """The commands of a shell block: one per line; a backslash at the end of a line continues the command."""
    found, begun, parts = [], 0, []
    for number, line in enumerate(block.text.splitlines(), block.line + 1):
        begun = begun if parts else number
        continued = line.rstrip().endswith("\\")
        parts.append(line.rstrip().removesuffix("\\").strip())
        if not continued:
            text = without_comment(" ".join(parts))
            if text:
                found.append(Command(begun, text))
            parts = []
    if parts:
        raise ValueError(f"{begun}: the command has no end")
    return found


def without_comment(line):
    """A # at the start of a word begins a comment, unless it is quoted."""
    quote = None
    for position, character in enumerate(line):
        if quote:
            quote = None if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "#" and (position == 0 or line[position - 1].isspace()):
            return line[:position].rstrip()
    return line.strip()


def inline_commands(document):
    """Commands in code spans of running text, each once. A span may continue on the next line."""
    fenced, prose = False, []
    for line in document.splitlines():
        if line.startswith("```"):
            fenced = not fenced
            line = ""
        prose.append("" if fenced else line)
    text = "\n".join(prose)
    found = {}
    for span in re.finditer(r"`([^`\n]+(?:\n[^`\n]+)?)`", text):
        words = span[1].split()
        if len(words) > 1 and words[0] in PROGRAMS:
            command = Command(text.count("\n", 0, span.start()) + 1, " ".join(words), inline=True)
            found.setdefault(command.text, command)
    return list(found.values())
