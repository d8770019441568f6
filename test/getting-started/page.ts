/** What a reader of a page does, or sees, one after another. */
export type Step =
  | { readonly kind: 'command'; readonly line: string; /** What it ends with, if that is not 0. */ readonly exitCode: number }
  | { readonly kind: 'file'; readonly path: string; readonly content: string }
  | { readonly kind: 'output'; readonly lines: readonly string[] };

const SAMPLE = /^```(\w+)\n([\s\S]*?)^```$/gm;
const EXIT_CODE = /\bexit code (\d+)/i;

/**
 * The steps of the numbered sections (`## 1. …`). In them
 *
 * - each line of a sample in `sh` is a command;
 * - a sample in `text` is what is printed then;
 * - any other sample is a file, named by the comment on its first line.
 */
export function stepsOf(page: string): Step[] {
  const sections = page.split(/^(?=## )/m).filter((section) => /^## \d+\. /.test(section));
  return sections.flatMap((section) => {
    const samples = [...section.matchAll(SAMPLE)];
    return samples.flatMap(({ 0: whole, 1: language, 2: text, index }, at): Step[] => {
      if (language === 'sh') {
        const prose = section.slice(index + whole.length, samples.slice(at + 1).find(([, next]) => next === 'sh')?.index);
        return commands(text, Number(EXIT_CODE.exec(prose.replace(SAMPLE, ''))?.[1] ?? 0));
      }
      return [language === 'text' ? { kind: 'output', lines: text.trimEnd().split('\n') } : file(text)];
    });
  });
}

function commands(text: string, exitCode: number): Step[] {
  const lines = text.trimEnd().split('\n');
  return lines.map((line, at) => ({ kind: 'command', line, exitCode: at === lines.length - 1 ? exitCode : 0 }));
}

function file(text: string): Step {
  const path = /^(?:\/\/|#) (\S+)\n/.exec(text)?.[1];
  if (path === undefined) {
    throw new Error(`No file is named on the first line of this sample:\n${text}`);
  }
  return { kind: 'file', path, content: text };
}

/** Whether a page's lines were printed, in this order. `…` on a line stands for any text, and alone for any lines. */
export function isPrinted(lines: readonly string[], output: string): boolean {
  const printed = output.split('\n');
  let from = 0;
  return lines.filter((line) => line !== '…').every((line) => {
    const pattern = new RegExp(`^${line.split('…').map(literal).join('.*')}$`);
    const at = printed.findIndex((text, index) => index >= from && pattern.test(text.trimEnd()));
    from = at + 1;
    return at >= 0;
  });
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
