# Location --------------------------------------------------------------------------------------------------------------

variable "tenancy_ocid" {
  type        = string
  description = "OCID of the tenancy to audit. The function reads users and credentials in all of it."

  validation {
    condition     = can(regex("^ocid1\\.tenancy\\.[a-z0-9-]+\\.[a-z0-9-]*\\.[a-z0-9]+$", var.tenancy_ocid))
    error_message = "tenancy_ocid must be the OCID of a tenancy, such as ocid1.tenancy.oc1..aaaa."
  }
}

variable "compartment_ocid" {
  type        = string
  description = "OCID of the compartment for everything this stack creates, except the dynamic group and the tenancy's policy."

  validation {
    condition     = can(regex("^ocid1\\.(compartment|tenancy)\\.[a-z0-9-]+\\.[a-z0-9-]*\\.[a-z0-9]+$", var.compartment_ocid))
    error_message = "compartment_ocid must be the OCID of a compartment, such as ocid1.compartment.oc1..aaaa."
  }
}

variable "region" {
  type        = string
  description = "Region of the function, its reports and its topics."

  validation {
    condition     = can(regex("^[a-z]+(-[a-z]+)+-[0-9]+$", var.region)) && length(var.region) <= 63
    error_message = "region must be a region's name, such as eu-frankfurt-1."
  }
}

variable "home_region" {
  type        = string
  default     = ""
  nullable    = false
  description = "Home region of the tenancy. If empty, the stack reads it from the tenancy."

  validation {
    condition     = var.home_region == "" || can(regex("^[a-z]+(-[a-z]+)+-[0-9]+$", var.home_region))
    error_message = "home_region must be a region's name, such as eu-frankfurt-1, or empty to read it from the tenancy."
  }
}

variable "name" {
  type        = string
  default     = "credential-audit"
  description = "Prefix of the names of everything this stack creates. Names of topics and of the dynamic group must be unique in the tenancy."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,48}[a-z0-9]$", var.name))
    error_message = "name must have 3 to 50 lower-case letters, digits and dashes, must begin with a letter and must not end with a dash."
  }
}

variable "freeform_tags" {
  type        = map(string)
  default     = {}
  description = "Free-form tags of everything this stack creates."

  validation {
    condition     = alltrue([for key, value in var.freeform_tags : length(key) >= 1 && length(key) <= 100 && length(value) <= 256])
    error_message = "freeform_tags must have keys of 1 to 100 characters and values of at most 256."
  }
}

variable "defined_tags" {
  type        = map(string)
  default     = {}
  description = "Defined tags of everything this stack creates, as namespace.key = value."

  validation {
    condition     = alltrue([for key in keys(var.defined_tags) : can(regex("^[^.\\s]+\\.[^.\\s]+$", key))])
    error_message = "defined_tags must have keys of the form namespace.key, such as Operations.CostCenter."
  }
}

# The function --------------------------------------------------------------------------------------------------------

variable "function_image" {
  type        = string
  description = "Image to run: <registry of the region>/<namespace>/<repository>:<tag>. It must be in the function's region."

  validation {
    condition     = can(regex("^[a-z0-9.-]+/[a-z0-9_-]+/[a-z0-9._/-]+:[A-Za-z0-9_.-]+$", var.function_image))
    error_message = "function_image must be a full image name with a tag: <registry of the region>/<namespace>/<repository>:<tag>."
  }
}

variable "function_image_digest" {
  type        = string
  default     = ""
  nullable    = false
  description = "Image digest, which the push prints. If empty, the service resolves the tag when the stack is applied. An image that is pushed later under the same tag is then ignored. If emptied later, the function keeps its digest until function_image changes."

  validation {
    condition     = var.function_image_digest == "" || can(regex("^sha256:[0-9a-f]{64}$", var.function_image_digest))
    error_message = "function_image_digest must be sha256: and 64 hexadecimal digits, or empty."
  }
}

variable "function_architecture" {
  type        = string
  default     = "GENERIC_X86"
  description = "Shape of the application. It must match the image: GENERIC_X86, GENERIC_ARM, or GENERIC_X86_ARM for a multi-architecture image."

  validation {
    condition     = contains(["GENERIC_X86", "GENERIC_ARM", "GENERIC_X86_ARM"], var.function_architecture)
    error_message = "function_architecture must be GENERIC_X86, GENERIC_ARM or GENERIC_X86_ARM."
  }
}

variable "function_memory_in_mbs" {
  type        = number
  default     = 512
  description = "Memory of the function in MB. The function's share of a CPU grows with its memory."

  validation {
    condition     = contains([128, 256, 512, 1024, 2048, 3072], var.function_memory_in_mbs)
    error_message = "function_memory_in_mbs must be 128, 256, 512, 1024, 2048 or 3072."
  }
}

variable "function_timeout_in_seconds" {
  type        = number
  default     = 300
  description = "Timeout of a synchronous call."

  validation {
    condition     = var.function_timeout_in_seconds >= 30 && var.function_timeout_in_seconds <= 300 && floor(var.function_timeout_in_seconds) == var.function_timeout_in_seconds
    error_message = "function_timeout_in_seconds must be a whole number from 30 to 300, the service's limit."
  }
}

variable "function_detached_timeout_in_seconds" {
  type        = number
  default     = 900
  description = "Timeout of a detached call. The schedule makes detached calls."

  validation {
    condition     = var.function_detached_timeout_in_seconds >= 60 && var.function_detached_timeout_in_seconds <= 3600 && floor(var.function_detached_timeout_in_seconds) == var.function_detached_timeout_in_seconds
    error_message = "function_detached_timeout_in_seconds must be a whole number from 60 to 3600, the service's limit."
  }
}

variable "failure_destination_enabled" {
  type        = bool
  default     = false
  description = "Whether the platform sends a record of every failed detached call to the operators' topic. Off by default: Oracle documents that it needs a policy of its own, which this stack does not create, and the alarms report failed runs without it."
}

variable "image_signing_key_ocids" {
  type        = list(string)
  default     = []
  description = "OCIDs of the keys that sign the image. If any is given, the application refuses images that none of them signed. If emptied later, it accepts any image, although it still lists the keys."

  validation {
    condition     = alltrue([for id in var.image_signing_key_ocids : can(regex("^ocid1\\.key\\.[a-z0-9-]+\\.[a-z0-9-]+\\.[a-z0-9.]+$", id))])
    error_message = "image_signing_key_ocids must be OCIDs of keys, such as ocid1.key.oc1.eu-frankfurt-1.aaaa."
  }
}

