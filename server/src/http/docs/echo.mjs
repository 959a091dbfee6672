// A program that answers whatever is said to its user, each message once, also what came while it was
// away: the log tells what it has answered. Node 20 or later, nothing else:
//   ZSPCHAT_TOKEN=zsp_... node echo.mjs https://chat.example.org
import { createHash } from 'node:crypto';

const api = `${process.argv[2]}/api/v1`;
const headers = { authorization: `Bearer ${process.env.ZSPCHAT_TOKEN}` };
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

async function ask(path, body) {
  for (;;) {
    try {
      const json = { 'content-type': 'application/json', ...headers };
      const post = { method: 'POST', headers: json, body: JSON.stringify(body) };
      const answer = await fetch(api + path, body ? post : { headers });
      if (answer.ok) return await answer.json();
      const problem = await answer.json();
      // What is refused stays so; all else is worth another try.
      if (answer.status < 500 && answer.status !== 429) throw new Error(problem.detail, { cause: problem });
      await pause(Number(answer.headers.get('retry-after') ?? 2));
    } catch (error) {
      if (error.cause?.code && error.cause?.status) throw error;
      await pause(2);
    }
  }
}

// Made of what it answers, so that the same answer is taken once, however often it is sent.
function idOf({ conversation, seq, at }) {
  const random = createHash('sha256').update(`echo ${conversation} ${seq}`).digest('hex');
  const hex = at.toString(16).padStart(12, '0') + '7' + random.slice(0, 3) + '8' + random.slice(3, 18);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

// How far each conversation's log was gone through.
const done = new Map();

async function catchUp(me, conversation) {
  const events = [];
  for (;;) {
    const after = done.get(conversation) ?? 0;
    const page = await ask(`/conversations/${conversation}/events?after=${after}&limit=500`);
    if (page.events.length === 0) break;
    events.push(...page.events.filter((event) => event.kind === 'message'));
    done.set(conversation, page.to);
  }
  const answered = new Set(events.filter((it) => it.sender === me).map((it) => it.body.reply_to));
  for (const event of events) {
    if (event.sender === me || answered.has(event.seq) || !event.body.content.text) continue;
    await ask(`/conversations/${conversation}/commands`, {
      client_id: idOf(event),
      kind: 'send',
      content: { type: 'text', text: event.body.content.text },
      reply_to: event.seq,
    }).catch((error) => console.error(error.message));
  }
}

async function listen() {
  const stream = await fetch(`${api}/stream`, { headers });
  if (!stream.ok) throw new Error((await stream.json()).detail);
  let me, buffer = '';
  for await (const chunk of stream.body.pipeThrough(new TextDecoderStream())) {
    const frames = (buffer + chunk).split('\n\n');
    buffer = frames.pop();
    for (const frame of frames) {
      const [, kind] = /^event: (.*)$/m.exec(frame) ?? [];
      const data = JSON.parse(/^data: (.*)$/m.exec(frame)?.[1] ?? 'null');
      if (kind === 'sync') {
        me = data.user;
        for (const head of data.heads) await catchUp(me, head.conversation);
      } else if (kind === 'event' && data.sender !== me) {
        await catchUp(me, data.conversation);
      }
    }
  }
}

for (;;) {
  await listen().catch((error) => console.error(error.message));
  await pause(1);
}
