# Values that variables refuse, all at once. A listed variable that accepts its value fails the test. .ci/terraform checks
# that no variable is missing here.

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

run "every_variable_refuses_a_bad_value" {
  command = plan

  variables {
    tenancy_ocid                         = "ocid1.compartment.oc1..security"
    compartment_ocid                     = "security"
    region                               = "FRA"
    home_region                          = "Phoenix"
    name                                 = "Credential Audit"
    freeform_tags                        = { "" = "value" }
    defined_tags                         = { CostCenter = "42" }
    function_image                       = "credential-audit"
    function_image_digest                = "0123456789abcdef"
    function_architecture                = "amd64"
    function_memory_in_mbs               = 500
    function_timeout_in_seconds          = 301
    function_detached_timeout_in_seconds = 3601
    image_signing_key_ocids              = ["signing"]
    repository_name                      = "Credential-Audit"
    network_compartment_ocid             = "ocid1.vcn.oc1.eu-frankfurt-1.vcn"
    vcn_ocid                             = "ocid1.subnet.oc1.eu-frankfurt-1.subnet"
    vault_ocid                           = "ocid1.key.oc1.eu-frankfurt-1.key"
    subnet_ocid                          = "ocid1.vcn.oc1.eu-frankfurt-1.vcn"
    network_security_group_ocids         = ["ocid1.subnet.oc1.eu-frankfurt-1.subnet"]
    vcn_cidr                             = "10.90.0.0/30"
    bucket_name                          = "credential audit"
    bucket_kms_key_ocid                  = "ocid1.vault.oc1.eu-frankfurt-1.vault"
    bucket_kms_key_compartment_ocid      = "vaults"
    former_bucket_kms_key_ocids          = ["reports"]
    retention_days                       = -1
    report_lifetime_days                 = 40
    digest_emails                        = ["team@example.com", "team@example.com"]
    operator_emails                      = ["duty at example.com"]
    topic_compartment_ocid               = "topics"
    schedule_time                        = "6:00"
    schedule_cron                        = "0 6 * *"
    schedule_time_zone                   = "CET+1"
    schedule_body                        = "{\"dry_run\":true}"
    what_if_schedule_cron                = "0 6 1 *"
    what_if_schedule_days                = 0
    check_schedule_cron                  = "* 7 * * 1"
    shards                               = 65
    fleet_schedule_cron                  = "* 9 * * *"
    log_retention_days                   = 45
    metric_alarm_topic_ocid              = "pagerduty"
    domain_urls                          = ["http://idcs-0a1b.identity.oraclecloud.com"]
    object_prefix                        = "/reports"
    rotation_days                        = 0
    warning_days                         = 7.5
    rotation_days_by_type                = { api_key = 90 }
    warning_days_by_type                 = { api_keys = -1 }
    credential_types                     = ["passwords"]
    admin_groups                         = ["Administrators"]
    activity                             = "sometimes"
    last_use                             = "yes"
    logging_search_endpoint              = "logging.example.com"
    reports                              = ["pdf"]
    notify                               = "daily"
    digest_weekday                       = "mon"
    digest_names                         = "hidden"
    digest_rows                          = 0
    tenancy_name                         = "acme\nprod"
    console_url                          = "https://cloud.oracle.com/?region=us-ashburn-1"
    proxy_url                            = "proxy.example.com"
    no_proxy                             = ["two hosts"]
    exceptions_object                    = "/exceptions.json"
    exceptions_bucket                    = "accepted/2026"
    exceptions_compartment_ocid          = "accepted"
    rate_limit                           = "20"
    fleet_tenancies                      = ["acme-prod"]
    allowed_domain_hosts                 = ["*.example.com"]
    identity_endpoint                    = "identity.example.com"
    object_storage_endpoint              = "http://objects.example.com"
    notifications_endpoint               = "https://notifications.example.com/v1"
    hub_bucket                           = "fleet/hub"
    hub_namespace                        = "fleet hub"
    hub_prefix                           = "fleet"
    hub_tenancy_ocid                     = "ocid1.compartment.oc1..hub"
    hub_compartment_ocid                 = "hub"
    metrics_namespace                    = "credential-audit"
    owner_from                           = "owner"
    owner_topic_compartment_ocids        = ["payments"]
    holder_mail                          = "on"
    holder_mail_sender                   = "Audit <audit@example.com>"
    holder_mail_compartment_ocid         = "root"
    holder_mail_contact                  = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    holder_mail_domains                  = ["@example.com"]
    email_endpoint                       = "http://email.example.com"
    monitoring_endpoint                  = "https://monitoring.example.com/20180401"
    log_level                            = "verbose"
    iam_subject                          = "instance"
    allow_credentials                    = "read"
    audited_domain_ocids                 = ["https://idcs-0a1b.identity.oraclecloud.com"]
    allow_discovery                      = "maybe"
    allow_schedule                       = "all"
  }

  expect_failures = [
    var.tenancy_ocid,
    var.compartment_ocid,
    var.region,
    var.home_region,
    var.name,
    var.freeform_tags,
    var.defined_tags,
    var.function_image,
    var.function_image_digest,
    var.function_architecture,
    var.function_memory_in_mbs,
    var.function_timeout_in_seconds,
    var.function_detached_timeout_in_seconds,
    var.image_signing_key_ocids,
    var.repository_name,
    var.network_compartment_ocid,
    var.vcn_ocid,
    var.vault_ocid,
    var.subnet_ocid,
    var.network_security_group_ocids,
    var.vcn_cidr,
    var.bucket_name,
    var.bucket_kms_key_ocid,
    var.bucket_kms_key_compartment_ocid,
    var.former_bucket_kms_key_ocids,
    var.retention_days,
    var.report_lifetime_days,
    var.digest_emails,
    var.operator_emails,
    var.topic_compartment_ocid,
    var.schedule_time,
    var.schedule_cron,
    var.schedule_time_zone,
    var.schedule_body,
    var.what_if_schedule_cron,
    var.what_if_schedule_days,
    var.check_schedule_cron,
    var.shards,
    var.fleet_schedule_cron,
    var.log_retention_days,
    var.metric_alarm_topic_ocid,
    var.domain_urls,
    var.object_prefix,
    var.rotation_days,
    var.warning_days,
    var.rotation_days_by_type,
    var.warning_days_by_type,
    var.credential_types,
    var.admin_groups,
    var.activity,
    var.last_use,
    var.logging_search_endpoint,
    var.reports,
    var.notify,
    var.digest_weekday,
    var.digest_names,
    var.digest_rows,
    var.tenancy_name,
    var.console_url,
    var.proxy_url,
    var.no_proxy,
    var.exceptions_object,
    var.exceptions_bucket,
    var.exceptions_compartment_ocid,
    var.rate_limit,
    var.fleet_tenancies,
    var.allowed_domain_hosts,
    var.identity_endpoint,
    var.object_storage_endpoint,
    var.notifications_endpoint,
    var.hub_bucket,
    var.hub_namespace,
    var.hub_prefix,
    var.hub_tenancy_ocid,
    var.hub_compartment_ocid,
    var.metrics_namespace,
    var.owner_from,
    var.owner_topic_compartment_ocids,
    var.holder_mail,
    var.holder_mail_sender,
    var.holder_mail_compartment_ocid,
    var.holder_mail_contact,
    var.holder_mail_domains,
    var.email_endpoint,
    var.monitoring_endpoint,
    var.log_level,
    var.iam_subject,
    var.allow_credentials,
    var.audited_domain_ocids,
    var.allow_discovery,
    var.allow_schedule,
  ]
}

