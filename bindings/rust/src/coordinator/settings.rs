//! Settings (section 16 of PROTOCOL.md).

use super::Coordinator;
use crate::error::Result;
use crate::proto;
use crate::proto::reply;
use crate::proto::request::Body;
use crate::wire::check;

/// Settings as they are in force.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct InForce {
    /// Every setting that has an effect, with its value.
    pub settings: proto::Settings,
    /// Of those, the names of the ones that somebody set; the others have their defaults.
    pub given: Vec<String>,
    /// One more each change.
    pub revision: u64,
    /// Epoch and version whose next step is the first under them.
    pub effective_from: (u64, u64),
    /// What this change of optimizer, schedule, policy or rule put back to its default, because nothing reads it now.
    pub unset: Vec<String>,
}

impl InForce {
    /// Whether somebody set this setting.
    pub fn is_given(&self, name: &str) -> bool {
        self.given.iter().any(|given| given == name)
    }
}

impl From<proto::Parameters> for InForce {
    fn from(told: proto::Parameters) -> InForce {
        let from = told.effective_from.unwrap_or_default();
        InForce {
            revision: told.revision(),
            effective_from: (from.epoch(), from.version()),
            settings: told.settings.unwrap_or_default(),
            given: told.explicit_names,
            unset: told.unset,
        }
    }
}

impl Coordinator {
    /// setParameters: changes the settings that are there, puts those named in `reset` back to their defaults, and keeps
    /// the rest; all or nothing.
    ///
    /// # Errors
    /// `ARGUMENT` (the sentence names setting, value and range), `UNSUPPORTED` (and those there are), `CONDITION`,
    /// `PERMISSION`, and as [`Coordinator::describe`]; nothing is then changed.
    pub fn set_parameters(&mut self, settings: &proto::Settings, reset: &[&str]) -> Result<InForce> {
        check::settings(settings)?;
        let reset = reset.iter().map(|&name| name.to_owned()).collect();
        let body = Body::SetParameters(proto::SetParametersRequest { settings: Some(settings.clone()), reset });
        match self.change(body)?.reply.body {
            Some(reply::Body::Parameters(told)) => Ok(told.into()),
            _ => Err(self.strange("SetParameters")),
        }
    }

    /// getParameters: every setting in force.
    ///
    /// # Errors
    /// As [`Coordinator::describe`].
    pub fn get_parameters(&mut self) -> Result<InForce> {
        match self.ask(Body::GetParameters(proto::GetParametersRequest {}))?.reply.body {
            Some(reply::Body::Parameters(told)) => Ok(told.into()),
            _ => Err(self.strange("GetParameters")),
        }
    }
}
