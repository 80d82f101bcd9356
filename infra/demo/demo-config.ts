import { configSchema } from '#shared/config/config-schema.ts';

export interface DemoAddresses {
  readonly swift: string;
  readonly grand: string;
  readonly judge: string;
}

/** A setting that the demo shortens: its name in trimtab.yaml, the demo's value and what everybody else gets. */
export interface DemoKnob {
  readonly setting: string;
  readonly demo: string;
  readonly production: string;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** What the demo changes so that days pass in minutes. Everything here is documented configuration. */
const SHORTENED: readonly (readonly [setting: string, value: string])[] = [
  ['governance.weights', 'automatic'],
  ['governance.prefixes', 'automatic'],
  ['governance.exposureMax', '0.7'],
  ['governance.exploration', '0'],
  ['governance.rollout.canary', '0.35'],
  ['governance.rollout.minSessions', '20'],
  ['governance.rollout.minDuration', '2s'],
  ['governance.rollout.watermark', '30s'],
  ['governance.session.idle', '1s'],
  ['optimizer.controllerInterval', '1s'],
  // The calls of the demo are so short that any prefix is a large part of them.
  ['optimizer.prefixCostMax', '0.5'],
  ['optimizer.replayCalls', '40'],
];

/** The demo's values beside production's defaults, read from the schema that everybody's file is parsed with. */
export function demoKnobs(): readonly DemoKnob[] {
  const defaults = configSchema.parse({});
  return SHORTENED.map(([setting, demo]) => ({
    setting,
    demo,
    production: shown(setting, valueAt(defaults, setting)),
  }));
}

const fromEnvironment = (name: string): string => `\${${name}}`;

/** The `trimtab.yaml` of a demo: two simulated providers, a simulated judge, shortened times. */
export function demoConfig(project: string, addresses: DemoAddresses): string {
  const nested: Record<string, unknown> = {};
  for (const [setting, value] of SHORTENED) assign(nested, setting.split('.'), literal(value));
  const config = {
    project,
    providers: {
      swift: {
        format: 'openai-chat',
        baseUrl: addresses.swift,
        network: 'private',
        apiKey: fromEnvironment('DEMO_SWIFT_API_KEY'),
      },
      grand: {
        format: 'anthropic-messages',
        baseUrl: addresses.grand,
        network: 'private',
        apiKey: fromEnvironment('DEMO_GRAND_API_KEY'),
      },
      judge: {
        format: 'openai-chat',
        baseUrl: addresses.judge,
        network: 'private',
        apiKey: fromEnvironment('DEMO_JUDGE_API_KEY'),
      },
    },
    models: [
      { id: 'swift-2', provider: 'swift', price: { input: 0.2, output: 0.8 } },
      { id: 'grand-5', provider: 'grand', price: { input: 3, output: 15 } },
    ],
    routes: [
      {
        id: 'agents',
        match: { model: 'claude-*' },
        targets: [{ model: 'swift-2', weight: 1 }],
        fallbacks: ['grand-5'],
      },
    ],
    judges: [
      { provider: 'judge', model: 'judge-1', price: { input: 0.2, output: 0.8 }, dailyBudgetUsd: 20, trust: 'always' },
    ],
    ...nested,
  };
  // JSON is YAML, and needs no second way to quote.
  return `# Written by \`trimtab demo\`: simulated providers, shortened times.\n${JSON.stringify(config, null, 2)}\n`;
}

function literal(value: string): unknown {
  return /^[\d.]+$/.test(value) ? Number(value) : value;
}

function assign(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [head = '', ...rest] = path;
  if (rest.length === 0) target[head] = value;
  else {
    const inner = (target[head] ?? {}) as Record<string, unknown>;
    target[head] = inner;
    assign(inner, rest, value);
  }
}

function valueAt(root: unknown, setting: string): unknown {
  return setting
    .split('.')
    .reduce<unknown>((node, name) => (node as Record<string, unknown> | undefined)?.[name], root);
}

const IN_MILLISECONDS = /(Duration|idle|watermark|Interval)$/;

/** Milliseconds as a person writes them in the file; everything else as it is. */
function shown(setting: string, value: unknown): string {
  if (typeof value !== 'number' || !IN_MILLISECONDS.test(setting)) return String(value);
  for (const [unit, size] of UNITS) {
    if (value >= size && value % size === 0) return `${value / size}${unit}`;
  }
  return `${value}ms`;
}
