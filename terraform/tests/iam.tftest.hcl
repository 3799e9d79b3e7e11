# The complete text of each statement.

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

run "default_statements_are_minimal" {
  command = plan

  assert {
    condition     = oci_identity_dynamic_group.function[0].matching_rule == "ALL {resource.type = 'fnfunc', resource.id = 'ocid1.fnfunc.oc1.eu-frankfurt-1.function'}" && oci_identity_dynamic_group.function[0].compartment_id == "ocid1.tenancy.oc1..tenancy" && oci_identity_dynamic_group.function[0].name == "credential-audit-function"
    error_message = "The dynamic group is this function alone."
  }

  assert {
    condition = { for name, policy in oci_identity_policy.these : name => policy.compartment_id } == {
      tenancy  = "ocid1.tenancy.oc1..tenancy"
      reports  = "ocid1.compartment.oc1..security"
      digest   = "ocid1.compartment.oc1..security"
      schedule = "ocid1.compartment.oc1..security"
    }
    error_message = "Only statements about the tenancy are in the tenancy's policy."
  }

  assert {
    condition = oci_identity_policy.these["tenancy"].statements == tolist([
      "Allow dynamic-group 'Default'/'credential-audit-function' to read users in tenancy",
      "Allow dynamic-group 'Default'/'credential-audit-function' to inspect credentials in tenancy",
      "Allow dynamic-group 'Default'/'credential-audit-function' to inspect tenancies in tenancy",
      "Allow dynamic-group 'Default'/'credential-audit-function' to inspect compartments in tenancy",
      "Allow dynamic-group 'Default'/'credential-audit-function' to inspect domains in tenancy",
    ])
    error_message = "Permissions in the tenancy."
  }

  assert {
    condition = oci_identity_policy.these["reports"].statements == tolist([
      "Allow dynamic-group 'Default'/'credential-audit-function' to manage objects in compartment id ocid1.compartment.oc1..security where all {target.bucket.name = 'credential-audit-reports', target.object.name = 'credential-audit/*', any {request.permission = 'OBJECT_CREATE', request.permission = 'OBJECT_READ'}}",
      "Allow dynamic-group 'Default'/'credential-audit-function' to inspect objects in compartment id ocid1.compartment.oc1..security where all {target.bucket.name = 'credential-audit-reports', request.permission = 'OBJECT_INSPECT'}",
    ])
    error_message = "Permissions on the bucket."
  }

  assert {
    condition = oci_identity_policy.these["digest"].statements == tolist([
      "Allow dynamic-group 'Default'/'credential-audit-function' to use ons-topics in compartment id ocid1.compartment.oc1..security where request.permission = 'ONS_TOPIC_PUBLISH'",
    ])
    error_message = "Permission to publish."
  }

  assert {
    condition = oci_identity_policy.these["schedule"].statements == tolist([
      "Allow any-user to use fn-invocation in compartment id ocid1.compartment.oc1..security where all {request.principal.type = 'resourceschedule', request.principal.id = 'ocid1.resourceschedule.oc1.eu-frankfurt-1.schedule', target.function.id = 'ocid1.fnfunc.oc1.eu-frankfurt-1.function'}",
    ])
    error_message = "Only this schedule, only this function."
  }

  assert {
    condition = oci_identity_policy.services[0].statements == tolist([
      "Allow service objectstorage-eu-frankfurt-1 to manage object-family in compartment id ocid1.compartment.oc1..security where target.bucket.name = 'credential-audit-reports'",
    ])
    error_message = "The service's permission to delete old reports."
  }
}

run "several_named_domains_limit_statements" {
  command = plan

  variables {
    domain_urls          = ["https://idcs-0a1b.identity.oraclecloud.com:443", "https://idcs-2c3d.identity.oraclecloud.com"]
    audited_domain_ocids = ["ocid1.domain.oc1..first", "ocid1.domain.oc1..second"]
  }

  assert {
    condition     = oci_functions_function.this.config["AUDIT_DOMAIN_URLS"] == "https://idcs-0a1b.identity.oraclecloud.com:443,https://idcs-2c3d.identity.oraclecloud.com"
    error_message = "The domains."
  }

  assert {
    condition = oci_identity_policy.these["tenancy"].statements == tolist([
      "Allow dynamic-group 'Default'/'credential-audit-function' to read users in tenancy where any {target.resource.domain.id = 'ocid1.domain.oc1..first', target.resource.domain.id = 'ocid1.domain.oc1..second'}",
      "Allow dynamic-group 'Default'/'credential-audit-function' to inspect credentials in tenancy where any {target.resource.domain.id = 'ocid1.domain.oc1..first', target.resource.domain.id = 'ocid1.domain.oc1..second'}",
      "Allow dynamic-group 'Default'/'credential-audit-function' to inspect tenancies in tenancy",
    ])
    error_message = "Only these domains, the tenancy's name, and nothing for discovery."
  }
}

