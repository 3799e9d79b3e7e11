//! Outputs that contradict each other: two in one file, or one in a file that the command reads, or that another profile of its
//! configuration file reads.

use std::path::PathBuf;

use crate::report::ReportKind;

use super::arguments::{AuditArguments, CheckArguments};
use super::fleet_arguments::FleetArguments;
use super::outputs::{FolderAndName, Place};
use super::signing_arguments::SigningArguments;
use super::target::{TWO_ON_STANDARD_OUTPUT, Target};

impl Target {
    /// The place that it goes to; `None` if nobody reads it.
    fn place(&self) -> Option<Place> {
        match self {
            Self::StandardOutput => Place::of_standard_output(),
            Self::File(path) => Some(Place::of(path)).filter(|place| !place.discards()),
        }
    }
}

/// A file that the command, or a command with another profile, reads.
pub(super) struct InputFile {
    /// The flag, the setting or the key of the profile that names it.
    named_by: String,
    path: PathBuf,
}

impl InputFile {
    pub(super) fn new(named_by: impl Into<String>, path: PathBuf) -> Self {
        Self {
            named_by: named_by.into(),
            path,
        }
    }
}

/// An output that would overwrite a file that the command reads: a message.
fn overwritten_input(outputs: &[(&str, Target)], inputs: &[InputFile]) -> Option<String> {
    for (flag, target) in outputs {
        let Some(place) = target.place() else {
            continue;
        };
        if let Some(input) = inputs.iter().find(|input| place == Place::of(&input.path)) {
            let output = match target {
                Target::StandardOutput => "standard output".to_owned(),
                Target::File(path) => path.display().to_string(),
            };
            let (path, named_by) = (input.path.display(), &input.named_by);
            return Some(format!(
                "{flag} {output} would overwrite {path}, which {named_by} reads; name another file"
            ));
        }
    }
    None
}

/// Two outputs in one file: a message. The second would replace the first.
fn same_file(outputs: &[(&str, Target)]) -> Option<String> {
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
    None
}

/// A page on standard output, which has other texts: a message.
fn page_to_standard_output(html: Option<&PathBuf>) -> Option<String> {
    let is_standard_output = html.is_some_and(|path| path.as_os_str() == "-");
    is_standard_output.then(|| "--html - is not supported; name a file".to_owned())
}

impl FleetArguments {
    /// Arguments that contradict each other: a message.
    pub(super) fn contradiction(&self) -> Option<String> {
        if self.csv == Some(Target::StandardOutput) && self.json == Some(Target::StandardOutput) {
            return Some(TWO_ON_STANDARD_OUTPUT.to_owned());
        }
        page_to_standard_output(self.html.as_ref())
            .or_else(|| same_file(&self.outputs()))
            .or_else(|| self.overwritten(&self.signing.input_files().collect::<Vec<_>>()))
            .or_else(|| self.signing.contradiction())
    }

    /// An output in one of these files: a message.
    pub(super) fn overwritten(&self, inputs: &[InputFile]) -> Option<String> {
        overwritten_input(&self.outputs(), inputs)
    }

    /// What is written, by its flag.
    fn outputs(&self) -> Vec<(&'static str, Target)> {
        let table = (!self.uses_standard_output()).then_some(Target::StandardOutput);
        let outputs = [
            ("the table", table),
            ("--csv", self.csv.clone()),
            ("--json", self.json.clone()),
            ("--html", self.html.clone().map(Target::File)),
        ];
        let outputs = outputs.into_iter();
        outputs
            .filter_map(|(flag, target)| Some((flag, target?)))
            .collect()
    }
}

impl CheckArguments {
    /// Arguments that contradict each other: a message.
    pub(super) fn contradiction(&self) -> Option<String> {
        self.overwritten(&self.tenancy.signing.input_files().collect::<Vec<_>>())
            .or_else(|| self.tenancy.signing.contradiction())
    }

    /// An output in one of these files: a message.
    pub(super) fn overwritten(&self, inputs: &[InputFile]) -> Option<String> {
        let json = self.json.iter().map(|target| ("--json", target.clone()));
        overwritten_input(&json.collect::<Vec<_>>(), inputs)
    }
}

impl SigningArguments {
    fn input_files(&self) -> impl Iterator<Item = InputFile> {
        let config_file = self.config_file.clone();
        let config_file = config_file.map(|path| InputFile::new("--config-file", path));
        config_file.into_iter()
    }
}

impl AuditArguments {
    /// Two reports in one file: the second would replace the first. Or a report in a file that is read.
    pub(super) fn contradiction_of_files(&self) -> Option<String> {
        if let Some(contradiction) = page_to_standard_output(self.html.as_ref()) {
            return Some(contradiction);
        }
        let outputs = self.outputs();
        if let Some(contradiction) = same_file(&outputs) {
            return Some(contradiction);
        }
        let exceptions = self.exceptions.clone();
        let exceptions = exceptions.map(|path| InputFile::new("--exceptions", path));
        let inputs: Vec<_> = exceptions
            .into_iter()
            .chain(self.tenancy.signing.input_files())
            .collect();
        let files = outputs.iter().filter_map(|(flag, target)| match target {
            Target::File(path) => Some((*flag, path)),
            Target::StandardOutput => None,
        });
        self.overwritten(&inputs)
            .or_else(|| self.contradiction_of_domains(files))
    }

    /// An output in one of these files: a message.
    pub(super) fn overwritten(&self, inputs: &[InputFile]) -> Option<String> {
        let files = inputs.iter();
        let files = files.map(|input| (input.named_by.as_str(), &input.path));
        overwritten_input(&self.outputs(), inputs).or_else(|| self.contradiction_of_domains(files))
    }

    /// What is written, by its flag.
    fn outputs(&self) -> Vec<(&'static str, Target)> {
        let html = self.html.clone().map(Target::File);
        let csv = self.csv_target(self.json.is_some() || html.is_some());
        let table = (!self.uses_standard_output()).then_some(Target::StandardOutput);
        let outputs = [
            ("the table", table),
            ("--csv", csv),
            ("--json", self.json.clone()),
            ("--html", html),
        ];
        let outputs = outputs.into_iter();
        outputs
            .filter_map(|(flag, target)| Some((flag, target?)))
            .collect()
    }

    /// A file that may be the CSV of a domain, whose name is not known yet.
    fn contradiction_of_domains<'a>(
        &self,
        files: impl Iterator<Item = (&'a str, &'a PathBuf)>,
    ) -> Option<String> {
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
        for (named_by, path) in files {
            let other = FolderAndName::of(path);
            let may_be_one = other.folder == csv.folder
                && other.name.starts_with(&stem)
                && other.name.ends_with(extension);
            if may_be_one {
                let path = path.display();
                return Some(format!(
                    "--csv writes a file per domain, named {stem}<domain>{extension}, and {named_by} {path} may be one of them; name another file"
                ));
            }
        }
        None
    }
}
