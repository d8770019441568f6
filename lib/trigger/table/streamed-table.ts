import { ArnFormat, aws_dynamodb as dynamodb, type aws_iam as iam, aws_kms as kms, type aws_logs as logs, Stack, Stage, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type SharedStream, shareStream } from './cross-account';
import { StreamLookup } from './stream-lookup';
import { tableResourceOf } from './stream-source';
import { arnParts } from '../../stream/arn';
import { takePart } from '../facts/copies';

/**
 * How the stream of a table is looked up.
 *
 * @example
 * const orders = StreamedTable.fromTableName(this, 'Orders', 'orders', { refresh: '2027-01-31' });
 * new DynamoStreamTrigger(this, 'OrderEvents', { table: orders, handler });
 */
export interface StreamedTableOptions {
  /**
   * Any text, for example a date. If you change it, the next deployment looks the stream up again.
   *
   * CloudFormation looks the stream up once, when the table is added to the stack. If the stream was switched off and on since, the
   * table has another stream, which the trigger does not read until this text changes.
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

  /**
   * Where the function that looks the stream up writes its log. One function serves all of a stack, so give all of them the same, or one of them.
   *
   * Its log holds names of tables, and no data of items. A log group with a key must have one that CloudWatch Logs may use.
   *
   * @default - a log group that is kept for a month, with CloudWatch's own key
   */
  readonly logGroup?: logs.ILogGroup;
}

/**
 * A table whose stream's ARN is looked up at deployment: a table that another stack, app or tool made, or the replica of a global table.
 *
 * Put it into the stack of its trigger, which must be in the Region of the stream. If the table has no stream, the deployment fails, and the
 * message explains how to switch one on.
 *
 * At synth the stream is not known, so that filters are not checked against its view type. They are if the table is one of this app.
 *
 * @example
 * const orders = StreamedTable.fromTableName(this, 'Orders', 'orders');
 * new DynamoStreamTrigger(this, 'OrderEvents', { table: orders, handler });
 */
export class StreamedTable extends dynamodb.TableBase {
  /**
   * The table with this name, in the account and Region of the stack.
   *
   * @param scope the stack of the trigger, or a construct in it
   * @param id the name of the construct within the scope
   * @param tableName 3 to 255 characters of A-Z, a-z, 0-9, "_", "-" and ".", or a token; anything else is an error
   * @param options how the stream is looked up
   * @example
   * const orders = StreamedTable.fromTableName(this, 'Orders', 'orders');
   */
  static fromTableName(scope: Construct, id: string, tableName: string, options: StreamedTableOptions = {}): StreamedTable {
    if (isKnownNotToBe(/^[\w.-]{3,255}$/, tableName)) {
      throw new Error(`[${scope.node.path}/${id}] tableName is "${tableName}" but must be the name of a table: 3 to 255 characters of `
        + 'A-Z, a-z, 0-9, "_", "-" and ".". If you have the ARN of the table, give it to fromTableArn.');
    }
    return new StreamedTable(scope, id, { tableName, tableArn: tableArnOf(scope, tableName), lookedUpBy: tableName }, options);
  }

  /**
   * The table with this ARN, in the Region of the stack.
   *
   * If the table belongs to another account, its resource policy must allow the stack's account to describe it, and the policy of its
   * stream must allow the function's role to read it.
   *
   * @param scope the stack of the trigger, or a construct in it
   * @param id the name of the construct within the scope
   * @param tableArn `arn:<partition>:dynamodb:<region>:<account>:table/<name>`, or a token; anything else is an error
   * @param options how the stream is looked up
   * @example
   * const orders = StreamedTable.fromTableArn(this, 'Orders', 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders');
   */
  static fromTableArn(scope: Construct, id: string, tableArn: string, options: StreamedTableOptions = {}): StreamedTable {
    if (isKnownNotToBe(/^arn:[^:]+:dynamodb:[^:]+:[^:]+:table\/[\w.-]+$/, tableArn)) {
      throw new Error(`[${scope.node.path}/${id}] tableArn is "${tableArn}" but must be the ARN of a table: `
        + 'arn:aws:dynamodb:<region>:<account>:table/<name>. If you have the name of the table, give it to fromTableName.');
    }
    const { resourceName } = Stack.of(scope).splitArn(tableArn, ArnFormat.SLASH_RESOURCE_NAME);
    return new StreamedTable(scope, id, { tableName: resourceName!, tableArn, lookedUpBy: tableArn }, options);
  }

