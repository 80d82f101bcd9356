import { afterAll, beforeAll, describe } from 'vitest';
import { closingContract } from './contract/closing-contract.ts';
import { deliveryContract, payloadContract } from './contract/delivery-contract.ts';
import { deathContract, failureContract } from './contract/failure-contract.ts';
import { freezeContract, outageContract } from './contract/outage-contract.ts';
import { createContractContext, type QueueHarness } from './contract/queue-harness.ts';

/** Everything that Trimtab relies on in a queue. Every backend runs all of it, on a real store. */
export function describeQueueContract(name: string, openHarness: () => Promise<QueueHarness>): void {
  describe(name, () => {
    let harness: QueueHarness | null = null;
    const opened = () => {
      if (harness === null) throw new Error('the store of the contract is not open');
      return harness;
    };
    beforeAll(async () => {
      harness = await openHarness();
    });
    afterAll(async () => {
      await harness?.dispose();
    });
    const context = createContractContext(opened);
    deliveryContract(context);
    payloadContract(context);
    failureContract(context);
    deathContract(context);
    closingContract(context);
    outageContract(context);
    freezeContract(context);
  });
}
