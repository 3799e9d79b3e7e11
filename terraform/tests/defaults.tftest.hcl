# The stack with required variables only, its options, and its outputs.

mock_provider "oci" {
  source = "./tests/mocks"
}

mock_provider "oci" {
  alias  = "home"
  source = "./tests/mocks"
}

override_resource {
  target          = oci_ons_notification_topic.digest
  override_during = plan
  values          = { id = "ocid1.onstopic.oc1.eu-frankfurt-1.digest" }
}

override_resource {
  target          = oci_ons_notification_topic.operators
  override_during = plan
  values          = { id = "ocid1.onstopic.oc1.eu-frankfurt-1.operators" }
}

variables {
  tenancy_ocid     = "ocid1.tenancy.oc1..tenancy"
  compartment_ocid = "ocid1.compartment.oc1..security"
  region           = "eu-frankfurt-1"
  function_image   = "registry.example/axaxnpcrorw5/credential-audit:0.1.0"
}

run "function_has_default_memory_and_timeouts" {
  command = plan

  assert {
    condition = (
      oci_functions_function.this.memory_in_mbs == "512"
      && oci_functions_function.this.timeout_in_seconds == 300
      && oci_functions_function.this.detached_mode_timeout_in_seconds == 900
      && oci_functions_function.this.failure_destination[0].kind == "NONE"
    )
    error_message = "Defaults of the function."
  }

  assert {
    condition = (
      oci_functions_application.this.logging[0].line_format == "JSON"
      && oci_functions_application.this.shape == "GENERIC_X86"
      && !oci_functions_application.this.image_policy_config[0].is_policy_enabled
      && length(oci_artifacts_container_repository.this) == 0
    )
    error_message = "Defaults of the application."
  }

  assert {
    condition = oci_functions_function.this.config == tomap({
      AUDIT_ACTIVITY         = "on"
      AUDIT_BUCKET           = "credential-audit-reports"
      AUDIT_BUCKET_NAMESPACE = "axaxnpcrorw5"
      AUDIT_DIGEST_NAMES     = "full"
      AUDIT_DIGEST_ROWS      = "10"
      AUDIT_DIGEST_WEEKDAY   = "monday"
      AUDIT_LOG_LEVEL        = "info"
      AUDIT_NOTIFY           = "changes"
      AUDIT_OBJECT_PREFIX    = "credential-audit/"
      AUDIT_ROTATION_DAYS    = "90"
      AUDIT_TOPIC_ID         = "ocid1.onstopic.oc1.eu-frankfurt-1.digest"
    })
    error_message = "Variables that are not set leave the function's own defaults."
  }

  assert {
    condition = (
      oci_functions_function.this.freeform_tags == tomap({ "managed-by" = "terraform", "application" = "credential-audit" })
      && local.home_region == "us-phoenix-1"
    )
    error_message = "Tags and the home region."
  }
}

run "schedule_runs_daily" {
  command = plan

  assert {
    condition = (
      oci_resource_scheduler_schedule.this.action == "START_RESOURCE"
      && oci_resource_scheduler_schedule.this.recurrence_type == "CRON"
      && oci_resource_scheduler_schedule.this.recurrence_details == "0 6 * * *"
      && oci_resource_scheduler_schedule.this.local_time_zone == "UTC"
      && oci_resource_scheduler_schedule.this.state == "ACTIVE"
      && oci_resource_scheduler_schedule.this.resources[0].id == "ocid1.fnfunc.oc1.eu-frankfurt-1.function"
      && oci_resource_scheduler_schedule.this.resources[0].parameters[0].parameter_type == "BODY"
      && oci_resource_scheduler_schedule.this.resources[0].parameters[0].value == tolist(["{}"])
    )
    error_message = "The schedule."
  }
}

run "schedule_uses_given_time_zone_and_body" {
  command = plan

  variables {
    schedule_cron      = "30 5 * * 1-5"
    schedule_time_zone = "America/Argentina/Buenos_Aires"
    schedule_body      = "{\"audit\":{\"dry_run\":true}}"
    schedule_enabled   = false
  }

  assert {
    condition = (
      oci_resource_scheduler_schedule.this.local_time_zone == "America/Argentina/Buenos_Aires"
      && oci_resource_scheduler_schedule.this.resources[0].parameters[0].value == tolist(["{\"audit\":{\"dry_run\":true}}"])
      && oci_resource_scheduler_schedule.this.state == "INACTIVE"
    )
    error_message = "The schedule's own settings."
  }
}

