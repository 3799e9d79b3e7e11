//! Errors as an identity domain words them: a SCIM body whose `status` is a string, not OCI's `{code, message}`.

use crate::reply::Reply;
use serde_json::json;

const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const IDCS_ERROR: &str = "urn:ietf:params:scim:api:oracle:idcs:extension:messages:Error";

/// A SCIM error answer.
pub(crate) fn scim_error(status: u16, message_id: &str, detail: &str) -> Reply {
    let body = json!({
        "schemas": [ERROR, IDCS_ERROR],
        "detail": detail,
        "status": status.to_string(),
        IDCS_ERROR: { "messageId": message_id, "additionalData": {} },
    });
    Reply::new(status)
        .content_type("application/scim+json")
        .body(body.to_string())
}

/// 400
pub(crate) fn bad_request(detail: &str) -> Reply {
    scim_error(400, "error.common.validation.invalidRequest", detail)
}
