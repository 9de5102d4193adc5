/**
 * Imports go down only (DESIGN.md, "One way through"):
 * index, dev, examples → destination → runtime, provision → rooms → vocabulary. Rooms do not import one another.
 */
const rooms = '^src/(options|record|value|delivery|client|registry|setup|spool|telemetry)/';

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
      name: 'rooms-do-not-import-one-another',
      severity: 'error',
      from: { path: rooms },
      to: { path: '^src/', pathNot: ['^src/vocabulary/', '^src/$1/'] },
    },
    {
      name: 'only-destination-opens-the-runtime',
      severity: 'error',
      from: { pathNot: '^src/(destination|runtime)\\.ts$' },
      to: { path: '^src/runtime\\.ts$' },
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
