import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * What an address is good for: `public` for everyone, `private` only for providers that are declared private, and
 * `forbidden` for none: cloud metadata services, link-local and multicast addresses serve no model and hand out
 * credentials.
 */
export type AddressClass = 'public' | 'private' | 'forbidden';

type Subnet = readonly [network: string, prefixLength: number];

const PRIVATE_V4: readonly Subnet[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
];
const PRIVATE_V6: readonly Subnet[] = [
  ['::1', 128],
  ['fc00::', 7],
];
const FORBIDDEN_V4: readonly Subnet[] = [
  ['0.0.0.0', 8],
  // Metadata of Alibaba Cloud and of Azure's wire server, which lie in shared and in public space.
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
  // Link-local: the metadata services of AWS, Google Cloud, Azure and others.
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
const FORBIDDEN_V6: readonly Subnet[] = [
  ['::', 128],
  ['fd00:ec2::254', 128],
  ['fe80::', 10],
  ['ff00::', 8],
  // Addresses that embed an IPv4 address: NAT64, 6to4 and Teredo would lead around every rule above.
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['2001::', 32],
  ['2001:db8::', 32],
];

function blockList(v4: readonly Subnet[], v6: readonly Subnet[]): BlockList {
  const list = new BlockList();
  for (const [network, prefixLength] of v4) list.addSubnet(network, prefixLength, 'ipv4');
  for (const [network, prefixLength] of v6) list.addSubnet(network, prefixLength, 'ipv6');
  return list;
}

const PRIVATE = blockList(PRIVATE_V4, PRIVATE_V6);
const FORBIDDEN = blockList(FORBIDDEN_V4, FORBIDDEN_V6);

/**
 * Classifies an IP address in text form; anything that is not one is forbidden. IPv4 addresses mapped into IPv6 are
 * judged as the IPv4 address that they are (`BlockList` unwraps them).
 */
export function classifyAddress(address: string): AddressClass {
  // A zone (`fe80::1%eth0`) belongs to link-local addresses only.
  if (isIP(address) === 0 || address.includes('%')) return 'forbidden';
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  if (FORBIDDEN.check(address, family)) return 'forbidden';
  return PRIVATE.check(address, family) ? 'private' : 'public';
}
