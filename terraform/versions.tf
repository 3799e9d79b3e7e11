terraform {
  # Resource Manager has few versions of Terraform, so only the tests need features newer than 1.5.
  required_version = ">= 1.5.0"

  required_providers {
    oci = {
      source = "oracle/oci"
      # 8.27.0 is the first version with the time zone of a schedule.
      version = ">= 8.27.0, < 9.0.0"
    }
  }
}
