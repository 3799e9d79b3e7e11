//! Parses the `authorization` header.

/// The parameters of a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) key_id: String,
    pub(crate) algorithm: String,
    pub(crate) version: String,
    /// Names of the signed headers, in order.
    pub(crate) headers: Vec<String>,
    pub(crate) signature: String,
}

impl Authorization {
    /// Parses `Signature name="value",…` in any order; a missing or repeated name is an error.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix("Signature ")?.trim_start();
        let mut found: Vec<(&str, &str)> = Vec::new();
        while !rest.is_empty() {
            let (name, after) = rest.split_once("=\"")?;
            let (value, after) = after.split_once('"')?;
            if found.iter().any(|(known, _)| *known == name) {
                return None;
            }
            found.push((name, value));
            rest = match after.strip_prefix(',') {
                Some(more) => more.trim_start(),
                None if after.is_empty() => "",
                None => return None,
            };
        }
        let value = |name: &str| {
            found
                .iter()
                .find(|(own, _)| *own == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Some(Self {
            key_id: value("keyId")?,
            algorithm: value("algorithm")?,
            version: value("version")?,
            headers: value("headers")?.split(' ').map(str::to_owned).collect(),
            signature: value("signature")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_may_have_any_order() {
        let parsed = Authorization::parse(
            r#"Signature version="1", keyId="ST$a.b=",algorithm="rsa-sha256",headers="date (request-target) host",signature="eA==""#,
        )
        .unwrap();
        assert_eq!(parsed.key_id, "ST$a.b=");
        assert_eq!(parsed.headers, ["date", "(request-target)", "host"]);
        assert_eq!(parsed.signature, "eA==");
    }

    #[test]
    fn malformed_header_is_refused() {
        for text in [
            "",
            "Bearer x",
            "Signature ",
            "Signature keyId=\"a\"",
            "Signature a=\"b\"x",
            "Signature a=\"b\",a=\"c\"",
        ] {
            assert_eq!(Authorization::parse(text), None, "{text}");
        }
    }
}
