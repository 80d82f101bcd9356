import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';

/** A request in the parts that a signature covers. `path` is as it goes over the wire, percent-encoded once. */
export interface SignableRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query: Record<string, string | string[]>;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
}

/** The part of `SignatureV4` of `@smithy/signature-v4` that is used. */
export interface RequestSigner {
  sign(
    request: SignableRequest,
    options: { readonly signingDate: Date },
  ): Promise<{ readonly headers: Readonly<Record<string, string>> }>;
}

export interface SigV4Deps {
  /** Holds the credentials, the region and the service, which is `bedrock` for everything that models are asked by. */
  readonly signer: RequestSigner;
  /** Unix time in milliseconds; AWS refuses a signature that is more than five minutes off. */
  readonly now: () => number;
}

export interface RequestToSign {
  readonly url: URL;
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

function queryOf(url: URL): Record<string, string | string[]> {
  return Object.fromEntries(
    [...new Set(url.searchParams.keys())].map((name) => {
      const values = url.searchParams.getAll(name);
      return [name, values.length === 1 && values[0] !== undefined ? values[0] : values];
    }),
  );
}

/**
 * Makes the headers that authenticate a POST to AWS. Only the host, the content type and AWS's own headers are signed:
 * whatever else is added to the request on its way does not break it.
 */
export function createSigV4Signer(
  deps: SigV4Deps,
): (request: RequestToSign) => Promise<Readonly<Record<string, string>>> {
  return async ({ url, contentType, body }) => {
    const signed = await deps.signer.sign(
      {
        method: 'POST',
        protocol: url.protocol,
        hostname: url.hostname,
        ...(url.port === '' ? {} : { port: Number(url.port) }),
        path: url.pathname,
        query: queryOf(url),
        headers: { host: url.host, 'content-type': contentType },
        body,
      },
      { signingDate: new Date(deps.now()) },
    );
    return Object.fromEntries(
      Object.entries(signed.headers)
        .map(([name, value]) => [name.toLowerCase(), value] as const)
        .filter(([name]) => name === 'authorization' || name.startsWith('x-amz-')),
    );
  };
}

type Digestible = string | ArrayBuffer | ArrayBufferView;

function bytesOf(data: Digestible): string | Uint8Array {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

/** SHA-256, or HMAC-SHA-256 with a secret, in the form that the signer takes as its `sha256`. */
export class NodeSha256 {
  readonly #secret: string | Uint8Array | undefined;
  #state: Hash | Hmac;

  constructor(secret?: Digestible) {
    this.#secret = secret === undefined ? undefined : bytesOf(secret);
    this.#state = this.#begin();
  }

  #begin(): Hash | Hmac {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }

  update(data: Digestible): void {
    this.#state.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.#state.digest());
  }

  reset(): void {
    this.#state = this.#begin();
  }
}
