# The answers of a tenancy, available during a plan.

mock_data "oci_identity_region_subscriptions" {
  override_during = plan
  defaults = {
    region_subscriptions = [
      { is_home_region = false, region_key = "FRA", region_name = "eu-frankfurt-1", status = "READY" },
      { is_home_region = true, region_key = "PHX", region_name = "us-phoenix-1", status = "READY" },
    ]
  }
}

mock_data "oci_objectstorage_namespace" {
  override_during = plan
  defaults        = { namespace = "axaxnpcrorw5" }
}

mock_data "oci_core_services" {
  override_during = plan
  defaults = {
    services = [
      { cidr_block = "all-fra-services-in-oracle-services-network", description = "", id = "ocid1.service.oc1.eu-frankfurt-1.all", name = "All FRA Services In Oracle Services Network" },
    ]
  }
}

mock_resource "oci_functions_application" {
  override_during = plan
  defaults        = { id = "ocid1.fnapp.oc1.eu-frankfurt-1.app" }
}

mock_resource "oci_functions_function" {
  override_during = plan
  defaults        = { id = "ocid1.fnfunc.oc1.eu-frankfurt-1.function" }
}

mock_resource "oci_resource_scheduler_schedule" {
  override_during = plan
  defaults        = { id = "ocid1.resourceschedule.oc1.eu-frankfurt-1.schedule" }
}

mock_resource "oci_ons_subscription" {
  override_during = plan
  defaults        = { state = "PENDING" }
}

mock_resource "oci_core_subnet" {
  override_during = plan
  defaults        = { id = "ocid1.subnet.oc1.eu-frankfurt-1.created" }
}

mock_resource "oci_core_network_security_group" {
  override_during = plan
  defaults        = { id = "ocid1.networksecuritygroup.oc1.eu-frankfurt-1.created" }
}

# The answer of the service if the bucket has no key of its own.
mock_resource "oci_objectstorage_bucket" {
  override_during = plan
  defaults        = { kms_key_id = "" }
}
