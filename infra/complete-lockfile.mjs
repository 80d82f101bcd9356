// Adds to package-lock.json the other platforms' packages that a partial registry mirror does not carry: npm leaves
// them out of the lockfile there, and `npm ci` then refuses it as out of step. They are what npm writes where the
// registry has them, less the integrity. Run it after a change of dependencies: `node infra/complete-lockfile.mjs`.
import { readFileSync, writeFileSync } from 'node:fs';

const LOCKFILE = new URL('../package-lock.json', import.meta.url);
const SYSTEMS = ['android', 'darwin', 'linux', 'win32', 'freebsd', 'openbsd', 'openharmony', 'aix', 'sunos', 'netbsd'];

const lock = JSON.parse(readFileSync(LOCKFILE, 'utf8'));
const added = [];
for (const [parent, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (lock.packages[`node_modules/${name}`] || lock.packages[`${parent}/node_modules/${name}`]) continue;
    const words = name.split('/').at(-1).split('-');
    const at = words.findIndex((word) => SYSTEMS.includes(word));
    if (at < 0) continue;
    const [os, cpu, abi = ''] = words.slice(at);
    const libc = abi.startsWith('musl') ? ['musl'] : abi.startsWith('gnu') ? ['glibc'] : undefined;
    const dev = entry.dev ? { dev: true } : {};
    lock.packages[`node_modules/${name}`] = {
      version,
      cpu: [cpu],
      ...dev,
      ...(libc && { libc }),
      optional: true,
      os: [os],
    };
    added.push(`${name}@${version}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([left], [right]) => (left < right ? -1 : 1)));
writeFileSync(LOCKFILE, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length === 0 ? 'The lockfile is complete.' : `Added ${added.length}:\n  ${added.join('\n  ')}`);
