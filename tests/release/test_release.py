""".ci/release: what it refuses, and that its files depend on their content alone."""

import gzip
import importlib.machinery
import importlib.util
import io
import json
import pathlib
import tarfile
import tempfile
import unittest
import zipfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
loader = importlib.machinery.SourceFileLoader("release", str(REPOSITORY / ".ci" / "release"))
release = importlib.util.module_from_spec(importlib.util.spec_from_loader("release", loader))
loader.exec_module(release)

TEXTS = {
    "Cargo.toml": '[workspace.package]\nversion = "1.2.3"\n\n[package]\n',
    "CHANGELOG.md": "# Changelog\n\n## 1.2.3 (2026-12-31)\n\n- New.\n- Also new.\n\n## 1.2.2 (2026-12-01)\n\n- Old.\n",
    "Dockerfile": 'LABEL org.opencontainers.image.version="1.2.3" \\\n',
    "func.yaml": "schema_version: 20180708\nversion: 1.2.3\n",
}
# 2026-12-31 23:59:59 UTC.
SECONDS = 1798761599


class Versions(unittest.TestCase):
    def test_tag_version_and_day_agree(self):
        self.assertEqual(release.check(TEXTS), "1.2.3")
        self.assertEqual(release.check(TEXTS, "v1.2.3"), "1.2.3")

    def test_each_file_with_another_version_is_refused(self):
        for name, text in TEXTS.items():
            other = {**TEXTS, name: text.replace("1.2.3", "1.2.4")}
            with self.assertRaisesRegex(release.Refused, f"several versions.*{name} 1.2.4"):
                release.check(other)
            with self.assertRaisesRegex(release.Refused, f"{name}: no version"):
                release.check({**TEXTS, name: "nothing"})

    def test_another_tag_is_refused(self):
        for tag in ["v1.2.4", "1.2.3", ""]:
            with self.assertRaisesRegex(release.Refused, "expected v1.2.3"):
                release.check(TEXTS, tag)

    def test_unreleased_section_is_refused_with_a_tag_only(self):
        for heading in ["1.2.3 (unreleased)", "1.2.3"]:
            texts = {**TEXTS, "CHANGELOG.md": TEXTS["CHANGELOG.md"].replace("1.2.3 (2026-12-31)", heading)}
            self.assertEqual(release.check(texts), "1.2.3")
            with self.assertRaisesRegex(release.Refused, "expected the day of the release"):
                release.check(texts, "v1.2.3")

    def test_files_of_the_repository_have_one_version(self):
        self.assertRegex(release.check({name: release.read(name) for name in release.VERSIONS}), r"^\d+\.\d+\.\d+$")

    def test_notes_are_the_section_of_the_version(self):
        self.assertEqual(release.notes(TEXTS["CHANGELOG.md"], "1.2.3"), "- New.\n- Also new.\n")
        self.assertEqual(release.notes(TEXTS["CHANGELOG.md"], "1.2.2"), "- Old.\n")
        for changelog in [TEXTS["CHANGELOG.md"], "# Changelog\n\n## 1.2.1\n\n## 1.2.0\n\n- Old.\n"]:
            with self.assertRaises(release.Refused):
                release.notes(changelog, "1.2.1")


