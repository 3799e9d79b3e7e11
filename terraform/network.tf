# A network for the function alone, unless subnet_ocid is set. Nothing in it is reachable from outside.

resource "oci_core_vcn" "this" {
  count          = local.creates_network ? 1 : 0
  compartment_id = var.compartment_ocid
  cidr_blocks    = [var.vcn_cidr]
  display_name   = "${var.name}-vcn"
  dns_label      = "audit"
  freeform_tags  = local.tags.freeform
  defined_tags   = local.tags.defined

  # The provider changes the blocks of a VCN in place. The service refuses to remove a block that a subnet uses, and the
  # subnet waits for the VCN.
  lifecycle {
    replace_triggered_by = [terraform_data.vcn_cidr]
  }
}

resource "terraform_data" "vcn_cidr" {
  input = var.vcn_cidr
}

# Object Storage, Notifications and IAM of the function's own region.
resource "oci_core_service_gateway" "this" {
  count          = local.creates_network ? 1 : 0
  compartment_id = var.compartment_ocid
  vcn_id         = oci_core_vcn.this[0].id
  display_name   = "${var.name}-services"
  freeform_tags  = local.tags.freeform
  defined_tags   = local.tags.defined

  services {
    service_id = data.oci_core_services.all[0].services[0].id
  }
}

# Identity domains, which may have addresses of other regions, and IAM of the other regions during discovery.
resource "oci_core_nat_gateway" "this" {
  count          = local.creates_network && var.create_nat_gateway ? 1 : 0
  compartment_id = var.compartment_ocid
  vcn_id         = oci_core_vcn.this[0].id
  display_name   = "${var.name}-nat"
  freeform_tags  = local.tags.freeform
  defined_tags   = local.tags.defined

  # When create_nat_gateway becomes false, this makes the deletion wait for the update of the route table. Without it, the
  # provider deleted the gateway first, the service refused that while a route led to it, and the update never began. With
  # it, one apply was enough. Tests with a mocked provider do not show this order.
  lifecycle {
    create_before_destroy = true
  }
}

resource "oci_core_route_table" "this" {
  count          = local.creates_network ? 1 : 0
  compartment_id = var.compartment_ocid
  vcn_id         = oci_core_vcn.this[0].id
  display_name   = "${var.name}-routes"
  freeform_tags  = local.tags.freeform
  defined_tags   = local.tags.defined

  route_rules {
    description       = "The region's services"
    destination       = data.oci_core_services.all[0].services[0].cidr_block
    destination_type  = "SERVICE_CIDR_BLOCK"
    network_entity_id = oci_core_service_gateway.this[0].id
  }

  dynamic "route_rules" {
    for_each = oci_core_nat_gateway.this

    content {
      description       = "Services of other regions"
      destination       = "0.0.0.0/0"
      destination_type  = "CIDR_BLOCK"
      network_entity_id = route_rules.value.id
    }
  }
}

resource "oci_core_subnet" "this" {
  count                      = local.creates_network ? 1 : 0
  compartment_id             = var.compartment_ocid
  vcn_id                     = oci_core_vcn.this[0].id
  cidr_block                 = var.vcn_cidr
  display_name               = "${var.name}-functions"
  dns_label                  = "functions"
  route_table_id             = oci_core_route_table.this[0].id
  prohibit_internet_ingress  = true
  prohibit_public_ip_on_vnic = true
  freeform_tags              = local.tags.freeform
  defined_tags               = local.tags.defined
}

# Only what the function needs. The VCN's default security list allows more outbound traffic, and this stack does not
# change it. To make this group the limit, empty that list.
resource "oci_core_network_security_group" "this" {
  count          = local.creates_network ? 1 : 0
  compartment_id = var.compartment_ocid
  vcn_id         = oci_core_vcn.this[0].id
  display_name   = "${var.name}-functions"
  freeform_tags  = local.tags.freeform
  defined_tags   = local.tags.defined
}

resource "oci_core_network_security_group_security_rule" "https" {
  count                     = local.creates_network ? 1 : 0
  network_security_group_id = oci_core_network_security_group.this[0].id
  description               = "HTTPS to identity domains and services"
  direction                 = "EGRESS"
  protocol                  = "6"
  destination               = var.create_nat_gateway ? "0.0.0.0/0" : data.oci_core_services.all[0].services[0].cidr_block
  destination_type          = var.create_nat_gateway ? "CIDR_BLOCK" : "SERVICE_CIDR_BLOCK"
  stateless                 = false

  tcp_options {
    destination_port_range {
      min = 443
      max = 443
    }
  }
}
