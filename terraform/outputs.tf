output "unconfirmed_subscriptions" {
  description = "Addresses that have not confirmed their subscription yet, as of the last apply or refresh. They receive nothing until somebody follows the link in the e-mail."
  value = sort(concat(
    [for address, subscription in oci_ons_subscription.digest : "${address} (digest)" if subscription.state != "ACTIVE"],
    [for address, subscription in oci_ons_subscription.operators : "${address} (operators)" if subscription.state != "ACTIVE"],
  ))
}

output "first_check" {
  description = "Run this first: it checks every request of a run, and names missing statements. It stores one object and sends one e-mail headed TEST."
  value       = "oci fn function invoke --region ${var.region} --function-id ${oci_functions_function.this.id} --body '{\"audit\":{\"check\":\"send\"}}' --file -"
}

output "first_check_windows_powershell" {
  description = "The first check in Windows PowerShell 5, which removes double quotes that have no backslash. PowerShell 7.3 and later run first_check."
  value       = "oci fn function invoke --region ${var.region} --function-id ${oci_functions_function.this.id} --body '{\\\"audit\\\":{\\\"check\\\":\\\"send\\\"}}' --file -"
}

output "first_test" {
  description = "Run this next: a complete run with reports and digest. The call is detached, like the schedule's: a synchronous caller that gives up ends the run."
  value       = "oci fn function invoke --region ${var.region} --function-id ${oci_functions_function.this.id} --fn-invoke-type detached --body '{}' --file -"
}

output "reports" {
  description = "Location of the reports, and the command that lists them."
  value = {
    namespace = data.oci_objectstorage_namespace.this.namespace
    bucket    = oci_objectstorage_bucket.reports.name
    prefix    = var.object_prefix
    list      = "oci os object list --region ${var.region} --namespace-name ${data.oci_objectstorage_namespace.this.namespace} --bucket-name ${oci_objectstorage_bucket.reports.name} --prefix ${var.object_prefix}"
  }
}

output "iam_dynamic_group" {
  description = "The dynamic group. If create_iam is false, someone else must create it in the Default domain. The output is null if policies name the function itself."
  value       = local.dynamic_group
}

output "iam_statements" {
  description = "Policy statements, grouped by compartment. If create_iam is false, someone else must create them."
  value       = local.statements_by_compartment
}

output "hub_admit_statements" {
  description = "Statements for the root compartment of the hub's tenancy, if that is another one. Its administrator adds them; they let this function create objects below its own folder of the hub, and nothing else."
  value       = local.hub_admit_statements
}

output "function_ocid" {
  description = "OCID of the function."
  value       = oci_functions_function.this.id
}

output "function_settings" {
  description = "Configuration of the function."
  value       = oci_functions_function.this.config
}

output "approved_sender" {
  description = "Creates the approved sender of holder_mail_sender, if it does not exist. A sender outlives the stack, since other programs may send by it. The output is null if nobody is mailed."
  value       = contains(["now", "week"], var.holder_mail) ? "oci email sender create --region ${var.region} --compartment-id ${local.mail_compartment} --email-address ${var.holder_mail_sender}" : null
}

output "topic_ocids" {
  description = "OCIDs of the two topics."
  value = {
    digest    = oci_ons_notification_topic.digest.id
    operators = oci_ons_notification_topic.operators.id
  }
}

output "further_schedule_ocids" {
  description = "OCIDs of the schedules beside the daily one: what-if, check, shards and fleet, as far as they are enabled."
  value       = { for name, schedule in oci_resource_scheduler_schedule.further : name => schedule.id }
}

output "schedule_ocid" {
  description = "OCID of the schedule."
  value       = oci_resource_scheduler_schedule.this.id
}

output "log_ocid" {
  description = "OCID of the function's log."
  value       = oci_logging_log.invoke.id
}
