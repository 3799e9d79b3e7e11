# The bucket: versions, retention, lifetime, key.

mock_provider "oci" {
  source = "./tests/mocks"
}

mock_provider "oci" {
  alias  = "home"
  source = "./tests/mocks"
}

variables {
  tenancy_ocid     = "ocid1.tenancy.oc1..tenancy"
  compartment_ocid = "ocid1.compartment.oc1..security"
  region           = "eu-frankfurt-1"
  function_image   = "registry.example/axaxnpcrorw5/credential-audit:0.1.0"
}

run "bucket_is_private_and_versioned" {
  command = plan

  assert {
    condition = (
      oci_objectstorage_bucket.reports.access_type == "NoPublicAccess"
      && oci_objectstorage_bucket.reports.versioning == "Enabled"
      && length(oci_objectstorage_bucket.reports.retention_rules) == 0
      && oci_objectstorage_bucket.reports.namespace == "axaxnpcrorw5"
      && oci_objectstorage_bucket.reports.name == "credential-audit-reports"
    )
    error_message = "The bucket."
  }

  assert {
    condition = { for rule in oci_objectstorage_object_lifecycle_policy.reports[0].rules : rule.target => "${rule.action} ${rule.time_amount} ${rule.time_unit} ${join(",", rule.object_name_filter[0].inclusion_prefixes)}" } == {
      "objects"                  = "DELETE 400 DAYS credential-audit/"
      "previous-object-versions" = "DELETE 30 DAYS credential-audit/"
    }
    error_message = "Only objects below the prefix are deleted."
  }
}

run "retention_replaces_versioning" {
  command = plan

  variables {
    retention_days       = 365
    report_lifetime_days = 365
    object_prefix        = "iam/credentials/"
  }

  assert {
    condition = (
      oci_objectstorage_bucket.reports.versioning == "Disabled"
      && one(oci_objectstorage_bucket.reports.retention_rules).duration[0].time_amount == "365"
      && one(oci_objectstorage_bucket.reports.retention_rules).duration[0].time_unit == "DAYS"
      && one(oci_objectstorage_bucket.reports.retention_rules).time_rule_locked == null
    )
    error_message = "A retention rule that is not locked, and no versions."
  }

  assert {
    condition     = [for rule in oci_objectstorage_object_lifecycle_policy.reports[0].rules : "${rule.target} ${join(",", rule.object_name_filter[0].inclusion_prefixes)}"] == ["objects iam/credentials/"]
    error_message = "No rule deletes previous versions."
  }
}

run "lifetime_below_retention_is_refused" {
  command = plan

  variables {
    retention_days       = 365
    report_lifetime_days = 364
  }

  expect_failures = [oci_objectstorage_bucket.reports]
}

run "lifetime_of_zero_keeps_reports" {
  command = plan

  variables {
    report_lifetime_days = 0
  }

  assert {
    condition     = length(oci_objectstorage_object_lifecycle_policy.reports) == 0 && length(oci_identity_policy.services) == 0
    error_message = "Without a lifetime, neither rule nor statement exists."
  }
}

run "bucket_uses_the_given_key" {
  command = plan

  variables {
    bucket_kms_key_ocid = "ocid1.key.oc1.eu-frankfurt-1.vault.reports"
  }

  assert {
    condition     = oci_objectstorage_bucket.reports.kms_key_id == "ocid1.key.oc1.eu-frankfurt-1.vault.reports" && oci_identity_policy.services[0].compartment_id == "ocid1.compartment.oc1..security"
    error_message = "The key."
  }

  assert {
    condition = oci_identity_policy.services[0].statements == tolist([
      "Allow service objectstorage-eu-frankfurt-1 to manage object-family in compartment id ocid1.compartment.oc1..security where target.bucket.name = 'credential-audit-reports'",
      "Allow service objectstorage-eu-frankfurt-1 to use keys in compartment id ocid1.compartment.oc1..security where target.key.id = 'ocid1.key.oc1.eu-frankfurt-1.vault.reports'",
    ])
    error_message = "The service's permissions."
  }
}

run "key_may_be_in_another_compartment" {
  command = plan

  variables {
    bucket_kms_key_ocid             = "ocid1.key.oc1.eu-frankfurt-1.vault.reports"
    bucket_kms_key_compartment_ocid = "ocid1.compartment.oc1..vaults"
    allow_lifecycle                 = false
  }

  assert {
    condition = (
      oci_identity_policy.services[0].compartment_id == "ocid1.tenancy.oc1..tenancy"
      && oci_identity_policy.services[0].statements == tolist([
        "Allow service objectstorage-eu-frankfurt-1 to use keys in compartment id ocid1.compartment.oc1..vaults where target.key.id = 'ocid1.key.oc1.eu-frankfurt-1.vault.reports'",
      ])
      && length(oci_objectstorage_object_lifecycle_policy.reports) == 1
    )
    error_message = "The statement names the key's compartment. The rule remains, with its permission granted elsewhere."
  }
}
