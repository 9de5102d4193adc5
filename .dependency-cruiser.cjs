/**
 * Imports go down only (DESIGN.md, "Rooms"):
 * index, dev, examples → destination → runtimes → runtime → rooms → vocabulary. The command line stands beside:
 * cli → operations → rooms → vocabulary. Rooms may import one another; cycles are forbidden.
 */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'vocabulary-is-the-ground',
      severity: 'error',
      from: { path: '^src/vocabulary/' },
      to: { path: '^src/', pathNot: '^src/vocabulary/' },
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
      name: 'the-library-knows-no-operations',
      severity: 'error',
      from: { pathNot: '^src/(cli|operations)/' },
      to: { path: '^src/operations/' },
    },
    {
      name: 'commands-do-not-reach-into-the-client',
      severity: 'error',
      from: { path: '^src/cli(/|[.])' },
      to: { path: '^src/(client|delivery|registry)/' },
    },
    {
      name: 'only-the-clients-know-the-libraries',
      severity: 'error',
      from: { pathNot: '^src/client/' },
      to: { path: 'node_modules/(@platformatic/kafka|kafkajs|@aws-sdk|@smithy)/' },
    },
    {
      name: 'only-values-know-the-formats',
      severity: 'error',
      from: { pathNot: '^src/value/' },
      to: { path: 'node_modules/(avsc|ajv|ajv-formats|protobufjs)/' },
    },
    {
      name: 'formats-are-loaded-when-used',
      severity: 'error',
      from: { pathNot: '^src/value/(avro|protobuf)/' },
      to: { path: '^src/value/(avro/|protobuf/|json-schema\\.ts)', dynamic: false },
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
