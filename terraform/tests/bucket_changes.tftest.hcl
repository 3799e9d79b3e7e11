# Changes to the bucket of a stack that was applied. As the real provider does, the mocked one keeps the key of a bucket when
# the configuration no longer has it.

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

run "first_apply_with_a_key" {
  variables {
    bucket_kms_key_ocid = "ocid1.key.oc1.eu-frankfurt-1.vault.first"
  }

  assert {
    condition     = oci_objectstorage_bucket.reports.kms_key_id == "ocid1.key.oc1.eu-frankfurt-1.vault.first"
    error_message = "The first apply."
  }
}

run "key_that_is_taken_away_stops_the_plan" {
  command = plan

  expect_failures = [oci_objectstorage_bucket.reports]
}

run "key_whose_statement_would_go_stops_the_plan" {
  command = plan

  variables {
    bucket_kms_key_ocid = "ocid1.key.oc1.eu-frankfurt-1.vault.first"
    create_iam          = false
  }

  expect_failures = [oci_objectstorage_bucket.reports]
}

run "key_remains_when_somebody_else_grants_its_use" {
  command = plan

  variables {
    bucket_kms_key_ocid = "ocid1.key.oc1.eu-frankfurt-1.vault.first"
    create_iam          = false
    iam_ready           = true
  }

  assert {
    condition     = oci_objectstorage_bucket.reports.kms_key_id == "ocid1.key.oc1.eu-frankfurt-1.vault.first"
    error_message = "The key."
  }
}

run "another_key_needs_the_former_one" {
  command = plan

  variables {
    bucket_kms_key_ocid = "ocid1.key.oc1.eu-frankfurt-1.vault.second"
  }

  expect_failures = [terraform_data.bucket_key]
}

run "former_key_keeps_its_statement" {
  variables {
    bucket_kms_key_ocid         = "ocid1.key.oc1.eu-frankfurt-1.vault.second"
    former_bucket_kms_key_ocids = ["ocid1.key.oc1.eu-frankfurt-1.vault.first"]
    report_lifetime_days        = 0
  }

  assert {
    condition = oci_identity_policy.services[0].statements == tolist([
      "Allow service objectstorage-eu-frankfurt-1 to use keys in compartment id ocid1.compartment.oc1..security where target.key.id = 'ocid1.key.oc1.eu-frankfurt-1.vault.second'",
      "Allow service objectstorage-eu-frankfurt-1 to use keys in compartment id ocid1.compartment.oc1..security where target.key.id = 'ocid1.key.oc1.eu-frankfurt-1.vault.first'",
    ])
    error_message = "Object Storage may use both keys."
  }
}

run "third_key_needs_the_second_one" {
  command = plan

  variables {
    bucket_kms_key_ocid         = "ocid1.key.oc1.eu-frankfurt-1.vault.third"
    former_bucket_kms_key_ocids = ["ocid1.key.oc1.eu-frankfurt-1.vault.first"]
  }

  expect_failures = [terraform_data.bucket_key]
}

run "former_key_may_go_when_its_reports_are_gone" {
  variables {
    bucket_kms_key_ocid  = "ocid1.key.oc1.eu-frankfurt-1.vault.second"
    report_lifetime_days = 0
  }

  assert {
    condition     = length(oci_identity_policy.services[0].statements) == 1
    error_message = "Only the key of the bucket."
  }
}

run "bucket_with_versions_gets_no_retention" {
  command = plan

  variables {
    bucket_kms_key_ocid = "ocid1.key.oc1.eu-frankfurt-1.vault.second"
    retention_days      = 30
  }

  expect_failures = [terraform_data.retention]
}

run "new_bucket_may_have_retention" {
  variables {
    bucket_name         = "retained-reports"
    bucket_kms_key_ocid = "ocid1.key.oc1.eu-frankfurt-1.vault.second"
    retention_days      = 30
  }

  assert {
    condition     = oci_objectstorage_bucket.reports.versioning == "Disabled"
    error_message = "Retention replaces versioning."
  }
}

run "number_of_days_may_change" {
  command = plan

  variables {
    bucket_name         = "retained-reports"
    bucket_kms_key_ocid = "ocid1.key.oc1.eu-frankfurt-1.vault.second"
    retention_days      = 60
  }

  assert {
    condition     = one(oci_objectstorage_bucket.reports.retention_rules).duration[0].time_amount == "60"
    error_message = "The retention rule."
  }
}

run "bucket_with_retention_gets_no_versions" {
  command = plan

  variables {
    bucket_name         = "retained-reports"
    bucket_kms_key_ocid = "ocid1.key.oc1.eu-frankfurt-1.vault.second"
  }

  expect_failures = [terraform_data.retention]
}
