# The function's settings: all of them, and no others.

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

run "every_setting_can_be_set_and_no_others" {
  command = plan

  variables {
    domain_urls             = ["https://idcs-0a1b.identity.oraclecloud.com"]
    rotation_days           = 60
    warning_days            = 50
    rotation_days_by_type   = { api_keys = 31, auth_tokens = 32, customer_secret_keys = 33, db_credentials = 34, oauth2_client_credentials = 35, smtp_credentials = 36 }
    warning_days_by_type    = { api_keys = 21, auth_tokens = 22, customer_secret_keys = 23, db_credentials = 24, oauth2_client_credentials = 25, smtp_credentials = 26 }
    credential_types        = ["api_keys", "smtp_credentials"]
    admin_groups            = ["Default/Cloud Admins", "Dev/Operators"]
    activity                = "off"
    last_use                = "on"
    logging_search_endpoint = "https://logging.{region}.oci.example.com"
    reports                 = ["credentials", "html"]
    csv_bom                 = true
    notify                  = "findings"
    digest_weekday          = "thursday"
    digest_names            = "masked"
    digest_rows             = 25
    tenancy_name            = "Acme (prod)"
    console_url             = "https://console.example.com"
    exceptions_object       = "exceptions.json"
    exceptions_bucket       = "accepted"
    fleet_tenancies         = ["ocid1.tenancy.oc1..one", "ocid1.tenancy.oc1..two"]
    rate_limit              = "20/150"
    allowed_domain_hosts    = ["identity.example.com", "login.example.org"]
    identity_endpoint       = "https://identity.{region}.oci.example.com"
    object_storage_endpoint = "https://objects.example.com"
    notifications_endpoint  = "https://notifications.example.com"
    metrics_namespace       = "credential_audit"
    monitoring_endpoint     = "https://monitoring.example.com"
    owner_from              = "tag:owner"
    holder_mail             = "preview"
    holder_mail_sender      = "audit@example.com"
    holder_mail_contact     = "security@example.com"
    holder_mail_domains     = ["example.com", "example.org"]
    hub_bucket              = "fleet-hub"
    hub_namespace           = "hubnamespace"
    hub_prefix              = "all/"
    hub_tenancy_ocid        = "ocid1.tenancy.oc1..hub"
    email_endpoint          = "https://email.example.com"
    log_level               = "debug"
    proxy_url               = "http://user:p%40ss@proxy.example.com:3128"
    no_proxy                = ["example.com", "10.0.0.0/8"]
  }

  # Compared with the function's own table. AUDIT_EXTRA_CA_FILE names a file, and the image has none.
  assert {
    condition = toset(concat(keys(local.settings), ["AUDIT_TOPIC_ID"])) == setunion(["HTTPS_PROXY", "NO_PROXY"], setsubtract(
      toset(concat(
        flatten(regexall("pub const [A-Z_]+: &str = \"(AUDIT_[A-Z0-9_]+)\";", file("../src/env.rs"))),
        [for suffix in flatten(regexall("setting_suffix: \"([A-Z0-9_]+)\"", file("../src/credential_type.rs"))) : "AUDIT_ROTATION_DAYS_${suffix}"],
        [for suffix in flatten(regexall("setting_suffix: \"([A-Z0-9_]+)\"", file("../src/credential_type.rs"))) : "AUDIT_WARNING_DAYS_${suffix}"],
      )),
      ["AUDIT_EXTRA_CA_FILE"],
    ))
    error_message = "The stack and src/env.rs do not have the same settings. The stack sets: ${join(", ", keys(local.settings))}."
  }

  # If a regular expression matched nothing, the assertion above would compare too little.
  assert {
    condition = (
      length(regexall("pub const [A-Z_]+: &str = \"(AUDIT_[A-Z0-9_]+)\";", file("../src/env.rs"))) == length(regexall("(?m)^pub const [A-Z_]+: &str = \"AUDIT_", file("../src/env.rs")))
      && length(flatten(regexall("setting_suffix: \"([A-Z0-9_]+)\"", file("../src/credential_type.rs")))) == length(local.credential_types)
      && length(local.settings) >= 30
    )
    error_message = "src/env.rs or src/credential_type.rs is not written as this test expects."
  }

  assert {
    condition = local.settings == {
      AUDIT_ACTIVITY                                = "off"
      AUDIT_ADMIN_GROUPS                            = "Default/Cloud Admins,Dev/Operators"
      AUDIT_ALLOWED_DOMAIN_HOSTS                    = "identity.example.com,login.example.org"
      AUDIT_BUCKET                                  = "credential-audit-reports"
      AUDIT_BUCKET_NAMESPACE                        = "axaxnpcrorw5"
      AUDIT_CONSOLE_URL                             = "https://console.example.com"
      AUDIT_CREDENTIAL_TYPES                        = "api_keys,smtp_credentials"
      AUDIT_CSV_BOM                                 = "true"
      AUDIT_DIGEST_NAMES                            = "masked"
      AUDIT_DIGEST_ROWS                             = "25"
      AUDIT_DIGEST_WEEKDAY                          = "thursday"
      AUDIT_DOMAIN_URLS                             = "https://idcs-0a1b.identity.oraclecloud.com"
      AUDIT_EXCEPTIONS_BUCKET                       = "accepted"
      AUDIT_EXCEPTIONS_OBJECT                       = "exceptions.json"
      AUDIT_FLEET_TENANCIES                         = "ocid1.tenancy.oc1..one,ocid1.tenancy.oc1..two"
      AUDIT_EMAIL_ENDPOINT                          = "https://email.example.com"
      AUDIT_HOLDER_MAIL                             = "preview"
      AUDIT_HOLDER_MAIL_COMPARTMENT                 = "ocid1.compartment.oc1..security"
      AUDIT_HOLDER_MAIL_CONTACT                     = "security@example.com"
      AUDIT_HOLDER_MAIL_DOMAINS                     = "example.com,example.org"
      AUDIT_HOLDER_MAIL_SENDER                      = "audit@example.com"
      AUDIT_OWNER_FROM                              = "tag:owner"
      AUDIT_HUB_BUCKET                              = "fleet-hub"
      AUDIT_HUB_NAMESPACE                           = "hubnamespace"
      AUDIT_HUB_PREFIX                              = "all/"
      AUDIT_IDENTITY_ENDPOINT                       = "https://identity.{region}.oci.example.com"
      AUDIT_LAST_USE                                = "on"
      AUDIT_LOGGING_SEARCH_ENDPOINT                 = "https://logging.{region}.oci.example.com"
      AUDIT_LOG_LEVEL                               = "debug"
      AUDIT_METRICS_NAMESPACE                       = "credential_audit"
      AUDIT_MONITORING_ENDPOINT                     = "https://monitoring.example.com"
      AUDIT_NOTIFICATIONS_ENDPOINT                  = "https://notifications.example.com"
      AUDIT_NOTIFY                                  = "findings"
      AUDIT_OBJECT_PREFIX                           = "credential-audit/"
      AUDIT_OBJECT_STORAGE_ENDPOINT                 = "https://objects.example.com"
      AUDIT_RATE_LIMIT                              = "20/150"
      AUDIT_REPORTS                                 = "credentials,html"
      AUDIT_ROTATION_DAYS                           = "60"
      AUDIT_ROTATION_DAYS_API_KEYS                  = "31"
      AUDIT_ROTATION_DAYS_AUTH_TOKENS               = "32"
      AUDIT_ROTATION_DAYS_CUSTOMER_SECRET_KEYS      = "33"
      AUDIT_ROTATION_DAYS_DB_CREDENTIALS            = "34"
      AUDIT_ROTATION_DAYS_OAUTH2_CLIENT_CREDENTIALS = "35"
      AUDIT_ROTATION_DAYS_SMTP_CREDENTIALS          = "36"
      AUDIT_TENANCY_NAME                            = "Acme (prod)"
      AUDIT_WARNING_DAYS                            = "50"
      AUDIT_WARNING_DAYS_API_KEYS                   = "21"
      AUDIT_WARNING_DAYS_AUTH_TOKENS                = "22"
      AUDIT_WARNING_DAYS_CUSTOMER_SECRET_KEYS       = "23"
      AUDIT_WARNING_DAYS_DB_CREDENTIALS             = "24"
      AUDIT_WARNING_DAYS_OAUTH2_CLIENT_CREDENTIALS  = "25"
      AUDIT_WARNING_DAYS_SMTP_CREDENTIALS           = "26"
      HTTPS_PROXY                                   = "http://user:p%40ss@proxy.example.com:3128"
      NO_PROXY                                      = "example.com,10.0.0.0/8"
    }
    error_message = "Values of the settings."
  }
}

