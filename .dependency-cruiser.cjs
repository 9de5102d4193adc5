/**
 * Imports go down only (DESIGN.md, "Folders"):
 * index, dev, examples → destination → runtimes → runtime → folders → model. The command line stands beside:
 * cli/commands → cli/* → folders → model. Folders may import one another; cycles are forbidden.
 */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'model-imports-nothing-else',
      severity: 'error',
      from: { path: '^src/model/' },
      to: { path: '^src/', pathNot: '^src/model/' },
    },
    {
      name: 'only-runtimes-opens-a-runtime',
      severity: 'error',
      from: { pathNot: '^src/(runtimes|runtime)\\.ts$' },
      to: { path: '^src/runtime\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'the-library-knows-no-command-line',
      severity: 'error',
      from: { pathNot: '^src/cli(/|[.])' },
      to: { path: '^src/cli(/|[.])' },
    },
    {
      name: 'commands-only-parse-call-and-print',
      severity: 'error',
      from: { path: '^src/cli(/commands/|/[^/]+$|[.])' },
      to: { path: '^src/(transport|protocol|producer|schema)/' },
    },
    {
      name: 'only-the-transport-knows-the-libraries',
      severity: 'error',
      // Compression is the library's, too.
      from: { pathNot: '^src/(transport/|protocol/codecs\\.ts)' },
      to: { path: 'node_modules/(@platformatic/kafka|kafkajs|@aws-sdk|@smithy)/' },
    },
    {
      name: 'only-schemas-know-the-formats',
      severity: 'error',
      from: { pathNot: '^src/schema/' },
      to: { path: 'node_modules/(avsc|ajv|ajv-formats|protobufjs)/' },
    },
    {
      name: 'formats-are-loaded-when-used',
      severity: 'error',
      from: { pathNot: '^src/schema/(avro|protobuf)/' },
      to: { path: '^src/schema/(avro/|protobuf/|json-schema\\.ts)', dynamic: false },
    },
    {
      name: 'only-telemetry-knows-opentelemetry',
      severity: 'error',
      from: { pathNot: '^src/telemetry/' },
      to: { path: 'node_modules/@opentelemetry/' },
    },
    {
      name: 'aws-is-loaded-when-used',
      severity: 'error',
      from: {},
      to: { path: 'node_modules/(@aws-sdk|@smithy)/', dynamic: false },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node'] },
  },
};
