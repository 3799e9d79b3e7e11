"""The workflows: pinned actions, least permissions, and scripts that exist."""

import os
import pathlib
import re
import unittest

import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / ".github" / "workflows"
WRITING = {"release.yml": {"images", "release"}}


def workflows():
    found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert {"ci.yml", "release.yml"} <= set(found), found
    return found


class Workflows(unittest.TestCase):
    def test_only_publishing_jobs_may_write_and_they_compile_nothing(self):
        for name, text in workflows().items():
            workflow = yaml.safe_load(text)
            self.assertEqual(workflow["permissions"], {}, name)
            for job_name, job in workflow["jobs"].items():
                writes = {scope for scope, access in job["permissions"].items() if access != "read"}
                self.assertEqual(bool(writes), job_name in WRITING.get(name, set()), f"{name}, {job_name}: {writes}")
                if writes:
                    runs = "\n".join(step.get("run", "") for step in job["steps"])
                    for compiler in ["cargo", "docker build ", ".ci/build", ".ci/docker", ".ci/run", "pip ", "npm "]:
                        self.assertNotIn(compiler, runs, f"{name}, {job_name}")

    def test_every_job_ends_and_every_checkout_forgets_its_token(self):
        for name, text in workflows().items():
            for job_name, job in yaml.safe_load(text)["jobs"].items():
                self.assertLessEqual(job["timeout-minutes"], 120, f"{name}, {job_name}")
                for step in job["steps"]:
                    if step.get("uses", "").startswith("actions/checkout@"):
                        self.assertIs(step["with"]["persist-credentials"], False, f"{name}, {job_name}")

    def test_actions_are_pinned_by_one_commit_each(self):
        pinned = {}
        for name, text in workflows().items():
            uses = re.findall(r"uses: (.*)$", text, re.MULTILINE)
            self.assertTrue(uses, name)
            for use in uses:
                match = re.fullmatch(r"(actions/[\w-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)", use)
                self.assertTrue(match, f"{name}: {use}")
                pinned.setdefault(match[1], set()).add((match[2], match[3]))
        self.assertTrue(all(len(commits) == 1 for commits in pinned.values()), pinned)

    def test_scripts_exist_and_can_be_started(self):
        steps = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")
        for name, text in workflows().items():
            text = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
            scripts = set(re.findall(r"(?<!bash )(\.ci/\w+)", text))
            self.assertTrue(scripts, name)
            for script in scripts:
                self.assertTrue(os.access(REPOSITORY / script, os.X_OK), f"{name}: {script}")
            for command in set(re.findall(r"\.ci/release (\w+)", text)):
                own = (REPOSITORY / ".ci" / "release").read_text(encoding="utf-8")
                self.assertIn(f'case ["{command}"', own, name)
            for words in re.findall(r"bash \.ci/run ([\w ]+)$", text, re.MULTILINE):
                for step in words.split():
                    self.assertIn(f"\nrun_{step}() {{", steps, f"{name}: {step}")


if __name__ == "__main__":
    unittest.main()