run "given_name_needs_no_permission" {
  command = plan

  variables {
    domain_urls  = ["https://idcs-0a1b.identity.oraclecloud.com"]
    tenancy_name = "acme-prod"
  }

  assert {
    condition = oci_identity_policy.these["tenancy"].statements == tolist([
      "Allow dynamic-group 'Default'/'credential-audit-function' to read users in tenancy",
      "Allow dynamic-group 'Default'/'credential-audit-function' to inspect credentials in tenancy",
    ])
    error_message = "Nothing for the tenancy's name."
  }
}

run "last_use_opens_audit_events_and_regions_alone" {
  command = plan

  variables {
    domain_urls        = ["https://idcs-0a1b.identity.oraclecloud.com"]
    tenancy_name       = "acme-prod"
    last_use           = "on"
    allow_audit_events = true
  }

  assert {
    condition = oci_identity_policy.these["tenancy"].statements == tolist([
      "Allow dynamic-group 'Default'/'credential-audit-function' to read users in tenancy",
      "Allow dynamic-group 'Default'/'credential-audit-function' to inspect credentials in tenancy",
      "Allow dynamic-group 'Default'/'credential-audit-function' to inspect tenancies in tenancy",
      "Allow dynamic-group 'Default'/'credential-audit-function' to read audit-events in tenancy",
    ])
    error_message = "Audit events, and the regions to search."
  }

  assert {
    condition     = oci_functions_function.this.config["AUDIT_LAST_USE"] == "on"
    error_message = "The setting."
  }
}

run "last_use_is_off_and_opens_nothing_by_default" {
  command = plan

  assert {
    condition     = !contains(keys(oci_functions_function.this.config), "AUDIT_LAST_USE") && !strcontains(join(",", oci_identity_policy.these["tenancy"].statements), "audit-events")
    error_message = "Last use is off unless asked for."
  }
}

run "one_named_domain_with_discovery" {
  command = plan

  variables {
    domain_urls          = ["https://idcs-0a1b.identity.oraclecloud.com"]
    audited_domain_ocids = ["ocid1.domain.oc1..first"]
    allow_credentials    = "inspect"
    allow_discovery      = "yes"
  }

  assert {
    condition = oci_identity_policy.these["tenancy"].statements == tolist([
      "Allow dynamic-group 'Default'/'credential-audit-function' to read users in tenancy where target.resource.domain.id = 'ocid1.domain.oc1..first'",
      "Allow dynamic-group 'Default'/'credential-audit-function' to inspect credentials in tenancy where target.resource.domain.id = 'ocid1.domain.oc1..first'",
      "Allow dynamic-group 'Default'/'credential-audit-function' to inspect tenancies in tenancy",
      "Allow dynamic-group 'Default'/'credential-audit-function' to inspect compartments in tenancy",
      "Allow dynamic-group 'Default'/'credential-audit-function' to inspect domains in tenancy",
    ])
    error_message = "Permissions in the tenancy."
  }
}

