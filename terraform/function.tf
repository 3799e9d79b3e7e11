resource "oci_functions_application" "this" {
  compartment_id = var.compartment_ocid
  display_name   = var.name
  shape          = var.function_architecture
  subnet_ids     = [local.creates_network ? oci_core_subnet.this[0].id : var.subnet_ocid]
  network_security_group_ids = concat(
    oci_core_network_security_group.this[*].id,
    var.network_security_group_ocids,
  )
  freeform_tags = local.tags.freeform
  defined_tags  = local.tags.defined

  # The function writes one JSON object per line. With this setting the log keeps its fields.
  logging {
    line_format = "JSON"
  }

  image_policy_config {
    is_policy_enabled = length(var.image_signing_key_ocids) > 0

    dynamic "key_details" {
      for_each = var.image_signing_key_ocids

      content {
        kms_key_id = key_details.value
      }
    }
  }
}

resource "oci_functions_function" "this" {
  application_id = oci_functions_application.this.id
  display_name   = var.name
  # Newer providers warn that source_details replaces them. The oldest allowed provider does not have that block.
  image         = var.function_image
  image_digest  = var.function_image_digest == "" ? null : var.function_image_digest
  memory_in_mbs = tostring(var.function_memory_in_mbs)
  config        = merge(local.settings, { AUDIT_TOPIC_ID = oci_ons_notification_topic.digest.id })
  freeform_tags = local.tags.freeform
  defined_tags  = local.tags.defined

  timeout_in_seconds = var.function_timeout_in_seconds
  # Schedules call detached. If this is unset, the other timeout applies to them too.
  detached_mode_timeout_in_seconds = var.function_detached_timeout_in_seconds

  # Without this block, the provider leaves a destination as it is: the block is optional and computed.
  failure_destination {
    kind     = var.failure_destination_enabled ? "NOTIFICATION" : "NONE"
    topic_id = var.failure_destination_enabled ? oci_ons_notification_topic.operators.id : null
  }

  lifecycle {
    precondition {
      condition     = local.settings_bytes <= 4096
      error_message = "The function's configuration has ${local.settings_bytes} bytes, and the service accepts 4096: shorten domain_urls (if empty, all domains are discovered) or allowed_domain_hosts."
    }

    precondition {
      condition     = local.warning_days < var.rotation_days && alltrue([for type, age in local.ages : age.warning < age.rotation])
      error_message = "warning_days must be below rotation_days, in general and for every type. They are ${local.warning_days} and ${var.rotation_days}${join("", [for type, age in local.ages : "; ${type} has ${age.warning} and ${age.rotation}" if age.warning >= age.rotation])}."
    }

    precondition {
      condition     = local.exceptions == null || try(local.exceptions.bucket != oci_objectstorage_bucket.reports.name, true) || !startswith(var.exceptions_object, var.object_prefix)
      error_message = "exceptions_object must be outside object_prefix: the function may write there, and anyone who can write exceptions can hide findings."
    }

    precondition {
      condition     = var.exceptions_object != "" || (var.exceptions_bucket == "" && var.exceptions_compartment_ocid == "")
      error_message = "exceptions_bucket and exceptions_compartment_ocid need exceptions_object."
    }

    precondition {
      condition     = !contains(["now", "week"], var.holder_mail) || var.holder_mail_sender != ""
      error_message = "holder_mail now or week needs holder_mail_sender."
    }

    precondition {
      condition     = var.metrics_namespace != "" || !(var.action_alarm_enabled || var.incomplete_run_alarm_enabled)
      error_message = "action_alarm_enabled and incomplete_run_alarm_enabled need metrics_namespace: without metrics these alarms never fire."
    }

    precondition {
      condition     = var.shards == 1 || (can(regex("^[0-9]+ (1?[0-9]|2[01]) ", local.schedule_cron)) && var.schedule_body == "{}")
      error_message = "shards need one hour from 0 to 21 in schedule_time or schedule_cron, because the overview of them follows two hours later on the same day, and the schedule_body {}."
    }

    precondition {
      condition     = var.shards == 1 || !(var.action_alarm_enabled || var.incomplete_run_alarm_enabled)
      error_message = "shards post no metrics, so action_alarm_enabled and incomplete_run_alarm_enabled would never fire."
    }

    precondition {
      condition     = !local.hub_is_foreign || (var.hub_namespace != "" && var.hub_bucket != "")
      error_message = "hub_tenancy_ocid needs hub_namespace and hub_bucket."
    }

    precondition {
      condition     = var.hub_namespace == "" || var.hub_bucket != ""
      error_message = "hub_namespace needs hub_bucket."
    }

    precondition {
      condition     = !var.fleet_schedule_enabled || local.makes_overview
      error_message = "fleet_schedule_enabled needs hub_bucket, in this tenancy."
    }

    precondition {
      condition     = local.hub_bucket == "" || try(local.exceptions.bucket != local.hub_bucket, true) || !startswith(var.exceptions_object, var.hub_prefix)
      error_message = "exceptions_object must be outside hub_prefix: the function may write there, and anyone who can write exceptions can hide findings."
    }

    precondition {
      condition     = length(local.refused_domain_hosts) == 0
      error_message = "The function sends no signed request to these hosts of domain_urls or schedule_body: ${join(", ", local.refused_domain_hosts)}. Expected idcs-<id>.identity.${local.realm_domain} or idcs-<id>.<r>-idcs-<n>.identity.<region>.oci.${local.realm_domain}; add other hosts to allowed_domain_hosts."
    }
  }
}
