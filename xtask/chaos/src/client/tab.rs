//! An open tab: runs the engine and carries out its effects.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use protocol::api::events::RangeDigest;
use protocol::sync::{Disk as Saved, Effect, Engine, Input, Show, Timer};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::{Client, asks, stream};
use crate::clock::now;

/// Something for the engine.
pub enum Heard {
    /// From the reader, or an answer.
    Input {
        input: Box<Input>,
        /// The tab dies after so many effects.
        dies_after: Option<usize>,
    },
    /// From the stream of this number: only the last one is listened to.
    Stream(u64, Box<Input>),
}

/// What dies with it.
struct Tab {
    client: Arc<Client>,
    engine: Engine,
    heard: UnboundedSender<Heard>,
    /// Questions under way, and streams. Dropped, all of them end.
    tasks: JoinSet<()>,
    streams: u64,
    stream: Option<AbortHandle>,
    timers: BTreeMap<Timer, Instant>,
    asks: asks::Asks,
}

/// Runs until it is aborted, or dies where it was told to.
pub async fn run(
    client: Arc<Client>,
    seed: u64,
    heard: UnboundedSender<Heard>,
    mut inputs: UnboundedReceiver<Heard>,
) {
    let disk = {
        let disk = client.disk();
        Box::new(Saved {
            user: client.user,
            meta: disk.meta.clone(),
            records: disk.records.values().cloned().collect(),
            outbox: disk.outbox.values().cloned().collect(),
        })
    };
    let mut tab = Tab {
        asks: asks::Asks::new(Arc::clone(&client)),
        client,
        engine: Engine::default(),
        heard,
        tasks: JoinSet::new(),
        streams: 0,
        stream: None,
        timers: BTreeMap::new(),
    };
    let mut lives = tab.step(Input::Opened { disk, seed }, None);
    while lives {
        let due = tab.timers.iter().min_by_key(|(_, at)| **at);
        let (timer, at) = due.map_or((None, Instant::now()), |(timer, at)| (Some(*timer), *at));
        tokio::select! {
            next = inputs.recv() => match next {
                Some(Heard::Input { input, dies_after }) => lives = tab.step(*input, dies_after),
                Some(Heard::Stream(number, input)) => {
                    if number == tab.streams {
                        lives = tab.step(*input, None);
                    }
                }
                None => return,
            },
            () = sleep_until(at), if timer.is_some() => {
                if let Some(timer) = timer {
                    tab.timers.remove(&timer);
                    lives = tab.step(Input::Timer(timer), None);
                }
            }
            _ = tab.tasks.join_next(), if !tab.tasks.is_empty() => {}
        }
    }
    tab.client
        .set_connection(protocol::sync::Connection::Offline);
}

impl Tab {
    /// Gives the engine an input and carries out what it says; false if the tab died of it.
    fn step(&mut self, input: Input, mut dies_after: Option<usize>) -> bool {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for effect in self.engine.step(now(), input) {
                if let Some(left) = &mut dies_after {
                    if *left == 0 {
                        return false;
                    }
                    *left -= 1;
                }
                self.carry_out(effect, &mut inputs);
            }
        }
        self.client.set_connection(self.engine.connection());
        true
    }

    fn carry_out(&mut self, effect: Effect, inputs: &mut VecDeque<Input>) {
        let mut disk = self.client.disk();
        let effect = match disk.carry_out(effect) {
            Ok(input) => return inputs.extend(input),
            Err(effect) => effect,
        };
        match effect {
            Effect::Post {
                position,
                conversation,
                client_id,
                bytes,
                after,
            } => match disk.fix(position, client_id, bytes) {
                Ok((client_id, bytes)) => {
                    let asks = self.asks.clone();
                    let heard = self.heard.clone();
                    self.tasks.spawn(async move {
                        let answer = asks.post(conversation, client_id, bytes, after).await;
                        tell(&heard, Input::Posted { position, answer });
                    });
                }
                Err(input) => inputs.push_back(input),
            },
            Effect::Digest {
                conversation,
                from,
                to,
            } => inputs.push_back(Input::Digested(RangeDigest {
                conversation,
                from,
                to,
                digest: disk.digest(conversation, from, to),
            })),
            Effect::Connect { since } => {
                drop(disk);
                self.connect(since);
            }
            Effect::SetTimer(timer, milliseconds) => {
                let at = Instant::now() + Duration::from_millis(milliseconds);
                self.timers.insert(timer, at);
            }
            Effect::Show(show) => disk.checks += u64::from(matches!(*show, Show::Checked { .. })),
            question => {
                let (asks, heard) = (self.asks.clone(), self.heard.clone());
                self.tasks.spawn(async move {
                    if let Some(answer) = asks.answer(question).await {
                        tell(&heard, answer);
                    }
                });
            }
        }
    }

    fn connect(&mut self, since: Option<i64>) {
        if let Some(old) = self.stream.take() {
            old.abort();
        }
        self.streams += 1;
        let (client, heard, number) = (Arc::clone(&self.client), self.heard.clone(), self.streams);
        let listening = async move {
            let tell = |input| {
                // The tab may just have died.
                let _ = heard.send(Heard::Stream(number, Box::new(input)));
            };
            let end = stream::listen(&client, since, &tell).await;
            tell(Input::Disconnected(end));
        };
        self.stream = Some(self.tasks.spawn(listening));
    }
}

fn tell(heard: &UnboundedSender<Heard>, input: Input) {
    // The tab may just have died.
    let _ = heard.send(Heard::Input {
        input: Box::new(input),
        dies_after: None,
    });
}
