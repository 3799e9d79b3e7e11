//! Links to pages of the console: the bucket for reports, an identity domain, a user.
//!
//! Forms of the URLs: `scripts/cis_reports.py` of Oracle's CIS landing zone (oci-landing-zones on GitHub) links to all three.
//! Oracle documents none of them. The query `region` selects the region; without it the console opens that of the last visit.
//!
//! Every part is percent-encoded, because names and ids are from outside. A link needs all of its parts: without one of them, and
//! without a known console, there is none.

use crate::judge::{Console, ReportsLocation, RunDescription};
use crate::model::Domain;
use crate::percent::percent_encode;

/// The links of a run.
#[derive(Clone, Copy, Debug)]
pub struct ConsoleLinks<'a> {
    console: Option<&'a Console>,
    location: Option<&'a ReportsLocation>,
}

impl<'a> ConsoleLinks<'a> {
    /// The links to a place.
    pub const fn to(console: Option<&'a Console>, location: Option<&'a ReportsLocation>) -> Self {
        Self { console, location }
    }

    /// The links of a run.
    pub const fn of(run: &'a RunDescription) -> Self {
        Self {
            console: run.console.as_ref(),
            location: run.location.as_ref(),
        }
    }

    /// The objects of the bucket for reports; `None` if the run stores none.
    pub fn bucket(&self) -> Option<String> {
        let ReportsLocation {
            namespace, bucket, ..
        } = self.location?;
        let path = [
            "object-storage",
            "buckets",
            namespace.as_str(),
            bucket.as_str(),
            "objects",
        ];
        self.page(&path)
    }

    /// An identity domain; `None` if its OCID is not known.
    pub fn domain(&self, domain: &Domain) -> Option<String> {
        self.page(&["identity", "domains", domain.ocid.as_deref()?])
    }

    /// A user of a domain, by OCID; `None` if the domain's OCID is not known, or the user's is empty.
    pub fn user(&self, domain: &Domain, user_ocid: &str) -> Option<String> {
        let domain_ocid = domain.ocid.as_deref()?;
        self.page(&["identity", "domains", domain_ocid, "users", user_ocid])
    }

    /// The page at a path, in the region of the run.
    fn page(&self, path: &[&str]) -> Option<String> {
        let Console { base_url, region } = self.console?;
        let mut url = base_url.clone();
        for segment in path {
            url.push('/');
            url.extend(percent_encode(named(segment)?));
        }
        url.push_str("?region=");
        url.extend(percent_encode(named(region)?));
        Some(url)
    }
}

/// A segment that names something: not an empty one, and none that a browser resolves.
fn named(segment: &str) -> Option<&str> {
    (!matches!(segment, "" | "." | "..")).then_some(segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OCID: &str = "ocid1.domain.oc1..aaaadomain";

    fn console(region: &str) -> Console {
        Console {
            base_url: "https://cloud.oracle.com".to_owned(),
            region: region.to_owned(),
        }
    }

    fn location(namespace: &str, bucket: &str) -> ReportsLocation {
        ReportsLocation {
            namespace: namespace.to_owned(),
            bucket: bucket.to_owned(),
            folder: "credential-audit/2026/11/22/run/".to_owned(),
        }
    }

    fn domain(ocid: Option<&str>) -> Domain {
        Domain {
            name: "Default".to_owned(),
            url: "https://idcs-1.identity.oraclecloud.com".to_owned(),
            ocid: ocid.map(str::to_owned),
            license: None,
            is_default: None,
            is_listed: true,
            object_name: "Default".to_owned(),
        }
    }

    const fn links<'a>(
        console: Option<&'a Console>,
        location: Option<&'a ReportsLocation>,
    ) -> ConsoleLinks<'a> {
        ConsoleLinks { console, location }
    }

    #[test]
    fn pages_have_the_forms_of_the_console() {
        let (console, location) = (console("eu-frankfurt-1"), location("axaxnpcrorw5", "audit"));
        let links = links(Some(&console), Some(&location));
        assert_eq!(
            links.bucket().as_deref(),
            Some(
                "https://cloud.oracle.com/object-storage/buckets/axaxnpcrorw5/audit/objects?region=eu-frankfurt-1"
            )
        );
        assert_eq!(
            links.domain(&domain(Some(OCID))).as_deref(),
            Some(
                "https://cloud.oracle.com/identity/domains/ocid1.domain.oc1..aaaadomain?region=eu-frankfurt-1"
            )
        );
        assert_eq!(
            links
                .user(&domain(Some(OCID)), "ocid1.user.oc1..aaaauser")
                .as_deref(),
            Some(
                "https://cloud.oracle.com/identity/domains/ocid1.domain.oc1..aaaadomain/users/ocid1.user.oc1..aaaauser?region=eu-frankfurt-1"
            )
        );
    }

    #[test]
    fn every_part_is_encoded() {
        let console = console("eu&x=1#");
        let location = location("a/b", "c?d e\u{fc}");
        let links = links(Some(&console), Some(&location));
        assert_eq!(
            links.bucket().as_deref(),
            Some(
                "https://cloud.oracle.com/object-storage/buckets/a%2Fb/c%3Fd%20e%C3%BC/objects?region=eu%26x%3D1%23"
            )
        );
        let hostile = "x\"><script>'\n";
        let link = links.user(&domain(Some(hostile)), hostile);
        let link = link.unwrap_or_default();
        let encoded = "x%22%3E%3Cscript%3E%27%0A";
        assert_eq!(
            link,
            format!(
                "https://cloud.oracle.com/identity/domains/{encoded}/users/{encoded}?region=eu%26x%3D1%23"
            )
        );
    }

    #[test]
    fn without_one_of_its_parts_there_is_no_link() {
        let (known, location_of_reports) = (console("iad"), location("n", "b"));
        let all = links(Some(&known), Some(&location_of_reports));
        let nowhere = console("");
        for without in [
            links(None, Some(&location_of_reports)),
            links(Some(&nowhere), Some(&location_of_reports)),
        ] {
            assert_eq!(without.bucket(), None);
            assert_eq!(without.domain(&domain(Some(OCID))), None);
            assert_eq!(without.user(&domain(Some(OCID)), "u"), None);
        }
        assert_eq!(links(Some(&known), None).bucket(), None);
        for missing in ["", ".", ".."] {
            assert_eq!(all.domain(&domain(Some(missing))), None);
            assert_eq!(all.user(&domain(Some(OCID)), missing), None);
            let in_none = location(missing, "b");
            assert_eq!(links(Some(&known), Some(&in_none)).bucket(), None);
        }
        assert_eq!(all.domain(&domain(None)), None);
        assert_eq!(all.user(&domain(None), "u"), None);
    }
}
