# No credentials: the provider takes them from its environment, its configuration file, or Resource Manager.
provider "oci" {
  region = var.region
  # The service's own tags, which would show as a change at every plan.
  ignore_defined_tags = ["Oracle-Tags.CreatedBy", "Oracle-Tags.CreatedOn"]
}

# IAM accepts writes in the home region only.
provider "oci" {
  alias               = "home"
  region              = local.home_region
  ignore_defined_tags = ["Oracle-Tags.CreatedBy", "Oracle-Tags.CreatedOn"]
}
