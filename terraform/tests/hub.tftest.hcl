# The hub of several tenancies, and shards of one.

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

run "nothing_is_stored_in_a_hub_by_default" {
  command = plan

  assert {
    condition = (
      !contains(keys(oci_identity_policy.these), "hub")
      && length([for name in keys(oci_functions_function.this.config) : name if startswith(name, "AUDIT_HUB")]) == 0
      && length(output.hub_admit_statements) == 0
      && oci_resource_scheduler_schedule.this.state == "ACTIVE"
    )
    error_message = "No hub, one daily run."
  }
}

run "hub_in_another_tenancy_needs_a_statement_on_both_sides" {
  command = plan

  variables {
    hub_bucket       = "fleet-hub"
    hub_namespace    = "hubnamespace"
    hub_tenancy_ocid = "ocid1.tenancy.oc1..hub"
  }

  assert {
    condition = oci_identity_policy.these["hub"].statements == tolist([
      "Define tenancy Hub as ocid1.tenancy.oc1..hub",
      "Endorse dynamic-group 'Default'/'credential-audit-function' to manage objects in tenancy Hub where all {target.bucket.name = 'fleet-hub', target.object.name = 'fleet/ocid1.tenancy.oc1..tenancy/*', request.permission = 'OBJECT_CREATE'}",
    ]) && oci_identity_policy.these["hub"].compartment_id == "ocid1.tenancy.oc1..tenancy"
    error_message = "This tenancy endorses, in its root compartment."
  }

  assert {
    condition = output.hub_admit_statements == tolist([
      "Define tenancy Source as ocid1.tenancy.oc1..tenancy",
      "Admit any-user of tenancy Source to manage objects in tenancy where all {request.principal.type = 'fnfunc', request.principal.id = 'ocid1.fnfunc.oc1.eu-frankfurt-1.function', target.bucket.name = 'fleet-hub', target.object.name = 'fleet/ocid1.tenancy.oc1..tenancy/*', request.permission = 'OBJECT_CREATE'}",
    ])
    error_message = "The hub admits this function, below the folder of its tenancy alone, to create only."
  }

  assert {
    condition = { for name, value in oci_functions_function.this.config : name => value if startswith(name, "AUDIT_HUB") } == {
      AUDIT_HUB_BUCKET    = "fleet-hub"
      AUDIT_HUB_NAMESPACE = "hubnamespace"
      AUDIT_HUB_PREFIX    = "fleet/"
    }
    error_message = "The settings."
  }
}

run "statement_without_a_group_endorses_the_function" {
  command = plan

  variables {
    iam_subject      = "any-user"
    hub_bucket       = "fleet-hub"
    hub_namespace    = "hubnamespace"
    hub_prefix       = "all/tenancies/"
    hub_tenancy_ocid = "ocid1.tenancy.oc1..hub"
  }

  assert {
    condition     = oci_identity_policy.these["hub"].statements[1] == "Endorse any-user to manage objects in tenancy Hub where all {request.principal.type = 'fnfunc', request.principal.id = 'ocid1.fnfunc.oc1.eu-frankfurt-1.function', target.bucket.name = 'fleet-hub', target.object.name = 'all/tenancies/ocid1.tenancy.oc1..tenancy/*', request.permission = 'OBJECT_CREATE'}"
    error_message = "All conditions."
  }
}

run "hub_in_this_tenancy_needs_one_statement" {
  command = plan

  variables {
    hub_bucket           = "fleet-hub"
    hub_compartment_ocid = "ocid1.compartment.oc1..fleet"
  }

  assert {
    condition = oci_identity_policy.these["hub"].statements == tolist([
      "Allow dynamic-group 'Default'/'credential-audit-function' to manage objects in compartment id ocid1.compartment.oc1..fleet where all {target.bucket.name = 'fleet-hub', target.object.name = 'fleet/ocid1.tenancy.oc1..tenancy/*', request.permission = 'OBJECT_CREATE'}",
    ]) && oci_identity_policy.these["hub"].compartment_id == "ocid1.compartment.oc1..fleet" && length(output.hub_admit_statements) == 0
    error_message = "Create below the own folder."
  }

  assert {
    condition     = length(oci_resource_scheduler_schedule.further) == 0
    error_message = "The overview has its own switch."
  }
}