run "configuration_length_is_exact" {
  command = plan

  assert {
    # Names and values, which are ASCII, and space for the topic.
    condition     = local.settings_bytes == length(join("", flatten([for name, value in local.settings : [name, value]]))) + length("AUDIT_TOPIC_ID") + 255
    error_message = "The length of the configuration."
  }
}

run "too_long_configuration_fails_the_plan" {
  command = plan

  variables {
    domain_urls = [for number in range(80) : "https://idcs-00000000000000000000000000000${100 + number}.identity.oraclecloud.com:443"]
  }

  expect_failures = [oci_functions_function.this]
}

run "longest_configuration_passes" {
  command = plan

  variables {
    domain_urls = [for number in range(47) : "https://idcs-00000000000000000000000000000${100 + number}.identity.oraclecloud.com:443"]
  }

  assert {
    condition     = local.settings_bytes > 3900 && local.settings_bytes <= 4096
    error_message = "It has ${local.settings_bytes} bytes."
  }
}

run "warning_not_below_rotation_is_refused" {
  command = plan

  variables {
    warning_days = 90
  }

  expect_failures = [oci_functions_function.this]
}

run "warning_not_below_rotation_of_a_type_is_refused" {
  command = plan

  variables {
    rotation_days_by_type = { smtp_credentials = 60 }
    warning_days_by_type  = { smtp_credentials = 60 }
  }

  expect_failures = [oci_functions_function.this]
}

