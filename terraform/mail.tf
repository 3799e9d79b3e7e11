# The approved sender of mails to holders. Off by default: most tenancies that send mail have one. Its domain, with DKIM, and the SPF
# record are not made here, since both need DNS.

resource "oci_email_sender" "holder_mail" {
  count          = var.holder_mail_create_sender ? 1 : 0
  compartment_id = local.mail_compartment
  email_address  = var.holder_mail_sender
  freeform_tags  = local.tags.freeform
  defined_tags   = local.tags.defined
}
