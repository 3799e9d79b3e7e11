"""build.rs: which commit a build names, by how its sources came here."""

import os
import pathlib
import subprocess
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
DATE = "2026-02-03T04:05:06Z"


class BuildScript(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.built = tempfile.TemporaryDirectory()
        cls.script = pathlib.Path(cls.built.name) / "build-script"
        source = REPOSITORY / "build.rs"
        subprocess.run(["rustc", "--edition", "2024", "-o", cls.script, source], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.built.cleanup()

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def git(self, folder, *arguments):
        own = {"GIT_AUTHOR_DATE": DATE, "GIT_COMMITTER_DATE": DATE, "HOME": str(self.folder)}
        names = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"]
        command = ["git", *names, "-C", folder, *arguments]
        ended = subprocess.run(command, env={**os.environ, **own}, check=True, capture_output=True, text=True)
        return ended.stdout.strip()

    def clone(self):
        folder = self.folder / "clone"
        folder.mkdir()
        self.git(folder, "init", "--quiet")
        self.git(folder, "commit", "--quiet", "--allow-empty", "--message", "first")
        return folder

    def printed(self, folder, commit=None, profile="release", path=None):
        environment = {**os.environ, "CARGO_MANIFEST_DIR": str(folder), "PROFILE": profile, "TARGET": "a-target"}
        environment.pop("CREDENTIAL_AUDIT_COMMIT", None)
        if commit is not None:
            environment["CREDENTIAL_AUDIT_COMMIT"] = commit
        if path is not None:
            environment["PATH"] = path
        ended = subprocess.run([self.script], env=environment, check=True, capture_output=True, text=True)
        return ended.stdout.splitlines()

    def commit(self, *arguments, **options):
        lines = self.printed(*arguments, **options)
        self.assertIn("cargo::rustc-env=BUILD_TARGET=a-target", lines)
        [commit] = [line.split("=", 2)[2] for line in lines if line.startswith("cargo::rustc-env=BUILD_COMMIT=")]
        return commit

    def watched(self, folder):
        start = "cargo::rerun-if-changed="
        return [line.removeprefix(start) for line in self.printed(folder) if line.startswith(start)]

    def test_clone_names_its_commit_and_the_day(self):
        clone = self.clone()
        expected = self.git(clone, "rev-parse", "HEAD")[:7] + " 2026-02-03"
        self.assertEqual(self.commit(clone), expected)
        self.git(clone, "worktree", "add", "--quiet", "../another")
        self.assertEqual(self.commit(self.folder / "another"), expected)
        self.git(clone, "checkout", "--quiet", "--detach")
        self.assertEqual(self.commit(clone), expected)

    def test_tarball_names_no_commit_even_within_another_repository(self):
        (self.folder / "tarball").mkdir()
        self.assertEqual(self.commit(self.folder / "tarball"), "unknown commit")
        clone = self.clone()
        (clone / "tarball").mkdir()
        self.assertEqual(self.commit(clone / "tarball"), "unknown commit")

    def test_clone_without_git_or_without_a_commit_names_none(self):
        self.assertEqual(self.commit(self.clone(), path="/nowhere"), "unknown commit")
        empty = self.folder / "empty"
        empty.mkdir()
        self.git(empty, "init", "--quiet")
        self.assertEqual(self.commit(empty), "unknown commit")

    def test_variable_wins_unless_it_is_malformed(self):
        clone = self.clone()
        self.assertEqual(self.commit(clone, commit="e52ac4b 2026-11-30"), "e52ac4b 2026-11-30")
        self.assertEqual(self.commit(clone, commit="e52ac4b 2026-11-30", profile="debug"), "e52ac4b 2026-11-30")
        of_git = self.commit(clone)
        for malformed in ["", "e52ac4b\ncargo::rustc-env=PATH=x", "(e52ac4b)", "e" * 81]:
            self.assertEqual(self.commit(clone, commit=malformed), of_git, malformed)

    def test_debug_build_does_not_ask_git(self):
        clone = self.clone()
        self.assertEqual(self.commit(clone, profile="debug"), "debug build")
        lines = self.printed(clone, profile="debug")
        self.assertEqual([line for line in lines if ".git" in line], [])

    def test_next_commit_and_checkout_change_a_watched_file(self):
        clone = self.clone()

        def state():
            return [pathlib.Path(clone, path).read_bytes() for path in self.watched(clone) if path != "build.rs"]

        before = state()
        self.assertGreaterEqual(len(before), 3)
        self.git(clone, "commit", "--quiet", "--allow-empty", "--message", "second")
        second = state()
        self.assertNotEqual(before, second)
        self.git(clone, "checkout", "--quiet", "--detach", "HEAD~1")
        self.assertNotEqual(state(), second)

    def test_every_watched_file_exists_also_after_git_packed_the_branch(self):
        # cargo runs the script each time for a file that does not exist, and compiles everything again.
        clone = self.clone()
        self.git(clone, "pack-refs", "--all")
        watched = [path for path in self.watched(clone) if path != "build.rs"]
        self.assertTrue(any(path.endswith("packed-refs") for path in watched), watched)
        for path in watched:
            self.assertTrue(pathlib.Path(clone, path).is_file(), path)


if __name__ == "__main__":
    unittest.main()
