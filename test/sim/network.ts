// The network of the simulation: requests and replies of the real sync machine, as messages that
// are delayed, and so reordered, dropped and doubled, over links that are cut one way or both. A
// crash breaks the connections of a machine: what was on its way to it or from it is gone.

import { answerHello, answerPull, answerWalk } from '../../ledger/sync-answer.ts';
import { NO_TALLY } from '../../ledger/sync-holdings.ts';
import { type Input, newSync } from '../../ledger/sync-state.ts';
import { encodePushReply, isPageEnd } from '../../ledger/sync-wire.ts';
import { step } from '../../ledger/sync.ts';
import { nodePlatform } from '../../src/platform.ts';
import { type Machine, crash, holdingsAt, ingest, linesOf, start, tallyOf } from './machine.ts';
import {
  type Event,
  type Message,
  type Network,
  type Reply,
  type Request,
  type Session,
  type Simulation,
  afterIngest,
  demand,
  planStart,
  tell,
} from './world.ts';

const PATIENCE_MS = 600;

export function newNetwork(): Network {
  const faults = { dropPercent: 8, doublePercent: 6, delayMs: 60 };
  const network: Network = {
    cut: new Set(),
    sessions: new Map(),
    faults,
    syncs: 0,
    drop(machine) {
      for (const [number, { client, server }] of network.sessions) {
        if (client === machine || server === machine) network.sessions.delete(number);
      }
    },
    heal() {
      network.cut.clear();
      Object.assign(faults, { dropPercent: 0, doublePercent: 0, delayMs: 2 });
    },
  };
  return network;
}

export function startSync(sim: Simulation, client: Machine, server: Machine): void {
  const holdings = holdingsAt(client);
  if (holdings === null) return;
  const number = ++sim.network.syncs;
  const begun = step({ holdings, platform: nodePlatform }, newSync(), { kind: 'start' });
  if (begun.out.kind === 'done') return;
  const { state, out: request } = begun;
  const clientLife = client.life;
  const session = { client, server, clientLife, state, request, turn: 0, patience: 0 };
  sim.network.sessions.set(number, session);
  ask(sim, number, session);
}

function ask(sim: Simulation, number: number, session: Session): void {
  const { client, server, request, turn } = session;
  session.patience = sim.clock.nowMs + PATIENCE_MS;
  sim.clock.plan(PATIENCE_MS, { kind: 'give up', session: number });
  send(sim, { kind: 'request', request, from: client, to: server, session: number, turn });
}

type Unsent<Kind> = Kind extends unknown ? Omit<Kind, 'lives'> : never;

function send(sim: Simulation, unsent: Unsent<Message>): void {
  const { roll, network, clock } = sim;
  const message = { ...unsent, lives: [unsent.from.life, unsent.to.life] } as Message;
  const { dropPercent, doublePercent, delayMs } = network.faults;
  const copies = roll(100) < dropPercent ? 0 : roll(100) < doublePercent ? 2 : 1;
  for (let i = 0; i < copies; i++) clock.plan(1 + roll(delayMs), { kind: 'deliver', message });
}

export async function receive(
  sim: Simulation,
  event: Extract<Event, { kind: 'deliver' | 'give up' }>,
): Promise<void> {
  if (event.kind === 'give up') {
    const session = sim.network.sessions.get(event.session);
    if (session !== undefined && sim.clock.nowMs >= session.patience) {
      sim.network.sessions.delete(event.session);
    }
    return;
  }
  const { message } = event;
  const { from, to, lives } = message;
  const alive = from.life === lives[0] && to.life === lives[1] && to.running !== null;
  if (!alive || sim.network.cut.has(`${from.name}>${to.name}`)) return;
  if (message.kind === 'request') await serve(sim, message);
  else await goOn(sim, message);
}

async function serve(
  sim: Simulation,
  { request, from, to, session, turn }: Message & { kind: 'request' },
): Promise<void> {
  const reply = await answer(sim, to, request);
  if (reply !== null) send(sim, { kind: 'reply', reply, from: to, to: from, session, turn });
}

async function answer(sim: Simulation, at: Machine, request: Request): Promise<Reply | null> {
  if (request.kind === 'push') {
    const intake = await ingest(at, linesOf(request.lines), sim.check);
    afterIngest(sim, at);
    return intake && { kind: 'body', body: encodePushReply(tallyOf(intake)) };
  }
  const holdings = holdingsAt(at);
  if (holdings === null) return null;
  if (request.kind === 'pull') {
    const lines = [...(answerPull(holdings, request.body) ?? [])];
    return { kind: 'page', lines: lines.slice(0, -1), end: lines.at(-1) ?? '' };
  }
  const body =
    request.kind === 'hello'
      ? answerHello(holdings, request.body)
      : answerWalk(holdings, request.body)?.reply;
  demand(body !== null && body !== undefined, `an honest ${request.kind} was not understood`);
  return { kind: 'body', body: body as Uint8Array };
}

async function goOn(sim: Simulation, message: Message & { kind: 'reply' }): Promise<void> {
  const session = sim.network.sessions.get(message.session);
  // A double, or one of an exchange that is over.
  if (session === undefined || session.turn !== message.turn) return;
  session.turn++;
  const input = await inputOf(sim, session, message.reply);
  const holdings = holdingsAt(session.client);
  if (input === null || holdings === null || session.client.life !== session.clientLife) {
    sim.network.sessions.delete(message.session);
    return;
  }
  const { state, out } = step({ holdings, platform: nodePlatform }, session.state, input);
  session.state = state;
  if (out.kind !== 'done') {
    session.request = out;
    return ask(sim, message.session, session);
  }
  sim.network.sessions.delete(message.session);
  const { kind } = out.outcome;
  demand(kind !== 'faulty-peer', `an honest peer is called faulty: ${JSON.stringify(out.outcome)}`);
  demand(kind !== 'state-mismatch', 'two machines with one frontier have two states');
  if (kind === 'agree' || kind === 'differs') await answered(sim, session);
}

/**
 * A machine that is held back writes again when every other one has told it what it holds. It
 * starts anew first: lines of its own file that waited for what a peer has sent now may be its own
 * records.
 */
async function answered(sim: Simulation, { client, server }: Session): Promise<void> {
  const { running } = client;
  if (running === null || running.store.heldBack === null) return;
  client.answered.add(server.name);
  if (client.answered.size < sim.machines.length - 1) return;
  crash(client, 'process', sim.roll);
  sim.network.drop(client);
  if (!(await start(client, sim.check))) return planStart(sim, client);
  await client.running?.store.acceptHead([client.operator.key, client.node.key]);
  tell(sim, `${client.name} may write again`);
}

async function inputOf(sim: Simulation, session: Session, reply: Reply): Promise<Input | null> {
  const { client, request } = session;
  if (reply.kind === 'body') {
    return { kind: request.kind === 'push' ? 'pushed' : 'reply', body: reply.body };
  }
  const end = isPageEnd(reply.end) ? reply.end : null;
  if (reply.lines.length === 0) return { kind: 'page', tally: NO_TALLY, end };
  const intake = await ingest(client, linesOf(reply.lines), sim.check);
  afterIngest(sim, client);
  return intake && { kind: 'page', tally: tallyOf(intake), end };
}
