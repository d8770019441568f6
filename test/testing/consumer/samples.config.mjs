export default { test: { include: ['samples/*.vitest.ts'], globals: true, fileParallelism: false } };
