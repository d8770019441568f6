import {
  GetFunctionConfigurationCommand, InvokeCommand, ListEventSourceMappingsCommand, type EventSourceMappingConfiguration, type LambdaClient,
} from '@aws-sdk/client-lambda';
import type { Clients } from './clients';
import { refusalOf } from './refusal';
import { arnParts } from '../../stream/arn';
import type { Functions, Invoked, StreamMapping } from '../ports';
import { RedriveRefused } from '../refusals';

/** A function may answer so long after its timeout, in milliseconds. */
const GRACE = 30_000;

/** Functions of Lambda. */
export function lambdaFunctions(clients: Clients, hurry?: AbortSignal): Functions {
  return { describe, mappings, invoke };

  async function describe(functionArn: string): Promise<{ timeout: number }> {
    try {
      const { Timeout = 0 } = await clientOf(functionArn).send(new GetFunctionConfigurationCommand({ FunctionName: functionArn }));
      return { timeout: Timeout * 1000 };
    } catch (error) {
      throw refusal(error, 'lambda:GetFunctionConfiguration', functionArn);
    }
  }

  async function mappings(streamArn: string): Promise<StreamMapping[]> {
    const found: EventSourceMappingConfiguration[] = [];
    let next: string | undefined;
    do {
      const command = new ListEventSourceMappingsCommand({ EventSourceArn: streamArn, Marker: next });
      const page = await clients.lambda(arnParts(streamArn).region).send(command).catch((error) => {
        throw refusalOf(error, 'lambda:ListEventSourceMappings on *');
      });
      found.push(...page.EventSourceMappings ?? []);
      next = page.NextMarker;
    } while (next);
    return found.map(streamMapping);
  }

  async function invoke(functionArn: string, event: string, timeout: number): Promise<Invoked> {
    const abortSignal = AbortSignal.any([AbortSignal.timeout(timeout + GRACE), ...hurry ? [hurry] : []]);
    try {
      const command = new InvokeCommand({ FunctionName: functionArn, InvocationType: 'RequestResponse', Payload: event });
      const { FunctionError, Payload } = await invoker(functionArn).send(command, { abortSignal });
      const answer = parse(Payload?.transformToString());
      return FunctionError
        ? { type: 'error', name: String(answer?.errorType ?? FunctionError), message: String(answer?.errorMessage ?? 'the function failed') }
        : { type: 'answer', response: answer };
    } catch (error) {
      return outcomeOf(error, functionArn);
    }
  }

  function clientOf(functionArn: string): LambdaClient {
    return clients.lambda(arnParts(functionArn).region);
  }

  function invoker(functionArn: string): LambdaClient {
    return clients.invoker(arnParts(functionArn).region);
  }
}

function streamMapping(mapping: EventSourceMappingConfiguration): StreamMapping {
  const { FunctionArn = '', FilterCriteria, KMSKeyArn, ParallelizationFactor = 1, TumblingWindowInSeconds = 0, LastModified } = mapping;
  const filters = (FilterCriteria?.Filters ?? []).flatMap(({ Pattern }) => Pattern ?? []);
  return {
    functionArn: FunctionArn,
    filters: KMSKeyArn !== undefined && FilterCriteria === undefined ? undefined : filters,
    parallelizationFactor: ParallelizationFactor,
    hasWindow: TumblingWindowInSeconds > 0,
    ...(LastModified && { changed: LastModified.getTime() }),
  };
}

/** What an invocation that was not answered means. What is not known to be refused may have been invoked. */
function outcomeOf(error: unknown, functionArn: string): Invoked {
  const { name = '', message = '', Reason = '', $metadata } = error as Partial<Error> & { Reason?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  if (name === 'TooManyRequestsException') {
    return { type: 'throttled', message, isReserved: Reason === 'ReservedFunctionConcurrentInvocationLimitExceeded' };
  }
  if (name === 'RequestTooLargeException' || status === 413) {
    return { type: 'tooLarge' };
  }
  const known = refusal(error, 'lambda:InvokeFunction', functionArn);
  if (known instanceof RedriveRefused) {
    throw known;
  }
  return status >= 400 && status < 500 ? { type: 'error', name, message } : { type: 'noAnswer', message: `${name}: ${message}` };
}

function refusal(error: unknown, action: string, functionArn: string): unknown {
  return refusalOf(error, `${action} on ${functionArn}`, [
    /^ResourceNotFoundException$/, `The function ${functionArn} does not exist. Name the one that is to get its records with --function.`,
  ]);
}

function parse(text: string | undefined): any {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return text;
  }
}
