//! IAM policy statements that this program needs, ready to paste. Pure.
//!
//! The statements are those of the Terraform stack (`terraform/iam.tf`), with placeholders for the function's group and for
//! compartments.

use std::fmt;

/// Placeholder for the function's group.
const THE_FUNCTION: &str = "dynamic-group <the function's group>";

/// Note for a person who reads a statement on the command line.
pub const FOR_A_PERSON: &str = "These statements grant permissions to the function. To grant them to a person, write `group <group name>` instead of the dynamic group.";

/// A permission of the function, displayed as the statement that grants it.
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
    /// Publish to the topics of a compartment. IAM has no condition on a single topic.
    Publish,
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Allow {THE_FUNCTION} to ")?;
        match self {
            Self::InTenancy(permission) => write!(f, "{permission} in tenancy"),
            Self::StoreReports { bucket, prefix } => write!(
                f,
                "manage objects in compartment <the bucket's> where all {{target.bucket.name='{bucket}', target.object.name='{prefix}*', any {{request.permission='OBJECT_CREATE', request.permission='OBJECT_READ'}}}}"
            ),
            Self::ListReports { bucket } => write!(
                f,
                "inspect objects in compartment <the bucket's> where all {{target.bucket.name='{bucket}', request.permission='OBJECT_INSPECT'}}"
            ),
            Self::ReadExceptions { bucket, object } => write!(
                f,
                "read objects in compartment <the bucket's> where all {{target.bucket.name='{bucket}', target.object.name='{object}', request.permission='OBJECT_READ'}}"
            ),
            Self::Publish => f.write_str(
                "use ons-topics in compartment <the topic's> where request.permission='ONS_TOPIC_PUBLISH'",
            ),
        }
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
                Statement::Publish,
                "to use ons-topics in compartment <the topic's> where request.permission='ONS_TOPIC_PUBLISH'",
            ),
        ];
        for (statement, expected) in cases {
            assert_eq!(
                statement.to_string(),
                format!("Allow dynamic-group <the function's group> {expected}")
            );
        }
    }
}
