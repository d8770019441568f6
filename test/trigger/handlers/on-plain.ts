/** Needs nothing of this package, so that it is bundled fast. */
export const handler = async ({ Records }: { readonly Records: readonly object[] }): Promise<void> => {
  console.log(`${process.env.STAGE}: ${Records.length} records`);
};
