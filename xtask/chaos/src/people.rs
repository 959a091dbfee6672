//! Who takes part: accounts, contacts and groups, before anything fails.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use protocol::api::accounts::{Me, Register};
use protocol::api::contacts::{AskContact, ContactRequest};
use protocol::api::conversations::CreateGroup;
use protocol::{ConversationId, UserId, json};
use reqwest::Method;
use tokio::time::{Instant, sleep};

use crate::client::{Answers, Client, Http, Refusal};
use crate::clock::now;
use crate::dice::Dice;

/// Everybody's.
pub const PASSWORD: &str = "a good password";
/// How long one step may take, with all its attempts: the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between attempts.
const AGAIN: Duration = Duration::from_millis(200);
/// How many of them wait for the server at a time.
const TOGETHER: usize = 8;

/// A group, and who runs it.
pub struct Group {
    pub id: ConversationId,
    /// Has everybody else as a contact, and never leaves; by the place in [`People::clients`].
    pub owner: usize,
    /// All others who are meant to be in it.
    pub members: Vec<UserId>,
}

pub struct People {
    /// Those at work, then those who carry probes.
    pub clients: Vec<Arc<Client>>,
    /// Accounts of people in real browsers, in the first group of each size: no tab of theirs is
    /// opened here.
    pub in_browsers: Vec<Arc<Client>>,
    /// Programs, each with a group where it writes, whose shard is no other group's. No tab of
    /// theirs is opened either. The last one writes only when a fault lets it.
    pub programs: Vec<(Arc<Client>, ConversationId)>,
    pub groups: Vec<Group>,
    pub answers: Arc<Answers>,
    /// How many shards there are.
    pub shards: u32,
}

/// What is asked for.
pub struct Plan<'a> {
    pub count: usize,
    /// Further ones who only carry probes, one an address.
    pub probes: usize,
    /// Further ones who only get an account, and into groups.
    pub in_browsers: usize,
    /// Where they connect, by turns.
    pub addresses: &'a [String],
    /// What the nodes take for their own site.
    pub origin: &'a str,
    /// How many shards there are.
    pub shards: u32,
}

/// How many programs.
const PROGRAMS: usize = 7;
/// How many in a group, and how many such groups.
const GROUPS: [(usize, usize); 2] = [(30, 2), (5, 6)];

impl People {
    /// Registers them, makes contacts of those who need to be, and makes the groups. The probes are
    /// the last of the clients, and each other's contacts.
    ///
    /// # Errors
    /// When the server refuses, or does not do it in time.
    pub async fn meet(plan: &Plan<'_>, dice: &mut Dice) -> Result<Self> {
        let answers = Arc::new(Answers::default());
        let kinds = [
            ("client", plan.count),
            ("probe", plan.probes),
            ("browser", plan.in_browsers),
            ("program", PROGRAMS),
        ];
        let names = kinds.into_iter().flat_map(|(kind, count)| {
            (0..count).map(move |number| (format!("{kind}{number:02}"), number))
        });
        let registrations = names.map(|(name, number)| {
            let address = plan.addresses[number % plan.addresses.len()].clone();
            let (origin, answers) = (plan.origin.to_owned(), Arc::clone(&answers));
            let dice = dice.split();
            async move { register(name, &address, &origin, answers, dice).await }
        });
        let mut clients = by_turns(registrations.collect()).await?;
        let mut in_browsers = clients.split_off(plan.count + plan.probes);
        let programs = in_browsers.split_off(plan.in_browsers);

        let mut groups = Vec::new();
        let mut pairs: Vec<(Arc<Client>, Arc<Client>)> = Vec::new();
        let workers = &clients[..plan.count];
        for (size, count) in GROUPS {
            for number in 0..count {
                let mut places: Vec<usize> = (0..plan.count).collect();
                dice.shuffle(&mut places);
                places.truncate(size);
                let owner = places[0];
                let others = places[1..].iter().map(|place| &workers[*place]);
                let guests = in_browsers.iter().filter(|_| number == 0);
                let members: Vec<_> = others.chain(guests).cloned().collect();
                groups.push(Group {
                    id: ConversationId::new(now(), dice.bytes()),
                    owner,
                    members: members.iter().map(|member| member.user).collect(),
                });
                pairs.extend(
                    members
                        .into_iter()
                        .map(|one| (Arc::clone(&workers[owner]), one)),
                );
            }
        }
        let next = workers.iter().skip(1).chain(workers.first());
        pairs.extend(workers.iter().cloned().zip(next.cloned()));
        for probes in [&clients[plan.count..], in_browsers.as_slice()] {
            for (place, one) in probes.iter().enumerate() {
                let others = probes[place + 1..].iter();
                pairs.extend(others.map(|other| (Arc::clone(one), Arc::clone(other))));
            }
        }
        let readers = clients[plan.count..].iter().cycle();
        pairs.extend(programs.iter().cloned().zip(readers.clone().cloned()));
        let mut met = HashSet::new();
        pairs.retain(|(one, other)| {
            let pair = (one.user.min(other.user), one.user.max(other.user));
            one.user != other.user && met.insert(pair)
        });
        let meetings = pairs
            .into_iter()
            .map(|(one, other)| async move { befriend(&one, &other).await });
        by_turns(meetings.collect()).await?;
        let shard = |id: &ConversationId| id.shard(plan.shards);
        let mut shards: HashSet<u32> = groups.iter().map(|group| shard(&group.id)).collect();
        let programs = programs.into_iter().map(|program| {
            let mut ids = std::iter::repeat_with(|| ConversationId::new(now(), dice.bytes()));
            let apart = ids.find(|id| shards.insert(shard(id)));
            apart.map(|id| (program, id)).context("no shard is free")
        });
        let programs = programs.collect::<Result<Vec<_>>>()?;
        let owners = groups.iter().map(|group| {
            let owner = Arc::clone(&clients[group.owner]);
            (owner, group.id, group.members.clone())
        });
        let of_programs = programs.iter().zip(readers).map(|((program, id), reader)| {
            let program = Arc::clone(program);
            (program, *id, vec![reader.user])
        });
        let creations = owners
            .chain(of_programs)
            .map(|(owner, id, members)| async move { create(&owner, id, members).await });
        by_turns(creations.collect()).await?;
        Ok(Self {
            clients,
            in_browsers,
            programs,
            groups,
            answers,
            shards: plan.shards,
        })
    }
}

