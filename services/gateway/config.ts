import { join } from 'node:path';
import type { ModelConfig, TrimtabConfig } from '#shared/config/config-schema.ts';
import type { ServerToolsConfig } from '#shared/config/server-tools-schema.ts';
import type { CaptureMode } from '#shared/domain/call.ts';
import type { Environment } from '#shared/environment.ts';
import type { EncodeTarget } from '#shared/formats/encode-target.ts';
import type { UpstreamFormat } from '#shared/formats/format.ts';
import { providerFormat } from '#shared/providers/provider-format.ts';
import { providerTarget } from '#shared/providers/provider-target.ts';
import { type ResolvedProvider, resolveProvider } from '#shared/providers/registry.ts';

/** What the gateway is configured with; times in milliseconds. */
export interface GatewayConfig {
  readonly projectId: string;
  readonly capture: CaptureMode;
  readonly sessionHeader: string | null;
  readonly sessionIdleMs: number;
  readonly bodyBytesMax: number;
  readonly connectTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly pingIntervalMs: number;
  readonly retryAfterMaxMs: number;
  readonly spoolBytesMax: number;
  readonly spoolFull: 'drop-newest' | 'refuse';
  /** Folder of what must outlive a restart: the policy copy, the key copy, the spool, the gateway's id. */
  readonly directory: string;
  readonly models: ModelCatalogue;
  readonly serverTools: ServerToolsConfig;
  /** Some model here takes requests whose texts are left as bytes. */
  readonly isOneByteUseful: boolean;
}

/** A model with all that sending to it takes. */
export interface ServedModel {
  readonly model: ModelConfig;
  readonly provider: ResolvedProvider;
  readonly format: UpstreamFormat;
  readonly target: EncodeTarget;
}

/** Models of the configuration file by exact id. What may be served is the active policy's allow-list, not this. */
export type ModelCatalogue = ReadonlyMap<string, ServedModel>;

const MEBIBYTE = 1024 * 1024;

export interface ReloadableGatewayConfig extends GatewayConfig {
  /** Takes providers and models over from a changed file; calls under way go on with what they were given. */
  reload(config: TrimtabConfig): void;
}

export function createGatewayConfig(
  config: TrimtabConfig,
  environment: Pick<Environment, 'dataDir'>,
): ReloadableGatewayConfig {
  const { gateway } = config;
  let models = createModelCatalogue(config);
  let isOneByteUseful = takesOneByte(models);
  return {
    projectId: config.project,
    capture: config.capture,
    sessionHeader: gateway.sessionHeader?.toLowerCase() ?? null,
    sessionIdleMs: config.governance.session.idle,
    bodyBytesMax: gateway.bodyLimitMb * MEBIBYTE,
    connectTimeoutMs: gateway.connectTimeout,
    firstByteTimeoutMs: gateway.firstByteTimeout,
    idleTimeoutMs: gateway.idleTimeout,
    totalTimeoutMs: gateway.totalTimeout,
    pingIntervalMs: gateway.pingInterval,
    retryAfterMaxMs: gateway.retryAfterMax,
    spoolBytesMax: gateway.spoolLimitMb * MEBIBYTE,
    spoolFull: gateway.spoolFull,
    serverTools: config.serverTools,
    directory: join(environment.dataDir, 'gateway'),
    get models() {
      return models;
    },
    get isOneByteUseful() {
      return isOneByteUseful;
    },
    reload(changed) {
      models = createModelCatalogue(changed);
      isOneByteUseful = takesOneByte(models);
    },
  };
}

function takesOneByte(models: ModelCatalogue): boolean {
  return [...models.values()].some(({ format }) => format.takesOneByte === true);
}

function createModelCatalogue(config: TrimtabConfig): ModelCatalogue {
  return new Map(
    config.models.map((model) => {
      const provider = resolveProvider(model.provider, config);
      const format = providerFormat(provider);
      return [model.id, { model, provider, format, target: providerTarget(provider, model) }];
    }),
  );
}
