import { ArnFormat, aws_dynamodb as dynamodb, type aws_iam as iam, aws_kms as kms, Stack, Stage, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { shareStream } from './cross-account';
import { StreamLookup } from './stream-lookup';
import { tableResourceOf } from './stream-source';

/** How the stream of a table is looked up. */
export interface StreamedTableOptions {
  /**
   * Any text. Another text looks the stream up again in the next deployment.
   *
   * CloudFormation looks it up when the table is added to the stack, and not again: a stream that was switched off and on since is
   * another one, which a trigger sees when this text is changed, for example to the date.
   *
   * @default - looked up once
   */
  readonly refresh?: string;

  /**
   * The KMS key that encrypts the table.
   *
   * @default - looked up with the stream
   */
  readonly encryptionKey?: kms.IKey;
}

/**
 * A table whose stream's ARN is looked up at deployment: one that another stack, app or tool made, or the replica of a global table.
 *
 * Belongs into the stack of its trigger, and like that into the Region of the stream. If the table has no stream by then, the
 * deployment fails and says how to switch one on.
 *
 * What it finds is not known at synth: no rule knows the stream's view type.
 */
export class StreamedTable extends dynamodb.TableBase {
  /** The table of this name, in the account and Region of the stack. */
  static fromTableName(scope: Construct, id: string, tableName: string, options: StreamedTableOptions = {}): StreamedTable {
    if (isOther(tableName, /^[\w.-]{3,255}$/)) {
      throw new Error(`[${scope.node.path}/${id}] tableName is ${tableName}, but has to be that of a table: 3 to 255 of A-Z, a-z, 0-9, "_", "-" and ".". `
        + 'Give an ARN to fromTableArn.');
    }
    return new StreamedTable(scope, id, { tableName, tableArn: tableArnOf(scope, tableName), lookedUpBy: tableName }, options);
  }

  /**
   * The table with this ARN, in the Region of the stack.
   *
   * A table of another account needs a resource policy that lets the stack's account describe it, and its stream one that lets the
   * function's role read it.
   */
  static fromTableArn(scope: Construct, id: string, tableArn: string, options: StreamedTableOptions = {}): StreamedTable {
    if (isOther(tableArn, /^arn:[^:]+:dynamodb:[^:]+:[^:]+:table\/[\w.-]+$/)) {
      throw new Error(`[${scope.node.path}/${id}] tableArn is ${tableArn}, but has to be that of a table: `
        + 'arn:aws:dynamodb:<region>:<account>:table/<name>. Give a name to fromTableName.');
    }
    const { resourceName } = Stack.of(scope).splitArn(tableArn, ArnFormat.SLASH_RESOURCE_NAME);
    return new StreamedTable(scope, id, { tableName: resourceName!, tableArn, lookedUpBy: tableArn }, options);
  }

  /**
   * A table as it is in the Region of the stack: its replica there, where the table is of another Region.
   *
   * If the table is made by this app, it is deployed first; if it is of another account, policies of the table, its stream and its
   * key let the account of the stack describe, read and decrypt it.
   */
  static fromTable(scope: Construct, id: string, table: dynamodb.ITable, options: StreamedTableOptions = {}): StreamedTable {
    const source = tableResourceOf(table)?.node.scope as dynamodb.ITable | undefined ?? table;
    const { tableName } = source;
    const account = otherAccount(source, Stack.of(scope));
    const tableArn = tableArnOf(scope, tableName, account);
    const streamed = new StreamedTable(scope, id, { tableName, tableArn, lookedUpBy: account ? tableArn : tableName }, options, source);
    if (account) {
      shareStream(source, Stack.of(scope).account);
    }
    // Stages are deployed on their own.
    if (Stage.of(source) === Stage.of(scope)) {
      streamed.node.addDependency(source);
    }
    return streamed;
  }

  readonly tableName: string;
  readonly tableArn: string;
  readonly tableStreamArn?: string;
  readonly encryptionKey?: kms.IKey;
  readonly regions?: string[];
  /** Never set: the policy of a table of another stack is not this stack's to change. */
  resourcePolicy?: iam.PolicyDocument;
  /**
   * The table of this app that it stands for.
   *
   * @internal
   */
  readonly _source?: dynamodb.ITable;
  protected readonly hasIndex = false;

  private constructor(scope: Construct, id: string, table: Looked, options: StreamedTableOptions, source?: dynamodb.ITable) {
    super(scope, id, { environmentFromArn: table.tableArn });
    this.tableName = table.tableName;
    this.tableArn = table.tableArn;
    this._source = source;
    const lookup = new StreamLookup(this, 'Stream', { tableArn: table.tableArn, tableName: table.lookedUpBy, refresh: options.refresh });
    this.tableStreamArn = lookup.streamArn;
    this.encryptionKey = options.encryptionKey ?? kms.Key.fromKeyArn(this, 'Key', lookup.keyArn);
  }

  /** Adds nothing: the policy of an imported table is not this stack's to change. */
  addToResourcePolicy(_statement: iam.PolicyStatement): iam.AddToResourcePolicyResult {
    return { statementAdded: false };
  }
}

/** Whether a text is known and has another form. */
function isOther(text: string, form: RegExp): boolean {
  return !Token.isUnresolved(text) && !form.test(text);
}

interface Looked {
  readonly tableName: string;
  readonly tableArn: string;
  readonly lookedUpBy: string;
}

/** The account of a table, if it is known to be another one than that of the stack. */
function otherAccount(table: dynamodb.ITable, stack: Stack): string | undefined {
  const account = literalPart(table.tableArn, 4) ?? table.env.account;
  return [account, stack.account].some(Token.isUnresolved) || account === stack.account ? undefined : account;
}

/** Not every import takes its environment from the ARN. */
function literalPart(arn: string, index: number): string | undefined {
  return Token.isUnresolved(arn) ? undefined : arn.split(':')[index];
}

function tableArnOf(scope: Construct, tableName: string, account?: string): string {
  return Stack.of(scope).formatArn({ service: 'dynamodb', resource: 'table', resourceName: tableName, account });
}