run "statements_are_in_the_compartment_of_their_object" {
  command = plan

  variables {
    topic_compartment_ocid      = "ocid1.compartment.oc1..topics"
    exceptions_object           = "iam/exceptions.json"
    exceptions_bucket           = "accepted"
    exceptions_compartment_ocid = "ocid1.compartment.oc1..accepted"
  }

  assert {
    condition     = oci_ons_notification_topic.digest.compartment_id == "ocid1.compartment.oc1..topics" && oci_ons_notification_topic.operators.compartment_id == "ocid1.compartment.oc1..security"
    error_message = "The digest's topic is outside the stack's compartment."
  }

  assert {
    condition = (
      oci_identity_policy.these["digest"].compartment_id == "ocid1.compartment.oc1..topics"
      && oci_identity_policy.these["digest"].statements == tolist([
        "Allow dynamic-group 'Default'/'credential-audit-function' to use ons-topics in compartment id ocid1.compartment.oc1..topics where request.permission = 'ONS_TOPIC_PUBLISH'",
      ])
      && oci_identity_policy.these["exceptions"].compartment_id == "ocid1.compartment.oc1..accepted"
      && oci_identity_policy.these["exceptions"].statements == tolist([
        "Allow dynamic-group 'Default'/'credential-audit-function' to read objects in compartment id ocid1.compartment.oc1..accepted where all {target.bucket.name = 'accepted', target.object.name = 'iam/exceptions.json', request.permission = 'OBJECT_READ'}",
      ])
    )
    error_message = "Each statement is in the compartment of its object."
  }
}

run "exceptions_object_is_in_the_report_bucket" {
  command = plan

  variables {
    exceptions_object = "exceptions.json"
  }

  assert {
    condition = oci_identity_policy.these["exceptions"].statements == tolist([
      "Allow dynamic-group 'Default'/'credential-audit-function' to read objects in compartment id ocid1.compartment.oc1..security where all {target.bucket.name = 'credential-audit-reports', target.object.name = 'exceptions.json', request.permission = 'OBJECT_READ'}",
    ])
    error_message = "One object of the bucket."
  }
}

run "any_user_statements_name_the_function" {
  command = plan

  variables {
    iam_subject          = "any-user"
    audited_domain_ocids = ["ocid1.domain.oc1..first"]
    allow_discovery      = "no"
    allow_tenancy_name   = false
  }

  assert {
    condition = (
      length(oci_identity_dynamic_group.function) == 0
      && output.iam_dynamic_group == null
      && oci_identity_policy.these["tenancy"].statements == tolist([
        "Allow any-user to read users in tenancy where all {request.principal.type = 'fnfunc', request.principal.id = 'ocid1.fnfunc.oc1.eu-frankfurt-1.function', target.resource.domain.id = 'ocid1.domain.oc1..first'}",
        "Allow any-user to inspect credentials in tenancy where all {request.principal.type = 'fnfunc', request.principal.id = 'ocid1.fnfunc.oc1.eu-frankfurt-1.function', target.resource.domain.id = 'ocid1.domain.oc1..first'}",
      ])
      && oci_identity_policy.these["digest"].statements == tolist([
        "Allow any-user to use ons-topics in compartment id ocid1.compartment.oc1..security where all {request.principal.type = 'fnfunc', request.principal.id = 'ocid1.fnfunc.oc1.eu-frankfurt-1.function', request.permission = 'ONS_TOPIC_PUBLISH'}",
      ])
    )
    error_message = "No statement covers another principal."
  }
}

run "any_user_statements_always_name_a_principal" {
  command = plan

  variables {
    iam_subject         = "any-user"
    exceptions_object   = "exceptions.json"
    allow_faas_network  = true
    bucket_kms_key_ocid = "ocid1.key.oc1.eu-frankfurt-1.vault.reports"
  }

  assert {
    condition = alltrue([for statement in flatten([for policy in output.iam_statements : policy.statements]) :
      !strcontains(statement, "any-user") || (strcontains(statement, "where all {request.principal.type = '") && strcontains(statement, "request.principal.id = 'ocid1."))
    ])
    error_message = "A statement for any-user has no principal."
  }
}

run "schedule_may_also_read" {
  command = plan

  variables {
    allow_schedule = "invoke-and-read"
  }

  assert {
    condition = oci_identity_policy.these["schedule"].statements == tolist([
      "Allow any-user to use fn-invocation in compartment id ocid1.compartment.oc1..security where all {request.principal.type = 'resourceschedule', request.principal.id = 'ocid1.resourceschedule.oc1.eu-frankfurt-1.schedule', target.function.id = 'ocid1.fnfunc.oc1.eu-frankfurt-1.function'}",
      "Allow any-user to read fn-function in compartment id ocid1.compartment.oc1..security where all {request.principal.type = 'resourceschedule', request.principal.id = 'ocid1.resourceschedule.oc1.eu-frankfurt-1.schedule'}",
    ])
    error_message = "The schedule's permissions."
  }
}