variable "create_repository" {
  type        = bool
  default     = false
  description = "Whether to create the image's repository. The function needs the pushed image: apply with -target=oci_artifacts_container_repository.this, push, then apply again."
}

variable "repository_name" {
  type        = string
  default     = "credential-audit"
  description = "Name of the image's repository, without registry and namespace."

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9._/-]*[a-z0-9])?$", var.repository_name))
    error_message = "repository_name must have lower-case letters, digits, dots, dashes, underscores and slashes, and must begin and end with a letter or digit."
  }
}

# Network -------------------------------------------------------------------------------------------------------------

variable "subnet_ocid" {
  type        = string
  default     = ""
  nullable    = false
  description = "OCID of your own subnet. It must reach the region's services and the regions of the identity domains. If empty, the stack creates a network."

  validation {
    condition     = var.subnet_ocid == "" || can(regex("^ocid1\\.subnet\\.[a-z0-9-]+\\.[a-z0-9-]+\\.[a-z0-9]+$", var.subnet_ocid))
    error_message = "subnet_ocid must be the OCID of a subnet, such as ocid1.subnet.oc1.eu-frankfurt-1.aaaa, or empty to create a network."
  }
}

variable "network_security_group_ocids" {
  type        = list(string)
  default     = []
  description = "OCIDs of your own network security groups for the function, in the subnet's VCN. If the stack creates the network, it adds a group of its own."

  validation {
    condition     = length(var.network_security_group_ocids) <= 4 && alltrue([for id in var.network_security_group_ocids : can(regex("^ocid1\\.networksecuritygroup\\.[a-z0-9-]+\\.[a-z0-9-]+\\.[a-z0-9]+$", id))])
    error_message = "network_security_group_ocids must be at most four OCIDs of network security groups, such as ocid1.networksecuritygroup.oc1.eu-frankfurt-1.aaaa."
  }
}

variable "vcn_cidr" {
  type        = string
  default     = "10.90.0.0/24"
  description = "Address block of the created network. The network's one subnet uses the whole block. Changing it replaces the network and the function."

  validation {
    condition     = can(cidrhost(var.vcn_cidr, 0)) && try(tonumber(split("/", var.vcn_cidr)[1]) >= 16 && tonumber(split("/", var.vcn_cidr)[1]) <= 28, false) && !strcontains(var.vcn_cidr, ":")
    error_message = "vcn_cidr must be an IPv4 block of size /16 to /28, such as 10.90.0.0/24."
  }
}

variable "create_nat_gateway" {
  type        = bool
  default     = true
  description = "Whether the created network has a NAT gateway. A service gateway reaches the services of its own region only. Identity domains have addresses elsewhere, so without NAT they are likely to be unreachable."
}

# Bucket --------------------------------------------------------------------------------------------------------------

variable "bucket_name" {
  type        = string
  default     = "credential-audit-reports"
  description = "Name of the bucket to create for reports."

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]{1,256}$", var.bucket_name)) && !contains([".", ".."], var.bucket_name)
    error_message = "bucket_name must have 1 to 256 letters, digits, dots, dashes and underscores, and must not be . or .., which have another meaning in a URL."
  }
}

variable "bucket_kms_key_ocid" {
  type        = string
  default     = ""
  nullable    = false
  description = "OCID of your own key for the bucket. If empty, Oracle's key is used. To take a key away later, a plan prints the steps."

  validation {
    condition     = var.bucket_kms_key_ocid == "" || can(regex("^ocid1\\.key\\.[a-z0-9-]+\\.[a-z0-9-]+\\.[a-z0-9.]+$", var.bucket_kms_key_ocid))
    error_message = "bucket_kms_key_ocid must be the OCID of a key, such as ocid1.key.oc1.eu-frankfurt-1.aaaa, or empty for Oracle's key."
  }
}

variable "former_bucket_kms_key_ocids" {
  type        = list(string)
  default     = []
  nullable    = false
  description = "OCIDs of keys that the bucket had before. Earlier reports stay encrypted with them, so Object Storage may use these keys too."

  validation {
    condition     = alltrue([for id in var.former_bucket_kms_key_ocids : can(regex("^ocid1\\.key\\.[a-z0-9-]+\\.[a-z0-9-]+\\.[a-z0-9.]+$", id))])
    error_message = "former_bucket_kms_key_ocids must be OCIDs of keys, such as ocid1.key.oc1.eu-frankfurt-1.aaaa."
  }
}

variable "bucket_kms_key_compartment_ocid" {
  type        = string
  default     = ""
  nullable    = false
  description = "OCID of the compartment of bucket_kms_key_ocid and former_bucket_kms_key_ocids, if it is not the stack's."

  validation {
    condition     = var.bucket_kms_key_compartment_ocid == "" || can(regex("^ocid1\\.(compartment|tenancy)\\.[a-z0-9-]+\\.[a-z0-9-]*\\.[a-z0-9]+$", var.bucket_kms_key_compartment_ocid))
    error_message = "bucket_kms_key_compartment_ocid must be the OCID of a compartment, or empty for the stack's."
  }
}

variable "retention_days" {
  type        = number
  default     = 0
  nullable    = false
  description = "Days for which a report cannot be changed or deleted; 0 for none. The rule is not locked: an administrator can remove the rule, then delete reports. Retention replaces versioning. Whether a bucket has retention is fixed when it is created."

  validation {
    condition     = var.retention_days == 0 || (var.retention_days >= 1 && var.retention_days <= 3650 && floor(var.retention_days) == var.retention_days)
    error_message = "retention_days must be a whole number from 1 to 3650, or 0 for a versioned bucket without retention."
  }
}

variable "report_lifetime_days" {
  type        = number
  default     = 400
  nullable    = false
  description = "Days after which reports are deleted; 0 keeps them. Only objects below the prefix are deleted. The minimum is 41, because a run compares with a run of the last 40 days."

  validation {
    condition     = var.report_lifetime_days == 0 || (var.report_lifetime_days >= 41 && var.report_lifetime_days <= 3650 && floor(var.report_lifetime_days) == var.report_lifetime_days)
    error_message = "report_lifetime_days must be a whole number from 41 to 3650, or 0 to keep reports."
  }
}

# E-mail --------------------------------------------------------------------------------------------------------------

variable "digest_emails" {
  type        = list(string)
  default     = []
  description = "Recipients of the digest. Each address gets an e-mail with a link to confirm the subscription."

  validation {
    condition     = alltrue([for address in var.digest_emails : can(regex("^[^@\\s,;]+@[^@\\s,;]+\\.[^@\\s,;]+$", address))]) && length(distinct(var.digest_emails)) == length(var.digest_emails)
    error_message = "digest_emails must be e-mail addresses without duplicates."
  }
}