run "warning_follows_from_rotation" {
  command = plan

  variables {
    rotation_days         = 10
    rotation_days_by_type = { smtp_credentials = 60, auth_tokens = 29, api_keys = 30, db_credentials = 1 }
  }

  assert {
    condition = local.ages == {
      api_keys                  = { rotation = 30, warning = 15 }
      auth_tokens               = { rotation = 29, warning = 24 }
      customer_secret_keys      = { rotation = 10, warning = 8 }
      db_credentials            = { rotation = 1, warning = 0 }
      oauth2_client_credentials = { rotation = 10, warning = 8 }
      smtp_credentials          = { rotation = 60, warning = 45 }
    }
    error_message = jsonencode(local.ages)
  }
}

run "exceptions_below_the_prefix_are_refused" {
  command = plan

  variables {
    exceptions_object = "credential-audit/exceptions.json"
  }

  expect_failures = [oci_functions_function.this]
}

run "exceptions_below_the_prefix_of_the_named_bucket_are_refused" {
  command = plan

  variables {
    bucket_name       = "audit"
    object_prefix     = "reports/"
    exceptions_bucket = "audit"
    exceptions_object = "reports/2026/accepted.json"
  }

  expect_failures = [oci_functions_function.this]
}

run "exceptions_of_another_bucket_may_have_any_name" {
  command = plan

  variables {
    bucket_name       = "audit"
    object_prefix     = "reports/"
    exceptions_bucket = "Audit"
    exceptions_object = "reports/2026/accepted.json"
  }
}

