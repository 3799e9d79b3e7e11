"""Does what README.md tells a newcomer to do, and says whether it is true.

    python3 tests/readme_commands/run_readme.py [--debug] [--shared DIR]

Commands are taken from the fenced blocks and, after those, from the running text of README.md; blocks of JSON and HCL
are given to what reads them. A tenancy is a simulated one. What cannot be run without a registry, a container engine or
a tenancy is checked as far as that goes, and printed. A command or block for which rules.py has no rule is an error.
--debug takes debug builds where README.md says --release. Needs cargo and a built target/debug/tenancy-sim.
"""

import argparse
import pathlib
import sys

import readme
import rules
from newcomer import REPOSITORY, Newcomer, NotRun, Wrong


def tasks(text):
    """What there is to do: where it stands, what it is, whether it begins something, and how it is done. Running text
    names commands before the block that builds them, so that it comes last."""
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
        "--shared", type=pathlib.Path, default=REPOSITORY.parent / "shared", help="where terraform-offline lies"
    )
    arguments = parser.parse_args()
    ran, not_run, wrong = 0, 0, 0
    with Newcomer(arguments.debug, arguments.shared.resolve()) as newcomer:
        for line, title, begins, do, what in tasks((REPOSITORY / "README.md").read_text(encoding="utf-8")):
            if begins:
                newcomer.folder = newcomer.desk
            print(f"README.md:{line}: {title}", flush=True)
            try:
                print(f"    {do(newcomer, what)}")
                ran += 1
            except NotRun as reason:
                print(f"    NOT RUN: {reason}")
                not_run += 1
            except Wrong as problem:
                print(f"    WRONG: {problem}")
                wrong += 1
    print(f"README.md: {ran} done, {not_run} not run, {wrong} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
