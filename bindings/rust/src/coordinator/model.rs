//! The model's parameters.

use std::sync::Arc;

use super::Coordinator;
use crate::dtype::Element;
use crate::error::{refuse, Result};
use crate::layout::Layout;
use crate::options::Stream;
use crate::parameters::{self, Parameters};
use crate::proto;
use crate::proto::reply;
use crate::proto::request::Body;
use crate::push;
use crate::requester::Question;
use crate::worker::layout_of;

impl Coordinator {
    /// setModelParameters: loads a model; a new epoch begins, which is returned. `parameters` are packed in the
    /// layout's order, row-major, and copied; of another type than the layout's they are converted there.
    ///
    /// # Errors
    /// `LENGTH`, `NON_FINITE`, `TOO_LARGE`, `CONDITION`, `PERMISSION`, and as [`Coordinator::describe`]; nothing is then
    /// changed.
    pub fn set_model_parameters<T: Element>(&mut self, layout: &Layout, parameters: &[T]) -> Result<u64> {
        let draft = push::whole(layout, &self.connector.pool, parameters)?;
        let body = Body::SetModelParameters(proto::SetModelParametersRequest {
            layout: Some(layout.to_proto()),
            dtype: draft.dtype,
            bytes: Some(draft.payload.bytes() as u64),
        });
        let model = self.model.clone();
        let question = Question { payload: Some(draft.payload), ..Question::new(&model, body) };
        match self.put_changing(question)?.reply.body {
            Some(reply::Body::Loaded(_)) => Ok(self.position.epoch),
            _ => Err(self.strange("SetModelParameters")),
        }
    }

    /// getModelParameters: the newest version, on a stream; `None`: the master dtype's. Gradients that are added
    /// afterwards state it as their base.
    ///
    /// # Errors
    /// `NO_MODEL`, `BUSY`, `UNSUPPORTED` (no such stream), `LAYOUT` (the model is being replaced), and as
    /// [`Coordinator::describe`].
    pub fn get_model_parameters(&mut self, stream: Option<Stream>) -> Result<Parameters> {
        match self.get(stream, None)? {
            Some(parameters) => Ok(parameters),
            None => Err(self.strange("GetModelParameters")),
        }
    }

    /// The same where there is something newer than `than`, epoch and version; else `None`, and nothing is sent.
    ///
    /// # Errors
    /// As [`Coordinator::get_model_parameters`].
    pub fn get_model_parameters_newer(
        &mut self,
        than: (u64, u64),
        stream: Option<Stream>,
    ) -> Result<Option<Parameters>> {
        self.get(stream, Some(than))
    }

    fn get(&mut self, stream: Option<Stream>, than: Option<(u64, u64)>) -> Result<Option<Parameters>> {
        let get = proto::GetModelParametersRequest {
            stream: stream.map(|stream| stream.name().to_owned()),
            newer_than: than.map(|(epoch, version)| proto::Base { epoch: Some(epoch), version: Some(version) }),
        };
        let answer = self.ask(Body::GetModelParameters(get))?;
        let (epoch, version) = (self.position.epoch, self.position.version);
        let Some(reply::Body::ModelParameters(told)) = answer.reply.body else {
            return Err(self.strange("GetModelParameters"));
        };
        if told.unchanged() {
            return Ok(None);
        }
        let layout = self.know_layout(told.layout_id())?;
        let form = (told.dtype, told.encoding);
        let numbers = parameters::arrived(&self.connector.pool, &layout, form, &answer.frames[1..], None)?;
        self.base = Some((epoch, version));
        Ok(Some(Parameters::new(layout, numbers, epoch, version)))
    }

    /// The model's layout.
    ///
    /// # Errors
    /// `NO_MODEL`, and as [`Coordinator::describe`].
    pub fn layout(&mut self) -> Result<Arc<Layout>> {
        self.layout = None;
        self.know_layout(0)
    }

    /// The layout with this id, asked for where it is not known; 0: any.
    pub(super) fn know_layout(&mut self, id: u64) -> Result<Arc<Layout>> {
        if let Some(layout) = self.layout.as_ref().filter(|layout| layout.id() == id) {
            return Ok(Arc::clone(layout));
        }
        let description = self.describe()?;
        let Some(layout) = layout_of(&description)? else {
            return Err(refuse!(NoModel, "no model is loaded into {}", self.model));
        };
        if id != 0 && layout.id() != id {
            return Err(refuse!(Layout, "the model is being replaced; ask again"));
        }
        self.layout = Some(Arc::clone(&layout));
        Ok(layout)
    }
}
