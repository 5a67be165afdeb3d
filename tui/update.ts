// One input, and the model after it with what is to be done. A key goes to the first of these that
// takes it: a question of a command, a dialog, the function keys, the screen, the capital letters.

import type { Run } from './commands.ts';
import type { Effect, Input } from './effects.ts';
import { type Facts, type HomeFacts, UNASKED, type Want, valueOf } from './facts.ts';
import { onDialogKey } from './dialog.ts';
import { globalKey, isFunctionKey } from './keys.ts';
import { EVENTS_MAX, NOTICE_MS } from './limits.ts';
import { type Model, type Notice, type ScreenName, type Step, runOf, stay } from './model.ts';
import { askedOf, onQuestionKey, secretLength } from './questions.ts';
import { hasSaid, isUnfinished } from './commands.ts';
import type { Screen } from './screen.ts';
import { SCREENS, screenOf } from './screens.ts';
import { trendsWith } from './trends.ts';

/** What every screen shows something of. */
const ALWAYS: readonly Want[] = ['status', 'home'];

export function wantsOf(model: Model): readonly Want[] {
  return [...new Set([...ALWAYS, ...screenOf(model).wants])];
}

export function step(model: Model, input: Input): Step {
  const { model: after, out } = react(model, input);
  const [before, now] = [wantsOf(model), wantsOf(after)];
  const isSame = before.length === now.length && before.every((want) => now.includes(want));
  return { model: after, out: isSame ? out : [...out, { do: 'want', wants: now }] };
}

function react(model: Model, input: Input): Step {
  switch (input.in) {
    case 'key':
      return onKey({ ...model, notice: kept(model.notice) }, input.key, input.text);
    case 'size':
      return stay({ ...model, size: { columns: input.columns, rows: input.rows } });
    case 'tick':
      return onTick({
        ...model,
        nowMs: input.nowMs,
        notice: unlessOver(model.notice, input.nowMs),
      });
    case 'told':
      return onTold(model, input.want, input.value);
    case 'untold': {
      const { want, code, what, hint } = input;
      const before = model.facts[want];
      const value = before.state === 'unasked' ? null : before.value;
      const facts = { ...model.facts, [want]: { state: 'failed', code, what, hint, value } };
      return stay({ ...model, facts });
    }
    case 'event':
      return stay({ ...model, events: [...model.events, input.heard].slice(-EVENTS_MAX) });
    case 'said':
      return onRun(model, input.run, (run) => input.documents.reduce<Run>(hasSaid, run));
    case 'asked':
      return onAsked(model, input.run, input.question);
    case 'ended':
      return onEnded(model, input);
    case 'secret': {
      const { asking } = model;
      if (asking === null) return stay(model);
      return stay({
        ...model,
        asking: { ...asking, form: secretLength(asking.form, input.length) },
      });
    }
    case 'differs': {
      const asking = { ...askedOf(input.run, input.question), differed: true };
      return stay({ ...model, asking }, { do: 'hide', on: true });
    }
  }
}

function onTick(model: Model): Step {
  return screenOf(model).onTick?.(model) ?? stay(model);
}

function onTold(model: Model, want: Want, value: unknown): Step {
  const held = { state: 'held', value, atMs: model.nowMs };
  const facts = { ...model.facts, [want]: held } as Facts;
  const told = { ...model, facts };
  const after = screenOf(model).onTold?.(told, want) ?? told;
  if (want === 'nodes') return stay({ ...after, trends: trendsWith(model.trends, facts) });
  if (want !== 'home' || screenOf(after).holds?.(after) === true) return stay(after);
  // A machine that belongs to nothing has one screen to begin with; one that belongs has the
  // others.
  const { ledger, here } = value as HomeFacts;
  // A join that was broken off leaves a ledger that does not know this machine: it is run again.
  const belongs = ledger !== null && here?.node?.standing !== 'stranger';
  if (ledger === null && model.screen === 'network') return opened(after, 'first');
  // What was asked before there was a ledger is no news of it.
  const fresh = { ...UNASKED, home: after.facts.home, status: after.facts.status };
  if (belongs && model.screen === 'first') {
    return opened({ ...after, facts: fresh }, 'network');
  }
  return stay(after);
}

function opened(model: Model, name: ScreenName): Step {
  const after = { ...model, screen: name, dialog: null };
  return SCREENS[name].onOpen?.(after) ?? stay(after);
}