run "overview_reads_the_whole_hub" {
  command = plan

  variables {
    hub_bucket             = "fleet-hub"
    fleet_schedule_enabled = true
    fleet_schedule_cron    = "45 10 * * *"
  }

  assert {
    condition = oci_identity_policy.these["hub"].statements == tolist([
      "Allow dynamic-group 'Default'/'credential-audit-function' to manage objects in compartment id ocid1.compartment.oc1..security where all {target.bucket.name = 'fleet-hub', target.object.name = 'fleet/ocid1.tenancy.oc1..tenancy/*', request.permission = 'OBJECT_CREATE'}",
      "Allow dynamic-group 'Default'/'credential-audit-function' to read objects in compartment id ocid1.compartment.oc1..security where all {target.bucket.name = 'fleet-hub', target.object.name = 'fleet/*', request.permission = 'OBJECT_READ'}",
      "Allow dynamic-group 'Default'/'credential-audit-function' to inspect objects in compartment id ocid1.compartment.oc1..security where all {target.bucket.name = 'fleet-hub', request.permission = 'OBJECT_INSPECT'}",
    ])
    error_message = "Read and list, too."
  }

  assert {
    condition = (
      oci_resource_scheduler_schedule.further["fleet"].recurrence_details == "45 10 * * *"
      && oci_resource_scheduler_schedule.further["fleet"].resources[0].parameters[0].value == tolist(["{\"audit\":{\"fleet\":true}}"])
      && oci_resource_scheduler_schedule.this.state == "ACTIVE"
    )
    error_message = "Beside the daily run."
  }
}

run "statements_about_the_hub_can_be_left_out" {
  command = plan

  variables {
    hub_bucket       = "fleet-hub"
    hub_namespace    = "hubnamespace"
    hub_tenancy_ocid = "ocid1.tenancy.oc1..hub"
    allow_hub        = false
  }

  assert {
    condition     = !contains(keys(oci_identity_policy.these), "hub") && length(output.hub_admit_statements) == 0 && oci_functions_function.this.config["AUDIT_HUB_BUCKET"] == "fleet-hub"
    error_message = "The settings without the statements."
  }
}

run "shards_are_spread_over_the_hour_and_the_overview_follows" {
  command = plan

  variables {
    shards        = 8
    schedule_cron = "30 5 * * 1-5"
  }

  assert {
    condition = { for name, schedule in oci_resource_scheduler_schedule.further : name => "${schedule.recurrence_details} ${schedule.resources[0].parameters[0].value[0]} ${schedule.state}" } == {
      shard-1-of-8 = "0 5 * * 1-5 {\"audit\":{\"shard\":\"1/8\"}} ACTIVE"
      shard-2-of-8 = "7 5 * * 1-5 {\"audit\":{\"shard\":\"2/8\"}} ACTIVE"
      shard-3-of-8 = "15 5 * * 1-5 {\"audit\":{\"shard\":\"3/8\"}} ACTIVE"
      shard-4-of-8 = "22 5 * * 1-5 {\"audit\":{\"shard\":\"4/8\"}} ACTIVE"
      shard-5-of-8 = "30 5 * * 1-5 {\"audit\":{\"shard\":\"5/8\"}} ACTIVE"
      shard-6-of-8 = "37 5 * * 1-5 {\"audit\":{\"shard\":\"6/8\"}} ACTIVE"
      shard-7-of-8 = "45 5 * * 1-5 {\"audit\":{\"shard\":\"7/8\"}} ACTIVE"
      shard-8-of-8 = "52 5 * * 1-5 {\"audit\":{\"shard\":\"8/8\"}} ACTIVE"
      fleet        = "0 7 * * 1-5 {\"audit\":{\"fleet\":true}} ACTIVE"
    }
    error_message = "When they run, and with which bodies."
  }

  assert {
    condition     = oci_resource_scheduler_schedule.this.state == "INACTIVE"
    error_message = "No run audits all domains beside them."
  }

  assert {
    condition = (
      oci_functions_function.this.config["AUDIT_HUB_BUCKET"] == "credential-audit-reports"
      && oci_functions_function.this.config["AUDIT_HUB_PREFIX"] == "fleet/"
      && length(oci_identity_policy.these["hub"].statements) == 3
      && length(oci_identity_policy.these["schedule"].statements) == 10
    )
    error_message = "They meet in the bucket for reports."
  }
}

