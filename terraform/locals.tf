locals {
  home_region = (
    var.home_region != ""
    ? var.home_region
    : one([for region in data.oci_identity_region_subscriptions.these[0].region_subscriptions : region.region_name if region.is_home_region])
  )

  creates_network = var.subnet_ocid == ""

  # Resources that the services refuse without a policy wait for this. With create_iam = false, iam_ready confirms it.
  iam_in_force = var.create_iam || var.iam_ready

  # The key of the bucket; empty for Oracle's.
  bucket_key = local.iam_in_force ? var.bucket_kms_key_ocid : ""

  topic_compartment = coalesce(var.topic_compartment_ocid, var.compartment_ocid)

  exceptions = var.exceptions_object == "" ? null : {
    object      = var.exceptions_object
    bucket      = coalesce(var.exceptions_bucket, oci_objectstorage_bucket.reports.name)
    compartment = coalesce(var.exceptions_compartment_ocid, var.compartment_ocid)
  }

  credential_types = ["api_keys", "auth_tokens", "customer_secret_keys", "db_credentials", "oauth2_client_credentials", "smtp_credentials"]

  # The ages that the function applies: without a warning age, 15 days before the rotation age, or five sixths of it.
  warning_days = coalesce(var.warning_days, var.rotation_days >= 30 ? var.rotation_days - 15 : floor(var.rotation_days * 5 / 6))

  # The ages of each type: its own, else the general ones.
  ages = { for type in local.credential_types : type => {
    rotation = lookup(var.rotation_days_by_type, type, var.rotation_days)
    warning = lookup(
      merge(
        { for own, days in var.rotation_days_by_type : own => days >= 30 ? days - 15 : floor(days * 5 / 6) },
        var.warning_days_by_type,
      ),
      type,
      local.warning_days,
    )
  } }

  # Domains of the realms, as in src/oci/regions.rs.
  realm_domains = {
    oc1  = "oraclecloud.com"
    oc2  = "oraclegovcloud.com"
    oc3  = "oraclegovcloud.com"
    oc4  = "oraclegovcloud.uk"
    oc8  = "oraclecloud8.com"
    oc9  = "oraclecloud9.com"
    oc10 = "oraclecloud10.com"
    oc14 = "oraclecloud14.com"
    oc15 = "oraclecloud15.com"
    oc19 = "oraclecloud.eu"
    oc20 = "oraclecloud20.com"
    oc21 = "oraclecloud21.com"
    oc23 = "oraclecloud23.com"
    oc24 = "oraclecloud24.com"
    oc26 = "oraclecloud26.com"
    oc29 = "oraclecloud29.com"
    oc35 = "oraclecloud35.com"
    oc42 = "oraclecloud42.com"
    oc51 = "oraclecloud51.com"
    oc52 = "oraclecloud52.com"
  }

  # The hosts that the function sends signed requests to, as in src/oci/hosts.rs: those of the realm's identity domains, and
  # allowed_domain_hosts. The domain of an unknown realm is not checked.
  realm_domain          = lookup(local.realm_domains, split(".", var.tenancy_ocid)[2], "")
  identity_domain_host  = "^idcs-[a-z0-9-]+\\.([a-z0-9-]+-idcs-[0-9]+\\.identity\\.[a-z0-9-]+\\.oci|identity)\\.${local.realm_domain == "" ? "[a-z0-9.-]+" : replace(local.realm_domain, ".", "\\.")}$"
  scheduled_domain_urls = try(tolist(jsondecode(var.schedule_body).audit.domain_urls), [])
  domain_hosts          = [for url in concat(var.domain_urls, local.scheduled_domain_urls) : lower(split("/", split(":", trimprefix(url, "https://"))[0])[0])]
  refused_domain_hosts = [for host in distinct(local.domain_hosts) : host if !(
    can(regex(local.identity_domain_host, host))
    || anytrue([for allowed in var.allowed_domain_hosts : host == lower(allowed) || endswith(host, ".${lower(allowed)}")])
  )]

  # Every day at the hour and the minute of schedule_time, unless a cron expression says otherwise.
  schedule_cron = var.schedule_cron != "" ? var.schedule_cron : format("%d %d * * *", tonumber(substr(var.schedule_time, 3, 2)), tonumber(substr(var.schedule_time, 0, 2)))

  # Schedules beside the daily one, each with a body of its own.
  further_schedules = merge(
    var.what_if_schedule_enabled ? {
      what-if = {
        cron        = var.what_if_schedule_cron
        body        = jsonencode({ audit = { as_of = "+${var.what_if_schedule_days}d" } })
        description = "Asks credential-audit what will be overdue in ${var.what_if_schedule_days} days"
      }
    } : {},
    var.check_schedule_enabled ? {
      check = {
        cron        = var.check_schedule_cron
        body        = jsonencode({ audit = { check = "send" } })
        description = "Checks every request of credential-audit"
      }
    } : {},
    { for number in range(1, var.shards == 1 ? 1 : var.shards + 1) : "shard-${number}-of-${var.shards}" => {
      cron        = join(" ", concat([tostring(floor((number - 1) * 60 / var.shards))], slice(local.daily, 1, 5)))
      body        = jsonencode({ audit = { shard = "${number}/${var.shards}" } })
      description = "Runs shard ${number} of ${var.shards} of credential-audit"
    } },
    local.makes_overview ? {
      fleet = {
        cron        = var.fleet_schedule_enabled ? var.fleet_schedule_cron : join(" ", concat(["0", tostring(try(tonumber(local.daily[1]) + 2, 0))], slice(local.daily, 2, 5)))
        body        = jsonencode({ audit = { fleet = true } })
        description = "Makes the overview of what credential-audit stored in the hub"
      }
    } : {},
  )

  # The fields of the daily schedule. Shards are spread over its hour, and the overview follows two hours later: a detached run
  # takes an hour at most.
  daily = split(" ", local.schedule_cron)

  # The hub. Shards need one, because only the overview of them all publishes a digest.
  hub_bucket     = var.hub_bucket == "" && var.shards > 1 ? oci_objectstorage_bucket.reports.name : var.hub_bucket
  hub_is_foreign = !contains(["", var.tenancy_ocid], var.hub_tenancy_ocid)
  # The prefixes of the bucket for reports to which the function writes.
  prefixes = distinct(concat([var.object_prefix], local.hub_bucket == oci_objectstorage_bucket.reports.name && !local.hub_is_foreign ? [var.hub_prefix] : []))

  makes_overview = local.hub_bucket != "" && !local.hub_is_foreign && (var.shards > 1 || var.fleet_schedule_enabled)

  # Configuration of the function, at most 4 KB. Settings that keep the function's default are not in it. The bucket's name
  # is the resource's, here and in the function's statements, so that they wait for a bucket of another name. A bucket with
  # reports cannot be deleted, so that bucket is never made. When these were the variable's, function and policy already
  # named it after the failed apply.
  settings = merge(
    { for name, value in {
      AUDIT_DOMAIN_URLS             = join(",", var.domain_urls)
      AUDIT_BUCKET                  = oci_objectstorage_bucket.reports.name
      AUDIT_BUCKET_NAMESPACE        = data.oci_objectstorage_namespace.this.namespace
      AUDIT_OBJECT_PREFIX           = var.object_prefix
      AUDIT_ROTATION_DAYS           = tostring(var.rotation_days)
      AUDIT_WARNING_DAYS            = var.warning_days == null ? "" : tostring(var.warning_days)
      AUDIT_CREDENTIAL_TYPES        = join(",", var.credential_types)
      AUDIT_ADMIN_GROUPS            = join(",", var.admin_groups)
      AUDIT_ACTIVITY                = var.activity
      AUDIT_LAST_USE                = var.last_use == "off" ? "" : var.last_use
      AUDIT_REPORTS                 = join(",", var.reports)
      AUDIT_CSV_BOM                 = var.csv_bom ? "true" : ""
      AUDIT_NOTIFY                  = var.notify
      AUDIT_DIGEST_WEEKDAY          = var.digest_weekday
      AUDIT_DIGEST_NAMES            = var.digest_names
      AUDIT_DIGEST_ROWS             = tostring(var.digest_rows)
      AUDIT_TENANCY_NAME            = var.tenancy_name
      AUDIT_CONSOLE_URL             = var.console_url
      AUDIT_EXCEPTIONS_OBJECT       = var.exceptions_object
      AUDIT_EXCEPTIONS_BUCKET       = var.exceptions_bucket
      AUDIT_RATE_LIMIT              = var.rate_limit
      AUDIT_ALLOWED_DOMAIN_HOSTS    = join(",", var.allowed_domain_hosts)
      AUDIT_IDENTITY_ENDPOINT       = var.identity_endpoint
      AUDIT_OBJECT_STORAGE_ENDPOINT = var.object_storage_endpoint
      AUDIT_NOTIFICATIONS_ENDPOINT  = var.notifications_endpoint
      AUDIT_HUB_NAMESPACE           = var.hub_namespace
      AUDIT_HUB_BUCKET              = local.hub_bucket
      AUDIT_HUB_PREFIX              = local.hub_bucket == "" ? "" : var.hub_prefix
      AUDIT_METRICS_NAMESPACE       = var.metrics_namespace
      AUDIT_MONITORING_ENDPOINT     = var.monitoring_endpoint
      AUDIT_OWNER_FROM              = var.owner_from
      AUDIT_FLEET_TENANCIES         = join(",", var.fleet_tenancies)
      AUDIT_HOLDER_MAIL             = var.holder_mail == "off" ? "" : var.holder_mail
      AUDIT_HOLDER_MAIL_SENDER      = var.holder_mail_sender
      AUDIT_HOLDER_MAIL_COMPARTMENT = var.holder_mail == "off" ? "" : local.mail_compartment
      AUDIT_HOLDER_MAIL_CONTACT     = var.holder_mail_contact
      AUDIT_HOLDER_MAIL_DOMAINS     = join(",", var.holder_mail_domains)
      AUDIT_EMAIL_ENDPOINT          = var.email_endpoint
      AUDIT_LOGGING_SEARCH_ENDPOINT = var.logging_search_endpoint
      AUDIT_LOG_LEVEL               = var.log_level
      HTTPS_PROXY                   = var.proxy_url
      NO_PROXY                      = join(",", var.no_proxy)
    } : name => value if value != "" },
    { for type, days in var.rotation_days_by_type : "AUDIT_ROTATION_DAYS_${upper(type)}" => tostring(days) },
    { for type, days in var.warning_days_by_type : "AUDIT_WARNING_DAYS_${upper(type)}" => tostring(days) },
  )

  # The compartment of the approved sender.
  mail_compartment = var.holder_mail_compartment_ocid == "" ? var.compartment_ocid : var.holder_mail_compartment_ocid

  # Computed before the topic exists, so that a configuration that is too long fails the plan. An OCID has at most 255
  # bytes. Base64 has four characters per three bytes, and an equals sign per byte missing from the last three.
  settings_base64 = base64encode(join("", flatten([for name, value in local.settings : [name, value]])))
  settings_bytes  = length(local.settings_base64) / 4 * 3 - length(regexall("=", local.settings_base64)) + length("AUDIT_TOPIC_ID") + 255

  tags = {
    freeform = merge({ "managed-by" = "terraform", "application" = "credential-audit" }, var.freeform_tags)
    defined  = var.defined_tags
  }
}
