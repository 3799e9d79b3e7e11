//! Outputs that contradict each other: two in one file, or one in a file that the command reads.

use std::path::PathBuf;

use crate::report::ReportKind;

use super::arguments::{AuditArguments, CheckArguments, Target};
use super::outputs::{FolderAndName, Place};

impl Target {
    /// The place that it goes to; `None` if nobody reads it.
    fn place(&self) -> Option<Place> {
        match self {
            Self::StandardOutput => Place::of_standard_output(),
            Self::File(path) => Some(Place::of(path)).filter(|place| !place.discards()),
        }
    }
}

/// An output that would overwrite a file that the command reads: a message.
fn overwritten_input(
    outputs: &[(&str, &Target)],
    inputs: &[(&str, Option<&PathBuf>)],
) -> Option<String> {
    for (flag, target) in outputs {
        let place = target.place();
        for (input, path) in inputs {
            if let Some(path) = path
                && place == Some(Place::of(path))
            {
                let path = path.display();
                return Some(format!(
                    "{flag} would overwrite {path}, which {input} reads; name another file"
                ));
            }
        }
    }
    None
}

impl CheckArguments {
    /// Arguments that contradict each other: a message.
    pub(super) fn contradiction(&self) -> Option<String> {
        let json = self.json.iter().map(|target| ("--json", target));
        let config_file = self.tenancy.config_file.as_ref();
        overwritten_input(&json.collect::<Vec<_>>(), &[("--config-file", config_file)])
            .or_else(|| self.tenancy.contradiction())
    }
}

impl AuditArguments {
    /// Two reports in one file: the second would replace the first. Or a report in a file that is read.
    pub(super) fn contradiction_of_files(&self) -> Option<String> {
        let html = self.html.clone().map(Target::File);
        if self
            .html
            .as_ref()
            .is_some_and(|path| path.as_os_str() == "-")
        {
            return Some("--html - is not supported; name a file".to_owned());
        }
        let csv = self.csv_target(self.json.is_some() || html.is_some());
        let table = (!self.uses_standard_output()).then_some(Target::StandardOutput);
        let outputs = [
            ("the table", &table),
            ("--csv", &csv),
            ("--json", &self.json),
            ("--html", &html),
        ];
        let outputs = outputs.map(|(flag, target)| target.as_ref().map(|target| (flag, target)));
        let outputs: Vec<_> = outputs.into_iter().flatten().collect();
        for (index, (flag, target)) in outputs.iter().enumerate() {
            let place = target.place();
            let same = outputs[..index]
                .iter()
                .find(|(_, other)| place.is_some() && other.place() == place);
            if let (Some((other, _)), Target::File(path)) = (same, target) {
                let path = path.display();
                return Some(format!(
                    "{other} and {flag} both write to {path}; name another file for one of them"
                ));
            }
        }
        let inputs = [
            ("--exceptions", self.exceptions.as_ref()),
            ("--config-file", self.tenancy.config_file.as_ref()),
        ];
        overwritten_input(&outputs, &inputs).or_else(|| self.contradiction_of_domains(&outputs))
    }

    /// A report that may be the CSV of a domain, whose name is not known yet.
    fn contradiction_of_domains(&self, outputs: &[(&str, &Target)]) -> Option<String> {
        let Some(Target::File(csv)) = &self.csv else {
            return None;
        };
        let is_by_domain = self.report != ReportKind::Credentials;
        if !is_by_domain || self.tenancy.domain_url.len() == 1 {
            return None;
        }
        let csv = FolderAndName::of(csv);
        let (stem, extension) = match csv.name.rfind('.') {
            Some(dot) if dot > 0 => csv.name.split_at(dot),
            _ => (csv.name.as_str(), ""),
        };
        let stem = format!("{stem}-");
        for (flag, target) in outputs {
            if let Target::File(path) = target {
                let other = FolderAndName::of(path);
                let may_be_one = other.folder == csv.folder
                    && other.name.starts_with(&stem)
                    && other.name.ends_with(extension);
                if may_be_one {
                    let path = path.display();
                    return Some(format!(
                        "--csv writes a file per domain, named {stem}<domain>{extension}, and {flag} {path} may be one of them; name another file"
                    ));
                }
            }
        }
        None
    }
}