variable "operator_emails" {
  type        = list(string)
  default     = []
  description = "Recipients of alarms about failed and missed runs. Each address gets an e-mail with a link to confirm the subscription."

  validation {
    condition     = alltrue([for address in var.operator_emails : can(regex("^[^@\\s,;]+@[^@\\s,;]+\\.[^@\\s,;]+$", address))]) && length(distinct(var.operator_emails)) == length(var.operator_emails)
    error_message = "operator_emails must be e-mail addresses without duplicates."
  }
}

variable "topic_compartment_ocid" {
  type        = string
  default     = ""
  nullable    = false
  description = "OCID of a separate compartment for the digest's topic. The permission to publish covers all topics of a compartment. With a separate compartment, the function can publish to no other topic."

  validation {
    condition     = var.topic_compartment_ocid == "" || can(regex("^ocid1\\.(compartment|tenancy)\\.[a-z0-9-]+\\.[a-z0-9-]*\\.[a-z0-9]+$", var.topic_compartment_ocid))
    error_message = "topic_compartment_ocid must be the OCID of a compartment, or empty for the stack's."
  }
}

# Schedule ------------------------------------------------------------------------------------------------------------

variable "schedule_enabled" {
  type        = bool
  default     = true
  description = "Whether the schedule is active."
}

variable "schedule_time" {
  type        = string
  default     = "06:00"
  nullable    = false
  description = "Time of day at which the function runs, as hours and minutes: 06:00. See schedule_cron for other times."

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", var.schedule_time))
    error_message = "schedule_time must be hours and minutes, such as 06:00."
  }
}

variable "schedule_cron" {
  type        = string
  default     = ""
  nullable    = false
  description = "When the function runs, instead of schedule_time: minute, hour, day of month, month, day of week. If empty, every day at schedule_time."

  validation {
    condition     = var.schedule_cron == "" || can(regex("^[1-5]?[0-9] (\\*(/[0-9]+)?|(1?[0-9]|2[0-3])([,/-](1?[0-9]|2[0-3]))*) [0-9*/,A-Za-z-]+ [0-9*/,A-Za-z-]+ [0-9*/,A-Za-z-]+$", var.schedule_cron))
    error_message = "schedule_cron must have five fields separated by single spaces: minute, hour, day of month, month, day of week. The minute must be a single number: 0 6 * * * runs daily at 06:00."
  }
}

variable "schedule_time_zone" {
  type        = string
  default     = "UTC"
  description = "Time zone of the schedule, as an IANA name."

  validation {
    condition     = can(regex("^(UTC|[A-Z][A-Za-z_]+(/[A-Z][A-Za-z0-9_+-]+)+)$", var.schedule_time_zone))
    error_message = "schedule_time_zone must be an IANA name, such as Europe/Berlin, or UTC."
  }
}

variable "schedule_body" {
  type        = string
  default     = "{}"
  description = "Body of the scheduled request, as JSON: {} for a plain run, or {\"audit\": {...}}."

  validation {
    condition     = try(length(setsubtract(keys(jsondecode(var.schedule_body)), ["audit"])) == 0, false)
    error_message = "schedule_body must be {} or a JSON object with the one key audit, such as {\"audit\":{\"dry_run\":true}}."
  }

  # The rules of src/event.rs. JSON text distinguishes true from "true". A key that is given twice is counted twice.
  validation {
    condition = try(alltrue([for audit in [lookup(jsondecode(var.schedule_body), "audit", {})] : (
      length(setsubtract(keys(audit), ["as_of", "domain_urls", "credential_types", "shard", "dry_run", "check", "fleet"])) == 0
      && length(regexall("\"[a-z_]+\"\\s*:", var.schedule_body)) == length(keys(jsondecode(var.schedule_body))) + length(keys(audit))
      && contains(["true", "false"], jsonencode(lookup(audit, "dry_run", false)))
      && contains(["true", "false", "\"send\""], jsonencode(lookup(audit, "check", false)))
      && contains(["true", "false"], jsonencode(lookup(audit, "fleet", false)))
      && try(anytrue([for shards in range(1, 65) : anytrue([for number in range(1, shards + 1) : "${number}/${shards}" == audit.shard])]), !contains(keys(audit), "shard"))
      # A date alone is its last second. Days from now are checked by their form.
      && can(regex("^\"", jsonencode(lookup(audit, "as_of", ""))))
      && alltrue([for time in [replace(replace(lookup(audit, "as_of", "+0d"), "/^[+-][0-9]{1,4}d$/", "2026-01-01"), "/^([0-9]{4}-[0-9]{2}-[0-9]{2})$/", "$${1}T23:59:59Z")] : can(regex("^\"[0-9T:.-]+(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])\"$", jsonencode(time))) && timecmp(time, "1970-01-01T00:00:00Z") >= 0 && timecmp(time, "9999-12-31T23:59:59.999999999Z") <= 0])
      && alltrue([for types in [lookup(audit, "credential_types", ["api_keys"])] : length(types) > 0 && can(regex("^\\[", jsonencode(types))) && length(setsubtract(types, ["api_keys", "auth_tokens", "customer_secret_keys", "db_credentials", "oauth2_client_credentials", "smtp_credentials"])) == 0])
      && alltrue([for urls in [lookup(audit, "domain_urls", ["https://example.com"])] : length(urls) > 0 && length(urls) <= 1000 && can(regex("^\\[", jsonencode(urls))) && alltrue([for url in urls : can(regex("^https://(([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)*[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?|((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))(:(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3}))?/?$", url))])])
      && (jsonencode(lookup(audit, "check", false)) == "false" || (!contains(keys(audit), "as_of") && !contains(keys(audit), "shard") && jsonencode(lookup(audit, "dry_run", false)) == "false"))
      && (jsonencode(lookup(audit, "fleet", false)) == "false" || length(setsubtract(keys(audit), ["fleet", "dry_run"])) == 0)
    )]), false)
    error_message = "schedule_body must have fields that the function accepts, each once: as_of (a date, a date and time with its zone, or days from now such as +30d; from 1970 to 9999 in UTC), domain_urls (at most 1,000), credential_types, shard (such as 2/8), dry_run (true or false), check (true, false or \"send\"; not with as_of, shard or dry_run) and fleet (true or false; with dry_run alone)."
  }
}

variable "what_if_schedule_enabled" {
  type        = bool
  default     = false
  description = "Whether a second schedule asks what will be overdue in some days. Each of its runs stores reports headed WHAT-IF, and publishes a digest as notify requires."
}

