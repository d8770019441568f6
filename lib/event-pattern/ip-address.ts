/** A range of IP addresses, as hexadecimal digits: 8 of an IPv4, 32 of an IPv6 address; both ends included. */
export interface IpRange {
  readonly first: string;
  readonly last: string;
}

/** A network such as 10.0.0.0/8 or 2001:db8::/32. Answers what is wrong with any other text. */
export function parseCidr(text: string): IpRange | { wrong: string } {
  // Empty parts at the end are ignored: the pattern engine accepts 10.0.0.0/8/ too.
  const parts = text.replace(/\/+$/, '').split('/');
  if (parts.length !== 2) {
    return { wrong: 'it must be an address and a number of bits with one "/" between them' };
  }
  if (!/^[+-]?[0-9]{1,9}$/.test(parts[1])) {
    return { wrong: `${JSON.stringify(parts[1])} is not a number of bits` };
  }
  const address = ipDigits(parts[0]);
  if (address === undefined) {
    return { wrong: `${JSON.stringify(parts[0])} is not an IP address` };
  }
  const bits = Number(parts[1]);
  const most = address.length * 4 - 1;
  if (bits < 0 || bits > most) {
    return { wrong: `${parts[1]} bits are outside the range 0 to ${most} of ${most === 31 ? 'an IPv4' : 'an IPv6'} address` };
  }
  return network(address, bits);
}

/**
 * Whether a value is an IP address of the range: a text, or a number, because the pattern engine reads the digits of a number as
 * those of an address.
 */
export function isInIpRange(range: IpRange, value: unknown): boolean {
  const address = typeof value === 'string' ? ipDigits(value) : typeof value === 'number' ? String(value) : undefined;
  if (address === undefined) {
    return false;
  }
  // The pattern engine compares digit by digit and decides as soon as it can, whatever the number of digits that follow. So an
  // address of the other family can be in the range too: 102:304::1 is in 1.2.3.4.
  const length = Math.min(address.length, range.first.length);
  const [digits, first, last] = [address.slice(0, length), range.first.slice(0, length), range.last.slice(0, length)];
  return address.length < range.first.length
    ? first < digits && digits < last
    : first <= digits && digits <= last;
}

/** The hexadecimal digits of an IP address, in lower case; undefined if the text is not one. */
export function ipDigits(text: string): string | undefined {
  return text.includes(':') ? ipv6Digits(text) : ipv4Digits(text);
}

/** Leading zeros are ignored, up to 15 characters in all. */
function ipv4Digits(text: string): string | undefined {
  if (text.length > 15 || !/^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/.test(text)) {
    return undefined;
  }
  const bytes = text.split('.').map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('') : undefined;
}

/** Without a dotted end or a zone. An IPv4 address mapped into IPv6 (::ffff:a00:1) is the IPv4 address. */
function ipv6Digits(text: string): string | undefined {
  const halves = text.split('::');
  const groups = halves.map((half) => half === '' ? [] : half.split(':'));
  const count = groups.flat().length;
  if (halves.length > 2 || (halves.length === 2 ? count > 7 : count !== 8) || !groups.flat().every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) {
    return undefined;
  }
  const [front, back = []] = groups;
  const digits = [...front, ...Array<string>(8 - count).fill('0'), ...back].map((group) => group.toLowerCase().padStart(4, '0')).join('');
  return digits.startsWith('00000000000000000000ffff') ? digits.slice(24) : digits;
}

function network(address: string, bits: number): IpRange {
  const width = BigInt(address.length * 4);
  const hosts = (1n << (width - BigInt(bits))) - 1n;
  const value = BigInt(`0x${address}`);
  const digits = (bound: bigint) => bound.toString(16).padStart(address.length, '0');
  return { first: digits(value & ~hosts), last: digits(value | hosts) };
}