run "operators_are_notified_of_failed_and_missed_runs" {
  command = plan

  assert {
    condition = (
      oci_monitoring_alarm.failed.query == "FunctionResponseCount[1h]{resourceId = \"ocid1.fnfunc.oc1.eu-frankfurt-1.function\", responseType != \"Success\"}.sum() > 0"
      && oci_monitoring_alarm.missed.query == "FunctionResponseCount[1d]{resourceId = \"ocid1.fnfunc.oc1.eu-frankfurt-1.function\", responseType = \"Success\"}.groupBy(resourceId).absent(3d)"
      && oci_monitoring_alarm.missed.pending_duration == "PT1H"
    )
    error_message = "Queries of the alarms."
  }

  assert {
    condition = alltrue([for alarm in [oci_monitoring_alarm.failed, oci_monitoring_alarm.missed] :
      alarm.is_enabled && alarm.namespace == "oci_faas" && alarm.message_format == "ONS_OPTIMIZED"
      && alarm.destinations == tolist(["ocid1.onstopic.oc1.eu-frankfurt-1.operators"])
    ])
    error_message = "Both alarms go to the operators' topic."
  }

  assert {
    condition = (
      oci_logging_log.invoke.configuration[0].source[0].service == "functions"
      && oci_logging_log.invoke.configuration[0].source[0].category == "invoke"
      && oci_logging_log.invoke.configuration[0].source[0].resource == "ocid1.fnapp.oc1.eu-frankfurt-1.app"
      && oci_logging_log.invoke.retention_duration == 90
    )
    error_message = "The log."
  }
}

run "options_are_applied" {
  command = plan

  variables {
    function_image_digest       = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    function_architecture       = "GENERIC_X86_ARM"
    failure_destination_enabled = true
    image_signing_key_ocids     = ["ocid1.key.oc1.eu-frankfurt-1.vault.signing"]
    create_repository           = true
    freeform_tags               = { team = "security" }
    defined_tags                = { "Operations.CostCenter" = "42" }
    missed_run_alarm_enabled    = false
    home_region                 = "eu-frankfurt-1"
  }

  assert {
    condition = (
      oci_functions_function.this.image_digest == var.function_image_digest
      && oci_functions_function.this.failure_destination[0].kind == "NOTIFICATION"
      && oci_functions_function.this.failure_destination[0].topic_id == "ocid1.onstopic.oc1.eu-frankfurt-1.operators"
      && oci_functions_application.this.shape == "GENERIC_X86_ARM"
      && oci_functions_application.this.image_policy_config[0].is_policy_enabled
      && oci_functions_application.this.image_policy_config[0].key_details[0].kms_key_id == "ocid1.key.oc1.eu-frankfurt-1.vault.signing"
    )
    error_message = "The function's options."
  }

  assert {
    condition = (
      oci_artifacts_container_repository.this[0].is_immutable
      && !oci_artifacts_container_repository.this[0].is_public
      && !oci_monitoring_alarm.missed.is_enabled
      && length(data.oci_identity_region_subscriptions.these) == 0
      && local.home_region == "eu-frankfurt-1"
    )
    error_message = "Repository, alarm and home region."
  }

  assert {
    condition = alltrue([for resource in [oci_objectstorage_bucket.reports, oci_functions_function.this, oci_core_vcn.this[0], oci_identity_policy.these["tenancy"]] :
      resource.freeform_tags["team"] == "security" && resource.defined_tags["Operations.CostCenter"] == "42"
    ])
    error_message = "Tags."
  }
}

run "outputs_list_the_next_steps" {
  command = plan

  variables {
    digest_emails   = ["team@example.com", "lead@example.com"]
    operator_emails = ["duty@example.com"]
  }

  assert {
    condition     = jsonencode(output.unconfirmed_subscriptions) == jsonencode(["duty@example.com (operators)", "lead@example.com (digest)", "team@example.com (digest)"])
    error_message = "Subscriptions are pending until each address confirms."
  }

  assert {
    condition     = oci_ons_subscription.digest["team@example.com"].protocol == "EMAIL" && oci_ons_subscription.digest["team@example.com"].topic_id == "ocid1.onstopic.oc1.eu-frankfurt-1.digest" && oci_ons_subscription.operators["duty@example.com"].topic_id == "ocid1.onstopic.oc1.eu-frankfurt-1.operators"
    error_message = "Subscriptions to each topic."
  }

  assert {
    condition     = output.first_check == "oci fn function invoke --region eu-frankfurt-1 --function-id ocid1.fnfunc.oc1.eu-frankfurt-1.function --body '{\"audit\":{\"check\":\"send\"}}' --file -"
    error_message = "The first check waits for its answer."
  }

  assert {
    condition     = output.first_check_windows_powershell == replace(output.first_check, "\"", "\\\"")
    error_message = "Windows PowerShell 5 removes double quotes that have no backslash."
  }

  assert {
    condition     = output.first_test == "oci fn function invoke --region eu-frankfurt-1 --function-id ocid1.fnfunc.oc1.eu-frankfurt-1.function --fn-invoke-type detached --body '{}' --file -"
    error_message = "The first test is detached."
  }

  assert {
    condition     = output.reports.list == "oci os object list --region eu-frankfurt-1 --namespace-name axaxnpcrorw5 --bucket-name credential-audit-reports --prefix credential-audit/"
    error_message = "Command that lists reports."
  }
}