variable "what_if_schedule_cron" {
  type        = string
  default     = "30 6 1 * *"
  nullable    = false
  description = "When the second schedule runs, in the form of schedule_cron."

  validation {
    condition     = can(regex("^[1-5]?[0-9] (\\*(/[0-9]+)?|(1?[0-9]|2[0-3])([,/-](1?[0-9]|2[0-3]))*) [0-9*/,A-Za-z-]+ [0-9*/,A-Za-z-]+ [0-9*/,A-Za-z-]+$", var.what_if_schedule_cron))
    error_message = "what_if_schedule_cron must have five fields separated by single spaces: minute, hour, day of month, month, day of week. The minute must be a single number."
  }
}

variable "what_if_schedule_days" {
  type        = number
  default     = 30
  nullable    = false
  description = "Days from the time of the run until the date that the second schedule asks about."

  validation {
    condition     = var.what_if_schedule_days >= 1 && var.what_if_schedule_days <= 365 && floor(var.what_if_schedule_days) == var.what_if_schedule_days
    error_message = "what_if_schedule_days must be a whole number from 1 to 365."
  }
}

variable "check_schedule_enabled" {
  type        = bool
  default     = false
  description = "Whether a third schedule checks every request of a run. Each check stores one object, and publishes one message headed TEST to the digest's topic."
}

variable "check_schedule_cron" {
  type        = string
  default     = "0 7 * * 1"
  nullable    = false
  description = "When the third schedule runs, in the form of schedule_cron."

  validation {
    condition     = can(regex("^[1-5]?[0-9] (\\*(/[0-9]+)?|(1?[0-9]|2[0-3])([,/-](1?[0-9]|2[0-3]))*) [0-9*/,A-Za-z-]+ [0-9*/,A-Za-z-]+ [0-9*/,A-Za-z-]+$", var.check_schedule_cron))
    error_message = "check_schedule_cron must have five fields separated by single spaces: minute, hour, day of month, month, day of week. The minute must be a single number."
  }
}

# Log and alarms ------------------------------------------------------------------------------------------------------

variable "shards" {
  type        = number
  default     = 1
  nullable    = false
  description = "Number of runs that share the domains of a tenancy that is too large for one. Above 1, each has a schedule of its own in the hour of the daily one, which is then inactive, and a run two hours later publishes one digest for all of them. If the hub is in another tenancy, the overview there does that, and nobody here gets a digest."

  validation {
    condition     = var.shards >= 1 && var.shards <= 64 && floor(var.shards) == var.shards
    error_message = "shards must be a whole number from 1 to 64."
  }
}

variable "fleet_schedule_enabled" {
  type        = bool
  default     = false
  description = "Whether a schedule makes the overview of what tenancies stored in the hub, and publishes one digest. Needs a hub in this tenancy."
}

variable "fleet_schedule_cron" {
  type        = string
  default     = "0 9 * * *"
  nullable    = false
  description = "When fleet_schedule_enabled makes the overview, in the form of schedule_cron."

  validation {
    condition     = can(regex("^[1-5]?[0-9] (\\*(/[0-9]+)?|(1?[0-9]|2[0-3])([,/-](1?[0-9]|2[0-3]))*) [0-9*/,A-Za-z-]+ [0-9*/,A-Za-z-]+ [0-9*/,A-Za-z-]+$", var.fleet_schedule_cron))
    error_message = "fleet_schedule_cron must have five fields separated by single spaces: minute, hour, day of month, month, day of week. The minute must be a single number."
  }
}

variable "log_retention_days" {
  type        = number
  default     = 90
  description = "Days for which the function's log is kept."

  validation {
    condition     = contains([30, 60, 90, 120, 150, 180], var.log_retention_days)
    error_message = "log_retention_days must be 30, 60, 90, 120, 150 or 180."
  }
}

variable "failed_run_alarm_enabled" {
  type        = bool
  default     = true
  description = "Whether an alarm notifies the operators when a run failed."
}

variable "missed_run_alarm_enabled" {
  type        = bool
  default     = true
  description = "Whether an alarm notifies the operators when no run succeeded for a day. Turn it off for schedules that do not run daily."
}

variable "action_alarm_enabled" {
  type        = bool
  default     = false
  description = "Whether an alarm fires when somebody must act on a credential now. Needs metrics_namespace."
}

variable "incomplete_run_alarm_enabled" {
  type        = bool
  default     = false
  description = "Whether an alarm fires when a run failed or did not read everything. Needs metrics_namespace."
}

variable "metric_alarm_topic_ocid" {
  type        = string
  default     = ""
  nullable    = false
  description = "OCID of the topic of these two alarms, such as one with SMS or PagerDuty subscriptions. If empty, they go to the operators' topic."

  validation {
    condition     = var.metric_alarm_topic_ocid == "" || can(regex("^ocid1\\.onstopic\\.[a-z0-9-]+\\.[a-z0-9-]+\\.[a-z0-9]+$", var.metric_alarm_topic_ocid))
    error_message = "metric_alarm_topic_ocid must be the OCID of a topic, such as ocid1.onstopic.oc1.eu-frankfurt-1.aaaa, or empty for the operators' topic."
  }
}

# Audit settings ------------------------------------------------------------------------------------------------------

variable "domain_urls" {
  type        = list(string)
  default     = []
  description = "URLs of the identity domains to audit. If empty, the function audits every domain of the tenancy."

  validation {
    condition     = alltrue([for url in var.domain_urls : can(regex("^https://(([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)*[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?|((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))(:(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3}))?/?$", url))])
    error_message = "domain_urls must be URLs of identity domains without a path, such as https://idcs-0a1b.identity.oraclecloud.com:443."
  }
}

variable "object_prefix" {
  type        = string
  default     = "credential-audit/"
  description = "Prefix of every object name. The permission to write and the lifetime of reports apply below it."

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*/$", var.object_prefix)) && length(var.object_prefix) <= 700 && length(setintersection(split("/", var.object_prefix), [".", ".."])) == 0
    error_message = "object_prefix must have letters, digits, dots, dashes, underscores and slashes, must not begin with a slash, must end with one, and must have at most 700 characters and no . or .. between slashes."
  }
}

variable "rotation_days" {
  type        = number
  default     = 90
  description = "Age in days at which a credential is overdue."

  validation {
    condition     = var.rotation_days >= 1 && var.rotation_days <= 36500 && floor(var.rotation_days) == var.rotation_days
    error_message = "rotation_days must be a whole number from 1 to 36500."
  }
}

variable "warning_days" {
  type        = number
  default     = null
  description = "Age in days at which a credential is due. Must be below rotation_days. If not set: 15 days less than rotation_days, or five sixths of fewer than 30 days."

  validation {
    condition     = var.warning_days == null ? true : var.warning_days >= 1 && var.warning_days <= 36500 && floor(var.warning_days) == var.warning_days
    error_message = "warning_days must be a whole number from 1 to 36500."
  }
}

