import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { jsonSchemaSuite } from '../../../scripts/json-schema/suite.ts';
import { compileJsonSchema } from '../../../src/schema/json-schema.ts';
import { isObject, ValidationError } from '../../../src/schema/validation-error.ts';

interface Group {
  readonly description: string;
  readonly schema: unknown;
  readonly tests: readonly { readonly data: unknown; readonly valid: boolean }[];
}

/** How many tests of a group are judged otherwise, or not at all since the library refuses the schema. docs/schemas.md names them by kind. */
type Differences = Readonly<Record<string, number>>;

interface Draft {
  readonly folder: string;
  readonly uri: string;
  readonly agreed: number;
  readonly differences: Differences;
}

const drafts: readonly Draft[] = [
  {
    folder: 'draft4',
    uri: 'http://json-schema.org/draft-04/schema#',
    agreed: 582,
    differences: {
      'definitions: validate definition against metaschema': 2,
      'properties: properties whose names are Javascript object property names': 1,
      'ref: remote ref, containing refs itself': 2,
    },
  },
  {
    folder: 'draft6',
    uri: 'http://json-schema.org/draft-06/schema#',
    agreed: 795,
    differences: {
      'definitions: validate definition against metaschema': 2,
      'properties: properties whose names are Javascript object property names': 1,
      'ref: remote ref, containing refs itself': 2,
    },
  },
  {
    folder: 'draft7',
    uri: 'http://json-schema.org/draft-07/schema#',
    agreed: 883,
    differences: {
      'properties: properties whose names are Javascript object property names': 1,
    },
  },
  {
    folder: 'draft2019-09',
    uri: 'https://json-schema.org/draft/2019-09/schema',
    agreed: 1167,
    differences: {
      'properties: properties whose names are Javascript object property names': 1,
      'recursiveRef: $recursiveRef with no $recursiveAnchor in the initial target schema resource': 2,
      'ref: refs with relative uris and defs': 3,
      'ref: relative refs with absolute uris and defs': 3,
      'ref: URN ref with nested pointer ref': 2,
      'unevaluatedItems: unevaluatedItems with nested items': 2,
      'unevaluatedItems: unevaluatedItems can see annotations from if without then and else': 1,
      'unevaluatedProperties: unevaluatedProperties with if/then/else, then not defined': 1,
      'unevaluatedProperties: unevaluatedProperties can see annotations from if without then and else': 1,
    },
  },
  {
    folder: 'draft2020-12',
    uri: 'https://json-schema.org/draft/2020-12/schema',
    agreed: 1158,
    differences: {
      'dynamicRef: A $dynamicRef to a $dynamicAnchor in the same schema resource behaves like a normal $ref to an $anchor': 1,
      'dynamicRef: A $dynamicRef to an $anchor in the same schema resource behaves like a normal $ref to an $anchor': 1,
      'dynamicRef: A $dynamicRef resolves to the first $dynamicAnchor still in scope that is encountered when the schema is evaluated': 1,
      'dynamicRef: A $dynamicRef without anchor in fragment behaves identical to $ref': 1,
      "dynamicRef: A $dynamicRef with intermediate scopes that don't include a matching $dynamicAnchor does not affect dynamic scope resolution": 1,
      'dynamicRef: An $anchor with the same name as a $dynamicAnchor is not used for dynamic scope resolution': 1,
      'dynamicRef: A $dynamicRef without a matching $dynamicAnchor in the same schema resource behaves like a normal $ref to $anchor': 1,
      'dynamicRef: A $dynamicRef with a non-matching $dynamicAnchor in the same schema resource behaves like a normal $ref to $anchor': 1,
      'dynamicRef: A $dynamicRef that initially resolves to a schema with a matching $dynamicAnchor resolves to the first $dynamicAnchor in the dynamic scope': 2,
      'dynamicRef: A $dynamicRef that initially resolves to a schema without a matching $dynamicAnchor behaves like a normal $ref to $anchor': 1,
      'dynamicRef: multiple dynamic paths to the $dynamicRef keyword': 2,
      'dynamicRef: after leaving a dynamic scope, it is not used by a $dynamicRef': 3,
      'dynamicRef: $dynamicRef points to a boolean schema': 1,
      'dynamicRef: $dynamicRef skips over intermediate resources - direct reference': 1,
      'properties: properties whose names are Javascript object property names': 1,
      'ref: refs with relative uris and defs': 3,
      'ref: relative refs with absolute uris and defs': 3,
      'ref: URN ref with nested pointer ref': 2,
      'unevaluatedItems: unevaluatedItems with nested items': 2,
      'unevaluatedItems: unevaluatedItems with $dynamicRef': 2,
      'unevaluatedItems: unevaluatedItems depends on adjacent contains': 1,
      'unevaluatedItems: unevaluatedItems depends on multiple nested contains': 1,
      'unevaluatedItems: unevaluatedItems and contains interact to control item dependency relationship': 4,
      'unevaluatedItems: unevaluatedItems can see annotations from if without then and else': 1,
      'unevaluatedProperties: unevaluatedProperties with if/then/else, then not defined': 1,
      'unevaluatedProperties: unevaluatedProperties with $dynamicRef': 2,
      'unevaluatedProperties: unevaluatedProperties can see annotations from if without then and else': 1,
    },
  },
];

/** The suite's own documents on a web server, which no registry serves. */
const remote = 'localhost:1234';

function groupsOf(folder: string): [name: string, group: Group][] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.flatMap((file) => {
    const groups = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Group[];
    return groups.map((group): [string, Group] => [
      `${file.replace('.json', '')}: ${group.description}`,
      group,
    ]);
  });
}

function judge(schema: unknown, tests: Group['tests']): (boolean | undefined)[] {
  let write: (value: unknown) => Buffer;
  try {
    write = compileJsonSchema(JSON.stringify(schema)).writer(1);
  } catch {
    return tests.map(() => undefined);
  }
  return tests.map(({ data }) => {
    try {
      write(data);
      return true;
    } catch (thrown) {
      return thrown instanceof ValidationError ? false : undefined;
    }
  });
}

const suite = await jsonSchemaSuite();
const skip = 'missing' in suite ? suite.missing : false;

// `multipleOf: 0.01` refused 19.99, and a draft-4 `id` made a topic unusable: schemas that other producers write with.
// A difference that is not listed is a fault; one that is gone leaves the list.
describe('the required tests of the public JSON-Schema-Test-Suite', { skip }, () => {
  for (const { folder, uri, agreed, differences } of drafts)
    it(folder, () => {
      assert.ok('tests' in suite);
      let same = 0;
      const found: Record<string, number> = {};
      for (const [name, { schema, tests }] of groupsOf(join(suite.tests, folder))) {
        const named = isObject(schema) ? { $schema: uri, ...schema } : schema;
        if (JSON.stringify(named).includes(remote)) continue;
        const verdicts = judge(named, tests);
        const wrong = tests.filter(({ valid }, index) => verdicts[index] !== valid).length;
        same += tests.length - wrong;
        if (wrong > 0) found[name] = wrong;
      }
      assert.deepEqual(found, differences);
      assert.equal(same, agreed);
    });
});
