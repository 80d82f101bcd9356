import type { Telemetry, TelemetryOptions } from './telemetry.ts';

/**
 * Telemetry to an OTLP/HTTP endpoint, or to nowhere when there is none: then its libraries, three hundred files, are not
 * loaded either.
 */
export async function openTelemetry(
  options: Omit<TelemetryOptions, 'endpoint'> & {
    /** `OTEL_EXPORTER_OTLP_ENDPOINT` */
    readonly endpoint: string | undefined;
  },
): Promise<Telemetry> {
  const { endpoint } = options;
  if (endpoint === undefined) return { recordCall: () => undefined, shutdown: async () => undefined };
  const { createTelemetry } = await import('./telemetry.ts');
  return createTelemetry({ ...options, endpoint });
}
