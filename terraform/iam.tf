# Permissions: the minimum that is known to work. Each statement has its own switch.
#
# "Sure" means that Oracle documents it or that public programs depend on it. "Likely" means that it follows from the
# documents or from similar cases. "Guess" means that nothing more is known. Not every statement was tested in a real
# tenancy. `UNAUTHORIZED` in the digest's coverage names the credential type whose statement is missing or too narrow.
# A function keeps its token for about 15 minutes. A new statement takes effect with the next token.

locals {
  dynamic_group = var.iam_subject != "dynamic-group" ? null : {
    name          = "${var.name}-function"
    matching_rule = "ALL {resource.type = 'fnfunc', resource.id = '${oci_functions_function.this.id}'}"
  }

  # How a statement names the function, and the conditions that this needs.
  # - dynamic-group: sure.
  # - any-user with the function's OCID: likely. Public stacks depend on it, and Oracle shows it for other principals.
  subject = var.iam_subject == "dynamic-group" ? "dynamic-group 'Default'/'${var.name}-function'" : "any-user"
  subject_conditions = (
    var.iam_subject == "dynamic-group"
    ? []
    : ["request.principal.type = 'fnfunc'", "request.principal.id = '${oci_functions_function.this.id}'"]
  )

  # Limits users and credentials to the audited domains. Likely: documented for both, never tested over SCIM.
  domain_conditions = (
    length(var.audited_domain_ocids) == 0 ? [] :
    length(var.audited_domain_ocids) == 1 ? ["target.resource.domain.id = '${var.audited_domain_ocids[0]}'"] :
    ["any {${join(", ", [for id in var.audited_domain_ocids : "target.resource.domain.id = '${id}'"])}}"]
  )

  allow_discovery = var.allow_discovery == "yes" || (var.allow_discovery == "auto" && length(var.domain_urls) == 0)

  # Permissions in the whole tenancy, because users and credentials belong to it.
  tenancy_permissions = concat(
    # Users, and their API keys, auth tokens, customer secret keys and database credentials. `inspect` lists users but
    # not their credentials. Sure: Oracle's own compliance script needs nothing else to read these. OAuth 2.0 client
    # credentials need it too. Sure: Oracle documents USER_READ for the list of the IAM API.
    var.allow_users ? [{ permission = "read users", conditions = local.domain_conditions }] : [],

    # SMTP credentials, the only ones of resource type `credentials`. Sure for the IAM API, likely over SCIM. `read` is
    # documented to allow nothing more.
    var.allow_credentials != "none" ? [{ permission = "${var.allow_credentials} credentials", conditions = local.domain_conditions }] : [],

    # The tenancy's name, and for discovery and last use its regions. Without it, reports have the end of the tenancy's OCID. Sure:
    # Oracle documents TENANCY_INSPECT for both.
    local.allow_discovery || var.allow_audit_events || (var.allow_tenancy_name && var.tenancy_name == "") ? [
      { permission = "inspect tenancies", conditions = [] },
    ] : [],

    # Discovery: lists the compartments, and the domains of each compartment. Not needed if domain_urls is set: then the
    # lists are read only for names and licenses, and may be refused. Sure: Oracle documents DOMAIN_INSPECT for the list of
    # domains. Only reading a single domain needs `read domains`.
    local.allow_discovery ? [
      { permission = "inspect compartments", conditions = [] },
      { permission = "inspect domains", conditions = [] },
    ] : [],

    # The last use of API keys: all audit events of the tenancy, in every region. Nothing narrower exists. Sure: Oracle
    # documents AUDIT_EVENT_READ for searching them; likely for a function.
    var.allow_audit_events ? [{ permission = "read audit-events", conditions = [] }] : [],
  )

  # Reports: create them, and read those of earlier runs to compare with. The function can overwrite and delete nothing:
  # that needs OBJECT_OVERWRITE and OBJECT_DELETE. Sure: Oracle documents the write-once form.
  report_permissions = var.allow_reports ? [{
    permission = "manage objects"
    conditions = [
      "target.bucket.name = '${oci_objectstorage_bucket.reports.name}'",
      "target.object.name = '${var.object_prefix}*'",
      "any {request.permission = 'OBJECT_CREATE', request.permission = 'OBJECT_READ'}",
    ]
  }] : []

  # List the bucket, to find the run to compare with. A condition on the object's name would refuse the list, which is
  # of the bucket. Without this permission the digest says "no comparison". Sure.
  list_permissions = var.allow_list_bucket ? [{
    permission = "inspect objects"
    conditions = [
      "target.bucket.name = '${oci_objectstorage_bucket.reports.name}'",
      "request.permission = 'OBJECT_INSPECT'",
    ]
  }] : []

  # Read the one object with exceptions. Read only: anyone who can write it can hide findings. Sure.
  exception_permissions = local.exceptions != null && var.allow_exceptions ? [{
    permission = "read objects"
    conditions = [
      "target.bucket.name = '${local.exceptions.bucket}'",
      "target.object.name = '${local.exceptions.object}'",
      "request.permission = 'OBJECT_READ'",
    ]
  }] : []

  # Publish the digest. No condition limits this to one topic, so it covers all topics of the compartment: see
  # topic_compartment_ocid. Of `use`, only publishing. Sure.
  publish_permissions = var.allow_publish ? [{
    permission = "use ons-topics"
    conditions = ["request.permission = 'ONS_TOPIC_PUBLISH'"]
  }] : []

  # Post metrics, to one namespace of the function's own compartment. `use` also lists and reads the metrics of that
  # namespace, which a check does. Sure: Oracle documents permission and condition.
  metric_permissions = var.metrics_namespace != "" && var.allow_metrics ? [{
    permission = "use metrics"
    conditions = ["target.metrics.namespace = '${var.metrics_namespace}'"]
  }] : []

  # Send mails to holders, by every approved sender of the sender's compartment. Likely: documented for the SMTP interface, and
  # never tested for a resource principal.
  mail_permissions = contains(["now", "week"], var.holder_mail) && var.allow_holder_mail ? [{
    permission = "use approved-senders"
    conditions = []
  }] : []

  # Create objects in the hub, below the folder of this tenancy alone: no tenancy can write in the name of another, or overwrite
  # anything. Sure: Oracle documents the write-once form.
  hub_conditions = [
    "target.bucket.name = '${local.hub_bucket}'",
    "target.object.name = '${var.hub_prefix}${var.tenancy_ocid}/*'",
    "request.permission = 'OBJECT_CREATE'",
  ]

  # A hub in this tenancy. The overview reads what all tenancies stored there. Sure.
  hub_permissions = local.hub_bucket == "" || local.hub_is_foreign || !var.allow_hub ? [] : concat(
    [{ permission = "manage objects", conditions = local.hub_conditions }],
    local.makes_overview ? [
      {
        permission = "read objects"
        conditions = [
          "target.bucket.name = '${local.hub_bucket}'",
          "target.object.name = '${var.hub_prefix}*'",
          "request.permission = 'OBJECT_READ'",
        ]
      },
      {
        permission = "inspect objects"
        conditions = [
          "target.bucket.name = '${local.hub_bucket}'",
          "request.permission = 'OBJECT_INSPECT'",
        ]
      },
    ] : [],
  )

  # A hub in another tenancy: this one endorses the function, and the other admits it. Likely: Oracle documents both statements
  # for Object Storage, and others use them for functions.
  hub_endorse_statements = local.hub_bucket == "" || !local.hub_is_foreign || !var.allow_hub ? [] : [
    "Define tenancy Hub as ${var.hub_tenancy_ocid}",
    "Endorse ${local.subject} to manage objects in tenancy Hub where all {${join(", ", concat(local.subject_conditions, local.hub_conditions))}}",
  ]
  hub_admit_statements = length(local.hub_endorse_statements) == 0 ? [] : [
    "Define tenancy Source as ${var.tenancy_ocid}",
    "Admit any-user of tenancy Source to manage objects in tenancy where all {request.principal.type = 'fnfunc', request.principal.id = '${oci_functions_function.this.id}', ${join(", ", local.hub_conditions)}}",
  ]

  # Publish the parts of owners, in further compartments.
  owner_topic_permissions = var.allow_publish && var.owner_from != "" ? local.publish_permissions : []

  # The complete statements about the function.
  function_statements = {
    for name, group in merge({ for id in var.owner_topic_compartment_ocids :
      "owners ${id}" => { where = "compartment id ${id}", permissions = local.owner_topic_permissions }
      }, {
      tenancy    = { where = "tenancy", permissions = local.tenancy_permissions }
      reports    = { where = "compartment id ${var.compartment_ocid}", permissions = concat(local.report_permissions, local.list_permissions) }
      exceptions = { where = "compartment id ${try(local.exceptions.compartment, var.compartment_ocid)}", permissions = local.exception_permissions }
      digest     = { where = "compartment id ${local.topic_compartment}", permissions = local.publish_permissions }
      metrics    = { where = "compartment id ${var.compartment_ocid}", permissions = local.metric_permissions }
      mail       = { where = "compartment id ${local.mail_compartment}", permissions = local.mail_permissions }
      hub        = { where = "compartment id ${local.hub_compartment}", permissions = local.hub_permissions }
      }) : name => [
      for permission in group.permissions : join("", [
        "Allow ${local.subject} to ${permission.permission} in ${group.where}",
        length(concat(local.subject_conditions, permission.conditions)) == 0 ? "" :
        length(concat(local.subject_conditions, permission.conditions)) == 1 ? " where ${one(concat(local.subject_conditions, permission.conditions))}" :
        " where all {${join(", ", concat(local.subject_conditions, permission.conditions))}}",
      ])
    ]
  }

  # Only these schedules may call, and only this function. Likely: public stacks depend on the first form. Oracle's
  # examples show the last one, which lets a schedule do anything with the compartment's functions.
  schedule_principals = [
    for schedule in concat([oci_resource_scheduler_schedule.this], values(oci_resource_scheduler_schedule.further)) :
    "request.principal.type = 'resourceschedule', request.principal.id = '${schedule.id}'"
  ]
  schedule_statements = flatten([for principal in local.schedule_principals : {
    none   = []
    invoke = ["Allow any-user to use fn-invocation in compartment id ${var.compartment_ocid} where all {${principal}, target.function.id = '${oci_functions_function.this.id}'}"]
    invoke-and-read = [
      "Allow any-user to use fn-invocation in compartment id ${var.compartment_ocid} where all {${principal}, target.function.id = '${oci_functions_function.this.id}'}",
      "Allow any-user to read fn-function in compartment id ${var.compartment_ocid} where all {${principal}}",
    ]
    manage = ["Allow any-user to manage functions-family in compartment id ${var.compartment_ocid} where all {${principal}}"]
  }[var.allow_schedule]])

  # Permissions of Oracle's services. The bucket depends on them, so they must depend on neither function nor bucket.
  service_statements = concat(
    # Delete reports at the end of their lifetime. Without it, the rule is refused. Sure; the bucket's name likely.
    var.report_lifetime_days > 0 && var.allow_lifecycle ? [
      "Allow service objectstorage-${var.region} to manage object-family in compartment id ${var.compartment_ocid} where target.bucket.name = '${var.bucket_name}'",
    ] : [],

    # Use your own key for the bucket, and the keys of earlier reports. Without it, the bucket is refused. Sure; the key's
    # OCID likely.
    var.allow_bucket_key ? [
      for key in distinct(compact(concat([var.bucket_kms_key_ocid], var.former_bucket_kms_key_ocids))) :
      "Allow service objectstorage-${var.region} to use keys in compartment id ${local.key_compartment} where target.key.id = '${key}'"
    ] : [],

    # Use your own subnet and pull the image. Older instructions have both, newer ones neither. Guess.
    var.allow_faas_network ? [
      "Allow service FaaS to use virtual-network-family in compartment id ${var.compartment_ocid}",
    ] : [],
  )
  hub_compartment = coalesce(var.hub_compartment_ocid, var.compartment_ocid)
  key_compartment = coalesce(var.bucket_kms_key_compartment_ocid, var.compartment_ocid)

  faas_repository_statements = var.allow_faas_repositories ? [
    "Allow service FaaS to read repos in tenancy where target.repo.name = '${var.repository_name}'",
  ] : []

  # A policy belongs to the compartment that its statements name, or to one above it.
  policies = {
    for name, policy in merge({ for place, id in var.owner_topic_compartment_ocids :
      "owners-${place + 1}" => {
        compartment = id
        purpose     = "lets the audit publish to topics of owners"
        statements  = local.function_statements["owners ${id}"]
      }
      }, {
      tenancy = {
        compartment = var.tenancy_ocid
        purpose     = "lets the audit read users and credentials"
        statements  = concat(local.function_statements.tenancy, local.faas_repository_statements)
      }
      reports = {
        compartment = var.compartment_ocid
        purpose     = "lets the audit store reports"
        statements  = local.function_statements.reports
      }
      exceptions = {
        compartment = try(local.exceptions.compartment, var.compartment_ocid)
        purpose     = "lets the audit read its exceptions"
        statements  = local.function_statements.exceptions
      }
      digest = {
        compartment = local.topic_compartment
        purpose     = "lets the audit publish its digest"
        statements  = local.function_statements.digest
      }
      metrics = {
        compartment = var.compartment_ocid
        purpose     = "lets the audit post metrics"
        statements  = local.function_statements.metrics
      }
      mail = {
        compartment = local.mail_compartment
        purpose     = "lets the audit mail holders"
        statements  = local.function_statements.mail
      }
      hub = {
        compartment = local.hub_is_foreign ? var.tenancy_ocid : local.hub_compartment
        purpose     = "lets the audit store its runs in the hub"
        statements  = concat(local.function_statements.hub, local.hub_endorse_statements)
      }
      schedule = {
        compartment = var.compartment_ocid
        purpose     = "lets ${length(local.schedule_principals) == 1 ? "one schedule" : "these schedules"} run the audit"
        statements  = local.schedule_statements
      }
    }) : name => policy if length(policy.statements) > 0
  }

  # If a service's statement names another compartment, only the tenancy is certain to be above both.
  services_compartment = local.key_compartment == var.compartment_ocid ? var.compartment_ocid : var.tenancy_ocid

  statements_by_compartment = merge(
    { for name, policy in local.policies : name => { compartment_ocid = policy.compartment, statements = policy.statements } },
    length(local.service_statements) == 0 ? {} : {
      services = { compartment_ocid = local.services_compartment, statements = local.service_statements }
    },
  )
}

