import { type Api, type ApiAnswer, ApiError, type ApiRequest } from './server';
import type { StoredParameter, StoredSecret, StoredValues } from '../assembly/app';

/** What functions ask Systems Manager and Secrets Manager for: the parameters and secrets that the app makes. */
export class StoredValuesApi {
  constructor(private readonly stored: () => StoredValues) {}

  private get values(): StoredValues {
    return this.stored();
  }

  readonly answer: Api = (request) => {
    const [service, action] = String(request.headers['x-amz-target'] ?? '').split('.');
    if (service === 'secretsmanager') {
      return Promise.resolve().then(() => this.secretsManager(action, inputOf(request)));
    }
    return service === 'AmazonSSM' ? Promise.resolve().then(() => this.systemsManager(action, inputOf(request))) : undefined;
  };

  private secretsManager(action: string, { SecretId }: Input): ApiAnswer {
    if (action !== 'GetSecretValue') {
      throw notServed('Secrets Manager', action, 'GetSecretValue');
    }
    const secret = this.secretCalled(String(SecretId));
    return json({ ARN: secret.arn, Name: secret.name, SecretString: secret.value, VersionId: 'local', VersionStages: ['AWSCURRENT'], CreatedDate: 0 });
  }

  private systemsManager(action: string, { Name, Names = [], Path = '', Recursive }: Input): ApiAnswer {
    switch (action) {
      case 'GetParameter': return json({ Parameter: described(this.parameterCalled(String(Name))) });
      case 'GetParameters': {
        const found = Names.flatMap((name) => this.values.parameters.find((parameter) => parameter.name === name) ?? []);
        const isFound = (name: string) => found.some((parameter) => parameter.name === name);
        return json({ Parameters: found.map(described), InvalidParameters: Names.filter((name) => !isFound(name)) });
      }
      case 'GetParametersByPath': {
        const folder = Path.endsWith('/') ? Path : `${Path}/`;
        const isIn = ({ name }: StoredParameter) => name.startsWith(folder) && (Recursive || !name.slice(folder.length).includes('/'));
        return json({ Parameters: this.values.parameters.filter(isIn).map(described) });
      }
      default: throw notServed('Systems Manager', action, 'GetParameter, GetParameters and GetParametersByPath');
    }
  }

  private secretCalled(id: string): StoredSecret {
    const found = this.values.secrets.find(({ name, arn }) => [name, arn, arn.slice(0, -7)].includes(id));
    if (found === undefined) {
      throw new ApiError(400, 'ResourceNotFoundException', `The secret ${id} is not in this app. ${WAY_OUT}`);
    }
    return found;
  }

  private parameterCalled(id: string): StoredParameter {
    const found = this.values.parameters.find(({ name }) => name === id || id.endsWith(`:parameter${name.startsWith('/') ? '' : '/'}${name}`));
    if (found === undefined) {
      throw new ApiError(400, 'ParameterNotFound', `The parameter ${id} is not in this app. ${WAY_OUT}`);
    }
    return found;
  }
}

const WAY_OUT = 'With --profile NAME, parameters and secrets are those on AWS.';

/** The fields of the requests that are looked at. */
interface Input {
  readonly SecretId?: string;
  readonly Name?: string;
  readonly Names?: readonly string[];
  readonly Path?: string;
  readonly Recursive?: boolean;
}

function described({ name, type, value }: StoredParameter): object {
  return { Name: name, Type: type, Value: value, Version: 1, LastModifiedDate: 0, DataType: 'text' };
}

function notServed(service: string, action: string, served: string): ApiError {
  return new ApiError(400, 'NotImplementedException', `${service} has only ${served} here, not ${action}. ${WAY_OUT}`);
}

function inputOf({ body }: ApiRequest): Input {
  try {
    return JSON.parse(body.toString('utf8') || '{}');
  } catch (error) {
    throw new ApiError(400, 'SerializationException', (error as Error).message);
  }
}

function json(value: object): ApiAnswer {
  return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(value) };
}