run "some_refuse_a_second_bad_value" {
  command = plan

  variables {
    schedule_body                = "[]"
    schedule_cron                = "* * * * *"
    object_prefix                = "reports"
    vcn_cidr                     = "2001:db8::/24"
    function_timeout_in_seconds  = 29
    retention_days               = 1.5
    rate_limit                   = "0/150"
    digest_emails                = ["nobody"]
    network_security_group_ocids = [for number in range(5) : "ocid1.networksecuritygroup.oc1.eu-frankfurt-1.own${number}"]
    function_image               = "registry.example/axaxnpcrorw5/credential-audit"
    domain_urls                  = ["https://idcs-0a1b.identity.oraclecloud.com/ui/v1"]
  }

  expect_failures = [
    var.schedule_body,
    var.schedule_cron,
    var.object_prefix,
    var.vcn_cidr,
    var.function_timeout_in_seconds,
    var.retention_days,
    var.rate_limit,
    var.digest_emails,
    var.network_security_group_ocids,
    var.function_image,
    var.domain_urls,
  ]
}

run "some_refuse_a_third_bad_value" {
  command = plan

  variables {
    schedule_body = "tomorrow"
    object_prefix = "reports/../"
    vcn_cidr      = "10.90.0.0"
    schedule_cron = "60 24 * * *"
    schedule_time = "24:00"
  }

  expect_failures = [
    var.schedule_body,
    var.object_prefix,
    var.vcn_cidr,
    var.schedule_cron,
    var.schedule_time,
  ]
}

run "some_refuse_a_fourth_bad_value" {
  command = plan

  variables {
    object_prefix = "it's/"
  }

  expect_failures = [
    var.object_prefix,
  ]
}