variable "rotation_days_by_type" {
  type        = map(number)
  default     = {}
  description = "rotation_days of single credential types, such as { smtp_credentials = 180 }."

  validation {
    condition = (
      length(setsubtract(keys(var.rotation_days_by_type), ["api_keys", "auth_tokens", "customer_secret_keys", "db_credentials", "oauth2_client_credentials", "smtp_credentials"])) == 0
      && alltrue([for days in values(var.rotation_days_by_type) : days >= 1 && days <= 36500 && floor(days) == days])
    )
    error_message = "rotation_days_by_type must map some of api_keys, auth_tokens, customer_secret_keys, db_credentials, oauth2_client_credentials and smtp_credentials to whole numbers from 1 to 36500."
  }
}

variable "warning_days_by_type" {
  type        = map(number)
  default     = {}
  description = "warning_days of single credential types, such as { smtp_credentials = 150 }."

  validation {
    condition = (
      length(setsubtract(keys(var.warning_days_by_type), ["api_keys", "auth_tokens", "customer_secret_keys", "db_credentials", "oauth2_client_credentials", "smtp_credentials"])) == 0
      && alltrue([for days in values(var.warning_days_by_type) : days >= 1 && days <= 36500 && floor(days) == days])
    )
    error_message = "warning_days_by_type must map some of api_keys, auth_tokens, customer_secret_keys, db_credentials, oauth2_client_credentials and smtp_credentials to whole numbers from 1 to 36500."
  }
}

variable "credential_types" {
  type        = list(string)
  default     = []
  description = "Credential types to audit: api_keys, auth_tokens, customer_secret_keys, db_credentials, oauth2_client_credentials, smtp_credentials. If empty, all of them are audited."

  validation {
    condition     = length(setsubtract(var.credential_types, ["api_keys", "auth_tokens", "customer_secret_keys", "db_credentials", "oauth2_client_credentials", "smtp_credentials"])) == 0
    error_message = "credential_types must be some of api_keys, auth_tokens, customer_secret_keys, db_credentials, oauth2_client_credentials and smtp_credentials; an empty list means all."
  }
}

variable "admin_groups" {
  type        = list(string)
  default     = []
  description = "Further groups whose members administer the tenancy, each written <domain>/<group>, by display names. The group Administrators of the Default domain always counts."

  validation {
    condition     = alltrue([for group in var.admin_groups : can(regex("^[^,/]*[^,/ ][^,/]*/[^,]*[^, ][^,]*$", group))])
    error_message = "admin_groups must be groups, each written <domain>/<group> without a comma, such as Default/Cloud Admins."
  }
}

variable "activity" {
  type        = string
  default     = "on"
  description = "Whether the last sign-ins of users are read: on or off. If off, no report has a last sign-in or a dormant user, and CIS control 1.16 is not assessable."

  validation {
    condition     = contains(["on", "off"], var.activity)
    error_message = "activity must be on or off."
  }
}

variable "last_use" {
  type        = string
  default     = "off"
  description = "Whether the last use of API keys is searched for in OCI Audit: on or off. It needs allow_audit_events, or the same permission from somebody else. Last use is data about activity, so nothing is searched for if activity is off."

  validation {
    condition     = contains(["on", "off"], var.last_use)
    error_message = "last_use must be on or off."
  }
}

variable "reports" {
  type        = list(string)
  default     = []
  description = "Reports to store: expiry, usage, credentials, html, ocsf, calendar. If empty, the first four are stored. The findings and the manifest are always stored."

  validation {
    condition     = length(setsubtract(var.reports, ["expiry", "usage", "credentials", "html", "ocsf", "calendar"])) == 0
    error_message = "reports must be some of expiry, usage, credentials, html, ocsf and calendar; an empty list means the function's default."
  }
}

variable "csv_bom" {
  type        = bool
  default     = false
  description = "Whether credentials.csv and by-person.csv begin with a byte order mark, by which spreadsheets recognize UTF-8."
}

variable "notify" {
  type        = string
  default     = "changes"
  description = "When to send the digest: changes, findings, always or never. With changes: if something became urgent or changed, while something cannot be read, on digest_weekday, and at least every seven days. With findings: if there are findings, or something could not be read."

  validation {
    condition     = contains(["changes", "findings", "always", "never"], var.notify)
    error_message = "notify must be changes, findings, always or never."
  }
}

