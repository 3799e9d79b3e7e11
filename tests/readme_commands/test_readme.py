"""Every command is found, and a command without a rule is an error."""

import unittest

import readme
import rules
import run_readme
from newcomer import REPOSITORY, Wrong

TEXT = """\
Run `cargo test` or `cargo
bench --bench audit`, see `cargo` and `terraform/variables.tf`; again `cargo test`.

```sh
# a comment
oci fn function invoke \\
    --body '{"audit": {"check": "#1"}}'     # another
audit | head
```

```json
{"audit": "`docker push this`"}
```
"""


class Extraction(unittest.TestCase):
    def test_block_commands_are_lines_without_comments(self):
        shell, _ = readme.blocks(TEXT)
        self.assertEqual(
            [(command.line, command.text) for command in readme.commands_of(shell)],
            [(6, """oci fn function invoke --body '{"audit": {"check": "#1"}}'"""), (8, "audit | head")],
        )

    def test_inline_commands_are_found_once_and_across_lines(self):
        found = [(command.line, command.text) for command in readme.inline_commands(TEXT)]
        self.assertEqual(found, [(1, "cargo test"), (1, "cargo bench --bench audit")])

    def test_block_of_an_unknown_language_is_an_error(self):
        for text in ("```\nls\n```\n", "```shell\nls\n```\n", "  ```sh\nls\n```\n", "```sh\nls\n"):
            with self.assertRaises(ValueError, msg=text):
                readme.blocks(text)
        with self.assertRaises(ValueError):
            readme.commands_of(readme.blocks("```sh\nls \\\n```\n")[0])


class Rules(unittest.TestCase):
    def test_command_or_block_without_a_rule_is_an_error(self):
        for text in ("cargo install credential-audit", "cargo test --workspace --release", "terraform import a b"):
            with self.assertRaises(Wrong, msg=text):
                rules.run(None, readme.Command(1, text))
        with self.assertRaises(Wrong):
            rules.json_block(None, readme.Block(1, "json", '{"other": 1}'))

    def test_every_command_of_the_documents_has_one_rule(self):
        number = 0
        for name in run_readme.documents():
            for line, title, _, do, what in run_readme.tasks((REPOSITORY / name).read_text(encoding="utf-8")):
                if do is rules.run:
                    known = [pattern for pattern, _ in rules.COMMANDS if pattern.fullmatch(what.text)]
                    self.assertEqual(len(known), 1, f"{name}:{line}: {title}")
                    number += 1
        self.assertGreater(number, 50)

    def test_every_rule_has_a_command(self):
        texts = []
        for name in run_readme.documents():
            tasks = run_readme.tasks((REPOSITORY / name).read_text(encoding="utf-8"))
            texts += [what.text for _, _, _, do, what in tasks if do is rules.run]
        unused = [pattern.pattern for pattern, _ in rules.COMMANDS if not any(map(pattern.fullmatch, texts))]
        self.assertEqual(unused, [])


if __name__ == "__main__":
    unittest.main()
