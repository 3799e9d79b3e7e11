# Permissions: the least that is known to work, each statement behind a switch of its own.
#
# "Sure" below means that Oracle documents it or that public programs live on it; "likely" that it follows from the
# documents or from neighbouring cases; "a guess" that nothing more is known. None of it was tried in every tenancy:
# `unauthorized` in the digest's coverage names the kind of credential whose statement is missing or too narrow.
# A function keeps its token for about a quarter of an hour, and new statements take effect with the next one.

locals {
  dynamic_group = var.iam_subject != "dynamic-group" ? null : {
    name          = "${var.name}-function"
    matching_rule = "ALL {resource.type = 'fnfunc', resource.id = '${oci_functions_function.this.id}'}"
  }

  # Who, in a statement about the function, and what has to be added to its conditions.
  # - dynamic-group: sure.
  # - any-user with the function's OCID: likely; public stacks live on it, Oracle shows it for other principals.
  subject = var.iam_subject == "dynamic-group" ? "dynamic-group 'Default'/'${var.name}-function'" : "any-user"
  subject_conditions = (
    var.iam_subject == "dynamic-group"
    ? []
    : ["request.principal.type = 'fnfunc'", "request.principal.id = '${oci_functions_function.this.id}'"]
  )

  # Narrows users and credentials to the domains that are audited. Likely: documented for both, not seen at work over SCIM.
  domain_conditions = (
    length(var.audited_domain_ocids) == 0 ? [] :
    length(var.audited_domain_ocids) == 1 ? ["target.resource.domain.id = '${var.audited_domain_ocids[0]}'"] :
    ["any {${join(", ", [for id in var.audited_domain_ocids : "target.resource.domain.id = '${id}'"])}}"]
  )

  allow_discovery = var.allow_discovery == "yes" || (var.allow_discovery == "auto" && length(var.domain_urls) == 0)

  # Rights of the function in the whole tenancy, since users and credentials live there.
  tenancy_rights = concat(
    # Users, and their API keys, auth tokens, customer secret keys and database passwords. `inspect` lists users but not
    # their credentials. Sure: Oracle's own compliance script reads these with no more. OAuth 2.0 client credentials
    # belong to the user too; that this statement does for them is likely.
    var.allow_users ? [{ right = "read users", conditions = local.domain_conditions }] : [],

    # SMTP credentials: the resource type `credentials` means these alone. Sure for the IAM API, likely over SCIM. Where
    # they stay unauthorized with `inspect`, set allow_credentials to "read": a guess, and it shows no secret either.
    var.allow_credentials != "none" ? [{ right = "${var.allow_credentials} credentials", conditions = local.domain_conditions }] : [],

    # Finding the domains, for which the list of regions, the list of compartments and the domains of each are asked.
    # Not needed where domain_urls is given: then the list is asked only for names and licences, and may be refused.
    # Sure for compartments and domains; likely for the regions.
    local.allow_discovery ? [
      { right = "inspect tenancies", conditions = [] },
      { right = "inspect compartments", conditions = [] },
      { right = "read domains", conditions = [] },
    ] : [],
  )

  # Reports: create them, and read those of earlier runs to compare with. Nothing can be overwritten or deleted, since
  # that takes OBJECT_OVERWRITE and OBJECT_DELETE. Sure: Oracle documents the write-once form.
  report_rights = var.allow_reports ? [{
    right = "manage objects"
    conditions = [
      "target.bucket.name = '${var.bucket_name}'",
      "target.object.name = '${var.object_prefix}*'",
      "any {request.permission = 'OBJECT_CREATE', request.permission = 'OBJECT_READ'}",
    ]
  }] : []

  # The list of the bucket, to find the run to compare with. Without a name: a list is of the bucket, and a condition on
  # the object's name would refuse it. Without this right the digest says "no comparison". Sure.
  list_rights = var.allow_list_bucket ? [{
    right = "inspect objects"
    conditions = [
      "target.bucket.name = '${var.bucket_name}'",
      "request.permission = 'OBJECT_INSPECT'",
    ]
  }] : []

  # The one object with exceptions. Read only: whoever can write it can hide findings. Sure.
  exception_rights = local.exceptions != null && var.allow_exceptions ? [{
    right = "read objects"
    conditions = [
      "target.bucket.name = '${local.exceptions.bucket}'",
      "target.object.name = '${local.exceptions.object}'",
      "request.permission = 'OBJECT_READ'",
    ]
  }] : []

  # The digest. The right holds for all topics of the compartment, as there is no condition on one topic: see
  # topic_compartment_ocid. Of `use`, only publishing. Sure.
  publish_rights = var.allow_publish ? [{
    right      = "use ons-topics"
    conditions = ["request.permission = 'ONS_TOPIC_PUBLISH'"]
  }] : []

  # Each statement about the function, written out.
  function_statements = {
    for place, group in {
      tenancy    = { where = "tenancy", rights = local.tenancy_rights }
      reports    = { where = "compartment id ${var.compartment_ocid}", rights = concat(local.report_rights, local.list_rights) }
      exceptions = { where = "compartment id ${try(local.exceptions.compartment, var.compartment_ocid)}", rights = local.exception_rights }
      digest     = { where = "compartment id ${local.topic_compartment}", rights = local.publish_rights }
      } : place => [
      for right in group.rights : join("", [
        "Allow ${local.subject} to ${right.right} in ${group.where}",
        length(concat(local.subject_conditions, right.conditions)) == 0 ? "" :
        length(concat(local.subject_conditions, right.conditions)) == 1 ? " where ${one(concat(local.subject_conditions, right.conditions))}" :
        " where all {${join(", ", concat(local.subject_conditions, right.conditions))}}",
      ])
    ]
  }

  # Only this schedule may call, and only this function. Likely: public stacks live on the first form, Oracle's
  # examples show the last one, which lets this schedule do anything to the compartment's functions.
  schedule_principal = "request.principal.type = 'resourceschedule', request.principal.id = '${oci_resource_scheduler_schedule.this.id}'"
  schedule_statements = {
    none   = []
    invoke = [local.invoke_statement]
    invoke-and-read = [
      local.invoke_statement,
      "Allow any-user to read fn-function in compartment id ${var.compartment_ocid} where all {${local.schedule_principal}}",
    ]
    manage = ["Allow any-user to manage functions-family in compartment id ${var.compartment_ocid} where all {${local.schedule_principal}}"]
  }[var.allow_schedule]
  invoke_statement = "Allow any-user to use fn-invocation in compartment id ${var.compartment_ocid} where all {${local.schedule_principal}, target.function.id = '${oci_functions_function.this.id}'}"

  # Rights of Oracle's services. They name nothing that depends on the function: the bucket waits for them.
  service_statements = concat(
    # Deleting reports at the end of their lifetime; the rule is refused without it. Sure, the bucket's name likely.
    var.report_lifetime_days > 0 && var.allow_lifecycle ? [
      "Allow service objectstorage-${var.region} to manage object-family in compartment id ${var.compartment_ocid} where target.bucket.name = '${var.bucket_name}'",
    ] : [],

    # Using the caller's key for the bucket; the bucket is refused without it. Sure, the key's OCID likely.
    var.bucket_kms_key_ocid != "" && var.allow_bucket_key ? [
      "Allow service objectstorage-${var.region} to use keys in compartment id ${local.key_compartment} where target.key.id = '${var.bucket_kms_key_ocid}'",
    ] : [],

    # Using the caller's subnet and pulling the image. Older instructions have both, newer ones neither. A guess.
    var.allow_faas_network ? [
      "Allow service FaaS to use virtual-network-family in compartment id ${var.compartment_ocid}",
    ] : [],
  )
  key_compartment = coalesce(var.bucket_kms_key_compartment_ocid, var.compartment_ocid)

  faas_repository_statements = var.allow_faas_repositories ? [
    "Allow service FaaS to read repos in tenancy where target.repo.name = '${var.repository_name}'",
  ] : []

  # A policy belongs to the compartment it speaks of, or to one above.
  policies = {
    for place, policy in {
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
      schedule = {
        compartment = var.compartment_ocid
        purpose     = "lets one schedule run the audit"
        statements  = local.schedule_statements
      }
    } : place => policy if length(policy.statements) > 0
  }

  # Where a service's statement speaks of another compartment, only the tenancy is sure to be above both.
  services_compartment = local.key_compartment == var.compartment_ocid ? var.compartment_ocid : var.tenancy_ocid

  statements_by_compartment = merge(
    { for place, policy in local.policies : place => { compartment_ocid = policy.compartment, statements = policy.statements } },
    length(local.service_statements) == 0 ? {} : {
      services = { compartment_ocid = local.services_compartment, statements = local.service_statements }
    },
  )
}

# Always in the Default domain, whatever domains are audited.
resource "oci_identity_dynamic_group" "function" {
  count          = var.create_iam && var.iam_subject == "dynamic-group" ? 1 : 0
  provider       = oci.home
  compartment_id = var.tenancy_ocid
  name           = local.dynamic_group.name
  description    = "The function ${var.name}, and nothing else"
  matching_rule  = local.dynamic_group.matching_rule
  freeform_tags  = local.tags.freeform
  defined_tags   = local.tags.defined
}

resource "oci_identity_policy" "these" {
  for_each       = { for place, policy in local.policies : place => policy if var.create_iam }
  provider       = oci.home
  compartment_id = each.value.compartment
  name           = "${var.name}-${each.key}"
  description    = "${var.name}: ${each.value.purpose}"
  statements     = each.value.statements
  freeform_tags  = local.tags.freeform
  defined_tags   = local.tags.defined

  # A statement about a group that is not there is refused.
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
