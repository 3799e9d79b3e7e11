//! IAM policy statements that this program needs, ready to paste. Pure.
//!
//! The statements are those of the Terraform stack (`terraform/iam.tf`), with placeholders for the function's group and for
//! compartments.

use std::fmt;

use crate::place::Place;

/// Placeholder for the function's group.
const THE_FUNCTION: &str = "dynamic-group <the function's group>";

/// Placeholder for a group of the person who runs the command.
const THE_PERSON: &str = "group <your group>";

/// Note for a person who reads a statement on the command line.
pub const FOR_A_PERSON: &str = "`<your group>` is a group that you are a member of. Outside the Default domain, write '<domain>'/'<group>'.";

/// A permission that a run needs. Displayed as the statement that grants it to the function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// A permission in the tenancy, for users, credentials and domains: `read users`.
    InTenancy(&'static str),
    /// Create reports, and read those of earlier runs, without permission to overwrite or delete.
    StoreReports {
        /// Bucket for reports.
        bucket: String,
        /// Prefix of every object.
        prefix: String,
    },
    /// List the bucket, to find the previous run. A condition on an object name would deny every list request.
    ListReports {
        /// Bucket for reports.
        bucket: String,
    },
    /// Read the object with exceptions.
    ReadExceptions {
        /// Its bucket.
        bucket: String,
        /// Its name.
        object: String,
    },
    /// Create objects in the hub below the prefix of the own tenancy. If the hub is in another tenancy, both must agree: one
    /// endorses the function, and the other admits it.
    StoreInHub {
        /// Bucket of the hub.
        bucket: String,
        /// Prefix of the own tenancy in the hub.
        prefix: String,
        /// The tenancy of the hub.
        hub: HubTenancy,
    },
    /// Read the runs that tenancies stored in the hub.
    ReadHub {
        /// Its bucket.
        bucket: String,
        /// Prefix of every object in it.
        prefix: String,
    },
    /// Publish to the topics of a compartment. IAM has no condition on a single topic.
    Publish,
    /// Post metrics to a namespace. The same permission lists them.
    PostMetrics {
        /// The namespace.
        namespace: String,
    },
    /// Send mails by the approved senders of a compartment.
    SendMail,
    /// Use the key that the bucket is encrypted with. Object Storage needs it, and not the caller.
    UseBucketKey,
}

/// The tenancy of the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HubTenancy {
    /// In the tenancy that the run audits: the namespaces are the same.
    Own,
    /// Elsewhere, or that is not known.
    MayBeAnother,
}

impl Statement {
    /// The statement that grants the permission to the function, or to a group of the person.
    pub fn at(&self, place: Place) -> String {
        if let Self::StoreInHub {
            hub: HubTenancy::MayBeAnother,
            ..
        } = self
        {
            return self.in_both_tenancies(place);
        }
        let who = match (self, place) {
            (Self::UseBucketKey, _) => "service objectstorage-<the bucket's region>",
            (_, Place::Function) => THE_FUNCTION,
            (_, Place::CommandLine) => THE_PERSON,
        };
        format!("Allow {who} to {}", self.permission())
    }

    /// The statements of the own tenancy and of the hub's.
    fn in_both_tenancies(&self, place: Place) -> String {
        let who = match place {
            Place::Function => THE_FUNCTION,
            Place::CommandLine => THE_PERSON,
        };
        let permission = self.permission();
        let (to, conditions) = permission
            .split_once(" where ")
            .unwrap_or((&permission, ""));
        let to = to.trim_end_matches(" in compartment <the hub's>");
        format!(
            "Endorse {who} to {to} in tenancy <the hub's> where {conditions} (in this tenancy) and Admit {who} of tenancy <this one> to {to} in tenancy where {conditions} (in the hub's tenancy)"
        )
    }