/// Runs all of them, some at a time, and gives what came of each.
async fn by_turns<T: Send + 'static>(
    all: Vec<impl Future<Output = Result<T>> + Send + 'static>,
) -> Result<Vec<T>> {
    let mut results = Vec::with_capacity(all.len());
    let mut all = all.into_iter();
    loop {
        let turn: Vec<_> = all.by_ref().take(TOGETHER).map(tokio::spawn).collect();
        if turn.is_empty() {
            return Ok(results);
        }
        for one in turn {
            results.push(one.await.context("a task ended")??);
        }
    }
}

async fn register(
    name: String,
    address: &str,
    origin: &str,
    answers: Arc<Answers>,
    dice: Dice,
) -> Result<Arc<Client>> {
    let http = Http::new(address, origin)?;
    let body = json::to_string(&Register {
        handle: name.clone(),
        name: String::new(),
        password: PASSWORD.to_owned(),
    });
    let answer = insist(&format!("{name} registers"), || {
        http.send(Method::POST, "accounts", body.clone())
    })
    .await?;
    let me: Me = answer.json().map_err(|_| anyhow!("{}", answer.text))?;
    let cookie = answer.cookie.context("registering gave no session")?;
    let http = http.signed_in(me.user.id, cookie);
    Ok(Arc::new(Client::new(name, me.user.id, http, answers, dice)))
}

async fn befriend(one: &Client, other: &Client) -> Result<()> {
    let ask = json::to_string(&AskContact {
        user: other.user,
        note: String::new(),
    });
    let what = format!("{} meets {}", one.name, other.name);
    let asked = insist(&what, || {
        one.http.send(Method::POST, "contact_requests", ask.clone())
    })
    .await?;
    let request: ContactRequest = asked.json().map_err(|_| anyhow!("{}", asked.text))?;
    let path = format!("contact_requests/{}/accept", request.id);
    insist(&what, || {
        other.http.send(Method::POST, &path, "{}".to_owned())
    })
    .await?;
    Ok(())
}

async fn create(owner: &Client, id: ConversationId, members: Vec<UserId>) -> Result<()> {
    let name = format!("group of {}", members.len() + 1);
    let body = json::to_string(&CreateGroup { name, members });
    let path = format!("conversations/{id}");
    insist(&format!("{} makes a group", owner.name), || {
        owner.http.send(Method::PUT, &path, body.clone())
    })
    .await?;
    Ok(())
}

/// Asks again until it is done: what is queued first may be seen a moment later.
async fn insist<F: Future<Output = Result<crate::client::Answer, Refusal>>>(
    what: &str,
    ask: impl Fn() -> F,
) -> Result<crate::client::Answer> {
    let end = Instant::now() + PATIENCE;
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(refusal) => {
                let hopeless = ![0, 404, 429, 500, 503].contains(&refusal.status);
                if hopeless || Instant::now() > end {
                    bail!("{what}: {} {}", refusal.status, refusal.code.as_str());
                }
            }
        }
        sleep(AGAIN).await;
    }
}