function onKey(model: Model, key: string, text: string | null): Step {
  if (key === 'C-l') return stay(model, { do: 'redraw' });
  if (model.asking !== null) return onQuestionKey(model, model.asking, key, text);
  if (model.dialog !== null) return onDialogKey(model, model.dialog, key);
  const screen = screenOf(model);
  if (screen.holds?.(model) === true) return onOwnKey(model, screen, key, text);
  if (key === 'C-c') return leave(model);
  const isTyping = screen.isTyping?.(model) === true;
  const everywhere = isFunctionKey(key) || !isTyping ? globalKey(key) : null;
  if (everywhere !== null) {
    const { opens } = everywhere;
    if (opens === 'quit') return leave(model);
    // Where there is no ledger there is nothing to show but how one comes.
    const hasNone = valueOf(model.facts.home)?.ledger === null;
    const isBare = hasNone && opens !== 'help' && opens !== 'commands';
    return opened(model, isBare ? 'first' : opens);
  }
  return onOwnKey(model, screen, key, text);
}

function onOwnKey(model: Model, screen: Screen, key: string, text: string | null): Step {
  const isTyping = screen.isTyping?.(model) === true;
  const binding = screen.bindings.find(
    (one) => one.key === key && (!isTyping || one.inForm === true) && one.when?.(model) !== false,
  );
  return binding?.act(model) ?? screen.onKey?.(model, key, text) ?? stay(model);
}

/** At once where nothing would be cut short by it. */
function leave(model: Model): Step {
  if (!model.runs.some(isUnfinished)) return stay(model, { do: 'quit' });
  return stay({ ...model, dialog: { kind: 'leave' } });
}

function onRun(model: Model, id: number, change: (run: Run) => Run): Step {
  if (runOf(model, id) === null) return stay(model);
  const runs = model.runs.map((run) => (run.id === id ? change(run) : run));
  return heard({ ...model, runs }, id);
}

/** The screen that a command belongs to hears of it, shown or not. */
function heard(model: Model, id: number): Step {
  const run = runOf(model, id);
  if (run === null) return stay(model);
  const screen = Object.values(SCREENS).find(({ purposes }) => purposes?.includes(run.purpose));
  return screen?.onRun?.(model, run) ?? stay(model);
}

function onAsked(
  model: Model,
  id: number,
  asked: Extract<Input, { in: 'asked' }>['question'],
): Step {
  if ('tell' in asked) return onRun(model, id, (run) => ({ ...run, step: asked.text }));
  const { model: after, out } = onRun(model, id, (run) => ({ ...run, question: asked }));
  const hides: Effect[] = asked.ask === 'secret' ? [{ do: 'hide', on: true }] : [];
  // The screen may have known the answer.
  if ((runOf(after, id)?.question ?? null) === null) return stay(after, ...out);
  return stay({ ...after, asking: askedOf(id, asked) }, ...out, ...hides);
}

function onEnded(model: Model, { run: id, end }: Extract<Input, { in: 'ended' }>): Step {
  const run = runOf(model, id);
  if (run === null) return stay(model);
  const wasAsking = model.asking?.run === id;
  const notice = noticeOf(model, run, end);
  const cleared = { ...model, ...(wasAsking ? { asking: null } : {}), notice };
  const { model: after, out } = onRun(cleared, id, (one) => ({
    ...one,
    question: null,
    ended: end,
  }));
  const shown: Effect[] = wasAsking ? [{ do: 'hide', on: false }] : [];
  const changed: Effect[] = LOOKS.includes(run.purpose)
    ? []
    : [{ do: 'refresh', wants: wantsOf(after) }];
  return stay(after, ...out, ...shown, ...changed);
}

// What only looks has changed nothing, so that nothing is asked again for it: a dry run follows
// every change of a form.
const LOOKS: readonly Run['purpose'][] = ['dry-run', 'follow'];

// What a window shows anyhow needs no notice beside it, and neither does a screen as long as it is
// shown.
const QUIET: readonly Run['purpose'][] = ['output', ...LOOKS];
const SHOWN_BY: Partial<Readonly<Record<Run['purpose'], ScreenName>>> = {
  ...{ found: 'first', join: 'first', admit: 'approvals', place: 'place' },
};

function noticeOf(model: Model, { purpose, title }: Run, end: Run['ended']): Notice | null {
  const isSeen = QUIET.includes(purpose) || SHOWN_BY[purpose] === model.screen;
  if (isSeen || end === null) return model.notice;
  if (end.complaint !== null) {
    const { what, hint } = end.complaint;
    return { tone: 'bad', text: `${title}: ${what}`, hint, untilMs: null };
  }
  const untilMs = model.nowMs + NOTICE_MS;
  if (end.exit === 0) return { tone: 'good', text: title, hint: '', untilMs };
  return { tone: 'bad', text: `${title}: ended with ${end.exit}`, hint: '', untilMs: null };
}

function kept(notice: Notice | null): Notice | null {
  return notice?.untilMs === null ? null : notice;
}

function unlessOver(notice: Notice | null, nowMs: number): Notice | null {
  return typeof notice?.untilMs === 'number' && notice.untilMs <= nowMs ? null : notice;
}
