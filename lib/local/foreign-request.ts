import type { IncomingHttpHeaders } from 'node:http';

/**
 * The names under which a program reaches this machine's own servers. A page whose own name was made to lead here (DNS rebinding) asks for
 * that name.
 */
const HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/** What the servers of a run answer to a request that a page in a browser may have sent. */
export const FOREIGN_REQUEST = 'Only programs on this machine are served, under the name 127.0.0.1 or localhost, and not pages in a browser.';

/**
 * Whether a page in a browser may have sent this request: it has a header that only browsers send, or asks for another host. Every page on
 * the internet can send requests to the ports of this machine, and a server on them must not act on any.
 */
export function isForeignRequest(headers: IncomingHttpHeaders): boolean {
  return !HOST.test(headers.host ?? '') || headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;
}
