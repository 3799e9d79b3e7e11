resource "oci_resource_scheduler_schedule" "this" {
  compartment_id     = var.compartment_ocid
  display_name       = var.name
  description        = "Runs credential-audit"
  action             = "START_RESOURCE"
  recurrence_type    = "CRON"
  recurrence_details = local.schedule_cron
  local_time_zone    = var.schedule_time_zone
  # Without its policy, the service refuses every run. Shards have schedules of their own.
  state         = var.schedule_enabled && local.iam_in_force && var.shards == 1 ? "ACTIVE" : "INACTIVE"
  freeform_tags = local.tags.freeform
  defined_tags  = local.tags.defined

  resources {
    id = oci_functions_function.this.id

    parameters {
      parameter_type = "BODY"
      value          = [var.schedule_body]
    }
  }
}

# The same function with other bodies: a what-if run, a check, shards, and the overview of the hub, each if it is enabled.
resource "oci_resource_scheduler_schedule" "further" {
  for_each           = local.further_schedules
  compartment_id     = var.compartment_ocid
  display_name       = "${var.name}-${each.key}"
  description        = each.value.description
  action             = "START_RESOURCE"
  recurrence_type    = "CRON"
  recurrence_details = each.value.cron
  local_time_zone    = var.schedule_time_zone
  state              = local.iam_in_force && (var.schedule_enabled || !startswith(each.key, "shard-")) ? "ACTIVE" : "INACTIVE"
  freeform_tags      = local.tags.freeform
  defined_tags       = local.tags.defined

  resources {
    id = oci_functions_function.this.id

    parameters {
      parameter_type = "BODY"
      value          = [each.value.body]
    }
  }
}
