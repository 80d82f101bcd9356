import { setTimeout as sleep } from 'node:timers/promises';
import { findListener } from './find-listener.ts';
import type { Target } from './target.ts';

/** Another gateway that somebody else has started. */
export interface Peer {
  readonly name: string;
  readonly url: URL;
  readonly modelTemplate: string;
}

const WAIT_MS = 60_000;
const LOOK_EVERY_MS = 200;

/**
 * Reads `--peer NAME=URL` and `--peer-model NAME=TEMPLATE`. Throws RangeError on a peer without an address, on one that
 * is not on this machine, and on a template for a peer that is not named.
 */
export function readPeers(peers: readonly string[], models: readonly string[]): readonly Peer[] {
  const templates = new Map(models.map((each) => split(each, '--peer-model')));
  const read = peers.map((each): Peer => {
    const [name, address] = split(each, '--peer');
    if (!URL.canParse(address)) throw new RangeError(`--peer ${each}: ${address} is no address`);
    const url = new URL(address);
    if (url.port === '') throw new RangeError(`--peer ${each}: the address needs a port`);
    if (url.hostname !== '127.0.0.1') throw new RangeError(`--peer ${each}: only what runs on 127.0.0.1 can be loaded`);
    return { name, url, modelTemplate: templates.get(name) ?? '{model}' };
  });
  const stray = [...templates.keys()].find((name) => !read.some((peer) => peer.name === name));
  if (stray !== undefined) throw new RangeError(`--peer-model ${stray}: there is no --peer of that name`);
  return read;
}

/** Waits until a peer listens; rejects after a minute. What its path ends in says which format it takes. */
export async function connectPeer({ name, url, modelTemplate }: Peer): Promise<Target> {
  const port = Number(url.port);
  for (const endsAtMs = performance.now() + WAIT_MS; performance.now() < endsAtMs; await sleep(LOOK_EVERY_MS)) {
    const pid = findListener(port);
    if (pid === null) continue;
    const format = url.pathname.endsWith('/messages') ? 'anthropic' : 'openai';
    const credential = { 'x-api-key': 'bench', authorization: 'Bearer bench' };
    const headers = format === 'anthropic' ? { 'anthropic-version': '2023-06-01', ...credential } : credential;
    return { name, port, pid, format, path: url.pathname, headers, modelTemplate };
  }
  throw new Error(`nothing has listened on port ${port} for ${WAIT_MS / 1_000} s: start ${name}`);
}

function split(option: string, flag: string): [name: string, value: string] {
  const at = option.indexOf('=');
  if (at < 1) throw new RangeError(`${flag} ${option}: write NAME=VALUE`);
  return [option.slice(0, at), option.slice(at + 1)];
}