    /// The permission, its place and its condition.
    fn permission(&self) -> String {
        match self {
            Self::InTenancy(permission) => format!("{permission} in tenancy"),
            Self::StoreReports { bucket, prefix } => format!(
                "manage objects in compartment <the bucket's> where all {{target.bucket.name='{bucket}', target.object.name='{prefix}*', any {{request.permission='OBJECT_CREATE', request.permission='OBJECT_READ'}}}}"
            ),
            Self::ListReports { bucket } => format!(
                "inspect objects in compartment <the bucket's> where all {{target.bucket.name='{bucket}', request.permission='OBJECT_INSPECT'}}"
            ),
            Self::ReadExceptions { bucket, object } => format!(
                "read objects in compartment <the bucket's> where all {{target.bucket.name='{bucket}', target.object.name='{object}', request.permission='OBJECT_READ'}}"
            ),
            Self::StoreInHub { bucket, prefix, .. } => format!(
                "manage objects in compartment <the hub's> where all {{target.bucket.name='{bucket}', target.object.name='{prefix}*', request.permission='OBJECT_CREATE'}}"
            ),
            Self::ReadHub { bucket, prefix } => format!(
                "read objects in compartment <the bucket's> where all {{target.bucket.name='{bucket}', target.object.name='{prefix}*', request.permission='OBJECT_READ'}}"
            ),
            Self::Publish => "use ons-topics in compartment <the topic's> where request.permission='ONS_TOPIC_PUBLISH'".to_owned(),
            Self::PostMetrics { namespace } => format!(
                "use metrics in compartment <the function's> where target.metrics.namespace='{namespace}'"
            ),
            Self::SendMail => "use approved-senders in compartment <the sender's>".to_owned(),
            Self::UseBucketKey => {
                "use keys in compartment <the key's> where target.key.id='<the key's OCID>'"
                    .to_owned()
            }
        }
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.at(Place::Function))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_those_of_the_stack() {
        let (bucket, prefix) = ("reports".to_owned(), "audit/".to_owned());
        let cases = [
            (
                Statement::InTenancy("read users"),
                "to read users in tenancy",
            ),
            (
                Statement::StoreReports {
                    bucket: bucket.clone(),
                    prefix,
                },
                "to manage objects in compartment <the bucket's> where all {target.bucket.name='reports', target.object.name='audit/*', any {request.permission='OBJECT_CREATE', request.permission='OBJECT_READ'}}",
            ),
            (
                Statement::ListReports {
                    bucket: bucket.clone(),
                },
                "to inspect objects in compartment <the bucket's> where all {target.bucket.name='reports', request.permission='OBJECT_INSPECT'}",
            ),
            (
                Statement::ReadExceptions {
                    bucket,
                    object: "accepted.json".to_owned(),
                },
                "to read objects in compartment <the bucket's> where all {target.bucket.name='reports', target.object.name='accepted.json', request.permission='OBJECT_READ'}",
            ),
            (
                Statement::ReadHub {
                    bucket: "hub".to_owned(),
                    prefix: "fleet/".to_owned(),
                },
                "to read objects in compartment <the bucket's> where all {target.bucket.name='hub', target.object.name='fleet/*', request.permission='OBJECT_READ'}",
            ),
            (
                Statement::Publish,
                "to use ons-topics in compartment <the topic's> where request.permission='ONS_TOPIC_PUBLISH'",
            ),
            (
                Statement::PostMetrics {
                    namespace: "credential_audit".to_owned(),
                },
                "to use metrics in compartment <the function's> where target.metrics.namespace='credential_audit'",
            ),
        ];
        for (statement, expected) in cases {
            assert_eq!(
                statement.to_string(),
                format!("Allow dynamic-group <the function's group> {expected}")
            );
            assert_eq!(
                statement.at(Place::CommandLine),
                format!("Allow group <your group> {expected}")
            );
        }
    }

    #[test]
    fn hub_of_another_tenancy_needs_two_statements() {
        let statement = |hub| Statement::StoreInHub {
            bucket: "hub".to_owned(),
            prefix: "fleet/ocid1.tenancy.oc1..a/".to_owned(),
            hub,
        };
        let conditions = "where all {target.bucket.name='hub', target.object.name='fleet/ocid1.tenancy.oc1..a/*', request.permission='OBJECT_CREATE'}";
        for (place, who) in [
            (Place::Function, "dynamic-group <the function's group>"),
            (Place::CommandLine, "group <your group>"),
        ] {
            assert_eq!(
                statement(HubTenancy::Own).at(place),
                format!("Allow {who} to manage objects in compartment <the hub's> {conditions}")
            );
            assert_eq!(
                statement(HubTenancy::MayBeAnother).at(place),
                format!(
                    "Endorse {who} to manage objects in tenancy <the hub's> {conditions} (in this tenancy) and Admit {who} of tenancy <this one> to manage objects in tenancy {conditions} (in the hub's tenancy)"
                )
            );
        }
    }

    #[test]
    fn key_of_a_bucket_is_granted_to_object_storage() {
        for place in [Place::Function, Place::CommandLine] {
            assert_eq!(
                Statement::UseBucketKey.at(place),
                "Allow service objectstorage-<the bucket's region> to use keys in compartment <the key's> where target.key.id='<the key's OCID>'"
            );
        }
    }
}
