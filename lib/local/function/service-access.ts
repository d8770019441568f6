import { devNull } from 'node:os';
import { LOCAL_SERVICES, serviceId } from './aws-services';
import type { Endpoints } from '../assembly/resource-names';

/** What services of AWS the functions reach besides those that run here. */
export interface ServiceAccess {
  /** The user's profile with credentials for them. */
  readonly profile?: string;
  /** Endpoints for some of them, by service as the user calls it. */
  readonly endpoints: Readonly<Record<string, string>>;
}

/** The environment variables that send a function's requests where they may go. */
export function accessVariables(
  { profile, endpoints }: ServiceAccess, local: Readonly<Record<string, string>>, { api }: Endpoints,
): Record<string, string> {
  const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...withoutCredentials } = local;
  const others = Object.fromEntries(Object.entries(endpoints).map(([service, url]) => [`AWS_ENDPOINT_URL_${serviceId(service)}`, url]));
  return {
    AWS_EC2_METADATA_DISABLED: 'true',
    // The warning is about the Node.js of this machine, not that of Lambda.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...(profile === undefined ? { ...local, ...storedValuesAt(api), ...NO_PROFILES } : { ...withoutCredentials, ...profileVariables(profile) }),
    ...others,
  };
}

/** The notes about it before the run. */
export function accessNotes({ profile, endpoints }: ServiceAccess): string[] {
  return [
    ...profile === undefined ? [] : [
      `The functions use the real credentials of the profile ${profile} for every service except DynamoDB, Lambda, SQS, SNS and S3. What they do there is real.`,
    ],
    ...Object.keys(endpoints).filter((service) => (LOCAL_SERVICES as readonly string[]).includes(serviceId(service)))
      .map((service) => `The functions do not reach the ${service} that runs here: --endpoint gives them another one.`),
  ];
}

/** The parameters and secrets of the app. */
function storedValuesAt(api: string): Record<string, string> {
  return { AWS_ENDPOINT_URL_SSM: api, AWS_ENDPOINT_URL_SECRETS_MANAGER: api };
}

/** Keeps the AWS SDK away from the user's profiles. */
const NO_PROFILES = { AWS_CONFIG_FILE: devNull, AWS_SHARED_CREDENTIALS_FILE: devNull };

function profileVariables(profile: string): Record<string, string> {
  const files = ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE'];
  return {
    AWS_PROFILE: profile,
    // Version 2 of the SDK reads the configuration file only so.
    AWS_SDK_LOAD_CONFIG: '1',
    ...Object.fromEntries(files.flatMap((name) => process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  };
}
