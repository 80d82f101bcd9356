import { countApprovals, listApprovals } from '#shared/database/policy-approval.ts';
import { findPolicy, readPolicy } from '#shared/database/policy-store.ts';
import { readCoolOff } from '#shared/database/read-cool-off.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import { describePolicyDiff } from '#shared/domain/describe-policy-diff.ts';
import { assessRisk, riskRulesOf } from '#shared/domain/policy-risk.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { printJson, printLine } from './print.ts';

/** One version with all that is known of how it came about. */
export async function printPolicy(context: CommandContext, name: string, options: CommandOptions): Promise<void> {
  const database = await context.database();
  const projectId = await context.project();
  const policy = await findPolicy(database, projectId, name);
  const approvals = await listApprovals(database, projectId, policy.policyId);
  const { approvalsNeeded } = await countApprovals(database, projectId, policy.policyId);
  const coolOff = await readCoolOff(database, projectId, policy.policyId);
  if (options.json === true) {
    printJson(context, { ...policy, approvals, approvalsNeeded, coolOff });
    return;
  }
  printLine(context, `v${policy.number}  ${policy.policyId}`);
  printLine(context, `${policy.state}; by ${policy.author} on ${policy.createdAt.toISOString()}: ${policy.reason}`);
  printLine(context, `touches ${policy.risk}, needs ${NEEDS[policy.riskClass]}`);
  for (const { person, reason, approvedAt } of approvals) {
    printLine(context, `approved by ${person} on ${approvedAt.toISOString()}: ${reason}`);
  }
  if (policy.state === 'proposed' && approvalsNeeded > 1) {
    printLine(context, `${approvals.length} of ${approvalsNeeded} approvals`);
  }
  if (coolOff !== null) {
    const until = coolOff.until.toISOString();
    printLine(
      context,
      `rolled back, or left without a verdict, ${coolOff.rollbacks} time(s): the optimizer leaves it alone until ${until}`,
    );
  }
  for (const line of describePolicyDiff(null, policy.body)) printLine(context, `  ${line.replace(/^\+ /, '')}`);
  printLine(context, `  safe default: ${policy.body.safeDefault}`);
  printLine(context, `evidence: ${JSON.stringify(policy.evidence, null, 2)}`);
}

const NEEDS = { automatic: 'nobody', canary: 'the proof of a canary, or a person', human: 'a person' } as const;

/** What a version changes, line by line, and what that needs. */
export async function printPolicyDiff(
  context: CommandContext,
  name: string,
  other: string | undefined,
  options: CommandOptions,
): Promise<void> {
  const database = await context.database();
  const projectId = await context.project();
  const policy = await findPolicy(database, projectId, name);
  const parent = policy.parentId === null ? null : await readPolicy(database, projectId, policy.parentId);
  const base = other === undefined ? parent : await findPolicy(database, projectId, other);
  const changes = describePolicyDiff(base?.body ?? null, policy.body);
  const rules = riskRulesOf((await readGovernance(database, projectId))?.body ?? null);
  const assessed = base === null ? null : assessRisk(base.body, policy.body, rules);
  const { policyId, number } = policy;
  if (options.json === true) {
    printJson(context, { policyId, number, against: base?.policyId ?? null, changes, ...assessed });
    return;
  }
  printLine(context, `v${number} against ${base === null ? 'nothing' : `v${base.number}`}: ${policy.reason}`);
  for (const line of changes.length === 0 ? ['no difference'] : changes) printLine(context, `  ${line}`);
  if (assessed === null || assessed.reasons.length === 0) return;
  printLine(context, `needs ${NEEDS[assessed.riskClass]}, because`);
  for (const reason of assessed.reasons) printLine(context, `  ${reason}`);
}
