# The digest of each run.
resource "oci_ons_notification_topic" "digest" {
  compartment_id = local.topic_compartment
  name           = "${var.name}-digest"
  description    = "OCI credentials that need rotation, and anything that could not be read"
  freeform_tags  = local.tags.freeform
  defined_tags   = local.tags.defined
}

# A subscription is pending until the recipient follows the link in the e-mail. Terraform cannot do that.
resource "oci_ons_subscription" "digest" {
  for_each       = toset(var.digest_emails)
  compartment_id = local.topic_compartment
  topic_id       = oci_ons_notification_topic.digest.id
  protocol       = "EMAIL"
  endpoint       = each.value
  freeform_tags  = local.tags.freeform
  defined_tags   = local.tags.defined
}

# Alarms about failed and missed runs. A topic of its own: it has other recipients, and it must work when the digest's
# topic does not.
resource "oci_ons_notification_topic" "operators" {
  compartment_id = var.compartment_ocid
  name           = "${var.name}-operators"
  description    = "Failed and missed runs of credential-audit"
  freeform_tags  = local.tags.freeform
  defined_tags   = local.tags.defined
}

resource "oci_ons_subscription" "operators" {
  for_each       = toset(var.operator_emails)
  compartment_id = var.compartment_ocid
  topic_id       = oci_ons_notification_topic.operators.id
  protocol       = "EMAIL"
  endpoint       = each.value
  freeform_tags  = local.tags.freeform
  defined_tags   = local.tags.defined
}
