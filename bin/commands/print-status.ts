import type { CommandContext } from './command-context.ts';
import { describeConservation } from './describe-conservation.ts';
import { describeLastRun } from './describe-last-run.ts';
import { describeReason } from './describe-reason.ts';
import { age, printable, printLine, printTable } from './print.ts';
import type { WholeStatus } from './read-system-status.ts';

const LABEL_WIDTH = 11;
const TOKEN_CHARACTERS = 12;
const DAY_MS = 24 * 3_600_000;

/** The status for a person: what serves, who may change it, and how far each turn shape is from a decision. */
export function printStatus(context: CommandContext, status: WholeStatus): void {
  const now = context.now();
  const since = (moment: string): string => age(new Date(moment), now);
  const say = (label: string, ...lines: readonly string[]): void => {
    lines.forEach((line, index) => {
      printLine(context, `${(index === 0 ? label : '').padEnd(LABEL_WIDTH)} ${printable(line)}`);
    });
  };
  say('project', status.projectId);
  say('services', ...status.services.map(describeService));
  say('serving', ...describeServing(status, since));
  say('optimizer', ...describePower(status, since));
  say('judges', status.judges.on ? status.judges.names.join(', ') : 'none: only deterministic scorers run');
  say('last run', ...describeRun(status, since));
  say('next run', status.nextNightly ?? 'not scheduled');
  say('gateways', ...describeGateways(status, since));
  say(
    'calls',
    `${describeConservation(status.conservation)}${status.conservation.balances ? '' : '; see trimtab doctor'}`,
  );
  say('retention', describeRetention(status));
  if (status.deadLetters > 0) say('dead', `${status.deadLetters} dead letters wait for you: trimtab dlq list`);
  if (!status.keysRequired) {
    say('keys', 'NONE: the gateway takes any credential, on loopback only; make one: trimtab keys create NAME');
  }
  printLine(context);
  printShapes(context, status);
}

function describeService(service: WholeStatus['services'][number]): string {
  const name = service.name.padEnd(10);
  if (service.state === 'ready') return `${name}ready        ${service.address}`;
  const state = service.state.replace('_', ' ').padEnd(12);
  return `${name}${state} ${service.address}: ${service.reasons.join('; ')}`;
}

function describeServing(status: WholeStatus, since: (moment: string) => string): string[] {
  const { pointer, rollout } = status;
  if (pointer === null) return ['nothing: there is no active policy; add routes: to trimtab.yaml and start again'];
  const lines = [`v${pointer.stableNumber} is stable (epoch ${pointer.epoch}, since ${since(pointer.updatedAt)})`];
  if (rollout !== null) {
    const kind = rollout.kind === 'reverse' ? 'reverse canary' : 'canary';
    lines.push(
      `v${status.canaryNumber} is ${kind} of rollout ${rollout.number} (since ${since(rollout.openedAt)}): ` +
        `${rollout.pairs} of ${rollout.pairsNeeded} pairs of sessions, ${rollout.pairsMax} at the most`,
    );
    if (rollout.text !== null) lines.push(rollout.text);
  }
  return lines;
}

function describePower(status: WholeStatus, since: (moment: string) => string): string[] {
  const { modes, stoppedBy, pinnedPolicy, alarms } = status;
  const lines: string[] = [];
  if (stoppedBy !== null) {
    const what =
      pinnedPolicy === null
        ? 'PAUSED'
        : `PINNED to ${pinnedPolicy.slice(0, TOKEN_CHARACTERS)}${status.paused ? ' and PAUSED' : ''}`;
    lines.push(`${what} by ${stoppedBy.actor} for ${since(stoppedBy.since)}: ${stoppedBy.reason}`);
  }
  lines.push(
    modes === null
      ? 'no governance was imported yet'
      : `weights ${modes.weights}, prefixes ${modes.prefixes}, quality bar ${status.qualityBar}`,
  );
  for (const { judge, rubric, since: moved } of status.judges.drifts.filter(({ until }) => until === null)) {
    lines.push(
      `held: judge drift since ${moved.slice(0, 10)} (${judge}, ${rubric}): sessions that it judges prove nothing`,
    );
  }
  if (alarms.watching + alarms.raised > 0)
    lines.push(`${alarms.watching} cells watched, ${alarms.raised} alarms raised`);
  return lines;
}

