import { Command } from 'commander';
import { localCommand } from './local';

/** The command line: `dynamo-stream-trigger <command>`. */
export async function main(argv: readonly string[]): Promise<void> {
  // The AWS SDK would advise a newer Node.js, for versions of itself that are not the one bundled here.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  await new Command('dynamo-stream-trigger')
    .description('Run the stream triggers of a CDK app on this machine')
    .addCommand(localCommand())
    .parseAsync(argv);
}
