import { allBlocks, root, type Block } from './pages.ts';

/** Blocks that a test runs, or compares with what really comes out. */
interface Claim {
  /** The test file, from the repository's root. It gets its blocks from `blocksFor`, or from `fenced`, by the page's name. */
  readonly test: string;
  readonly page: string;
  readonly languages: readonly string[];
  /** Default: all of the page. */
  readonly headings?: readonly string[];
}

/**
 * Who accounts for what. Not listed, for it holds for every page: `ts` is type-checked (scripts/snippets.ts), `json` that is a flow
 * or a part of one goes through the rules for settings (json.test.ts), `sh` is a command that a test runs (commands.test.ts),
 * and what stands between markers is compared by scripts/docs.ts.
 */
export const claims: readonly Claim[] = [
  ...['aiven', 'aws-msk', 'confluent-cloud', 'redpanda', 'self-managed'].map((platform) => ({
    test: 'test/bundle/platforms.test.ts',
    page: `docs/platforms/${platform}.md`,
    languages: ['json'],
  })),
  {
    test: 'test/integration/platform-commands.test.ts',
    page: 'docs/platforms/self-managed.md',
    languages: ['sh'],
  },
  {
    test: 'test/bundle/newcomer.test.ts',
    page: 'README.md',
    languages: ['sh', 'json', 'text'],
    headings: ['In a minute', 'A record that Kafka refuses'],
  },
  {
    test: 'test/bundle/deployment.test.ts',
    page: 'docs/deployment.md',
    languages: ['sh', 'json', 'js', 'properties', 'text'],
  },
  {
    test: 'test/unit/docs/deployment.test.ts',
    page: 'docs/deployment.md',
    languages: ['ini', 'dockerfile', 'yaml'],
  },
  { test: 'test/bundle/getting-started.test.ts', page: 'docs/getting-started.md', languages: ['json'] },
  { test: 'test/unit/docs/migration.test.ts', page: 'docs/migration.md', languages: ['json', 'text'] },
  { test: 'test/unit/docs/security.test.ts', page: 'docs/security.md', languages: ['json', 'text'] },
  { test: 'test/integration/platform-commands.test.ts', page: 'docs/security.md', languages: ['sh'] },
  {
    test: 'test/unit/schema/walkeros-event/contract.test.ts',
    page: 'docs/schemas.md',
    languages: ['json', 'text'],
    headings: ['A contract as schema'],
  },
  {
    test: 'test/cli/schema-check.test.ts',
    page: 'docs/schemas.md',
    languages: ['sh', 'text'],
    headings: ['Before it is deployed'],
  },
  { test: 'test/cli/operations.test.ts', page: 'docs/operations.md', languages: ['sh', 'text'] },
  { test: 'test/unit/cli/flow/login.test.ts', page: 'docs/operations.md', languages: ['json'] },
  {
    test: 'test/unit/cli/flow/login.test.ts',
    page: 'docs/deployment.md',
    languages: ['json'],
    headings: ['Who looks after it'],
  },
  {
    test: 'test/integration/acknowledgements.test.ts',
    page: 'docs/acknowledgements.md',
    languages: ['ts'],
  },
  {
    test: 'test/integration/telemetry.test.ts',
    page: 'docs/telemetry.md',
    languages: ['ts', 'json'],
  },
  {
    test: 'test/integration/telemetry.test.ts',
    page: 'docs/telemetry.md',
    languages: ['sh'],
    headings: ['Health'],
  },
  {
    test: 'test/unit/telemetry/alerts.test.ts',
    page: 'docs/telemetry.md',
    languages: ['sh'],
    headings: ['Alerts worth having'],
  },
];

/** The blocks that this test file has claimed, page by page, from top to bottom. `import.meta.filename` names it. */
export function blocksFor(testFile: string): Block[] {
  const mine = claims.filter(({ test }) => `${root}${test}` === testFile);
  return allBlocks().filter((block) => mine.some((claim) => covers(claim, block)));
}

export const covers = ({ page, languages, headings }: Claim, block: Block): boolean =>
  block.page === page &&
  languages.includes(block.language) &&
  block.generated === undefined &&
  (headings === undefined || headings.includes(block.heading));

export const isClaimed = (block: Block): boolean => claims.some((claim) => covers(claim, block));

/** Whether a unit test judges it by itself. It may be wrong on purpose, or written for another package. */
export const isJudged = (block: Block): boolean =>
  claims.some((claim) => claim.test.startsWith('test/unit/') && covers(claim, block));
