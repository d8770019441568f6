import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { changeFunction, integApp, resultsTable, sourceTable } from './integ-app';
import { DynamoStreamTrigger } from '../../lib';

/** Two triggers on one table, and one function on two tables. */
export const app = integApp();
const stack = new Stack(app, 'IntegShared');
const [orders, refunds, results] = [sourceTable(stack, 'Orders'), sourceTable(stack, 'Refunds'), resultsTable(stack)];
const ledger = changeFunction(stack, 'Ledger', results);
const mail = changeFunction(stack, 'Mail', results);

const failureQueueRemovalPolicy = RemovalPolicy.DESTROY;
new DynamoStreamTrigger(stack, 'OrdersToLedger', { table: orders, handler: ledger, failureQueueRemovalPolicy });
new DynamoStreamTrigger(stack, 'RefundsToLedger', { table: refunds, handler: ledger, failureQueueRemovalPolicy });
new DynamoStreamTrigger(stack, 'OrdersToMail', { table: orders, handler: mail, failureQueueRemovalPolicy });