run "schedule_may_manage_as_in_oracles_examples" {
  command = plan

  variables {
    allow_schedule = "manage"
  }

  assert {
    condition = oci_identity_policy.these["schedule"].statements == tolist([
      "Allow any-user to manage functions-family in compartment id ocid1.compartment.oc1..security where all {request.principal.type = 'resourceschedule', request.principal.id = 'ocid1.resourceschedule.oc1.eu-frankfurt-1.schedule'}",
    ])
    error_message = "The schedule's permissions."
  }
}

run "functions_service_permissions_are_optional" {
  command = plan

  variables {
    allow_faas_repositories = true
    allow_faas_network      = true
    report_lifetime_days    = 0
    allow_discovery         = "no"
    allow_tenancy_name      = false
  }

  assert {
    condition = (
      oci_identity_policy.services[0].statements == tolist([
        "Allow service FaaS to use virtual-network-family in compartment id ocid1.compartment.oc1..security",
      ])
      && oci_identity_policy.these["tenancy"].statements == tolist([
        "Allow dynamic-group 'Default'/'credential-audit-function' to read users in tenancy",
        "Allow dynamic-group 'Default'/'credential-audit-function' to inspect credentials in tenancy",
        "Allow service FaaS to read repos in tenancy where target.repo.name = 'credential-audit'",
      ])
    )
    error_message = "Permissions of the Functions service."
  }
}

run "every_statement_has_a_switch" {
  command = plan

  variables {
    allow_users         = false
    allow_credentials   = "none"
    allow_discovery     = "no"
    allow_tenancy_name  = false
    allow_reports       = false
    allow_list_bucket   = false
    allow_exceptions    = false
    allow_publish       = false
    allow_schedule      = "none"
    allow_lifecycle     = false
    allow_bucket_key    = false
    exceptions_object   = "exceptions.json"
    bucket_kms_key_ocid = "ocid1.key.oc1.eu-frankfurt-1.vault.reports"
  }

  assert {
    condition     = length(oci_identity_policy.these) == 0 && length(oci_identity_policy.services) == 0 && length(output.iam_statements) == 0
    error_message = "With every switch off, no statement remains."
  }
}

run "without_iam_statements_are_printed" {
  command = plan

  variables {
    create_iam          = false
    bucket_kms_key_ocid = "ocid1.key.oc1.eu-frankfurt-1.vault.reports"
  }

  assert {
    condition     = length(oci_identity_dynamic_group.function) + length(oci_identity_policy.these) + length(oci_identity_policy.services) == 0
    error_message = "No group and no policy."
  }

  assert {
    condition = (
      output.iam_dynamic_group.name == "credential-audit-function"
      && output.iam_dynamic_group.matching_rule == "ALL {resource.type = 'fnfunc', resource.id = 'ocid1.fnfunc.oc1.eu-frankfurt-1.function'}"
      && length(output.iam_statements.tenancy.statements) == 5
      && output.iam_statements.tenancy.compartment_ocid == "ocid1.tenancy.oc1..tenancy"
      && length(output.iam_statements.reports.statements) == 2
      && length(output.iam_statements.digest.statements) == 1
      && length(output.iam_statements.schedule.statements) == 1
      && length(output.iam_statements.services.statements) == 2
    )
    error_message = "All statements are printed."
  }

  assert {
    condition = (
      oci_resource_scheduler_schedule.this.state == "INACTIVE"
      && length(oci_objectstorage_object_lifecycle_policy.reports) == 0
      && oci_objectstorage_bucket.reports.kms_key_id == ""
    )
    error_message = "Nothing is created that the service refuses until the statements are in force."
  }
}

run "without_iam_the_rest_is_created_when_ready" {
  command = plan

  variables {
    create_iam          = false
    iam_ready           = true
    bucket_kms_key_ocid = "ocid1.key.oc1.eu-frankfurt-1.vault.reports"
  }

  assert {
    condition = (
      oci_resource_scheduler_schedule.this.state == "ACTIVE"
      && length(oci_objectstorage_object_lifecycle_policy.reports) == 1
      && oci_objectstorage_bucket.reports.kms_key_id == "ocid1.key.oc1.eu-frankfurt-1.vault.reports"
      && length(oci_identity_policy.these) == 0
    )
    error_message = "The rest is created."
  }
}