class Archives(unittest.TestCase):
    def test_tar_has_fixed_order_times_and_owners(self):
        files = [("a/program", b"\x7fELF", 0o755), ("a/LICENSE", b"text", 0o644)]
        packed = release.tar_gz(files, SECONDS)
        self.assertEqual(packed, release.tar_gz(reversed(files), SECONDS))
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            entries = [(entry.name, entry.mode, entry.mtime, entry.uid, entry.gid, entry.uname) for entry in archive]
            self.assertEqual(archive.extractfile("a/program").read(), b"\x7fELF")
        self.assertEqual(
            entries, [("a/LICENSE", 0o644, SECONDS, 0, 0, ""), ("a/program", 0o755, SECONDS, 0, 0, "")]
        )
        # Neither a file name nor the time of packing in the head.
        self.assertEqual(packed[3], 0)
        self.assertEqual(int.from_bytes(packed[4:8], "little"), SECONDS)
        self.assertTrue(gzip.decompress(packed))

    def test_zip_has_fixed_order_times_and_modes(self):
        files = [("variables.tf", b"b"), ("schema.yaml", b"a")]
        packed = release.zip_of(files, SECONDS)
        self.assertEqual(packed, release.zip_of(reversed(files), SECONDS))
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            entries = [(entry.filename, entry.date_time, entry.external_attr >> 16) for entry in archive.infolist()]
            self.assertIsNone(archive.testzip())
        # The format counts in steps of two seconds.
        when = (2026, 12, 31, 23, 59, 58)
        self.assertEqual(entries, [("schema.yaml", when, 0o100644), ("variables.tf", when, 0o100644)])

    def test_stack_has_no_tests_state_or_folder(self):
        tracked = ["terraform/schema.yaml", "terraform/variables.tf", "terraform/iam.tf"]
        others = ["terraform/tests/iam.tftest.hcl", "terraform/.gitignore", "README.md", ""]
        self.assertEqual(release.stack_files(tracked + others), ["iam.tf", "schema.yaml", "variables.tf"])
        for unknown in ["terraform/terraform.tfstate", "terraform/my.tfvars", "terraform/network/main.tf"]:
            with self.assertRaisesRegex(release.Refused, unknown.removeprefix("terraform/")):
                release.stack_files([*tracked, unknown])
        with self.assertRaises(release.Refused):
            release.stack_files(["terraform/variables.tf"])

    def test_binary_of_another_commit_or_target_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            binary = pathlib.Path(folder) / "binary"
            identity = f"{release.version()} ({release.commit()}, a-target)"
            binary.write_bytes(b"\x7fELF..." + identity.encode() + b"...")
            self.assertEqual(release.checked(binary, "a-target"), binary.read_bytes())
            with self.assertRaisesRegex(release.Refused, "another commit or target"):
                release.checked(binary, "b-target")
            binary.write_bytes(f"{release.version()} (0000000 2020-01-01, a-target)".encode())
            with self.assertRaisesRegex(release.Refused, "another commit or target"):
                release.checked(binary, "a-target")

    def test_archive_has_the_program_at_its_root_and_a_name_without_the_version(self):
        with tempfile.TemporaryDirectory() as folder:
            binary = pathlib.Path(folder) / "binary"
            target = "aarch64-unknown-linux-gnu"
            binary.write_text(f"{release.version()} ({release.commit()}, {target})", encoding="utf-8")
            release.archive(binary, target, folder)
            with tarfile.open(pathlib.Path(folder) / "credential-audit-linux-aarch64.tar.gz") as archive:
                modes = {entry.name: entry.mode for entry in archive}
            self.assertEqual(modes.pop("credential-audit"), 0o755)
            documents = {f"credential-audit-documents/{name}": 0o644 for name in ["CHANGELOG.md", "LICENSE", "README.md"]}
            self.assertEqual(modes, documents)
        with self.assertRaisesRegex(release.Refused, "no release for a-target"):
            release.name_for("a-target")

    def test_checksums_list_every_file_but_themselves(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaises(release.Refused):
                release.checksums(folder)
            for name in ["b", "a"]:
                (pathlib.Path(folder) / name).write_text("abc", encoding="utf-8")
            for _ in range(2):
                release.checksums(folder)
                sums = (pathlib.Path(folder) / "SHA256SUMS").read_text(encoding="utf-8")
                of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
                self.assertEqual(sums, f"{of_abc}  a\n{of_abc}  b\n")


class BillOfMaterials(unittest.TestCase):
    PACKAGES = [
        {"id": "own", "name": "credential-audit", "version": "1.2.3", "license": "Apache-2.0"},
        {"id": "old", "name": "old", "version": "0.1.0", "license": "MIT/Apache-2.0", "repository": "https://example.com/old"},
        {"id": "base", "name": "base", "version": "2.0.0", "license": "MIT"},
    ]
    CHECKSUMS = {("old", "0.1.0"): "0" * 64, ("base", "2.0.0"): "1" * 64}

    def bill(self, checksums):
        edges = {"own": ["old", "not-linked"], "old": ["base"], "base": [], "not-linked": []}
        root = {"type": "application", "name": "credential-audit"}
        return release.bill_of_materials(self.PACKAGES, edges, checksums, root, SECONDS, "an-id")

    def test_crates_have_checksum_license_and_dependencies(self):
        bill = self.bill(self.CHECKSUMS)
        self.assertEqual([component["purl"] for component in bill["components"]], ["pkg:cargo/base@2.0.0", "pkg:cargo/old@0.1.0"])
        old = bill["components"][1]
        self.assertEqual(old["licenses"], [{"expression": "MIT OR Apache-2.0"}])
        self.assertEqual(old["hashes"], [{"alg": "SHA-256", "content": "0" * 64}])
        self.assertIn(
            {"ref": "pkg:cargo/credential-audit@1.2.3", "dependsOn": ["pkg:cargo/old@0.1.0"]}, bill["dependencies"]
        )
        self.assertEqual(bill["metadata"]["timestamp"], "2026-12-31T23:59:59Z")
        json.dumps(bill)

    def test_crate_without_a_checksum_is_refused(self):
        with self.assertRaisesRegex(release.Refused, "pkg:cargo/old@0.1.0"):
            self.bill({("base", "2.0.0"): "1" * 64})


if __name__ == "__main__":
    unittest.main()
