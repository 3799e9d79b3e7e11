# Optional, because the function needs the pushed image: see the variable create_repository.
resource "oci_artifacts_container_repository" "this" {
  count          = var.create_repository ? 1 : 0
  compartment_id = var.compartment_ocid
  display_name   = var.repository_name
  is_public      = false
  # A pushed tag cannot be moved to another image.
  is_immutable  = true
  freeform_tags = local.tags.freeform
  defined_tags  = local.tags.defined
}