variable "digest_weekday" {
  type        = string
  default     = "monday"
  description = "Day on which a digest is always sent if notify is changes, in UTC."

  validation {
    condition     = contains(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"], var.digest_weekday)
    error_message = "digest_weekday must be monday, tuesday, wednesday, thursday, friday, saturday or sunday."
  }
}

variable "digest_rows" {
  type        = number
  default     = 10
  description = "Max rows of each section of the digest, 1 to 500. Counts are always exact."

  validation {
    condition     = var.digest_rows >= 1 && var.digest_rows <= 500 && floor(var.digest_rows) == var.digest_rows
    error_message = "digest_rows must be a whole number from 1 to 500."
  }
}

variable "digest_names" {
  type        = string
  default     = "full"
  description = "User names in the digest: full, masked (j***@example.com) or none (counts only). Oracle processes the e-mail of Notifications in US regions."

  validation {
    condition     = contains(["full", "masked", "none"], var.digest_names)
    error_message = "digest_names must be full, masked or none."
  }
}

variable "tenancy_name" {
  type        = string
  default     = ""
  nullable    = false
  description = "Name of the tenancy in reports. If empty, the function reads it from IAM."

  validation {
    condition     = length(var.tenancy_name) <= 60 && !can(regex("[[:cntrl:]]", var.tenancy_name))
    error_message = "tenancy_name must have at most 60 characters and no control characters, or be empty for the name in IAM."
  }
}

variable "console_url" {
  type        = string
  default     = ""
  nullable    = false
  description = "Beginning of links to the console, such as https://cloud.oracle.com. If empty, the console of the realm. If that is not known, reports have no links."

  validation {
    condition     = var.console_url == "" || can(regex("^https://(([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\\.)*[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?|((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))(:(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3}))?(/[A-Za-z0-9./-]*)?$", var.console_url))
    error_message = "console_url must be an https URL, such as https://cloud.oracle.com, or empty for the realm's own."
  }
}

variable "proxy_url" {
  type        = string
  default     = ""
  nullable    = false
  description = "Proxy for the function's requests, such as http://proxy.example.com:3128. Anyone who can read the function sees a password in it. If empty, no proxy."

  validation {
    condition     = var.proxy_url == "" || can(regex("^https?://([^@/[:space:]]+@)?[A-Za-z0-9._-]+(:[0-9]{1,5})?/?$", var.proxy_url))
    error_message = "proxy_url must be the URL of a proxy, such as http://proxy.example.com:3128, or empty."
  }
}

variable "no_proxy" {
  type        = list(string)
  default     = []
  nullable    = false
  description = "Hosts that the function reaches without the proxy: domains such as example.com, addresses, networks such as 10.0.0.0/8, or *."

  validation {
    condition     = alltrue([for host in var.no_proxy : can(regex("^[A-Za-z0-9.:/*_-]+$", host))])
    error_message = "no_proxy must be a list of domains, addresses or networks, such as [\"example.com\", \"10.0.0.0/8\"]."
  }
}

variable "exceptions_object" {
  type        = string
  default     = ""
  nullable    = false
  description = "Name of the object with exceptions and known gaps. Must be outside object_prefix."

  validation {
    condition     = var.exceptions_object == "" || (can(regex("^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$", var.exceptions_object)) && length(var.exceptions_object) <= 1024 && length(setintersection(split("/", var.exceptions_object), [".", ".."])) == 0)
    error_message = "exceptions_object must be an object's name of at most 1024 letters, digits, dots, dashes, underscores and slashes, without . or .. between slashes, such as exceptions.json, or empty."
  }
}

variable "exceptions_bucket" {
  type        = string
  default     = ""
  nullable    = false
  description = "Name of the bucket of exceptions_object, if it is not the bucket for reports."

  validation {
    condition     = var.exceptions_bucket == "" || (can(regex("^[A-Za-z0-9._-]{1,256}$", var.exceptions_bucket)) && !contains([".", ".."], var.exceptions_bucket))
    error_message = "exceptions_bucket must have 1 to 256 letters, digits, dots, dashes and underscores, and must not be . or .., or be empty for the reports' bucket."
  }
}

variable "exceptions_compartment_ocid" {
  type        = string
  default     = ""
  nullable    = false
  description = "OCID of the compartment of exceptions_bucket, if it is not the stack's."

  validation {
    condition     = var.exceptions_compartment_ocid == "" || can(regex("^ocid1\\.(compartment|tenancy)\\.[a-z0-9-]+\\.[a-z0-9-]*\\.[a-z0-9]+$", var.exceptions_compartment_ocid))
    error_message = "exceptions_compartment_ocid must be the OCID of a compartment, or empty for the stack's."
  }
}

variable "fleet_tenancies" {
  type        = list(string)
  default     = []
  nullable    = false
  description = "OCIDs of the tenancies that the overview of a fleet must have. One that stores nothing in the hub is then reported."

  validation {
    condition     = alltrue([for id in var.fleet_tenancies : can(regex("^ocid1\\.tenancy\\.[a-z0-9-]+\\.[a-z0-9-]*\\.[a-z0-9]+$", id))])
    error_message = "fleet_tenancies must be OCIDs of tenancies, such as ocid1.tenancy.oc1..aaaa."
  }
}

variable "rate_limit" {
  type        = string
  default     = ""
  nullable    = false
  description = "Rate limit for each domain: a license (free, oracle-apps, oracle-apps-premium, premium, external-user), <per second>/<per minute>, or off. If empty, the license in the list of domains applies, or free if the license is unknown."

  validation {
    condition     = var.rate_limit == "" || (can(regex("^(free|oracle-apps|oracle-apps-premium|premium|external-user|off|[1-9][0-9]{0,9}/[1-9][0-9]{0,9})$", var.rate_limit)) && alltrue([for number in regexall("[0-9]+", var.rate_limit) : tonumber(number) <= 4294967295]))
    error_message = "rate_limit must be a license (free, oracle-apps, oracle-apps-premium, premium, external-user), <per second>/<per minute> such as 20/150 with numbers up to 4294967295, off, or empty."
  }
}

variable "allowed_domain_hosts" {
  type        = list(string)
  default     = []
  description = "Further hosts of identity domains, such as a vanity domain. They and their subdomains may receive signed requests."

  validation {
    condition     = alltrue([for host in var.allowed_domain_hosts : can(regex("^[A-Za-z0-9-]{1,63}(\\.[A-Za-z0-9-]{1,63})+$", host))])
    error_message = "allowed_domain_hosts must be host names of at least two labels of at most 63 characters, such as identity.example.com."
  }
}

variable "identity_endpoint" {
  type        = string
  default     = ""
  nullable    = false
  description = "URL of IAM instead of the region's. The region's name replaces {region} in the URL."

  validation {
    condition     = var.identity_endpoint == "" || can(regex("^https://(([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)*[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?|((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))(:(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3}))?(/[A-Za-z0-9./-]*)?$", replace(var.identity_endpoint, "{region}", "us-ashburn-1")))
    error_message = "identity_endpoint must be an https URL, such as https://identity.{region}.oci.oraclecloud.com, or empty for the region's own."
  }
}

variable "object_storage_endpoint" {
  type        = string
  default     = ""
  nullable    = false
  description = "URL of Object Storage instead of the region's, such as a private endpoint's."

  validation {
    condition     = var.object_storage_endpoint == "" || can(regex("^https://(([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)*[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?|((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))(:(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3}))?/?$", var.object_storage_endpoint))
    error_message = "object_storage_endpoint must be an https URL without a path, or empty for the region's own."
  }
}

variable "notifications_endpoint" {
  type        = string
  default     = ""
  nullable    = false
  description = "URL of Notifications instead of the one of the topic's region."

  validation {
    condition     = var.notifications_endpoint == "" || can(regex("^https://(([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)*[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?|((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))(:(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3}))?/?$", var.notifications_endpoint))
    error_message = "notifications_endpoint must be an https URL without a path, or empty for the region's own."
  }
}

variable "metrics_namespace" {
  type        = string
  default     = ""
  nullable    = false
  description = "Namespace of the metrics that each scheduled run posts to Monitoring, such as credential_audit. If empty, the function posts none."

  # As in src/metrics/namespace.rs.
  validation {
    condition     = var.metrics_namespace == "" || (can(regex("^[a-z][a-z0-9_]*[a-z0-9]$", var.metrics_namespace)) && length(var.metrics_namespace) <= 256 && !can(regex("^(oci|oracle)_", var.metrics_namespace)))
    error_message = "metrics_namespace must have 2 to 256 lower-case letters, digits and underscores, from a letter to a letter or digit, and must not begin with oci_ or oracle_, or be empty for no metrics."
  }
}

variable "hub_bucket" {
  type        = string
  default     = ""
  nullable    = false
  description = "Bucket of the hub, in which each tenancy stores its newest runs once more for one overview. It must be in the region of the function. If empty, there is none, unless shards need one: then it is the bucket for reports."

  validation {
    condition     = var.hub_bucket == "" || (can(regex("^[A-Za-z0-9._-]{1,256}$", var.hub_bucket)) && !contains([".", ".."], var.hub_bucket))
    error_message = "hub_bucket must have 1 to 256 letters, digits, dots, dashes and underscores, or be empty."
  }
}

variable "hub_namespace" {
  type        = string
  default     = ""
  nullable    = false
  description = "Object Storage namespace of the hub's tenancy. If empty, that of this tenancy."

  validation {
    condition     = var.hub_namespace == "" || can(regex("^[A-Za-z0-9_-]{1,128}$", var.hub_namespace))
    error_message = "hub_namespace must be the name of an Object Storage namespace, such as axaxnpcrorw5, or empty."
  }
}

variable "hub_prefix" {
  type        = string
  default     = "fleet/"
  nullable    = false
  description = "Prefix of every object in the hub. The OCID of each tenancy follows it, and a tenancy may write below its own alone."

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*/$", var.hub_prefix)) && length(var.hub_prefix) <= 400 && length(setintersection(split("/", var.hub_prefix), [".", ".."])) == 0
    error_message = "hub_prefix must have letters, digits, dots, dashes, underscores and slashes, must not begin with a slash, must end with one, and must have at most 400 characters and no . or .. between slashes."
  }
}

