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
  kms_key_id            = local.bucket_key == "" ? null : local.bucket_key
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

    # The attribute is optional and computed: without it in the configuration, the provider leaves the key on the bucket. The
    # plan must stop here, because it would delete the key's statement. After the key is taken away, the state still has it:
    # the provider does not refresh an attribute that the service no longer returns. So the bucket is imported again.
    postcondition {
      condition = try(coalesce(self.kms_key_id), "") == local.bucket_key
      error_message = var.bucket_kms_key_ocid != "" ? join(" ", [
        "The bucket has the key ${try(coalesce(self.kms_key_id), "of Oracle")}, and with create_iam = false and iam_ready = false the stack neither grants its use nor knows that anybody does: reports would be refused.",
        "1. Let somebody create what terraform output iam_statements has under services",
        "2. set iam_ready = true",
        "3. terraform apply",
        ]) : join(" ", [
        "The bucket still has the key ${try(coalesce(self.kms_key_id), "of Oracle")}, which only the command line can take away. Set bucket_kms_key_ocid to it again. Or:",
        "1. add the key to former_bucket_kms_key_ocids, since earlier reports stay encrypted with it",
        "2. oci os bucket update --region ${var.region} --namespace-name ${self.namespace} --bucket-name ${self.name} --kms-key-id ''",
        "3. terraform state rm oci_objectstorage_bucket.reports",
        "4. terraform import oci_objectstorage_bucket.reports n/${self.namespace}/b/${self.name}",
        "5. terraform apply",
      ])
    }
  }

  # With your own key, the service refuses to create the bucket until it may use the key.
  depends_on = [oci_identity_policy.services]
}

# Whether the bucket was created with retention: this keeps its first value as long as the bucket exists. In an existing bucket
# the service accepts neither change: versioning "Disabled" is refused, and so are versions beside a retention rule. Both
# failed during the apply.
resource "terraform_data" "retention" {
  input            = var.retention_days > 0
  triggers_replace = [oci_objectstorage_bucket.reports.name, oci_objectstorage_bucket.reports.bucket_id]

  lifecycle {
    ignore_changes = [input]

    postcondition {
      condition = self.output == (var.retention_days > 0)
      error_message = join(" ", [
        "Whether the bucket has retention is fixed when it is created. This bucket was created",
        var.retention_days > 0 ? "with retention_days = 0, and has versions. Set retention_days back to 0." : "with retention_days above 0, and has no versions. Set retention_days back to a number above 0.",
        "Or begin a new bucket and leave this one with its reports:",
        "1. terraform state rm oci_objectstorage_object_lifecycle_policy.reports oci_objectstorage_bucket.reports",
        "2. set another bucket_name",
        "3. terraform apply",
      ])
    }
  }
}

# The key that needs a statement if the bucket gets another one. This keeps its value until former_bucket_kms_key_ocids
# changes, so that each change of the key needs one there.
resource "terraform_data" "bucket_key" {
  input = local.bucket_key
  triggers_replace = [
    oci_objectstorage_bucket.reports.name,
    oci_objectstorage_bucket.reports.bucket_id,
    var.former_bucket_kms_key_ocids,
    local.bucket_key == "",
  ]

  lifecycle {
    ignore_changes = [input]

    postcondition {
      condition     = contains(concat(["", local.bucket_key], var.former_bucket_kms_key_ocids), self.output)
      error_message = "Earlier reports stay encrypted with the key ${self.output}. Without a statement for it, they can no longer be read: add it to former_bucket_kms_key_ocids."
    }
  }
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
      inclusion_prefixes = local.prefixes
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
        inclusion_prefixes = local.prefixes
      }
    }
  }

  # The service refuses the rules until its policy is in force, which takes a while. Depending on the function only lets
  # that time pass.
  depends_on = [oci_identity_policy.services, oci_functions_function.this]
}
