import { type Api, type ApiAnswer, ApiError, type ApiRequest } from './server';
import { SETTING_NAMES, SETTINGS } from '../../rules/settings';
import { EVENT_BYTES } from '../../stream/record';
import type { LambdaFunction, LocalMapping } from '../assembly/app';
import type { Endpoints } from '../assembly/resource-names';
import type { LocalFunctions } from '../function/functions';

/** A mapping at work, as a client of Lambda sees it. */
export interface VisibleMapping {
  readonly mapping: LocalMapping;
  /** As in the keys of the objects that it writes. */
  readonly uuid: string;
  readonly streamArn: string;
}

interface ServedParts {
  readonly functions: LocalFunctions;
  readonly mappings: readonly VisibleMapping[];
  readonly endpoints: Endpoints;
}

/** What tools need of Lambda's API that invoke functions and look at mappings. Functions without a mapping are not served. */
export class LambdaApi {
  private readonly started = Date.now() / 1000;

  constructor(private readonly parts: ServedParts) {}

  readonly answer: Api = ({ method, path: [version, resource, id, action], query, headers, body }) => {
    switch ([method, version, resource, action].join(' ').trim()) {
      case 'POST 2015-03-31 functions invocations':
        return this.invoke(this.called(id, query), headers, body);
      case 'GET 2015-03-31 functions configuration':
        return json(this.configuration(this.called(id, query)));
      case 'GET 2019-09-30 functions concurrency':
        return json({ ReservedConcurrentExecutions: this.called(id, query).target.reservedConcurrency });
      case 'GET 2015-03-31 event-source-mappings':
        return json(id === undefined
          ? { EventSourceMappings: this.listed(query).map((each) => this.described(each)) }
          : this.described(this.withUuid(id)));
      default:
        return undefined;
    }
  };

  /** The function behind a name or an ARN, or a part of one. */
  private called(nameOrArn: string, query: URLSearchParams): Called {
    const [name, inName] = nameOrArn.replace(/^(arn:[^:]*:lambda:[^:]*:)?(\d{12}:)?function:/, '').replace(/^\d{12}:/, '').split(':');
    const qualifier = query.get('Qualifier') ?? inName;
    const isCalled = ({ arn }: LambdaFunction) => nameOrArn.startsWith('arn:') ? nameOrArn === arn || nameOrArn.startsWith(`${arn}:`) : true;
    const found = this.parts.mappings.find(({ mapping }) => mapping.function.name === name && isCalled(mapping.function)
      && (qualifier === undefined || qualifier === '$LATEST' || mapping.functionArn === `${mapping.function.arn}:${qualifier}`));
    if (found === undefined) {
      const known = [...new Set(this.parts.mappings.map(({ mapping }) => mapping.function.name))].join(', ');
      throw new ApiError(404, 'ResourceNotFoundException',
        `Function not found: ${nameOrArn}. Only the functions of mappings run here, with the alias or version of the mapping: ${known}.`, { Type: 'User' });
    }
    const target = found.mapping.function;
    return qualifier === undefined
      ? { target, arn: target.arn, version: '$LATEST' }
      : { target, arn: `${target.arn}:${qualifier}`, version: qualifier };
  }

  private async invoke({ target, arn, version }: Called, headers: ApiRequest['headers'], body: Buffer): Promise<ApiAnswer> {
    const type = headers['x-amz-invocation-type'] ?? 'RequestResponse';
    if (!['RequestResponse', 'Event', 'DryRun'].includes(String(type))) {
      throw new ApiError(400, 'InvalidParameterValueException', `The invocation type ${type} must be RequestResponse, Event or DryRun.`);
    }
    if (body.length > EVENT_BYTES) {
      throw new ApiError(413, 'RequestTooLargeException', `Request must be smaller than ${EVENT_BYTES} bytes for the InvokeFunction operation`);
    }
    const event = eventIn(body);
    if (type === 'DryRun') {
      return { status: 204 };
    }
    const outcome = this.parts.functions.of(target).invoke(event, arn);
    if (type === 'Event') {
      return { status: 202 };
    }
    return answerOf(await outcome, version);
  }

  private configuration({ target, arn, version }: Called): object {
    return {
      FunctionName: target.name,
      FunctionArn: arn,
      Runtime: target.runtime,
      Handler: target.handler,
      Timeout: target.timeout,
      MemorySize: target.memorySize,
      Version: version,
      Environment: { Variables: target.environment(this.parts.endpoints).variables },
      PackageType: 'Zip',
      State: 'Active',
      LastUpdateStatus: 'Successful',
    };
  }

  private listed(query: URLSearchParams): readonly VisibleMapping[] {
    const [source, name] = [query.get('EventSourceArn'), query.get('FunctionName')];
    const arn = name === null ? undefined : this.called(name, query).arn;
    return this.parts.mappings.filter(({ mapping, streamArn }) =>
      (source === null || source === streamArn) && (arn === undefined || arn === mapping.functionArn));
  }

  private withUuid(uuid: string): VisibleMapping {
    const found = this.parts.mappings.find((each) => each.uuid === uuid);
    if (found === undefined) {
      throw new ApiError(404, 'ResourceNotFoundException', `The resource you requested does not exist: the mapping ${uuid}.`, { Type: 'User' });
    }
    return found;
  }

  private described({ mapping: { settings, functionArn, destinationArn }, uuid, streamArn }: VisibleMapping): object {
    const { reportBatchItemFailures, filters, enabled, ...plain } = settings;
    return {
      UUID: uuid,
      EventSourceArn: streamArn,
      FunctionArn: functionArn,
      ...Object.fromEntries(SETTING_NAMES.flatMap((name) => name in plain ? [[SETTINGS[name].property, settings[name]]] : [])),
      FunctionResponseTypes: reportBatchItemFailures ? ['ReportBatchItemFailures'] : [],
      ...(filters.length > 0 && { FilterCriteria: { Filters: filters.map((Pattern) => ({ Pattern })) } }),
      DestinationConfig: { OnFailure: destinationArn === undefined ? {} : { Destination: destinationArn } },
      State: enabled ? 'Enabled' : 'Disabled',
      StateTransitionReason: 'User action',
      LastModified: this.started,
    };
  }
}

/** A function as a client named it. */
interface Called {
  readonly target: LambdaFunction;
  readonly arn: string;
  readonly version: string;
}

function eventIn(body: Buffer): unknown {
  try {
    return body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new ApiError(400, 'InvalidRequestContentException', `Could not parse request body into json: ${(error as Error).message}`, { Type: 'User' });
  }
}

function answerOf(outcome: Awaited<ReturnType<ReturnType<LocalFunctions['of']>['invoke']>>, version: string): ApiAnswer {
  switch (outcome.type) {
    case 'throttled':
      throw new ApiError(429, 'TooManyRequestsException', 'Rate Exceeded.', { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded', Type: 'User' });
    case 'error': {
      const { errorType, errorMessage } = outcome;
      return {
        status: 200,
        headers: { 'x-amz-executed-version': version, 'x-amz-function-error': 'Unhandled' },
        body: JSON.stringify({ errorType, errorMessage }),
      };
    }
    case 'response':
      return { status: 200, headers: { 'x-amz-executed-version': version }, body: JSON.stringify(outcome.response) };
  }
}

function json(value: object): Promise<ApiAnswer> {
  return Promise.resolve({ status: 200, body: JSON.stringify(value) });
}
