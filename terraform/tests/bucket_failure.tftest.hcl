# A bucket that cannot be made. Function and statements must not name it: a bucket with reports cannot be deleted, so another
# name fails there. Here the postcondition fails in place of the service, because a mocked one refuses nothing.

mock_provider "oci" {
  source = "./tests/applied"
}

mock_provider "oci" {
  alias  = "home"
  source = "./tests/applied"
}

variables {
  tenancy_ocid     = "ocid1.tenancy.oc1..tenancy"
  compartment_ocid = "ocid1.compartment.oc1..security"
  region           = "eu-frankfurt-1"
  function_image   = "registry.example/axaxnpcrorw5/credential-audit:0.1.0"
}

run "bucket_fails" {
  variables {
    exceptions_object = "exceptions.json"
  }

  override_resource {
    target = oci_objectstorage_bucket.reports
    values = { kms_key_id = "ocid1.key.oc1.eu-frankfurt-1.vault.another" }
  }

  override_resource {
    target = oci_functions_function.this
    values = { id = "ocid1.fnfunc.oc1.eu-frankfurt-1.with.failure" }
  }

  override_resource {
    target = oci_identity_policy.these
    values = { id = "ocid1.policy.oc1..with.failure" }
  }

  expect_failures = [oci_objectstorage_bucket.reports]
}

# What was created beside the failing bucket has kept its id.
run "function_and_statements_come_after_the_bucket" {
  variables {
    exceptions_object   = "exceptions.json"
    bucket_kms_key_ocid = "ocid1.key.oc1.eu-frankfurt-1.vault.another"
  }

  override_resource {
    target = oci_functions_function.this
    values = { id = "ocid1.fnfunc.oc1.eu-frankfurt-1.after.bucket" }
  }

  override_resource {
    target = oci_identity_policy.these
    values = { id = "ocid1.policy.oc1..after.bucket" }
  }

  assert {
    condition     = oci_functions_function.this.id == "ocid1.fnfunc.oc1.eu-frankfurt-1.after.bucket"
    error_message = "A function existed that named a bucket that was not made."
  }

  assert {
    condition     = alltrue([for name in ["reports", "exceptions"] : oci_identity_policy.these[name].id == "ocid1.policy.oc1..after.bucket"])
    error_message = "Statements existed that named a bucket that was not made."
  }
}
