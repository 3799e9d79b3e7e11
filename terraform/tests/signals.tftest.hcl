# Metrics, the alarms that read them, and the schedules beside the daily one.

mock_provider "oci" {
  source = "./tests/mocks"
}

mock_provider "oci" {
  alias  = "home"
  source = "./tests/mocks"
}

override_resource {
  target          = oci_ons_notification_topic.operators
  override_during = plan
  values          = { id = "ocid1.onstopic.oc1.eu-frankfurt-1.operators" }
}

override_resource {
  target          = oci_resource_scheduler_schedule.further["what-if"]
  override_during = plan
  values          = { id = "ocid1.resourceschedule.oc1.eu-frankfurt-1.whatif" }
}

override_resource {
  target          = oci_resource_scheduler_schedule.further["check"]
  override_during = plan
  values          = { id = "ocid1.resourceschedule.oc1.eu-frankfurt-1.check" }
}

variables {
  tenancy_ocid     = "ocid1.tenancy.oc1..tenancy"
  compartment_ocid = "ocid1.compartment.oc1..security"
  region           = "eu-frankfurt-1"
  function_image   = "registry.example/axaxnpcrorw5/credential-audit:0.1.0"
}

run "metrics_alarms_and_further_schedules_are_off_by_default" {
  command = plan

  assert {
    condition = (
      length(oci_monitoring_alarm.action) == 0
      && length(oci_monitoring_alarm.incomplete) == 0
      && length(oci_resource_scheduler_schedule.further) == 0
      && length(output.further_schedule_ocids) == 0
      && !contains(keys(oci_functions_function.this.config), "AUDIT_METRICS_NAMESPACE")
      && !contains(keys(oci_identity_policy.these), "metrics")
    )
    error_message = "Nothing posts, fires or runs unless asked for."
  }
}

run "metrics_need_one_statement_with_its_condition" {
  command = plan

  variables {
    metrics_namespace = "credential_audit"
  }

  assert {
    condition = oci_identity_policy.these["metrics"].statements == tolist([
      "Allow dynamic-group 'Default'/'credential-audit-function' to use metrics in compartment id ocid1.compartment.oc1..security where target.metrics.namespace = 'credential_audit'",
    ]) && oci_identity_policy.these["metrics"].compartment_id == "ocid1.compartment.oc1..security"
    error_message = "Permission to post to one namespace of one compartment."
  }

  assert {
    condition     = oci_functions_function.this.config["AUDIT_METRICS_NAMESPACE"] == "credential_audit"
    error_message = "The setting."
  }

  assert {
    condition     = length(oci_monitoring_alarm.action) == 0 && length(oci_monitoring_alarm.incomplete) == 0
    error_message = "Each alarm has its own switch."
  }
}

run "statement_about_metrics_can_be_left_out" {
  command = plan

  variables {
    metrics_namespace = "credential_audit"
    allow_metrics     = false
  }

  assert {
    condition     = !contains(keys(oci_identity_policy.these), "metrics") && oci_functions_function.this.config["AUDIT_METRICS_NAMESPACE"] == "credential_audit"
    error_message = "The setting without the statement."
  }
}

run "statement_without_a_group_names_the_function" {
  command = plan

  variables {
    metrics_namespace = "credential_audit"
    iam_subject       = "any-user"
  }

  assert {
    condition = oci_identity_policy.these["metrics"].statements == tolist([
      "Allow any-user to use metrics in compartment id ocid1.compartment.oc1..security where all {request.principal.type = 'fnfunc', request.principal.id = 'ocid1.fnfunc.oc1.eu-frankfurt-1.function', target.metrics.namespace = 'credential_audit'}",
    ])
    error_message = "Both conditions."
  }
}

