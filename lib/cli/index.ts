import { Command } from 'commander';
import { localCommand } from './local';
import { redriveCommand } from './redrive';
import { endWithWrapper } from './wrapper';

/** The command line: `dynamo-stream-trigger <command>`. */
export async function main(argv: readonly string[]): Promise<void> {
  // The AWS SDK's warning is about later versions of itself, not about the one that is bundled here.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  endWithWrapper();
  await new Command('dynamo-stream-trigger')
    .description('Run the stream triggers of a CDK app on this machine, and bring back what failed')
    .addCommand(localCommand())
    .addCommand(redriveCommand())
    .parseAsync(argv);
}
