/** Where the demo shows how far it has come: a bar on a terminal, below what is printed; elsewhere a line now and then. */
export interface Screen {
  print(text: string): void;
  /** Shows the progress until it is stopped. */
  follow(progress: () => Progress): void;
  stop(): void;
}

export interface Progress {
  readonly done: number;
  readonly total: number;
  /** What is done, in words. */
  readonly text: string;
}

export function screenOn(out: NodeJS.WriteStream): Screen {
  let shown: (() => Progress) | undefined;
  let timer: NodeJS.Timeout | undefined;

  const bar = () => shown && out.isTTY ? barOf(shown(), out.columns) : '';
  return {
    // In one write with the bar, which would flicker otherwise.
    print: (text) => out.write(out.isTTY ? `\r${CLEAR}${text}\n${bar()}` : `${text}\n`),
    follow: (progress) => {
      shown = progress;
      const show = out.isTTY ? () => out.write(`\r${bar()}${CLEAR}`) : () => out.write(`${progress().text}\n`);
      show();
      timer = setInterval(show, out.isTTY ? 100 : 5000);
    },
    stop: () => {
      clearInterval(timer);
      if (shown) {
        out.write(out.isTTY ? `\r${bar()}${CLEAR}\n` : `${shown().text}\n`);
      }
      shown = undefined;
    },
  };
}

/** Clears the rest of the line. */
const CLEAR = '\u001b[K';

/** The bar takes what the text leaves of the line. A narrow terminal has the text only. */
function barOf({ done, total, text }: Progress, columns: number): string {
  const width = Math.min(40, columns - text.length - 3);
  const full = Math.round(width * done / total);
  return width < 10 ? text.slice(0, columns - 1) : `${'█'.repeat(full)}${'░'.repeat(width - full)}  ${text}`;
}
