/** `test`, if what the tests need is there. Otherwise they are skipped, and their names say why. */
export function needing(what: string, isThere: boolean): jest.It {
  return isThere ? test : ((name: string) => test.skip(`${name} (needs ${what})`, () => undefined)) as unknown as jest.It;
}
