resource "oci_logging_log_group" "this" {
  compartment_id = var.compartment_ocid
  display_name   = var.name
  description    = "Log of credential-audit"
  freeform_tags  = local.tags.freeform
  defined_tags   = local.tags.defined
}

resource "oci_logging_log" "invoke" {
  log_group_id       = oci_logging_log_group.this.id
  display_name       = "${var.name}-invoke"
  log_type           = "SERVICE"
  is_enabled         = true
  retention_duration = var.log_retention_days
  freeform_tags      = local.tags.freeform
  defined_tags       = local.tags.defined

  configuration {
    compartment_id = var.compartment_ocid

    source {
      source_type = "OCISERVICE"
      service     = "functions"
      category    = "invoke"
      resource    = oci_functions_application.this.id
    }
  }
}

# A run failed: it returned an error, was killed, or the platform had no capacity for it.
resource "oci_monitoring_alarm" "failed" {
  compartment_id        = var.compartment_ocid
  metric_compartment_id = var.compartment_ocid
  display_name          = "${var.name}: a run failed"
  is_enabled            = var.failed_run_alarm_enabled
  severity              = "CRITICAL"
  namespace             = "oci_faas"
  query                 = "FunctionResponseCount[1h]{resourceId = \"${oci_functions_function.this.id}\", responseType != \"Success\"}.sum() > 0"
  pending_duration      = "PT1M"
  message_format        = "ONS_OPTIMIZED"
  body                  = "A run of credential-audit failed. The reason is in the log ${oci_logging_log.invoke.display_name}."
  destinations          = [oci_ons_notification_topic.operators.id]
  freeform_tags         = local.tags.freeform
  defined_tags          = local.tags.defined
}

# No run succeeded since yesterday. The interval must be the schedule's period: absence means no data in all of it.
# A metric without any data may not count as absent. So the alarm may not work until one run has succeeded.
resource "oci_monitoring_alarm" "missed" {
  compartment_id        = var.compartment_ocid
  metric_compartment_id = var.compartment_ocid
  display_name          = "${var.name}: no run succeeded since yesterday"
  is_enabled            = var.missed_run_alarm_enabled
  severity              = "CRITICAL"
  namespace             = "oci_faas"
  query                 = "FunctionResponseCount[1d]{resourceId = \"${oci_functions_function.this.id}\", responseType = \"Success\"}.groupBy(resourceId).absent(3d)"
  pending_duration      = "PT1H"
  message_format        = "ONS_OPTIMIZED"
  body                  = "No run of credential-audit succeeded for a day. Check whether the schedule ${var.name} ran, and read the log ${oci_logging_log.invoke.display_name}."
  destinations          = [oci_ons_notification_topic.operators.id]
  freeform_tags         = local.tags.freeform
  defined_tags          = local.tags.defined
}

# The next two read the metrics that each scheduled run posts at its end (src/metrics). A run that is killed posts none: the
# alarm above reports it. An interval of a day covers one daily run, so the alarm fires until a run has another result.

# Somebody must act on a credential now. Unlike the digest, an alarm reaches subscriptions by SMS.
# Likely: Oracle documents that queries can be joined, and public queries join them by ||.
resource "oci_monitoring_alarm" "action" {
  count                 = var.metrics_namespace != "" && var.action_alarm_enabled ? 1 : 0
  compartment_id        = var.compartment_ocid
  metric_compartment_id = var.compartment_ocid
  display_name          = "${var.name}: credentials need action now"
  is_enabled            = true
  severity              = "WARNING"
  namespace             = var.metrics_namespace
  query                 = "to_rotate_now[1d]{tenancy = \"${var.tenancy_ocid}\"}.max() > 0 || to_remove_now[1d]{tenancy = \"${var.tenancy_ocid}\"}.max() > 0 || to_review_now[1d]{tenancy = \"${var.tenancy_ocid}\"}.max() > 0"
  pending_duration      = "PT1M"
  message_format        = "ONS_OPTIMIZED"
  body                  = "Credentials need action now. The digest and the reports in the bucket ${oci_objectstorage_bucket.reports.name} list them."
  destinations          = [local.metric_alarm_topic]
  freeform_tags         = local.tags.freeform
  defined_tags          = local.tags.defined
}

# A run failed, or did not read everything.
resource "oci_monitoring_alarm" "incomplete" {
  count                 = var.metrics_namespace != "" && var.incomplete_run_alarm_enabled ? 1 : 0
  compartment_id        = var.compartment_ocid
  metric_compartment_id = var.compartment_ocid
  display_name          = "${var.name}: a run was not complete"
  is_enabled            = true
  severity              = "WARNING"
  namespace             = var.metrics_namespace
  query                 = "complete[1d]{tenancy = \"${var.tenancy_ocid}\"}.min() < 1"
  pending_duration      = "PT1M"
  message_format        = "ONS_OPTIMIZED"
  body                  = "A run of credential-audit failed or did not read everything. The digest and the log ${oci_logging_log.invoke.display_name} list what is missing."
  destinations          = [local.metric_alarm_topic]
  freeform_tags         = local.tags.freeform
  defined_tags          = local.tags.defined
}

locals {
  metric_alarm_topic = var.metric_alarm_topic_ocid == "" ? oci_ons_notification_topic.operators.id : var.metric_alarm_topic_ocid
}
