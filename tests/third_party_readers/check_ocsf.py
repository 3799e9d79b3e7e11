"""Validates OCSF findings, line by line, with the models of PyPI's py-ocsf-models.

    pip install py-ocsf-models
    python3 tests/third_party_readers/check_ocsf.py tests/golden/reports/findings.ocsf.json

The models check types and numbers, and ignore unknown fields. What this project promises in addition is checked here.
Exit status: 1 if a line is invalid, with the line; 2 if there are no lines.
"""

import json
import pathlib
import sys

from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding

SEVERITIES = {3: "Medium", 4: "High", 5: "Critical"}
STATES = {1: "New", 3: "Suppressed"}
STATUSES = {0: "Unknown", 2: "Warning", 3: "Fail"}


def check(line):
    finding = ComplianceFinding.model_validate_json(line)
    raw = json.loads(line)
    assert finding.class_uid == 2003 and finding.category_uid == 2, "class"
    assert finding.type_uid == finding.class_uid * 100 + finding.activity_id, "type_uid"
    assert raw["severity"] == SEVERITIES[finding.severity_id], "severity"
    assert raw["status"] == STATES[finding.status_id], "status"
    assert raw["compliance"]["status"] == STATUSES[finding.compliance.status_id], "compliance.status"
    assert finding.time == round(finding.time_dt.timestamp() * 1000), "time"
    assert finding.compliance.standards and finding.compliance.control, "compliance"
    assert len(finding.resources) == 1 and finding.resources[0].uid, "resources"
    assert finding.remediation.desc, "remediation"
    assert set(raw) <= set(ComplianceFinding.model_fields), set(raw) - set(ComplianceFinding.model_fields)
    return finding.finding_info.uid


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    lines = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").split("\n")
    if lines.pop() != "" or not lines:
        print("check_ocsf: no lines, or the last line has no line feed", file=sys.stderr)
        sys.exit(2)
    seen = set()
    for number, line in enumerate(lines, 1):
        try:
            uid = check(line)
            assert uid not in seen, f"{uid} occurs twice"
        except (AssertionError, ValueError, KeyError) as error:
            print(f"check_ocsf: line {number}: {error!r}\n  {line[:300]}", file=sys.stderr)
            sys.exit(1)
        seen.add(uid)
    print(f"check_ocsf: {len(lines)} findings are valid")


if __name__ == "__main__":
    main()
