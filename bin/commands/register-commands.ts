import type { Command } from 'commander';
import { registerAudit } from './audit.ts';
import { registerCalibration } from './calibration.ts';
import { registerCalls } from './calls.ts';
import { registerClusters } from './clusters.ts';
import type { CommandContext } from './command-context.ts';
import { registerConfig } from './config.ts';
import { registerDemo } from './demo.ts';
import { registerDlq } from './dlq.ts';
import { registerDoctor } from './doctor.ts';
import { registerDrill } from './drill.ts';
import { registerIngest } from './ingest.ts';
import { registerJudges } from './judges.ts';
import { registerKeys } from './keys.ts';
import { registerLabels } from './labels.ts';
import { registerLosses } from './losses.ts';
import { registerMigrate } from './migrate.ts';
import { registerOptimize } from './optimize.ts';
import { registerOptimizePrompt } from './optimize-prompt.ts';
import { registerPolicies } from './policies.ts';
import { registerPrompts } from './prompts.ts';
import { registerProviders } from './providers.ts';
import { registerPurge } from './purge.ts';
import { registerReplay } from './replay.ts';
import { registerReport } from './report.ts';
import { registerServices } from './run-service.ts';
import { registerScorecard } from './scorecard.ts';
import { registerScores } from './scores.ts';
import { registerStatus } from './status.ts';
import { registerUp } from './up.ts';
import { registerWebhooks } from './webhooks.ts';

/** Every command, in the order in which help shows them. */
export function registerCommands(program: Command, context: CommandContext): void {
  for (const register of [
    registerUp,
    registerDemo,
    registerDrill,
    registerStatus,
    registerDoctor,
    registerConfig,
    registerCalls,
    registerScores,
    registerJudges,
    registerLabels,
    registerCalibration,
    registerScorecard,
    registerProviders,
    registerLosses,
    registerClusters,
    registerWebhooks,
    registerPolicies,
    registerOptimize,
    registerOptimizePrompt,
    registerPrompts,
    registerReplay,
    registerReport,
    registerKeys,
    registerIngest,
    registerDlq,
    registerPurge,
    registerAudit,
    registerMigrate,
    registerServices,
  ])
    register(program, context);
}
