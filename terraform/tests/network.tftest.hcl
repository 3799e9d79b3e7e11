# The created network, and your own subnet.

mock_provider "oci" {
  source = "./tests/mocks"
}

mock_provider "oci" {
  alias  = "home"
  source = "./tests/mocks"
}

variables {
  tenancy_ocid     = "ocid1.tenancy.oc1..tenancy"
  compartment_ocid = "ocid1.compartment.oc1..security"
  region           = "eu-frankfurt-1"
  function_image   = "registry.example/axaxnpcrorw5/credential-audit:0.1.0"
}

run "network_is_created_by_default" {
  command = plan

  assert {
    condition = (
      length(oci_core_vcn.this) == 1 && length(oci_core_service_gateway.this) == 1 && length(oci_core_nat_gateway.this) == 1
      && oci_core_subnet.this[0].cidr_block == "10.90.0.0/24"
      && oci_core_subnet.this[0].prohibit_internet_ingress
      && oci_core_subnet.this[0].prohibit_public_ip_on_vnic
      && one(oci_core_service_gateway.this[0].services).service_id == "ocid1.service.oc1.eu-frankfurt-1.all"
    )
    error_message = "A private subnet with both gateways."
  }

  assert {
    condition     = toset([for rule in oci_core_route_table.this[0].route_rules : "${rule.destination_type} ${rule.destination}"]) == toset(["SERVICE_CIDR_BLOCK all-fra-services-in-oracle-services-network", "CIDR_BLOCK 0.0.0.0/0"])
    error_message = "Routes."
  }

  assert {
    condition = (
      oci_core_network_security_group_security_rule.https[0].direction == "EGRESS"
      && oci_core_network_security_group_security_rule.https[0].protocol == "6"
      && oci_core_network_security_group_security_rule.https[0].tcp_options[0].destination_port_range[0].min == 443
      && oci_core_network_security_group_security_rule.https[0].tcp_options[0].destination_port_range[0].max == 443
      && oci_functions_application.this.subnet_ids == tolist(["ocid1.subnet.oc1.eu-frankfurt-1.created"])
      && oci_functions_application.this.network_security_group_ids == toset(["ocid1.networksecuritygroup.oc1.eu-frankfurt-1.created"])
    )
    error_message = "Only outbound HTTPS for the function."
  }
}

run "nat_gateway_is_optional" {
  command = plan

  variables {
    create_nat_gateway = false
    vcn_cidr           = "172.16.8.0/26"
  }

  assert {
    condition = (
      length(oci_core_nat_gateway.this) == 0
      && length(oci_core_route_table.this[0].route_rules) == 1
      && oci_core_network_security_group_security_rule.https[0].destination_type == "SERVICE_CIDR_BLOCK"
      && oci_core_network_security_group_security_rule.https[0].destination == "all-fra-services-in-oracle-services-network"
      && oci_core_subnet.this[0].cidr_block == "172.16.8.0/26"
    )
    error_message = "The region's services only."
  }
}

run "given_subnet_is_used_unchanged" {
  command = plan

  variables {
    subnet_ocid                  = "ocid1.subnet.oc1.eu-frankfurt-1.own"
    network_security_group_ocids = ["ocid1.networksecuritygroup.oc1.eu-frankfurt-1.own"]
  }

  assert {
    condition = (
      length(oci_core_vcn.this) + length(oci_core_subnet.this) + length(oci_core_service_gateway.this) + length(oci_core_nat_gateway.this)
      + length(oci_core_route_table.this) + length(oci_core_network_security_group.this) + length(data.oci_core_services.all) == 0
    )
    error_message = "No network resource is created."
  }

  assert {
    condition     = oci_functions_application.this.subnet_ids == tolist(["ocid1.subnet.oc1.eu-frankfurt-1.own"]) && oci_functions_application.this.network_security_group_ids == toset(["ocid1.networksecuritygroup.oc1.eu-frankfurt-1.own"])
    error_message = "The function is in the given subnet and groups."
  }
}
