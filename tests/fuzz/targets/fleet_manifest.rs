#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| credential_audit_fuzz::fleet_manifest(bytes));