variable "hub_tenancy_ocid" {
  type        = string
  default     = ""
  nullable    = false
  description = "OCID of the hub's tenancy, if it is another one. Its administrator adds the statements of the output hub_admit_statements."

  validation {
    condition     = var.hub_tenancy_ocid == "" || can(regex("^ocid1\\.tenancy\\.", var.hub_tenancy_ocid))
    error_message = "hub_tenancy_ocid must be the OCID of a tenancy, or empty."
  }
}

variable "hub_compartment_ocid" {
  type        = string
  default     = ""
  nullable    = false
  description = "OCID of the compartment of a hub in this tenancy. If empty, that of the stack."

  validation {
    condition     = var.hub_compartment_ocid == "" || can(regex("^ocid1\\.(compartment|tenancy)\\.", var.hub_compartment_ocid))
    error_message = "hub_compartment_ocid must be the OCID of a compartment, or empty."
  }
}

variable "monitoring_endpoint" {
  type        = string
  default     = ""
  nullable    = false
  description = "URL of Monitoring instead of the two of the region."

  validation {
    condition     = var.monitoring_endpoint == "" || can(regex("^https://(([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)*[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?|((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))(:(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3}))?/?$", var.monitoring_endpoint))
    error_message = "monitoring_endpoint must be an https URL without a path, or empty for the region's own."
  }
}

variable "owner_from" {
  type        = string
  default     = ""
  nullable    = false
  description = "Attribute of users that names the owner of their credentials: tag:<key>, tag:<namespace>.<key>, department, manager or group:<prefix>. If empty, owners are not read."

  validation {
    condition     = var.owner_from == "" || can(regex("^(department|manager|(tag|group):.+)$", var.owner_from))
    error_message = "owner_from must be tag:<key>, tag:<namespace>.<key>, department, manager or group:<prefix>, or empty."
  }
}

variable "owner_topic_compartment_ocids" {
  type        = list(string)
  default     = []
  nullable    = false
  description = "OCIDs of further compartments with topics of owners, which exceptions_object names. The function may publish to every topic of these."

  validation {
    condition     = alltrue([for id in var.owner_topic_compartment_ocids : can(regex("^ocid1\\.(compartment|tenancy)\\.", id))])
    error_message = "owner_topic_compartment_ocids must be OCIDs of compartments."
  }
}

variable "holder_mail" {
  type        = string
  default     = "off"
  nullable    = false
  description = "Mails to holders about their own credentials: off, preview (stored, not sent), now or week."

  validation {
    condition     = contains(["off", "preview", "now", "week"], var.holder_mail)
    error_message = "holder_mail must be off, preview, now or week."
  }
}

variable "holder_mail_sender" {
  type        = string
  default     = ""
  nullable    = false
  description = "E-mail address of the approved sender of these mails, which must exist. Its domain should have DKIM and SPF, or mails end as spam."

  validation {
    condition     = var.holder_mail_sender == "" || can(regex("^[^@\\s<>]+@[A-Za-z0-9.-]+\\.[A-Za-z0-9-]+$", var.holder_mail_sender))
    error_message = "holder_mail_sender must be an e-mail address, or empty."
  }
}

variable "holder_mail_compartment_ocid" {
  type        = string
  default     = ""
  nullable    = false
  description = "OCID of the compartment of the approved sender. If empty, the function's."

  validation {
    condition     = var.holder_mail_compartment_ocid == "" || can(regex("^ocid1\\.(compartment|tenancy)\\.", var.holder_mail_compartment_ocid))
    error_message = "holder_mail_compartment_ocid must be the OCID of a compartment, or empty."
  }
}

variable "holder_mail_contact" {
  type        = string
  default     = ""
  nullable    = false
  description = "Whom holders ask: an https URL, an e-mail address or words."

  validation {
    condition     = length(var.holder_mail_contact) <= 200
    error_message = "holder_mail_contact must have at most 200 characters."
  }
}

variable "holder_mail_domains" {
  type        = list(string)
  default     = []
  nullable    = false
  description = "Domains of e-mail addresses that are mailed, for a pilot. If empty, all."

  validation {
    condition     = alltrue([for domain in var.holder_mail_domains : can(regex("^[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$", domain))])
    error_message = "holder_mail_domains must be domains, such as example.com."
  }
}

variable "email_endpoint" {
  type        = string
  default     = ""
  nullable    = false
  description = "URL of Email Delivery instead of the region's."

  validation {
    condition     = var.email_endpoint == "" || can(regex("^https://(([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)*[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?|((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))(:(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3}))?/?$", var.email_endpoint))
    error_message = "email_endpoint must be an https URL without a path, or empty for the region's own."
  }
}

variable "logging_search_endpoint" {
  type        = string
  default     = ""
  nullable    = false
  description = "URL of Logging Search instead of the region's. The region's name replaces {region} in the URL."

  validation {
    condition     = var.logging_search_endpoint == "" || can(regex("^https://(([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)*[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?|((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))(:(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3}))?(/[A-Za-z0-9./-]*)?$", replace(var.logging_search_endpoint, "{region}", "us-ashburn-1")))
    error_message = "logging_search_endpoint must be an https URL, such as https://logging.{region}.oci.oraclecloud.com, or empty for the region's own."
  }
}

