import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { TrimtabError } from '../errors.ts';
import { type AddressClass, classifyAddress } from './classify-address.ts';

/** Which part of the network a provider may lie in. */
export type UpstreamNetwork = 'public' | 'private';

/**
 * Refuses an upstream URL by what can be seen without resolving its name: the scheme, credentials in it, and a literal
 * address. Names are judged by `createGuardedLookup` when the connection is made, so that a name that changes its
 * address between check and use gains nothing.
 *
 * @throws TrimtabError `upstream_misconfigured`, saying what to change
 */
export function assertUpstreamUrl(url: URL, network: UpstreamNetwork): void {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw misconfigured(`the address must begin with https://, not ${url.protocol}//`);
  }
  if (url.protocol === 'http:' && network === 'public') {
    throw misconfigured('an address without TLS would send the key in the clear; use https, or set network: private');
  }
  if (url.username !== '' || url.password !== '') {
    throw misconfigured('the address must not hold credentials; use apiKey');
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) assertAllowed(classifyAddress(host), network);
}

/** A `lookup` for sockets that yields only allowed addresses; the socket connects to what was checked here. */
export function createGuardedLookup(
  network: UpstreamNetwork,
  resolve: typeof systemLookup = systemLookup,
): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '');
      const allowed = addresses.filter(({ address }) => isAllowed(classifyAddress(address), network));
      const [first] = allowed;
      if (first === undefined) {
        return callback(refusal(classifyAddress(addresses[0]?.address ?? '')), '');
      }
      if (options.all === true) return callback(null, allowed);
      callback(null, first.address, first.family);
    });
  };
}

function isAllowed(addressClass: AddressClass, network: UpstreamNetwork): boolean {
  return addressClass === 'public' || (addressClass === 'private' && network === 'private');
}

function assertAllowed(addressClass: AddressClass, network: UpstreamNetwork): void {
  if (!isAllowed(addressClass, network)) throw refusal(addressClass);
}

/** Names neither host nor address: clients get to read this, and what lies inside the network is not theirs to know. */
function refusal(addressClass: AddressClass): TrimtabError {
  return addressClass === 'private'
    ? misconfigured('its baseUrl is a private address; set network: private if the model is meant to be there')
    : misconfigured('its baseUrl is a metadata, link-local or reserved address, where no model may be');
}

function misconfigured(message: string): TrimtabError {
  return new TrimtabError('upstream_misconfigured', message);
}
