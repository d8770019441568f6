import { Command } from 'commander';
import { localCommand } from './local';

/** The command line: `dynamo-stream-trigger <command>`. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('dynamo-stream-trigger')
    .description('Run the stream triggers of a CDK app on this machine')
    .addCommand(localCommand());
  await program.parseAsync(argv);
}
