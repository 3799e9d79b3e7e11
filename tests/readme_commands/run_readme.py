"""Runs the commands of README.md and docs/ as a newcomer does, and reports whether their statements hold.

    python3 tests/readme_commands/run_readme.py [--debug] [--shared DIR]

Commands come from the fenced blocks and then from the running text of each document. Blocks of JSON and HCL are given to the
program that reads them. The tenancy is simulated. Commands that need a registry, a container engine or a tenancy are
checked as far as possible, and printed. A command or block without a rule in rules.py is an error. --debug replaces
--release by debug builds. Needs cargo and a built target/debug/tenancy-sim.
"""

import argparse
import pathlib
import sys

import readme
import rules
from newcomer import REPOSITORY, Newcomer, NotRun, Wrong


# The first deployment writes the variables that the README's commands need.
FIRST = ["docs/first-deployment.md", "README.md"]


def documents():
    """The documents with commands, in the order of their run."""
    pages = sorted(str(page.relative_to(REPOSITORY)) for page in (REPOSITORY / "docs").glob("*.md"))
    return FIRST + [page for page in [*pages, "SECURITY.md"] if page not in FIRST]


def tasks(text):
    """The tasks: line, title, whether the task starts in the workspace, and the function that does it. Running text comes
    last, since it names commands before the block that builds them."""
    found = []
    for block in readme.blocks(text):
        if block.language == "sh":
            commands = readme.commands_of(block)
            found += [(command.line, command.text, command is commands[0], rules.run, command) for command in commands]
        elif block.language in rules.BLOCKS:
            title = f"the {block.language} block"
            found.append((block.line, title, True, rules.BLOCKS[block.language], block))
    for command in readme.inline_commands(text):
        found.append((command.line, command.text, True, rules.run, command))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--debug", action="store_true", help="debug builds instead of release builds")
    parser.add_argument(
        "--shared", type=pathlib.Path, default=REPOSITORY.parent / "shared", help="folder of terraform-offline"
    )
    arguments = parser.parse_args()
    ran, not_run, wrong = 0, 0, 0
    with Newcomer(arguments.debug, arguments.shared.resolve()) as newcomer:
        inline = set()
        work = [(name, *task) for name in documents() for task in tasks((REPOSITORY / name).read_text(encoding="utf-8"))]
        for name, line, title, begins, do, what in work:
            # Running text of several documents names a command once more.
            if getattr(what, "inline", False) and (title in inline or inline.add(title)):
                continue
            if begins:
                newcomer.folder = newcomer.workspace
            print(f"{name}:{line}: {title}", flush=True)
            try:
                print(f"    {do(newcomer, what)}")
                ran += 1
            except NotRun as reason:
                print(f"    NOT RUN: {reason}")
                not_run += 1
            except Wrong as problem:
                print(f"    WRONG: {problem}")
                wrong += 1
    print(f"{len(documents())} documents: {ran} done, {not_run} not run, {wrong} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
