/**
 * A global table, and in each of its Regions a trigger on the replica there. Synthesized:
 *
 *     npx cdk synth --quiet --app "npx ts-node --project examples/tsconfig.json examples/replicas/app.ts"
 */
import { App } from 'aws-cdk-lib';
import { RegionStack, SessionsStack } from './stacks';

export const app = new App();
const account = process.env.CDK_DEFAULT_ACCOUNT;
const [home, ...others] = ['eu-west-1', 'us-east-1', 'ap-southeast-2'];

const { sessions } = new SessionsStack(app, 'Sessions', { env: { account, region: home }, replicaRegions: others });
for (const region of [home, ...others]) {
  new RegionStack(app, `SessionEvents-${region}`, { env: { account, region }, sessions });
}
