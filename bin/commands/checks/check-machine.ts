import type { Environment } from '#shared/environment.ts';
import { locatePostgresBinaries } from '../../../infra/postgres-binaries.ts';
import { attempt, type Check, failed, passed, skipped } from './check.ts';

const NODE_MAJOR = 24;

/** The Node that runs this, and the PostgreSQL that came with npm. */
export async function checkMachine(
  environment: Pick<Environment, 'databaseUrl'>,
  nodeVersion: string,
): Promise<readonly Check[]> {
  const node =
    Number(nodeVersion.split('.')[0]) >= NODE_MAJOR
      ? passed('node', `Node ${nodeVersion}`)
      : failed(
          'node',
          `Node ${nodeVersion} is too old`,
          `install Node ${NODE_MAJOR}, or run \`npm ci\` without --omit=optional`,
        );
  const postgres = await attempt('embedded postgres', 'run `npm rebuild`, or set DATABASE_URL', () => {
    if (environment.databaseUrl !== undefined) return skipped('embedded postgres', 'not used: DATABASE_URL is set');
    const { version } = locatePostgresBinaries();
    return passed('embedded postgres', `version ${version} of the package, complete`);
  });
  return [node, postgres];
}
