import type { FaultSystem } from './fault-system.ts';

/** Takes both stores away from the services, or gives them back. */
export function setStores({ databaseProxy, redis }: FaultSystem, isUp: boolean): void {
  for (const proxy of [databaseProxy, redis?.proxy]) {
    proxy?.set({ isRefusing: !isUp });
    if (!isUp) proxy?.resetAll();
  }
}
