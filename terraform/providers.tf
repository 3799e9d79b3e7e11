# No credentials here: the provider reads them from the environment, its configuration file, or Resource Manager.
provider "oci" {
  region = var.region
  # Tags that the service sets. Every plan would show them as a change.
  ignore_defined_tags = ["Oracle-Tags.CreatedBy", "Oracle-Tags.CreatedOn"]
}

# IAM accepts writes in the home region only.
provider "oci" {
  alias               = "home"
  region              = local.home_region
  ignore_defined_tags = ["Oracle-Tags.CreatedBy", "Oracle-Tags.CreatedOn"]
}
