const GAUGE = /^trimtab_spool_pending_records (\d+)/m;

/** Durable calls of a gateway that are not stored yet, as it says itself. */
export async function pendingRecords(gatewayUrl: string): Promise<number> {
  const text = await (await fetch(`${gatewayUrl}/metrics`)).text();
  return Number(GAUGE.exec(text)?.[1] ?? Number.NaN);
}