# What the function refuses at every call. tests/run/function/failures.rs has the same values.

run "function_refuses_these_names_and_numbers" {
  command = plan

  variables {
    bucket_name             = ".."
    exceptions_object       = "config/../exceptions.json"
    exceptions_bucket       = "."
    rate_limit              = "20/4294967296"
    domain_urls             = ["https://idcs-0a1b.identity.oraclecloud.com:65536"]
    object_storage_endpoint = "https://objects.example.com:0"
    notifications_endpoint  = "https://10.0.0.256"
    identity_endpoint       = "https://identity.{Region}.example.com"
    logging_search_endpoint = "https://logging.{Region}.example.com"
    schedule_body           = "{\"audit\":{\"dryrun\":true}}"
  }

  expect_failures = [
    var.bucket_name,
    var.exceptions_object,
    var.exceptions_bucket,
    var.rate_limit,
    var.domain_urls,
    var.object_storage_endpoint,
    var.notifications_endpoint,
    var.identity_endpoint,
    var.logging_search_endpoint,
    var.schedule_body,
  ]
}

run "function_refuses_these_urls" {
  command = plan

  variables {
    bucket_name             = "https://objectstorage.eu-frankfurt-1.oraclecloud.com/n/axaxnpcrorw5/b/reports"
    exceptions_bucket       = "\"exceptions\""
    exceptions_object       = "./exceptions.json"
    rate_limit              = "4294967296/1"
    domain_urls             = ["https://idcs-0a1b..identity.oraclecloud.com"]
    object_storage_endpoint = "https://objects.example.123"
    notifications_endpoint  = "https://-"
    schedule_body           = "{\"audit\":{\"as_of\":\"tomorrow\"}}"
  }

  expect_failures = [
    var.bucket_name,
    var.exceptions_bucket,
    var.exceptions_object,
    var.rate_limit,
    var.domain_urls,
    var.object_storage_endpoint,
    var.notifications_endpoint,
    var.schedule_body,
  ]
}

run "function_refuses_schedule_body_1" {
  command = plan

  variables {
    schedule_body = "{\"audit\":null}"
  }

  expect_failures = [
    var.schedule_body,
  ]
}

run "function_refuses_schedule_body_2" {
  command = plan

  variables {
    schedule_body = "{\"audit\":[]}"
  }

  expect_failures = [
    var.schedule_body,
  ]
}

run "function_refuses_schedule_body_3" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"dry_run\":\"true\"}}"
  }

  expect_failures = [
    var.schedule_body,
  ]
}

run "function_refuses_schedule_body_4" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"check\":\"Send\"}}"
  }

  expect_failures = [
    var.schedule_body,
  ]
}

run "function_refuses_schedule_body_5" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"check\":true,\"dry_run\":true}}"
  }

  expect_failures = [
    var.schedule_body,
  ]
}

run "function_refuses_schedule_body_6" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"check\":\"send\",\"as_of\":\"2026-12-31T00:00:00Z\"}}"
  }

  expect_failures = [
    var.schedule_body,
  ]
}

run "function_refuses_schedule_body_7" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"as_of\":\"1969-12-31T00:00:00Z\"}}"
  }

  expect_failures = [
    var.schedule_body,
  ]
}

run "function_refuses_schedule_body_8" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"as_of\":17}}"
  }

  expect_failures = [
    var.schedule_body,
  ]
}

run "function_refuses_schedule_body_9" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"credential_types\":[]}}"
  }

  expect_failures = [
    var.schedule_body,
  ]
}

run "function_refuses_schedule_body_10" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"credential_types\":[\"passwords\"]}}"
  }

  expect_failures = [
    var.schedule_body,
  ]
}

run "function_refuses_schedule_body_11" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"credential_types\":\"api_keys\"}}"
  }

  expect_failures = [
    var.schedule_body,
  ]
}

run "function_refuses_schedule_body_12" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"domain_urls\":[]}}"
  }

  expect_failures = [
    var.schedule_body,
  ]
}

run "function_refuses_schedule_body_13" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"domain_urls\":[\"idcs-0a1b.identity.oraclecloud.com\"]}}"
  }

  expect_failures = [
    var.schedule_body,
  ]
}

run "function_refuses_schedule_body_14" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"dry_run\":true,\"dry_run\":false}}"
  }

  expect_failures = [
    var.schedule_body,
  ]
}

run "function_refuses_schedule_body_15" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{},\"audit\":{}}"
  }

  expect_failures = [
    var.schedule_body,
  ]
}

run "function_refuses_schedule_body_16" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"as_of\":\"1970-01-01T00:30:00+01:00\"}}"
  }

  expect_failures = [
    var.schedule_body,
  ]
}