function describeRun(status: WholeStatus, since: (moment: string) => string): string[] {
  const run = status.lastRun;
  if (run === null) return ['none yet; ask for one: trimtab optimize run'];
  const when = run.finishedAt === null ? '' : ` ${since(run.finishedAt)} ago`;
  return [`${run.job} ${run.status}${when}`, ...describeLastRun(run, status.lastRunReason)];
}

function describeGateways(status: WholeStatus, since: (moment: string) => string): string[] {
  if (status.gateways.length === 0) return ['none has reported yet'];
  return status.gateways.map((gateway) => {
    const applied = gateway.current ? 'current' : `behind: the pointer is at ${status.pointer?.epoch ?? 'none'}`;
    const seen = gateway.stale ? `NOT SEEN for ${since(gateway.seenAt)}` : `seen ${since(gateway.seenAt)} ago`;
    const error = gateway.lastError === null ? '' : `, ${gateway.lastError}`;
    return `${gateway.gatewayId.slice(0, TOKEN_CHARACTERS)} epoch ${gateway.epoch ?? 'none'} (${applied}), ${seen}, ${gateway.spoolPending} records to store${error}`;
  });
}

function describeRetention({ retention }: WholeStatus): string {
  const { contentMs, callsMs, contentWeeks, callWeeks, overdue } = retention;
  const kept = (milliseconds: number | null) =>
    milliseconds === null ? 'for ever' : `for ${Math.round(milliseconds / DAY_MS)} days`;
  const dropped = `dropped so far: content of ${contentWeeks} weeks, calls of ${callWeeks}`;
  const waiting = overdue.length === 0 ? '' : `; kept beyond that until scored and looked at: ${overdue.join(', ')}`;
  return `content ${kept(contentMs)}, calls ${kept(callsMs)}; ${dropped}${waiting}`;
}

/** One row per model of each turn shape, so that the sessions which are still needed stand beside those there are. */
function printShapes(context: CommandContext, status: WholeStatus): void {
  if (status.shapes.length === 0) {
    printLine(context, 'No sessions in the last 30 days: send some calls through the gateway.');
    return;
  }
  const rows = status.shapes.flatMap((shape): (string | number | null)[][] => {
    const head = [shape.turnShape, shape.sessions, shape.scored, describeReason(shape.reason)];
    const models = shape.models.map((model) => [
      `  ${model.model}${model.model === shape.currentModel ? ' *' : ''}`,
      model.sessions,
      null,
      `${model.verdict}${describeNeed(model)}, mean ${shareText(model.mean)} in [${shareText(model.lower)}, ${shareText(model.upper)}]${describeMore(model)}`,
    ]);
    return [head, ...models];
  });
  printTable(context, ['turn shape, and its models', 'sessions', 'scored', 'where it stands'], rows);
  printLine(context, '* served now; a model counts the sessions that it served itself');
}

/** How slow it is, and what of it is held. */
function describeMore({ latency, heldSessions }: WholeStatus['shapes'][number]['models'][number]): string {
  const { duration } = latency;
  const slow = duration === null ? '' : `, p95 ${(duration.p95 / 1_000).toFixed(1)} s`;
  return heldSessions === 0 ? slow : `${slow}, ${heldSessions} sessions held: judge drift`;
}

function describeNeed(model: WholeStatus['shapes'][number]['models'][number]): string {
  if (model.verdict !== 'undecided') return '';
  return model.sessionsNeeded === null
    ? ' (no proof can be foreseen at this quality)'
    : ` (needs about ${model.sessionsNeeded} more sessions)`;
}

function shareText(share: number | null): string {
  return share === null ? '-' : share.toFixed(2);
}
