import { failureOf } from '../../reader/stream-read-error';
import { RedriveRefused } from '../refusals';

/**
 * What an error of a service means to a person: what is not allowed, with the permission that is needed, and what is not there.
 *
 * @param needed the actions and on what, such as `sqs:ReceiveMessage on …`
 * @param missing names of errors that mean that it is not there, and what to say then
 */
export function refusalOf(error: unknown, needed: string, missing?: readonly [names: RegExp, text: string]): unknown {
  const { name = '', message = '' } = error as Partial<Error>;
  if (missing?.[0].test(name)) {
    return new RedriveRefused(missing[1]);
  }
  switch (failureOf(error)) {
    case 'denied': return new RedriveRefused(`Access denied: ${name}: ${message}. Needed: ${needed}.`);
    case 'expired': return new RedriveRefused(`There are no credentials, or they have expired: ${message}. Needed: ${needed}.`);
    default: return name === 'Error' && /region is missing/i.test(message) ? new RedriveRefused('The Region is not known. Give it with --region.') : error;
  }
}