run "function_refuses_schedule_body_17" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"as_of\":\"9999-12-31T23:30:00-02:00\"}}"
  }

  expect_failures = [
    var.schedule_body,
  ]
}

run "function_refuses_schedule_body_18" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"as_of\":\"2026-06-30T00:00:00+24:00\"}}"
  }

  expect_failures = [
    var.schedule_body,
  ]
}

run "function_refuses_schedule_body_19" {
  command = plan

  variables {
    schedule_body = jsonencode({ audit = { domain_urls = [for number in range(1001) : "https://idcs-${number}.identity.oraclecloud.com"] } })
  }

  expect_failures = [
    var.schedule_body,
  ]
}

run "function_refuses_schedule_body_20" {
  command = plan

  variables {
    schedule_body = jsonencode({ audit = { domain_urls = ["https://idcs-${join("", [for number in range(59) : "7"])}.identity.oraclecloud.com"] } })
  }

  expect_failures = [
    var.schedule_body,
  ]
}

run "function_refuses_as_of_on_no_date" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"as_of\":\"2026-02-30\"}}"
  }

  expect_failures = [var.schedule_body]
}

run "function_refuses_as_of_in_weeks" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"as_of\":\"+4w\"}}"
  }

  expect_failures = [var.schedule_body]
}

run "function_refuses_days_from_now_of_five_digits" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"as_of\":\"+10000d\"}}"
  }

  expect_failures = [var.schedule_body]
}

run "function_refuses_days_from_now_without_a_sign" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"as_of\":\"30d\"}}"
  }

  expect_failures = [var.schedule_body]
}

run "function_accepts_a_date_alone" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"as_of\":\"2026-12-31\"}}"
  }
}

run "function_accepts_days_from_now" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"as_of\":\"-7d\"}}"
  }
}

run "function_refuses_labels_of_64_characters" {
  command = plan

  variables {
    region               = "${join("", [for number in range(58) : "x"])}-new-1"
    domain_urls          = ["https://${join("", [for number in range(64) : "x"])}.identity.oraclecloud.com"]
    allowed_domain_hosts = ["${join("", [for number in range(64) : "x"])}.example.com"]
  }

  expect_failures = [
    var.region,
    var.domain_urls,
    var.allowed_domain_hosts,
  ]
}

run "function_accepts_the_limits" {
  command = plan

  variables {
    schedule_body = jsonencode({ audit = {
      as_of       = "9999-12-31T22:59:59.999-01:00"
      domain_urls = [for number in range(1000) : "https://idcs-${number}.identity.oraclecloud.com"]
    } })
    allowed_domain_hosts = ["${join("", [for number in range(63) : "x"])}.example.com"]
    domain_urls          = ["https://idcs-${join("", [for number in range(58) : "x"])}.identity.oraclecloud.com"]
  }

  assert {
    condition     = length(local.refused_domain_hosts) == 0
    error_message = "Refused: ${join(", ", local.refused_domain_hosts)}."
  }
}

run "shard_zero_is_refused" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"shard\":\"0/8\"}}"
  }

  expect_failures = [var.schedule_body]
}

run "shard_beyond_the_last_is_refused" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"shard\":\"9/8\"}}"
  }

  expect_failures = [var.schedule_body]
}

run "too_many_shards_is_refused" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"shard\":\"1/65\"}}"
  }

  expect_failures = [var.schedule_body]
}

run "shard_with_a_leading_zero_is_refused" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"shard\":\"02/8\"}}"
  }

  expect_failures = [var.schedule_body]
}

run "check_of_a_shard_is_refused" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"check\":true,\"shard\":\"2/8\"}}"
  }

  expect_failures = [var.schedule_body]
}

run "fleet_as_text_is_refused" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"fleet\":\"true\"}}"
  }

  expect_failures = [var.schedule_body]
}

run "fleet_of_another_time_is_refused" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"fleet\":true,\"as_of\":\"+30d\"}}"
  }

  expect_failures = [var.schedule_body]
}

run "shard_can_be_scheduled" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"shard\":\"64/64\"}}"
  }

  assert {
    condition     = oci_resource_scheduler_schedule.this.resources[0].parameters[0].value == tolist(["{\"audit\":{\"shard\":\"64/64\"}}"])
    error_message = "As it is."
  }
}

run "overview_can_be_scheduled" {
  command = plan

  variables {
    schedule_body = "{\"audit\":{\"fleet\":true,\"dry_run\":true}}"
  }

  assert {
    condition     = oci_resource_scheduler_schedule.this.resources[0].parameters[0].value == tolist(["{\"audit\":{\"fleet\":true,\"dry_run\":true}}"])
    error_message = "As it is."
  }
}
