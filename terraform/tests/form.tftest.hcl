# The stack with the answers to the seven questions of the form, and with what Resource Manager fills in.

mock_provider "oci" {
  source = "./tests/mocks"
}

mock_provider "oci" {
  alias  = "home"
  source = "./tests/mocks"
}

variables {
  # Filled in.
  tenancy_ocid = "ocid1.tenancy.oc1..tenancy"
  # Answered.
  compartment_ocid   = "ocid1.compartment.oc1..security"
  region             = "eu-frankfurt-1"
  function_image     = "registry.example/axaxnpcrorw5/credential-audit:0.1.0"
  digest_emails      = ["security@example.com"]
  operator_emails    = ["operations@example.com"]
  schedule_time      = "05:07"
  schedule_time_zone = "Europe/Berlin"
}

run "seven_answers_run_the_audit_every_day_and_reach_somebody" {
  command = plan

  assert {
    condition     = keys(oci_ons_subscription.digest) == ["security@example.com"] && keys(oci_ons_subscription.operators) == ["operations@example.com"]
    error_message = "The digest and the alarms have a recipient each."
  }

  assert {
    condition = (
      oci_resource_scheduler_schedule.this.recurrence_details == "7 5 * * *"
      && oci_resource_scheduler_schedule.this.local_time_zone == "Europe/Berlin"
      && oci_resource_scheduler_schedule.this.state == "ACTIVE"
    )
    error_message = "Every day at 05:07 in Berlin."
  }

  assert {
    condition     = oci_monitoring_alarm.failed.is_enabled && oci_monitoring_alarm.missed.is_enabled && length(oci_identity_policy.these) >= 4
    error_message = "Alarms and policies."
  }
}

run "cron_expression_replaces_the_time" {
  command = plan

  variables {
    schedule_cron = "30 5 * * 1-5"
  }

  assert {
    condition     = oci_resource_scheduler_schedule.this.recurrence_details == "30 5 * * 1-5"
    error_message = "On weekdays."
  }
}
