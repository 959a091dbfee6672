//! The network between browsers and server: it loses, delays, repeats and reorders requests and their
//! answers; a stream keeps its order until it is cut.

use std::collections::VecDeque;

use protocol::stream::StreamEvent;
use protocol::sync::{Failure, Input, Posted};
use protocol::{Millis, UserId};

use super::super::browser::Question;
use super::{Line, Packet, Sender, World};

impl World {
    /// Any packet may be next: that is delay and reordering.
    pub(super) async fn move_a_packet(&mut self) {
        if self.network.is_empty() {
            return;
        }
        let packet = self
            .network
            .swap_remove(self.dice.below(self.network.len()));
        let lost = !self.healed && self.dice.percent(8);
        match packet {
            Packet::Ask { from, question } if lost => self.fail(from, &question),
            Packet::Ask { from, question } => {
                let repeated = !self.healed && self.dice.percent(8);
                if repeated
                    && let Question::Post {
                        conversation,
                        bytes,
                        after,
                        ..
                    } = &question
                {
                    // A repeat by the network, whose answer nobody awaits.
                    let user = self.browsers[from.browser].user;
                    self.server.post(user, *conversation, bytes, *after, 0);
                }
                self.arrive(from, question).await;
            }
            Packet::Tell { to, input } => {
                if self.browsers[to.browser].tab != to.tab {
                    return;
                }
                if lost && let Some(failed) = failed(&input) {
                    return self.network.push(Packet::Tell {
                        to,
                        input: Box::new(failed),
                    });
                }
                self.input(to.browser, *input);
            }
        }
    }

    pub(super) fn tell(&mut self, to: Sender, input: Input) {
        self.network.push(Packet::Tell {
            to,
            input: Box::new(input),
        });
    }

    /// A question did not reach the server: the tab finds out.
    fn fail(&mut self, from: Sender, question: &Question) {
        let later = Failure::Later(None);
        let input = match *question {
            Question::Connect { .. } => Input::Disconnected(Some(later)),
            Question::List => Input::Listed(Err(later)),
            Question::Pull(ticket, _) => Input::Pulled(ticket, Err(later)),
            Question::Newest(id) => Input::Page(id, Err(later)),
            Question::Post { position, .. } => Input::Posted {
                position,
                answer: Posted::Failed(later),
            },
            Question::PutRead(id, _) => Input::ReadPut(id, Err(later)),
            Question::Calibrate(ticket, _) => Input::Calibrated(ticket, Err(later)),
        };
        self.tell(from, input);
    }

    async fn arrive(&mut self, from: Sender, question: Question) {
        let user = self.browsers[from.browser].user;
        match question {
            Question::Connect { since } => {
                if self.browsers[from.browser].tab != from.tab {
                    return;
                }
                let subscription = self.server.connect(user, since).await;
                let stream = self.browsers[from.browser].stream;
                self.lines.retain(|line| line.to != from);
                let under_way = VecDeque::new();
                self.lines.push(Line {
                    to: from,
                    stream,
                    subscription,
                    under_way,
                });
            }
            Question::Post {
                position,
                conversation,
                bytes,
                after,
            } => {
                self.tickets += 1;
                let ticket = self.tickets;
                let answer = self.server.post(user, conversation, &bytes, after, ticket);
                // As a broker does that may lose it: the queue is gone after a restart.
                let queued = !self.healed && self.dice.percent(25);
                if let Some(answer) = answer.or(queued.then_some(Posted::Queued)) {
                    self.tell(from, Input::Posted { position, answer });
                } else {
                    self.posts.insert(ticket, (from, position));
                }
            }
            question => {
                let answer = self.server.answer(user, question).await;
                if let Input::Pulled(_, Ok(pulled)) = &answer {
                    for event in pulled.pages.iter().flat_map(|page| &page.events) {
                        self.may_see(user, event);
                    }
                }
                self.tell(from, answer);
            }
        }
    }

    pub(super) fn cut_a_line(&mut self) {
        if self.lines.is_empty() {
            return;
        }
        let line = self.lines.swap_remove(self.dice.below(self.lines.len()));
        if self.browsers[line.to.browser].stream == line.stream {
            self.tell(line.to, Input::Disconnected(None));
        }
    }

    /// Takes what the server wrote on its streams; that checks who may have it.
    pub(super) fn collect(&mut self) {
        for line in &mut self.lines {
            let user = self.browsers[line.to.browser].user;
            while let Some(frame) = line.subscription.take() {
                let (event, id) = parse(&frame);
                if let StreamEvent::Event(event) = &event {
                    assert!(
                        self.model
                            .as_committed(event.conversation, event.seq)
                            .is_none()
                            || self.model.may_have(user, event.conversation, event.seq),
                        "P6: {user} was sent {event:?}"
                    );
                }
                line.under_way.push_back((event, id));
            }
        }
    }

    fn may_see(&self, user: UserId, event: &protocol::Event) {
        assert!(
            self.model.may_have(user, event.conversation, event.seq),
            "P6: {user} read {event:?}"
        );
    }

    pub(super) fn move_a_line(&mut self) {
        if self.lines.is_empty() {
            return;
        }
        let index = self.dice.below(self.lines.len());
        let many = 1 + self.dice.below(4);
        for _ in 0..many {
            let Some(line) = self.lines.get_mut(index) else {
                return;
            };
            let (to, stream) = (line.to, line.stream);
            let Some((event, id)) = line.under_way.pop_front() else {
                return;
            };
            let browser = &self.browsers[to.browser];
            if browser.tab != to.tab || browser.stream != stream || browser.engine.is_none() {
                self.lines.swap_remove(index);
                return;
            }
            self.input(to.browser, Input::Stream(Box::new(event), id));
        }
    }
}

/// An answer that got lost is, to the tab, a question without an answer.
fn failed(input: &Input) -> Option<Input> {
    let later = Failure::Later(None);
    Some(match input {
        Input::Listed(Ok(_)) => Input::Listed(Err(later)),
        Input::Pulled(ticket, Ok(_)) => Input::Pulled(*ticket, Err(later)),
        Input::Page(id, Ok(_)) => Input::Page(*id, Err(later)),
        Input::Posted { position, .. } => Input::Posted {
            position: *position,
            answer: Posted::Failed(later),
        },
        Input::Calibrated(ticket, Ok(_)) => Input::Calibrated(*ticket, Err(later)),
        _ => return None,
    })
}

fn parse(frame: &[u8]) -> (StreamEvent, Option<Millis>) {
    let text = std::str::from_utf8(frame).expect("frames are UTF-8");
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let event = field("event: ").expect("frames have a name");
    let data = field("data: ").expect("frames have data");
    let id = field("id: ").map(|id| id.parse().expect("ids are times"));
    (
        StreamEvent::parse(event, data).expect("frames can be read"),
        id,
    )
}
