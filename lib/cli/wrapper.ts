/**
 * Ends this process as SIGTERM does, once the program that wraps it has ended.
 *
 * The command that jsii makes for Python (`venv/bin/dynamo-stream-trigger`) runs this one as its child and passes no signal on, and the shell
 * between npx and this process does neither: a SIGTERM would end the wrapper alone. Only under these two the parent is watched, because they
 * wait for this process. In the background of a shell, under nohup or in a container, a process may outlive its parent.
 */
export function endWithWrapper(parent = process.ppid): void {
  if (process.env.JSII_AGENT !== undefined || process.env.npm_command === 'exec') {
    const watch = setInterval(() => {
      if (process.ppid !== parent || !isAlive(parent)) {
        clearInterval(watch);
        // Not by a signal, which no handler sees on Windows.
        if (!process.emit('SIGTERM')) {
          process.exit(128 + 15);
        }
      }
    }, 200);
    watch.unref();
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
