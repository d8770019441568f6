import { Command } from 'commander';
import type { About } from './about';
import { checkCommand } from './check';
import { localCommand } from './local';
import { redriveCommand } from './redrive';
import { viewCommand } from './view';
import { endWithWrapper } from './wrapper';

/** The command line: `dynamo-stream-trigger <command>`. */
export async function main(argv: readonly string[], about: About): Promise<void> {
  // The AWS SDK's warning is about later versions of itself, not about the one that is bundled here.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  endWithWrapper();
  await new Command('dynamo-stream-trigger')
    .description('Check the stream triggers of an app, run them on this machine, draw what happened, and bring back what failed')
    .version(about.version)
    .addCommand(checkCommand(about))
    .addCommand(localCommand())
    .addCommand(redriveCommand())
    .addCommand(viewCommand())
    .parseAsync(argv);
}
