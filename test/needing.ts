/** `test`, if what the tests need is there. Otherwise they are skipped, and their names say why. */
export function needing(what: string, isThere: boolean): jest.It {
  return isThere ? test : ((name: string) => test.skip(`${name} (needs ${what})`, () => undefined)) as unknown as jest.It;
}

/** A test of processes: it uses signals, `ps`, `pgrep` and `/proc` as Linux has them. Elsewhere it is skipped by this name. */
export const onLinux = needing('Linux', process.platform === 'linux');
