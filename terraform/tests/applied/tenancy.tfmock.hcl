# The answers of a tenancy for runs that apply. Values that ../mocks makes known during a plan would be different ones when
# that plan is applied.

mock_data "oci_identity_region_subscriptions" {
  defaults = {
    region_subscriptions = [
      { is_home_region = true, region_key = "FRA", region_name = "eu-frankfurt-1", status = "READY" },
    ]
  }
}

mock_data "oci_objectstorage_namespace" {
  defaults = { namespace = "axaxnpcrorw5" }
}

mock_data "oci_core_services" {
  defaults = {
    services = [
      { cidr_block = "all-fra-services-in-oracle-services-network", description = "", id = "ocid1.service.oc1.eu-frankfurt-1.all", name = "All FRA Services In Oracle Services Network" },
    ]
  }
}

# The answer of the service if the bucket has no key of its own.
mock_resource "oci_objectstorage_bucket" {
  defaults = { kms_key_id = "" }
}
