import { github, javascript, release } from 'projen';
import { BRANCH } from './publication';

const { ActionRefs } = github;

/**
 * Tags can be moved, commits can't. projen pins most actions by their commit already; these are those that it names by a tag, which
 * GitHub calls immutable.
 */
const PINNED: { readonly [action: string]: string } = {
  'actions/setup-dotnet': 'a98b56852c35b8e3190ac28c8c2271da59106c68', // v6.0.0
  'actions/setup-go': 'b7ad1dad31e06c5925ef5d2fc7ad053ef454303e', // v7.0.0
  'actions/setup-java': 'b6effb05e454b25005698d916606bdc6ffcbf961', // v5.7.0
  'actions/setup-node': '820762786026740c76f36085b0efc47a31fe5020', // v7.0.0
  'actions/setup-python': '5fda3b95a4ea91299a34e894583c3862153e4b97', // v7.0.0
  'peter-evans/create-pull-request': '5f6978faf089d4d20b00c7766989d076bb2fc7f1', // v8.1.1
};

/** The release tools and npm's trusted publishing need Node.js 22 and newer. */
const NODE = '24';
/** The oldest that is supported, and the one that releases. */
const TESTED_NODES = ['20', NODE];

const TOOLS = {
  java: { uses: ActionRefs.ACTIONS_SETUP_JAVA, with: { 'distribution': 'temurin', 'java-version': '17' } },
  python: { uses: ActionRefs.ACTIONS_SETUP_PYTHON, with: { 'python-version': '3.11' } },
  go: { uses: ActionRefs.ACTIONS_SETUP_GO, with: { 'go-version': '1.26', 'cache': false } },
  dotnet: { uses: ActionRefs.ACTIONS_SETUP_DOTNET, with: { 'dotnet-version': '8.0' } },
};

/** The version of a release and what it changes are at the top of CHANGELOG.md. */
export const RELEASE_OPTIONS = {
  github: true,
  // Pull request titles are free, and people merge.
  githubOptions: { mergify: false, pullRequestLint: false },
  pullRequestTemplate: false,
  autoMerge: false,
  // .ci/run is the build, below.
  buildWorkflow: false,
  release: true,
  // Somebody starts it for the newest commit of the main branch, and it makes the tag.
  releaseTrigger: release.ReleaseTrigger.workflowDispatch(),
  workflowNodeVersion: NODE,
  // For DynamoDB Local, which the tests run.
  releaseWorkflowSetupSteps: [TOOLS.java],
  // What publishes: it sees the credentials of every registry, so it changes only on purpose.
  jsiiReleaseVersion: '0.2.1061',
  // Each registry knows this repository's release workflow by itself, so that there is no token that could be stolen. npm's provenance comes with it.
  npmTrustedPublishing: true,
  depsUpgrade: true,
  depsUpgradeOptions: { workflowOptions: { schedule: javascript.UpgradeDependenciesSchedule.WEEKLY } },
};

export function addWorkflows(project: javascript.NodeProject): void {
  const hub = project.github!;
  Object.entries(PINNED).forEach(([action, commit]) => hub.actions.set(action, `${action}@${commit}`));

  // In place of a version that is made from the words of commits.
  project.deps.removeDependency('commit-and-tag-version');
  ['bump', 'unbump'].forEach((task) => project.tasks.tryFind(task)!.reset(`ts-node --transpile-only --project projenrc/tsconfig.json projenrc/bump.ts ${task}`));
  project.removeTask('bump:releasable-commits');

  // A workflow can be started on any branch.
  hub.tryFindWorkflow('release')!.file!.addOverride('jobs.release.if', `github.ref == 'refs/heads/${BRANCH}' || inputs.dry_run`);

  job(hub, 'build', {
    on: { push: { branches: [BRANCH] }, pullRequest: {}, workflowDispatch: {} },
    minutes: 45,
    nodes: TESTED_NODES,
    tools: ['java', 'python'],
    run: ['bash .ci/run', 'npm run compat'],
  });
  const touched = [
    'README.md', 'docs/getting-started*.md', 'docs/guide/languages.md', 'bin/**', 'lib/**', 'package-lock.json', 'package.json', 'projenrc/publication.ts',
    'test/getting-started/**', 'test/languages/**',
  ];
  job(hub, 'languages', {
    on: { push: { branches: [BRANCH], paths: touched }, pullRequest: { paths: touched }, schedule: [{ cron: '17 2 * * *' }], workflowDispatch: {} },
    minutes: 90,
    tools: ['java', 'python', 'go', 'dotnet'],
    run: ['npm ci --no-audit --no-fund', 'npm run languages', 'npm run getting-started'],
  });
  job(hub, 'soak', {
    on: { schedule: [{ cron: '47 2 * * *' }], workflowDispatch: {} },
    minutes: 90,
    tools: [],
    run: ['npm ci --no-audit --no-fund', 'npm run soak -- --hours 1'],
  });
}

interface Job {
  readonly on: github.workflows.Triggers;
  readonly minutes: number;
  /** Versions of Node.js, if it runs with several. */
  readonly nodes?: readonly string[];
  readonly tools: readonly (keyof typeof TOOLS)[];
  readonly run: readonly string[];
}

/** A workflow of one job, which reads the repository and may write nothing. */
function job(hub: github.GitHub, name: string, { on, minutes, nodes, tools, run }: Job): void {
  const workflow = new github.GithubWorkflow(hub, name, { limitConcurrency: true, concurrencyOptions: { group: `${name}-\${{ github.ref }}`, cancelInProgress: true } });
  workflow.on(on);
  workflow.addJob(name, {
    runsOn: ['ubuntu-latest'],
    timeoutMinutes: minutes,
    strategy: nodes && { matrix: { domain: { node: [...nodes] } }, failFast: false },
    permissions: { contents: github.workflows.JobPermission.READ },
    steps: [
      { uses: ActionRefs.ACTIONS_CHECKOUT, with: { 'persist-credentials': false, 'fetch-depth': 0 } },
      { uses: ActionRefs.ACTIONS_SETUP_NODE, with: { 'node-version': nodes ? '${{ matrix.node }}' : NODE, 'package-manager-cache': false } },
      ...tools.map((tool) => TOOLS[tool]),
      ...run.map((command) => ({ run: command })),
    ],
  });
}
