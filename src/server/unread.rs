//! Bodies in chunks that aren't read to their end: whoever sends one has to stop when they are answered.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::Error as ActixError;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use futures_util::Stream;

/// A body that lives as long as anybody holds it.
#[derive(Clone)]
struct Held(Rc<RefCell<Payload>>);

impl Stream for Held {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_next(cx)
    }
}

/// An answer that holds the body of its request until it is sent.
struct Holding {
    answer: BoxBody,
    _body: Held,
}

impl MessageBody for Holding {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.answer.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.answer).poll_next(cx)
    }
}

/// Middleware: the answer holds the body. Where it was dropped, actix would read the rest of its chunks to keep the
/// connection, and wait for them without end; where it is there and unread, actix closes.
pub async fn close(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    if !req.headers().contains_key(header::TRANSFER_ENCODING) {
        let response = next.call(req).await?;
        return Ok(response.map_into_boxed_body());
    }
    let (req, payload) = req.into_parts();
    let held = Held(Rc::new(RefCell::new(payload)));
    let mut req = ServiceRequest::from_request(req);
    req.set_payload(Payload::Stream {
        payload: Box::pin(held.clone()),
    });
    let response = next.call(req).await?.map_into_boxed_body();
    let holding = |answer| Holding {
        answer,
        _body: held,
    };
    Ok(response
        .map_body(|_, answer| holding(answer))
        .map_into_boxed_body())
}
