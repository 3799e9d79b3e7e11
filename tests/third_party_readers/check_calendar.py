"""Validates a rotation calendar with PyPI's icalendar.

    pip install icalendar
    python3 tests/third_party_readers/check_calendar.py tests/golden/reports/rotate-by.ics

Every event is an all-day event of one day with a unique identifier, and no line is longer than 75 octets. Exit status: 1
if the calendar is invalid, with the reason; 2 if it has no events.
"""

import datetime
import pathlib
import sys

import icalendar


def check(content):
    assert content.endswith(b"\r\n") and b"\n" not in content.replace(b"\r\n", b""), "lines end with CRLF"
    longest = max(len(line) for line in content.split(b"\r\n"))
    assert longest <= 75, f"a line of {longest} octets"
    calendars = icalendar.Calendar.from_ical(content, multiple=True)
    assert len(calendars) == 1, f"{len(calendars)} calendars"
    (calendar,) = calendars
    assert calendar["VERSION"] == "2.0" and calendar["PRODID"], "VERSION and PRODID"
    assert not calendar.errors, calendar.errors
    assert calendar.subcomponents, "a calendar has a component"
    identifiers = set()
    events = calendar.walk("VEVENT")
    for event in events:
        assert not event.errors, event.errors
        start, end = event.decoded("DTSTART"), event.decoded("DTEND")
        assert type(start) is datetime.date and end - start == datetime.timedelta(days=1), f"{start} to {end}"
        stamp = event.decoded("DTSTAMP")
        assert stamp.utcoffset() == datetime.timedelta(0), stamp
        for name in ("UID", "SUMMARY", "DESCRIPTION"):
            assert event[name], f"{name} of {start}"
        assert event["UID"] not in identifiers, f"{event['UID']} occurs twice"
        identifiers.add(event["UID"])
    return events


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    try:
        events = check(pathlib.Path(sys.argv[1]).read_bytes())
    except (AssertionError, ValueError, KeyError) as error:
        print(f"check_calendar: {error!r}", file=sys.stderr)
        sys.exit(1)
    if not events:
        print("check_calendar: the calendar has no events", file=sys.stderr)
        sys.exit(2)
    for event in events:
        print(f"{event.decoded('DTSTART')}  {event['SUMMARY']}")
    print(f"check_calendar: {len(events)} events are valid")


if __name__ == "__main__":
    main()