variable "log_level" {
  type        = string
  default     = "info"
  description = "Least severe level to log: error, warn, info, debug or trace. At debug and trace, the log can contain user names."

  validation {
    condition     = contains(["error", "warn", "info", "debug", "trace"], var.log_level)
    error_message = "log_level must be error, warn, info, debug or trace."
  }
}

# Permissions ---------------------------------------------------------------------------------------------------------
# iam.tf explains what each statement is for, and how certain that is.

variable "create_iam" {
  type        = bool
  default     = true
  description = "Whether to create the dynamic group and the policies. If false, the output iam_statements lists the statements that someone else must create; set iam_ready afterwards."
}

variable "iam_ready" {
  type        = bool
  default     = false
  description = "Set to true when the statements in the output iam_statements are in force. Until then, the schedule is inactive, reports are not deleted, and the bucket uses Oracle's key. Has no effect if create_iam is true."
}

variable "iam_subject" {
  type        = string
  default     = "dynamic-group"
  description = "How policies name the function: dynamic-group, or any-user with the function's OCID as a condition, which needs no dynamic group."

  validation {
    condition     = contains(["dynamic-group", "any-user"], var.iam_subject)
    error_message = "iam_subject must be dynamic-group or any-user."
  }
}

variable "allow_users" {
  type        = bool
  default     = true
  description = "Whether the function may read users. This covers API keys, auth tokens and more."
}

variable "allow_credentials" {
  type        = string
  default     = "inspect"
  description = "Permission of the function on SMTP credentials: inspect or none."

  validation {
    condition     = contains(["inspect", "none"], var.allow_credentials)
    error_message = "allow_credentials must be inspect or none. Oracle documents that read allows nothing more than inspect."
  }
}

variable "audited_domain_ocids" {
  type        = list(string)
  default     = []
  description = "OCIDs of identity domains. If any is given, the function may read users and credentials of these only."

  validation {
    condition     = alltrue([for id in var.audited_domain_ocids : can(regex("^ocid1\\.domain\\.[a-z0-9-]+\\.[a-z0-9-]*\\.[a-z0-9]+$", id))])
    error_message = "audited_domain_ocids must be OCIDs of identity domains, such as ocid1.domain.oc1..aaaa."
  }
}

variable "allow_discovery" {
  type        = string
  default     = "auto"
  description = "Whether the function may find the identity domains of the tenancy: yes, no, or auto (yes if domain_urls is empty)."

  validation {
    condition     = contains(["auto", "yes", "no"], var.allow_discovery)
    error_message = "allow_discovery must be auto, yes or no."
  }
}

variable "allow_tenancy_name" {
  type        = bool
  default     = true
  description = "Whether the function may read the tenancy's name, if tenancy_name is empty. Has no effect if the function may find domains, which needs the same permission."
}

variable "allow_audit_events" {
  type        = bool
  default     = false
  description = "Whether the function may read all audit events of the tenancy, for last_use. IAM has no narrower permission: audit events name the callers, addresses and resources of every request."
}

variable "allow_reports" {
  type        = bool
  default     = true
  description = "Whether the function may create and read reports below object_prefix."
}

variable "allow_list_bucket" {
  type        = bool
  default     = true
  description = "Whether the function may list the bucket's objects, to find the run to compare with."
}

variable "allow_exceptions" {
  type        = bool
  default     = true
  description = "Whether the function may read exceptions_object, if it is set."
}

variable "allow_publish" {
  type        = bool
  default     = true
  description = "Whether the function may publish to the topics of the digest's compartment."
}

variable "allow_metrics" {
  type        = bool
  default     = true
  description = "Whether the function may post metrics to metrics_namespace."
}

variable "allow_hub" {
  type        = bool
  default     = true
  description = "Whether the function may store objects in the hub, and read those of all tenancies if it makes the overview."
}

variable "allow_holder_mail" {
  type        = bool
  default     = true
  description = "Whether the function may send mails by the approved senders of the sender's compartment, if holder_mail is now or week."
}

variable "allow_schedule" {
  type        = string
  default     = "invoke"
  description = "Permission of the schedule on the function: invoke, invoke-and-read, manage or none. The value manage covers all functions of the compartment, as in Oracle's examples."

  validation {
    condition     = contains(["invoke", "invoke-and-read", "manage", "none"], var.allow_schedule)
    error_message = "allow_schedule must be invoke, invoke-and-read, manage or none."
  }
}

variable "allow_lifecycle" {
  type        = bool
  default     = true
  description = "Whether Object Storage may delete reports after report_lifetime_days. The rule cannot be created without this permission."
}

variable "allow_bucket_key" {
  type        = bool
  default     = true
  description = "Whether Object Storage may use the keys of bucket_kms_key_ocid and former_bucket_kms_key_ocids, if any."
}

variable "allow_faas_repositories" {
  type        = bool
  default     = false
  description = "Whether Functions may read the image's repository. Older instructions require this; it may not be needed."
}

variable "allow_faas_network" {
  type        = bool
  default     = false
  description = "Whether Functions may use the compartment's networks. Older instructions require this; it may not be needed."
}

# --- only for the form of Resource Manager, which looks for networks and keys by them ---

variable "show_advanced_settings" {
  type        = bool
  default     = false
  description = "Whether the form shows everything else. It has no other effect."
}

variable "network_compartment_ocid" {
  type        = string
  default     = ""
  nullable    = false
  description = "Compartment in which the form looks for your network. It has no other effect."

  validation {
    condition     = var.network_compartment_ocid == "" || can(regex("^ocid1\\.(compartment|tenancy)\\.", var.network_compartment_ocid))
    error_message = "network_compartment_ocid must be the OCID of a compartment, or empty."
  }
}

variable "vcn_ocid" {
  type        = string
  default     = ""
  nullable    = false
  description = "Network (VCN) in which the form looks for your subnet. It has no other effect."

  validation {
    condition     = var.vcn_ocid == "" || can(regex("^ocid1\\.vcn\\.", var.vcn_ocid))
    error_message = "vcn_ocid must be the OCID of a VCN, or empty."
  }
}

variable "vault_ocid" {
  type        = string
  default     = ""
  nullable    = false
  description = "Vault in which the form looks for your key. It has no other effect."

  validation {
    condition     = var.vault_ocid == "" || can(regex("^ocid1\\.vault\\.", var.vault_ocid))
    error_message = "vault_ocid must be the OCID of a vault, or empty."
  }
}
