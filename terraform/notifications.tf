# The digest of each run.
resource "oci_ons_notification_topic" "digest" {
  compartment_id = local.topic_compartment
  name           = "${var.name}-digest"
  description    = "Which IAM credentials must be rotated, and what could not be read"
  freeform_tags  = local.tags.freeform
  defined_tags   = local.tags.defined
}

# A subscription is pending until its address has followed the link in the mail; nobody can do that from here.
resource "oci_ons_subscription" "digest" {
  for_each       = toset(var.digest_emails)
  compartment_id = local.topic_compartment
  topic_id       = oci_ons_notification_topic.digest.id
  protocol       = "EMAIL"
  endpoint       = each.value
  freeform_tags  = local.tags.freeform
  defined_tags   = local.tags.defined
}

# Runs that failed or did not happen. Apart from the digest: other people, and a digest that cannot be published must
# not be told of by the topic that it cannot be published to.
resource "oci_ons_notification_topic" "operators" {
  compartment_id = var.compartment_ocid
  name           = "${var.name}-operators"
  description    = "Runs of credential-audit that failed or did not happen"
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
