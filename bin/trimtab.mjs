#!/usr/bin/env node
// Plain JavaScript that old Nodes can read: it hands over to the command line, under a Node that runs TypeScript and with
// what that Node must be told before it starts.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR = 24;
const PARENT_LOOK_INTERVAL_MS = 250;
/** Set for the Node that we start, so that it starts no other one. */
const HANDED_OVER = 'TRIMTAB_LAUNCHER';

/** The Node that `npm ci` installs on Linux as an optional dependency; undefined where there is none. */
function findInstalledNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/package.json`);
    return join(dirname(manifest), 'bin', 'node');
  } catch {
    return undefined;
  }
}

/** What a service that is run alone needs beyond a Node; undefined for other commands, and where there is nothing. */
function findServiceSettings() {
  const settings = createRequire(import.meta.url)('../infra/process-settings.json')[process.argv[2]];
  return settings?.nodeOptions?.length > 0 ? settings : undefined;
}

/**
 * Runs this file again under another Node or with other options, as if that had been started in the first place. What
 * the user has set goes before what the service would have.
 */
function handOver(node, service) {
  const options = [...(service?.nodeOptions ?? []), ...process.execArgv];
  // The channel closes when this process is killed, which tells the other one to stop.
  const child = spawn(node, [...options, fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...service?.environment, ...process.env, [HANDED_OVER]: '1' },
    detached: service !== undefined,
  });
  // The terminal sends Ctrl-C to both of us, but not to a service, which has a session of its own: a process manager may
  // send SIGINT to this process alone.
  process.on('SIGINT', () => service !== undefined && child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    console.error(`trimtab: ${node} cannot be started: ${error.message}`);
    process.exit(1);
  });
  child.once('exit', (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 1)));
}

/**
 * `npm start` puts npm and a shell above us. A SIGTERM to npm reaches only that shell, which dies without passing it
 * on; all that we see is another parent, and without looking we would run on under nobody.
 */
function stopWithShell() {
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_LOOK_INTERVAL_MS);
  watch.unref();
}

async function run() {
  if (process.env[HANDED_OVER] !== undefined) {
    // Assigning undefined would set it to the text "undefined".
    delete process.env[HANDED_OVER];
    process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
    process.channel?.unref();
  }
  // `trimtab calls | head` closes our output early; that is no failure, and must not end a running system.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  const { main } = await import('./commands/main.ts');
  process.exitCode = await main(process.argv.slice(2));
}

/** The Node to hand over to: ours where it will do, undefined where there is none. */
function findNode() {
  return Number(process.versions.node.split('.')[0]) >= NODE_MAJOR ? process.execPath : findInstalledNode();
}

const node = findNode();
const isHandedOver = process.env[HANDED_OVER] !== undefined;
if (node === undefined || (isHandedOver && node !== process.execPath)) {
  console.error(
    `trimtab needs Node ${NODE_MAJOR} or newer, and this is ${process.version}. Run \`npm ci\` without --omit=optional ` +
      `(on Linux it brings a Node ${NODE_MAJOR} of its own), or install Node ${NODE_MAJOR} from https://nodejs.org.`,
  );
  process.exitCode = 1;
} else {
  if (!isHandedOver && process.env.npm_lifecycle_event !== undefined) stopWithShell();
  const service = isHandedOver ? undefined : findServiceSettings();
  if (node === process.execPath && service === undefined) await run();
  else handOver(node, service);
}
