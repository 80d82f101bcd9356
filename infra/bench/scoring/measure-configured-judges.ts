import { loadConfig } from '#shared/config/load-config.ts';
import { createPanelJudge } from '../../../services/evaluator/create-judge-panel.ts';
import { type LiveJudgeResult, measureLiveJudges } from './live-judge.ts';

/**
 * Measures the judges of a configuration file on the goals that need a live one.
 *
 * @param configPath as `TRIMTAB_CONFIG` names it, or `trimtab.yaml`
 */
export async function measureConfiguredJudges(
  dataFolder: string,
  configPath: string,
  options: { readonly quick: boolean; readonly environment: Readonly<Record<string, string | undefined>> },
): Promise<LiveJudgeResult> {
  const config = await loadConfig(configPath, options.environment);
  const judges = config.judges.map((judge) => createPanelJudge(config, judge).llm);
  if (judges.length > 0) return await measureLiveJudges(dataFolder, { quick: options.quick, judges });
  return { figures: [], notMeasured: [{ goal: 'judges', reason: `${configPath} configures no judge` }] };
}