  /**
   * A table as it is in the Region of the stack. If the table is in another Region, this is its replica.
   *
   * A table of this app is deployed first. If it belongs to another account, policies of the table, its stream and its key are extended, so
   * that the account of the stack can describe, read and decrypt it.
   *
   * @param scope the stack of the trigger, or a construct in it
   * @param id the name of the construct within the scope
   * @param table a table of this app, a replica of one, or an imported table
   * @param options how the stream is looked up
   * @example
   * // A stack in another Region than the table's: the trigger reads the replica there.
   * const replica = StreamedTable.fromTable(this, 'Orders', globalTable);
   * new DynamoStreamTrigger(this, 'OrderEvents', { table: replica, handler });
   */
  static fromTable(scope: Construct, id: string, table: dynamodb.ITable, options: StreamedTableOptions = {}): StreamedTable {
    const source = tableResourceOf(table)?.node.scope as dynamodb.ITable | undefined ?? table;
    const { tableName } = source;
    const account = otherAccount(source, Stack.of(scope));
    const tableArn = tableArnOf(scope, tableName, account);
    const streamed = new StreamedTable(scope, id, { tableName, tableArn, lookedUpBy: account ? tableArn : tableName }, options, source);
    if (account) {
      streamed._shared = shareStream(source, Stack.of(scope).account);
    }
    // Stages are deployed on their own.
    if (Stage.of(source) === Stage.of(scope)) {
      streamed.node.addDependency(source);
    }
    return streamed;
  }

  /** The name of the table, in every Region that it has a replica in. */
  readonly tableName: string;
  /** The ARN of the table, or of its replica in the Region of the stack. */
  readonly tableArn: string;
  /** The ARN of the stream: a token, which the deployment looks up. */
  readonly tableStreamArn?: string;
  /** The key that encrypts the table: the one that was given, otherwise the one that the deployment looks up. */
  readonly encryptionKey?: kms.IKey;
  /** Never set: the Regions of the table's replicas are not looked up. */
  readonly regions?: string[];
  /** Never set: a stack can't change the policy of an imported table. */
  resourcePolicy?: iam.PolicyDocument;
  /**
   * The table of this app that this one stands for.
   *
   * @internal
   */
  readonly _source?: dynamodb.ITable;
  /**
   * Set for a table of this app in another account.
   *
   * @internal
   */
  _shared?: SharedStream;
  /** Always false: the indexes of the table are not looked up, and grants do not include them. */
  protected readonly hasIndex = false;

  private constructor(scope: Construct, id: string, table: TableNames, options: StreamedTableOptions, source?: dynamodb.ITable) {
    super(scope, id, { environmentFromArn: table.tableArn });
    this.tableName = table.tableName;
    takePart(this);
    this.tableArn = table.tableArn;
    this._source = source;
    const lookup = new StreamLookup(this, 'Stream', {
      tableArn: table.tableArn, tableName: table.lookedUpBy, refresh: options.refresh, logGroup: options.logGroup,
    });
    this.tableStreamArn = lookup.streamArn;
    this.encryptionKey = options.encryptionKey ?? kms.Key.fromKeyArn(this, 'Key', lookup.keyArn);
  }

  /**
   * Adds nothing: a stack can't change the policy of an imported table.
   *
   * @param _statement what is not added
   */
  addToResourcePolicy(_statement: iam.PolicyStatement): iam.AddToResourcePolicyResult {
    return { statementAdded: false };
  }
}

/** What only the deployment knows can't be checked here. */
function isKnownNotToBe(form: RegExp, text: string): boolean {
  return !Token.isUnresolved(text) && !form.test(text);
}

interface TableNames {
  readonly tableName: string;
  readonly tableArn: string;
  /** The name, or the ARN if the table belongs to another account. */
  readonly lookedUpBy: string;
}

/** The account of a table, if it is known to be another one than that of the stack. */
function otherAccount(table: dynamodb.ITable, stack: Stack): string | undefined {
  // Some imports have an ARN of another account and the environment of their stack.
  const account = Token.isUnresolved(table.tableArn) ? table.env.account : arnParts(table.tableArn).account;
  return [account, stack.account].some(Token.isUnresolved) || account === stack.account ? undefined : account;
}

function tableArnOf(scope: Construct, tableName: string, account?: string): string {
  return Stack.of(scope).formatArn({ service: 'dynamodb', resource: 'table', resourceName: tableName, account });
}
