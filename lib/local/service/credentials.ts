import { LOCAL_REGION } from '../assembly/resource-names';

/** Credentials for local endpoints. DynamoDB Local takes letters and digits only; nothing checks them. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' } as const;

/** How an SDK client reaches a local endpoint. */
export function clientOptions(endpoint: string, region = LOCAL_REGION) {
  return { endpoint, region, credentials: LOCAL_CREDENTIALS };
}
