import { Presets, SingleBar } from 'cli-progress';

/** Shows how far the demo has come: a bar on a terminal, a line a second otherwise. */
export function showProgress(total: number, written: () => number, settled: () => number): { stop(): void } {
  const bar = process.stdout.isTTY
    ? new SingleBar({ format: ' {bar} {value} of {total} records settled, {written} written', hideCursor: true }, Presets.shades_classic)
    : undefined;
  const show = () => {
    if (bar) {
      bar.update(settled(), { written: written() });
    } else {
      console.log(`${written()} of ${total} records written, ${settled()} settled`);
    }
  };
  bar?.start(total, 0, { written: 0 });
  const timer = setInterval(show, bar ? 100 : 1000);
  return {
    stop: () => {
      clearInterval(timer);
      show();
      bar?.stop();
    },
  };
}
