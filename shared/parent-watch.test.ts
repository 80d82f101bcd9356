import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { watchParent } from './parent-watch.ts';

function createParent(connected: boolean) {
  const events = new EventEmitter();
  const exit = Promise.withResolvers<number>();
  return {
    connected,
    once: (event: 'disconnect', listener: () => void) => events.once(event, listener),
    exit: exit.resolve,
    exited: exit.promise,
    vanish: () => events.emit('disconnect'),
  };
}

describe('watchParent', () => {
  it('stops the service and ends the process when the supervisor vanishes', async () => {
    const parent = createParent(true);
    let stopped = false;
    watchParent(async () => {
      stopped = true;
    }, parent);
    parent.vanish();
    expect(await parent.exited).toBe(0);
    expect(stopped).toBe(true);
  });

  it('ends the process with an error when stopping fails', async () => {
    const parent = createParent(true);
    watchParent(() => Promise.reject(new Error('disk is gone')), parent);
    parent.vanish();
    expect(await parent.exited).toBe(1);
  });

  it('listens to nothing in a process that nobody supervises', () => {
    const parent = createParent(false);
    watchParent(() => Promise.reject(new Error('must not be called')), parent);
    expect(parent.vanish()).toBe(false);
  });
});