run "general_warning_not_below_rotation_is_refused_even_if_no_type_has_it" {
  command = plan

  variables {
    rotation_days         = 60
    warning_days          = 60
    rotation_days_by_type = { api_keys = 90, auth_tokens = 90, customer_secret_keys = 90, db_credentials = 90, oauth2_client_credentials = 90, smtp_credentials = 90 }
    warning_days_by_type  = { api_keys = 75, auth_tokens = 75, customer_secret_keys = 75, db_credentials = 75, oauth2_client_credentials = 75, smtp_credentials = 75 }
  }

  expect_failures = [oci_functions_function.this]
}

run "hosts_that_the_function_accepts" {
  command = plan

  variables {
    allowed_domain_hosts = ["Identity.Example.com"]
    domain_urls = [
      "https://idcs-0a1b.identity.oraclecloud.com",
      "https://IDCS-0A1B.identity.OracleCloud.com:443/",
      "https://idcs-0a1b.fra-idcs-2.identity.eu-frankfurt-1.oci.oraclecloud.com",
      "https://identity.example.com",
      "https://a.b.identity.example.com:8443",
    ]
    schedule_body = "{\"audit\":{\"domain_urls\":[\"https://idcs-2c3d.identity.oraclecloud.com\"]}}"
  }

  assert {
    condition     = length(local.domain_hosts) == 6 && length(local.refused_domain_hosts) == 0
    error_message = "Refused: ${join(", ", local.refused_domain_hosts)}."
  }
}

run "hosts_of_another_realm_follow_the_tenancy" {
  command = plan

  variables {
    tenancy_ocid = "ocid1.tenancy.oc19..tenancy"
    domain_urls  = ["https://idcs-0a1b.identity.oraclecloud.eu"]
  }

  assert {
    condition     = length(local.refused_domain_hosts) == 0
    error_message = "Refused: ${join(", ", local.refused_domain_hosts)}."
  }
}

run "realms_are_those_of_the_function" {
  command = plan

  assert {
    condition     = local.realm_domains == { for realm in regexall("\\(\"(oc[0-9]+)\", \"([a-z0-9.]+)\"\\)", file("../src/oci/regions.rs")) : realm[0] => realm[1] }
    error_message = "locals.tf and src/oci/regions.rs do not have the same realms."
  }
}

run "exceptions_bucket_without_object_is_refused" {
  command = plan

  variables {
    exceptions_bucket = "accepted"
  }

  expect_failures = [oci_functions_function.this]
}

run "host_that_the_function_refuses_1" {
  command = plan

  variables {
    allowed_domain_hosts = ["sub.example.com"]
    domain_urls          = ["https://identity.oraclecloud.com"]
  }

  expect_failures = [oci_functions_function.this]
}

run "host_that_the_function_refuses_2" {
  command = plan

  variables {
    allowed_domain_hosts = ["sub.example.com"]
    domain_urls          = ["https://idcs-0a1b.identity.oraclegovcloud.com"]
  }

  expect_failures = [oci_functions_function.this]
}

run "host_that_the_function_refuses_3" {
  command = plan

  variables {
    allowed_domain_hosts = ["sub.example.com"]
    domain_urls          = ["https://idcs-0a1b.identity.oraclecloud.com.example.com"]
  }

  expect_failures = [oci_functions_function.this]
}

run "host_that_the_function_refuses_4" {
  command = plan

  variables {
    allowed_domain_hosts = ["sub.example.com"]
    domain_urls          = ["https://x.idcs-0a1b.identity.oraclecloud.com"]
  }

  expect_failures = [oci_functions_function.this]
}

run "host_that_the_function_refuses_5" {
  command = plan

  variables {
    allowed_domain_hosts = ["sub.example.com"]
    domain_urls          = ["https://notexample.com"]
  }

  expect_failures = [oci_functions_function.this]
}

run "host_that_the_function_refuses_6" {
  command = plan

  variables {
    allowed_domain_hosts = ["sub.example.com"]
    schedule_body        = "{\"audit\":{\"domain_urls\":[\"https://objectstorage.eu-frankfurt-1.oraclecloud.com\"]}}"
  }

  expect_failures = [oci_functions_function.this]
}