run "alarms_read_the_metrics_of_this_tenancy" {
  command = plan

  variables {
    metrics_namespace            = "credential_audit"
    action_alarm_enabled         = true
    incomplete_run_alarm_enabled = true
  }

  assert {
    condition     = oci_monitoring_alarm.action[0].query == "to_rotate_now[1d]{tenancy = \"ocid1.tenancy.oc1..tenancy\"}.max() > 0 || to_remove_now[1d]{tenancy = \"ocid1.tenancy.oc1..tenancy\"}.max() > 0 || to_review_now[1d]{tenancy = \"ocid1.tenancy.oc1..tenancy\"}.max() > 0"
    error_message = "Something to do now."
  }

  assert {
    condition     = oci_monitoring_alarm.incomplete[0].query == "complete[1d]{tenancy = \"ocid1.tenancy.oc1..tenancy\"}.min() < 1"
    error_message = "A run that was not complete."
  }

  assert {
    condition = alltrue([for alarm in [oci_monitoring_alarm.action[0], oci_monitoring_alarm.incomplete[0]] :
      alarm.is_enabled && alarm.namespace == "credential_audit" && alarm.message_format == "ONS_OPTIMIZED"
      && alarm.metric_compartment_id == "ocid1.compartment.oc1..security"
      && alarm.destinations == tolist(["ocid1.onstopic.oc1.eu-frankfurt-1.operators"])
    ])
    error_message = "Both alarms read the function's compartment and go to the operators' topic."
  }
}

run "alarms_can_have_a_topic_of_their_own" {
  command = plan

  variables {
    metrics_namespace            = "credential_audit"
    action_alarm_enabled         = true
    incomplete_run_alarm_enabled = true
    metric_alarm_topic_ocid      = "ocid1.onstopic.oc1.eu-frankfurt-1.pagerduty"
  }

  assert {
    condition = alltrue([for alarm in [oci_monitoring_alarm.action[0], oci_monitoring_alarm.incomplete[0]] :
      alarm.destinations == tolist(["ocid1.onstopic.oc1.eu-frankfurt-1.pagerduty"])
    ]) && oci_monitoring_alarm.failed.destinations == tolist(["ocid1.onstopic.oc1.eu-frankfurt-1.operators"])
    error_message = "Only these alarms."
  }
}

run "alarm_about_action_without_metrics_fails_the_plan" {
  command = plan

  variables {
    action_alarm_enabled = true
  }

  expect_failures = [oci_functions_function.this]
}

run "alarm_about_incomplete_runs_without_metrics_fails_the_plan" {
  command = plan

  variables {
    incomplete_run_alarm_enabled = true
  }

  expect_failures = [oci_functions_function.this]
}

run "further_schedules_have_their_bodies_and_the_same_permission" {
  command = plan

  variables {
    schedule_time_zone       = "Europe/Berlin"
    what_if_schedule_enabled = true
    check_schedule_enabled   = true
  }

  assert {
    condition = { for name, schedule in oci_resource_scheduler_schedule.further : name => [schedule.recurrence_details, schedule.resources[0].parameters[0].value[0]] } == {
      what-if = ["30 6 1 * *", "{\"audit\":{\"as_of\":\"+30d\"}}"]
      check   = ["0 7 * * 1", "{\"audit\":{\"check\":\"send\"}}"]
    }
    error_message = "When they run, and with which body."
  }

  assert {
    condition = alltrue([for schedule in oci_resource_scheduler_schedule.further :
      schedule.action == "START_RESOURCE" && schedule.state == "ACTIVE" && schedule.local_time_zone == "Europe/Berlin"
      && schedule.resources[0].id == "ocid1.fnfunc.oc1.eu-frankfurt-1.function" && schedule.resources[0].parameters[0].parameter_type == "BODY"
    ]) && oci_resource_scheduler_schedule.this.resources[0].parameters[0].value == tolist(["{}"])
    error_message = "The same function; the daily schedule is as before."
  }

  assert {
    condition = oci_identity_policy.these["schedule"].statements == tolist([for id in ["schedule", "check", "whatif"] :
      "Allow any-user to use fn-invocation in compartment id ocid1.compartment.oc1..security where all {request.principal.type = 'resourceschedule', request.principal.id = 'ocid1.resourceschedule.oc1.eu-frankfurt-1.${id}', target.function.id = 'ocid1.fnfunc.oc1.eu-frankfurt-1.function'}"
    ])
    error_message = "Only these schedules, only this function."
  }

  assert {
    condition     = output.further_schedule_ocids == { check = "ocid1.resourceschedule.oc1.eu-frankfurt-1.check", what-if = "ocid1.resourceschedule.oc1.eu-frankfurt-1.whatif" }
    error_message = "Their OCIDs."
  }
}

