# Changes to a stack that was applied. As the real provider does, the mocked one keeps an attribute that is optional and
# computed when the configuration no longer has it. Unlike the real one, it drops such a block, replaces nothing by itself,
# and refuses nothing.

mock_provider "oci" {
  source = "./tests/applied"
}

mock_provider "oci" {
  alias  = "home"
  source = "./tests/applied"
}

variables {
  tenancy_ocid     = "ocid1.tenancy.oc1..tenancy"
  compartment_ocid = "ocid1.compartment.oc1..security"
  region           = "eu-frankfurt-1"
  function_image   = "registry.example/axaxnpcrorw5/credential-audit:0.1.0"
}

run "first_apply_with_nat_gateway_and_failure_destination" {
  variables {
    failure_destination_enabled = true
  }

  override_resource {
    target = oci_core_vcn.this
    values = { id = "ocid1.vcn.oc1.eu-frankfurt-1.first" }
  }

  assert {
    condition     = oci_core_vcn.this[0].id == "ocid1.vcn.oc1.eu-frankfurt-1.first" && oci_functions_function.this.failure_destination[0].kind == "NOTIFICATION"
    error_message = "The first apply."
  }
}

# The order of the last update of the route table and the deletion of the gateway is not visible here: see network.tf.
run "nat_gateway_and_failure_destination_are_taken_away" {
  variables {
    create_nat_gateway = false
  }

  override_resource {
    target = oci_core_vcn.this
    values = { id = "ocid1.vcn.oc1.eu-frankfurt-1.second" }
  }

  assert {
    condition     = length(oci_core_nat_gateway.this) == 0 && length(oci_core_route_table.this[0].route_rules) == 1 && oci_core_vcn.this[0].id == "ocid1.vcn.oc1.eu-frankfurt-1.first"
    error_message = "The gateway and its route go, and the network stays."
  }

  assert {
    condition     = oci_functions_function.this.failure_destination[0].kind == "NONE"
    error_message = "The function still has a failure destination."
  }
}

run "address_block_replaces_the_network" {
  variables {
    create_nat_gateway = false
    vcn_cidr           = "172.16.8.0/26"
  }

  override_resource {
    target = oci_core_vcn.this
    values = { id = "ocid1.vcn.oc1.eu-frankfurt-1.second" }
  }

  assert {
    condition     = oci_core_vcn.this[0].id == "ocid1.vcn.oc1.eu-frankfurt-1.second" && oci_core_vcn.this[0].cidr_blocks == tolist(["172.16.8.0/26"])
    error_message = "The network was changed in place, which the service refuses."
  }
}
