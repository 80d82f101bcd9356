#!/usr/bin/env node
// Plain JavaScript that old Nodes can read: it finds a Node that runs TypeScript, and hands over to the command line.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR = 24;
const PARENT_LOOK_INTERVAL_MS = 250;
/** Set for the Node that we start, so that a wrong one says so instead of starting another, and another. */
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

/** Runs this file again under another Node, as if that had been started in the first place. */
function handOver(node) {
  // The channel closes when this process is killed, which tells the other one to stop.
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [HANDED_OVER]: '1' },
  });
  // The terminal sends Ctrl-C to both of us, so it is only ignored here; other signals come to this process alone.
  process.on('SIGINT', () => {});
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
  } else if (process.env.npm_lifecycle_event !== undefined) {
    stopWithShell();
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

if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) {
  await run();
} else {
  const node = process.env[HANDED_OVER] === undefined ? findInstalledNode() : undefined;
  if (node === undefined) {
    console.error(
      `trimtab needs Node ${NODE_MAJOR} or newer, and this is ${process.version}. Run \`npm ci\` without --omit=optional ` +
        `(on Linux it brings a Node ${NODE_MAJOR} of its own), or install Node ${NODE_MAJOR} from https://nodejs.org.`,
    );
    process.exitCode = 1;
  } else {
    handOver(node);
  }
}
