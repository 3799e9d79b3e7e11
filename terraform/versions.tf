terraform {
  # Resource Manager offers few versions: nothing newer than 1.5 is used outside the tests.
  required_version = ">= 1.5.0"

  required_providers {
    oci = {
      source = "oracle/oci"
      # 8.27.0 is the first that knows the time zone of a schedule.
      version = ">= 8.27.0, < 9.0.0"
    }
  }
}
