import { closestName } from '../closest-name.ts';
import { isQuirkName, QUIRK_NAMES } from '../formats/quirks/quirks.ts';
import { checkProviders } from './check-providers.ts';
import type { ConfigProblem, LineOf } from './config-problem.ts';
import type { TrimtabConfig } from './config-schema.ts';

type Path = readonly PropertyKey[];

/** What no schema sees: names that refer to nothing, models listed twice, exposure beyond its limit. */
export function checkReferences(config: TrimtabConfig, lineOf: LineOf): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const report = (path: Path, message: string): void => {
    problems.push({ path: path.map(String).join('.'), line: lineOf(path), message });
  };
  checkProviders(config, report);
  checkProviderNames(config, report);
  checkQuirks(config, report);
  checkModels(config, report);
  checkRoutes(config, report);
  checkResidency(config, report);
  const { governance } = config;
  const exposure = governance.rollout.canary + governance.exploration;
  if (exposure > governance.exposureMax) {
    report(
      ['governance', 'exposureMax'],
      `is ${governance.exposureMax}, but rollout.canary + exploration is ${exposure.toFixed(3)}; lower one or raise the limit`,
    );
  }
  return problems;
}

/** A model that may serve nowhere would be refused by the database, in words that name no line. */
function checkResidency(config: TrimtabConfig, report: Report): void {
  const { residency } = config.governance;
  if (residency.length === 0) return;
  config.models.forEach((model, index) => {
    const { region, location } = config.providers[model.provider] ?? {};
    const where = region ?? location;
    if (where !== undefined && residency.includes(where)) return;
    const found = where === undefined ? 'has no region' : `is in ${where}`;
    report(
      ['models', index, 'provider'],
      `${model.provider} ${found}, and governance.residency allows ${residency.join(', ')}; set its region or remove the model`,
    );
  });
}

type Report = (path: Path, message: string) => void;

function checkProviderNames(config: TrimtabConfig, report: Report): void {
  const names = Object.keys(config.providers);
  const users = [
    ...config.models.map((model, index) => [['models', index, 'provider'], model.provider] as const),
    ...config.judges.map((judge, index) => [['judges', index, 'provider'], judge.provider] as const),
    ...(typeof config.clusters.embedder === 'string'
      ? []
      : [[['clusters', 'embedder', 'provider'], config.clusters.embedder.provider] as const]),
    ...(config.teacher === undefined ? [] : [[['teacher', 'provider'], config.teacher.provider] as const]),
  ];
  for (const [path, name] of users) {
    if (names.includes(name)) continue;
    const nearest = closestName(name, names);
    const hint = nearest === undefined ? `add it under providers:` : `did you mean "${nearest}"?`;
    report(path, `names "${name}", which is not under providers; ${hint}`);
  }
}

function checkQuirks(config: TrimtabConfig, report: Report): void {
  for (const [name, provider] of Object.entries(config.providers)) {
    provider.quirks.forEach((quirk, index) => {
      if (isQuirkName(quirk)) return;
      const nearest = closestName(quirk, QUIRK_NAMES);
      report(['providers', name, 'quirks', index], `"${quirk}" is not a known quirk; did you mean "${nearest}"?`);
    });
  }
}

function checkModels(config: TrimtabConfig, report: Report): void {
  const owners = new Map<string, string>();
  config.models.forEach((model, index) => {
    if (owners.get(model.id) === model.id) report(['models', index, 'id'], `"${model.id}" is listed twice`);
    owners.set(model.id, model.id);
  });
  config.models.forEach((model, index) => {
    for (const alias of model.aliases) {
      const owner = owners.get(alias);
      if (owner !== undefined) report(['models', index, 'aliases'], `"${alias}" already means ${owner}`);
      owners.set(alias, model.id);
    }
  });
}

function checkRoutes(config: TrimtabConfig, report: Report): void {
  const ids = config.models.map((model) => model.id);
  config.routes.forEach((route, index) => {
    const named = [
      ...route.targets.map((target, position) => [['targets', position, 'model'], target.model] as const),
      ...route.fallbacks.map((model, position) => [['fallbacks', position], model] as const),
    ];
    for (const [path, model] of named) {
      if (ids.includes(model)) continue;
      const nearest = closestName(model, ids);
      const hint = nearest === undefined ? 'add it under models:' : `did you mean "${nearest}"?`;
      report(['routes', index, ...path], `names "${model}", which is not on the allow-list; ${hint}`);
    }
  });
}
