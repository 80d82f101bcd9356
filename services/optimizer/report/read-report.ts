import type { Database } from '#shared/database/connect.ts';
import { findPolicy, readPolicy } from '#shared/database/policy-store.ts';
import {
  type ReportWindow,
  readOverhead,
  readPolicyServedAt,
  readReportRows,
  readRolloutArms,
} from '#shared/database/report-store.ts';
import { TrimtabError } from '#shared/errors.ts';
import { buildReport, type Report } from './build-report.ts';

/**
 * The report of a window. The baseline is the policy that was served when the window began, or the one that is named.
 * Throws `not_found` before there is any policy.
 */
export async function readReport(
  database: Database,
  projectId: string,
  window: ReportWindow & { readonly baseline?: string | undefined },
): Promise<Report> {
  const served = window.baseline === undefined ? await readPolicyServedAt(database, projectId, window.since) : null;
  const baseline =
    window.baseline !== undefined
      ? await findPolicy(database, projectId, window.baseline)
      : served === null
        ? null
        : await readPolicy(database, projectId, served);
  if (baseline === null) throw new TrimtabError('not_found', 'there is no policy to compare with yet');
  const { policyId, number, body } = baseline;
  return buildReport({
    ...{ since: window.since, until: window.until, baseline: { policyId, number, body } },
    rows: await readReportRows(database, projectId, window),
    arms: await readRolloutArms(database, projectId, window),
    overhead: await readOverhead(database, projectId, window),
  });
}
