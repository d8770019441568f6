const project = (name, test) => ({ test: { name, testTimeout: 60_000, ...test } });

export default {
  test: {
    projects: [
      project('forks', { pool: 'forks', include: ['*.vitest.mjs'] }),
      project('threads', { pool: 'threads', include: ['*.vitest.mjs'] }),
      project('samples', { include: ['samples/*.vitest.ts'], globals: true }),
    ],
  },
};
