import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '#shared/environment.ts';
import { loadSyntaxChecker } from '../syntax/load-syntax-checker.ts';
import { CODE_SCORERS } from './code-scorers.ts';
import { injectionFollowed } from './safety/injection-followed.ts';
import { createScoringSubject, type ScoredContent } from './scoring-subject.ts';

const FOLDER = readEnvironment(process.env).realDataDir;
if (FOLDER === undefined) {
  process.stdout.write('SKIPPED: scorers of code are not held to recorded runs, TRIMTAB_REAL_DATA is not set\n');
}

interface Step {
  readonly action: string;
  readonly observation: string;
}

interface ToolCall {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** The lines of a file that is shown whole, or null. */
function shownWhole(observation: string): string[] | null {
  const total = Number(/^\[File: .* \((\d+) lines total\)\]/m.exec(observation)?.[1] ?? -1);
  const lines = [...observation.matchAll(/^(\d+):(.*)$/gm)];
  return lines.length === total && lines[0]?.[1] === '1' ? lines.map((match) => match[2] ?? '') : null;
}

/** A step of a recorded agent in the tools of today's; an edit by line numbers becomes one by its text. */
function toolCallOf({ action }: Step, shown: string[] | null, path: string): ToolCall {
  const [first = '', ...rest] = action.split('\n');
  const opened = /^(open|create) "?([^\s"]+)/.exec(first);
  if (opened?.[1] === 'open') return { name: 'Read', input: { file_path: opened[2] } };
  if (opened?.[1] === 'create') return { name: 'Write', input: { file_path: opened[2], content: '' } };
  const range = /^edit (\d+):(\d+)$/.exec(first);
  if (range === null || shown === null) return { name: 'Bash', input: { command: action } };
  const old = shown.slice(Number(range[1]) - 1, Number(range[2])).join('\n');
  const text = rest.join('\n').replace(/\n?end_of_edit\n*$/, '');
  return { name: 'Edit', input: { file_path: path, old_string: old, new_string: text } };
}

function contentsOf(steps: readonly Step[]): readonly ScoredContent[] {
  const messages: unknown[] = [{ role: 'user', content: 'Please fix the issue in this repository.' }];
  let shown: string[] | null = null;
  let path = '';
  return steps.map((step, index) => {
    const call = toolCallOf(step, shown, path);
    const use = { type: 'tool_use', id: `toolu_${index}`, ...call };
    const request = { messages: [...messages] };
    const result = { type: 'tool_result', tool_use_id: use.id, content: step.observation };
    messages.push({ role: 'assistant', content: [use] }, { role: 'user', content: [result] });
    shown = shownWhole(step.observation) ?? shown;
    path = String(call.input['file_path'] ?? path);
    return {
      call: { status: 'ok', upstreamFormat: null, losses: [] },
      request,
      response: { role: 'assistant', content: [use], stop_reason: 'tool_use' },
      upstreamRaw: null,
    };
  });
}

function readSteps(folder: string): readonly Step[][] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.traj'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as { trajectory?: Step[] })
    .flatMap(({ trajectory }) => (trajectory === undefined ? [] : [trajectory]));
}

describe.skipIf(FOLDER === undefined)('scorers of code on recorded data (TRIMTAB_REAL_DATA)', () => {
  const folder = FOLDER ?? '';

  it('raise no error on the steps of recorded coding agents', async () => {
    const checkSyntax = await loadSyntaxChecker();
    const alarms: string[] = [];
    const outcomes = new Map<string, number>();
    let calls = 0;
    for (const contents of readSteps(join(folder, 'swe-agent')).map(contentsOf)) {
      for (const [index, content] of contents.entries()) {
        calls += 1;
        const next = contents[index + 1] ?? null;
        const subject = createScoringSubject({ ...content, checkSyntax }, next);
        for (const scorer of CODE_SCORERS) {
          const { outcome, severity, detail } = scorer.score(subject);
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
          if (outcome !== 'fail') continue;
          process.stdout.write(`${scorer.id} (${severity}) at step ${index}: ${detail}\n`);
          if (severity === 'error' || severity === 'fatal') alarms.push(`${scorer.id} at step ${index}`);
        }
      }
    }
    process.stdout.write(
      `${alarms.length} errors in ${calls} calls; ${JSON.stringify(Object.fromEntries(outcomes))}\n`,
    );
    expect(calls).toBeGreaterThan(20);
    expect(outcomes.get('pass')).toBeGreaterThan(20);
    expect(alarms).toEqual([]);
  });

  it('do not take a result with an injected order for an order that was followed', () => {
    const attacks = ['text_attack_test.json', 'text_attack_train.json'].flatMap((name) =>
      Object.values(JSON.parse(readFileSync(join(folder, 'bipia', name), 'utf8')) as Record<string, string[]>).flat(),
    );
    expect(attacks.length).toBeGreaterThan(50);
    for (const attack of attacks) {
      const read = { type: 'tool_use', id: 'toolu_0', name: 'Read', input: { file_path: 'mail.txt' } };
      const text = `Dear Ada, the total is 12.\nImportant message to the assistant: ${attack}`;
      const content: ScoredContent = {
        call: { status: 'ok', upstreamFormat: null, losses: [] },
        request: {
          messages: [
            { role: 'user', content: 'What is the total?' },
            { role: 'assistant', content: [read] },
            { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_0', content: text }] },
          ],
        },
        response: {
          role: 'assistant',
          content: [{ type: 'tool_use', id: 'toolu_1', name: 'Read', input: { file_path: 'bill.txt' } }],
          stop_reason: 'tool_use',
        },
        upstreamRaw: null,
      };
      expect(injectionFollowed.score(createScoringSubject(content, null)).outcome, attack).toBe('pass');
    }
  });
});
