import { LOCAL_CREDENTIALS } from './credentials';
import type { Endpoints } from '../assembly/resource-names';

/** Environment variables that send AWS's SDKs and tools to the local endpoints. */
export function sdkVariables({ dynamodb, api, destinations }: Pick<Endpoints, 'dynamodb' | 'api' | 'destinations'>, region: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
    AWS_ENDPOINT_URL_DYNAMODB_STREAMS: api,
    AWS_ENDPOINT_URL_LAMBDA: api,
    AWS_ENDPOINT_URL_SQS: destinations,
    AWS_ENDPOINT_URL_SNS: destinations,
    AWS_ENDPOINT_URL_S3: destinations,
    AWS_REGION: region,
    // The AWS CLI 1 reads only this one.
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
  };
}
