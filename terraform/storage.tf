resource "oci_objectstorage_bucket" "reports" {
  # checkov:skip=CKV_OCI_7: nothing listens to this bucket's events; the digest lists what was stored
  # checkov:skip=CKV_OCI_8: versioning is on unless retention is on; the service accepts only one of them
  # checkov:skip=CKV_OCI_9: Oracle's key unless bucket_kms_key_ocid names another; a key costs money and needs an owner
  compartment_id        = var.compartment_ocid
  namespace             = data.oci_objectstorage_namespace.this.namespace
  name                  = var.bucket_name
  access_type           = "NoPublicAccess"
  storage_tier          = "Standard"
  object_events_enabled = false
  versioning            = var.retention_days == 0 ? "Enabled" : "Disabled"
  kms_key_id            = local.iam_in_force && var.bucket_kms_key_ocid != "" ? var.bucket_kms_key_ocid : null
  freeform_tags         = local.tags.freeform
  defined_tags          = local.tags.defined

  # Write once: a report cannot be changed or deleted before its retention ends. The rule is not locked, because a lock
  # is irreversible.
  dynamic "retention_rules" {
    for_each = var.retention_days == 0 ? [] : [var.retention_days]

    content {
      display_name = "${var.name}-write-once"

      duration {
        time_amount = tostring(retention_rules.value)
        time_unit   = "DAYS"
      }
    }
  }

  lifecycle {
    precondition {
      condition     = var.report_lifetime_days == 0 || var.report_lifetime_days >= var.retention_days
      error_message = "report_lifetime_days must be at least retention_days: a report cannot be deleted before its retention ends."
    }
  }

  # With your own key, the service refuses to create the bucket until it may use the key.
  depends_on = [oci_identity_policy.services]
}

# Limited to the prefix: other objects of the bucket, such as the exceptions, are never deleted.
resource "oci_objectstorage_object_lifecycle_policy" "reports" {
  count     = var.report_lifetime_days > 0 && local.iam_in_force ? 1 : 0
  namespace = data.oci_objectstorage_namespace.this.namespace
  bucket    = oci_objectstorage_bucket.reports.name

  rules {
    name        = "delete-reports"
    action      = "DELETE"
    target      = "objects"
    is_enabled  = true
    time_amount = tostring(var.report_lifetime_days)
    time_unit   = "DAYS"

    object_name_filter {
      inclusion_prefixes = [var.object_prefix]
    }
  }

  # In a versioned bucket, a deleted object remains as a previous version.
  dynamic "rules" {
    for_each = var.retention_days == 0 ? [1] : []

    content {
      name        = "delete-previous-versions"
      action      = "DELETE"
      target      = "previous-object-versions"
      is_enabled  = true
      time_amount = "30"
      time_unit   = "DAYS"

      object_name_filter {
        inclusion_prefixes = [var.object_prefix]
      }
    }
  }

  # The service refuses the rules until its policy is in force, which takes a while. Depending on the function only lets
  # that time pass.
  depends_on = [oci_identity_policy.services, oci_functions_function.this]
}
