import { LOCAL_REGION } from '../assembly/resource-names';

/** Credentials for local endpoints. Nothing checks them, but DynamoDB Local accepts only letters and digits. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' } as const;

/** How an SDK client reaches a local endpoint. */
export function clientOptions(endpoint: string, region = LOCAL_REGION) {
  return { endpoint, region, credentials: LOCAL_CREDENTIALS };
}