# Always in the Default domain, whichever domains are audited.
resource "oci_identity_dynamic_group" "function" {
  count          = var.create_iam && var.iam_subject == "dynamic-group" ? 1 : 0
  provider       = oci.home
  compartment_id = var.tenancy_ocid
  name           = local.dynamic_group.name
  description    = "Only the function ${var.name}"
  matching_rule  = local.dynamic_group.matching_rule
  freeform_tags  = local.tags.freeform
  defined_tags   = local.tags.defined
}

resource "oci_identity_policy" "these" {
  for_each       = { for name, policy in local.policies : name => policy if var.create_iam }
  provider       = oci.home
  compartment_id = each.value.compartment
  name           = "${var.name}-${each.key}"
  description    = "${var.name}: ${each.value.purpose}"
  statements     = each.value.statements
  freeform_tags  = local.tags.freeform
  defined_tags   = local.tags.defined

  # The service refuses a statement about a group that does not exist.
  depends_on = [oci_identity_dynamic_group.function]
}

resource "oci_identity_policy" "services" {
  count          = var.create_iam && length(local.service_statements) > 0 ? 1 : 0
  provider       = oci.home
  compartment_id = local.services_compartment
  name           = "${var.name}-services"
  description    = "${var.name}: lets Object Storage delete old reports and use the bucket's key"
  statements     = local.service_statements
  freeform_tags  = local.tags.freeform
  defined_tags   = local.tags.defined
}