run "schedules_of_shards_can_be_inactive" {
  command = plan

  variables {
    shards           = 64
    schedule_enabled = false
  }

  assert {
    condition = (
      length([for name, schedule in oci_resource_scheduler_schedule.further : name if startswith(name, "shard-") && schedule.state == "INACTIVE"]) == 64
      && oci_resource_scheduler_schedule.further["shard-64-of-64"].recurrence_details == "59 6 * * *"
    )
    error_message = "64 shards, all inactive."
  }
}

run "shards_with_a_hub_in_another_tenancy_have_no_overview_of_their_own" {
  command = plan

  variables {
    shards           = 2
    hub_bucket       = "fleet-hub"
    hub_namespace    = "hubnamespace"
    hub_tenancy_ocid = "ocid1.tenancy.oc1..hub"
  }

  assert {
    condition     = toset(keys(oci_resource_scheduler_schedule.further)) == toset(["shard-1-of-2", "shard-2-of-2"])
    error_message = "The hub makes it."
  }
}

run "reports_in_the_hub_have_the_same_lifetime" {
  command = plan

  variables {
    shards               = 2
    report_lifetime_days = 400
  }

  assert {
    condition     = alltrue([for rule in oci_objectstorage_object_lifecycle_policy.reports[0].rules : toset(rule.object_name_filter[0].inclusion_prefixes) == toset(["credential-audit/", "fleet/"])])
    error_message = "Both prefixes."
  }
}

run "shards_need_an_hour_before_22" {
  command = plan

  variables {
    shards        = 2
    schedule_cron = "0 22 * * *"
  }

  expect_failures = [oci_functions_function.this]
}

run "shards_need_one_hour" {
  command = plan

  variables {
    shards        = 2
    schedule_cron = "0 6,18 * * *"
  }

  expect_failures = [oci_functions_function.this]
}

run "shards_have_bodies_of_their_own" {
  command = plan

  variables {
    shards        = 2
    schedule_body = "{\"audit\":{\"dry_run\":true}}"
  }

  expect_failures = [oci_functions_function.this]
}

run "shards_post_no_metrics_for_alarms" {
  command = plan

  variables {
    shards               = 2
    metrics_namespace    = "credential_audit"
    action_alarm_enabled = true
  }

  expect_failures = [oci_functions_function.this]
}

run "hub_of_another_tenancy_needs_its_namespace" {
  command = plan

  variables {
    hub_bucket       = "fleet-hub"
    hub_tenancy_ocid = "ocid1.tenancy.oc1..hub"
  }

  expect_failures = [oci_functions_function.this]
}

run "namespace_without_a_bucket_is_refused" {
  command = plan

  variables {
    hub_namespace = "hubnamespace"
  }

  expect_failures = [oci_functions_function.this]
}

run "overview_needs_a_hub_in_this_tenancy" {
  command = plan

  variables {
    fleet_schedule_enabled = true
  }

  expect_failures = [oci_functions_function.this]
}

run "exceptions_in_the_hub_are_refused" {
  command = plan

  variables {
    hub_bucket        = "fleet-hub"
    exceptions_object = "fleet/exceptions.json"
    exceptions_bucket = "fleet-hub"
  }

  expect_failures = [oci_functions_function.this]
}
