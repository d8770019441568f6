import type { RequestOptions } from 'node:http';
import { type AwsService, awsHost, LOCAL_SERVICES } from './aws-services';

/** Where a request goes instead, or why it fails; undefined if it goes its way. */
type RequestTarget = { readonly options: RequestOptions } | { readonly refusal: string };

/** Reads the endpoints from the environment variables of this process. */
export function requestTarget(options: RequestOptions): RequestTarget | undefined {
  if (!isSigned(options)) {
    return undefined;
  }
  const hostname = options.hostname ?? options.host ?? '';
  const host = awsHost(hostname);
  if (host === undefined) {
    return hasProfile() && isLocal(hostname, Number(options.port)) ? { options: withoutCredentials(options) } : undefined;
  }
  const { service, bucket } = host;
  const endpoint = process.env[`AWS_ENDPOINT_URL_${service.id}`];
  if (endpoint === undefined) {
    return hasProfile() ? undefined : { refusal: notRunHere(service) };
  }
  const { protocol, hostname: to, port, pathname } = new URL(endpoint);
  const { host: _, servername: __, agent: ___, ...rest } = withoutCredentials(options) as RequestOptions & { servername?: string };
  const path = `${pathname.replace(/\/$/, '')}${bucket === undefined ? '' : `/${bucket}`}${rest.path ?? '/'}`;
  const headers = { ...withoutHost(rest.headers as Headers), host: port === '' ? to : `${to}:${port}` };
  return { options: { ...rest, protocol, hostname: to, port: port || (protocol === 'https:' ? 443 : 80), path, headers } };
}

type Headers = Readonly<Record<string, string | string[] | number | undefined>>;

/** Why a request to a service that does not run here fails. */
export function notRunHere({ title, id }: AwsService): string {
  return `${title} is not run here. Give it an endpoint with --endpoint ${id.toLowerCase()}=URL, or real credentials with --profile NAME.`;
}

/** As Signature Version 4 does it, in a header or in the query. */
function isSigned({ headers, path }: RequestOptions): boolean {
  return /^AWS4-/.test(String(header(headers as Headers | undefined, 'authorization'))) || /[?&]X-Amz-Signature=/.test(path ?? '');
}

function header(headers: Headers = {}, name: string): unknown {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}

function withoutHost(headers: Headers = {}): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'host'));
}

/** Whether the function has credentials of the user's. */
export function hasProfile(): boolean {
  return process.env.AWS_PROFILE !== undefined;
}

function isLocal(hostname: string, port: number): boolean {
  return LOCAL_SERVICES.some((id) => {
    const endpoint = process.env[`AWS_ENDPOINT_URL_${id}`];
    const url = endpoint === undefined ? undefined : new URL(endpoint);
    return url !== undefined && url.hostname === hostname && Number(url.port) === port;
  });
}

/** With the id of no credentials, and without the token of a session. The endpoint checks no signature. */
function withoutCredentials(options: RequestOptions): RequestOptions {
  const headers = Object.fromEntries(Object.entries(options.headers as Headers ?? {}).flatMap(([name, value]) => {
    switch (name.toLowerCase()) {
      case 'x-amz-security-token': return [];
      case 'authorization': return [[name, String(value).replace(/Credential=[^/]+/, 'Credential=local')]];
      default: return [[name, value]];
    }
  }));
  const path = options.path?.replace(/(X-Amz-Credential=)[^%/&]+/, '$1local').replace(/([?&])X-Amz-Security-Token=[^&]*&?/, '$1');
  return { ...options, headers, ...(path !== undefined && { path }) };
}
