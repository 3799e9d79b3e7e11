"""Reads the list of crates of a release with CycloneDX's own library, which validates it against the schema.

    python3 tests/third_party_readers/check_cyclonedx.py FILE...

Needs cyclonedx-python-lib[json-validation]. Exit status: 0 if every file is valid and complete, else 1.
"""

import json
import pathlib
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

validator = JsonStrictValidator(SchemaVersion.V1_6)
for name in sys.argv[1:]:
    text = pathlib.Path(name).read_text(encoding="utf-8")
    problem = validator.validate_str(text)
    if problem:
        sys.exit(f"{name}: {problem}")
    bill = json.loads(text)
    listed = {component["bom-ref"] for component in bill["components"]}
    # The schema does not compare references.
    unknown = {on for each in bill["dependencies"] for on in each["dependsOn"]} - listed
    without = [component["name"] for component in bill["components"] if not component.get("licenses")]
    names = {component["name"] for component in bill["components"]}
    if unknown or without or not {"hyper", "reqwest", "rustls"} <= names or "proptest" in names:
        sys.exit(f"{name}: unknown references {unknown}, without license {without}, {len(names)} crates")
    print(f"{name}: valid, {len(listed)} crates")