run "each_schedule_has_its_own_settings" {
  command = plan

  variables {
    what_if_schedule_enabled = true
    what_if_schedule_cron    = "15 5 * * 1"
    what_if_schedule_days    = 7
    check_schedule_cron      = "15 5 * * 2"
    allow_schedule           = "manage"
    create_iam               = false
  }

  assert {
    condition = (
      toset(keys(oci_resource_scheduler_schedule.further)) == toset(["what-if"])
      && oci_resource_scheduler_schedule.further["what-if"].recurrence_details == "15 5 * * 1"
      && oci_resource_scheduler_schedule.further["what-if"].resources[0].parameters[0].value == tolist(["{\"audit\":{\"as_of\":\"+7d\"}}"])
      && oci_resource_scheduler_schedule.further["what-if"].state == "INACTIVE"
    )
    error_message = "Inactive without its policy."
  }

  assert {
    condition     = length(output.iam_statements["schedule"].statements) == 2 && alltrue([for statement in output.iam_statements["schedule"].statements : startswith(statement, "Allow any-user to manage functions-family in compartment id ocid1.compartment.oc1..security where all {request.principal.type = 'resourceschedule'")])
    error_message = "The same form of statement for each schedule."
  }
}

run "check_alone_can_be_scheduled" {
  command = plan

  variables {
    check_schedule_enabled = true
    check_schedule_cron    = "15 5 * * 2"
  }

  assert {
    condition     = toset(keys(oci_resource_scheduler_schedule.further)) == toset(["check"]) && oci_resource_scheduler_schedule.further["check"].recurrence_details == "15 5 * * 2"
    error_message = "The check alone."
  }
}

run "holders_are_not_mailed_by_default" {
  command = plan

  assert {
    condition     = !contains(keys(oci_identity_policy.these), "mail") && !contains(keys(oci_functions_function.this.config), "AUDIT_HOLDER_MAIL")
    error_message = "Nobody is mailed unless asked for."
  }

  assert {
    condition     = output.approved_sender == null
    error_message = "No sender is needed."
  }
}

run "mails_need_one_statement_and_owners_one_for_each_compartment" {
  command = plan

  variables {
    holder_mail                   = "week"
    holder_mail_sender            = "audit@example.com"
    owner_from                    = "department"
    owner_topic_compartment_ocids = ["ocid1.compartment.oc1..payments"]
  }

  assert {
    condition     = oci_identity_policy.these["mail"].statements == tolist(["Allow dynamic-group 'Default'/'credential-audit-function' to use approved-senders in compartment id ocid1.compartment.oc1..security"])
    error_message = "Permission to send by the senders of one compartment."
  }

  assert {
    condition     = oci_identity_policy.these["owners-1"].statements == tolist(["Allow dynamic-group 'Default'/'credential-audit-function' to use ons-topics in compartment id ocid1.compartment.oc1..payments where request.permission = 'ONS_TOPIC_PUBLISH'"])
    error_message = "Permission to publish to the topics of an owner's compartment."
  }

  assert {
    condition     = output.approved_sender == "oci email sender create --region ${var.region} --compartment-id ocid1.compartment.oc1..security --email-address audit@example.com"
    error_message = "The command that creates the sender."
  }
}

run "mail_without_a_sender_fails_the_plan" {
  command = plan

  variables {
    holder_mail = "now"
  }

  expect_failures = [oci_functions_function.this]
}
