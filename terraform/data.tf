data "oci_identity_region_subscriptions" "these" {
  count      = var.home_region == "" ? 1 : 0
  tenancy_id = var.tenancy_ocid
}

data "oci_objectstorage_namespace" "this" {
  compartment_id = var.tenancy_ocid
}

data "oci_core_services" "all" {
  count = local.creates_network ? 1 : 0

  filter {
    name   = "name"
    values = ["All .* Services In Oracle Services Network"]
    regex  = true
  }
}
