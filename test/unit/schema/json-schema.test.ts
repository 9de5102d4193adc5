import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileJsonSchema } from '../../../src/schema/json-schema.ts';
import { ValidationError } from '../../../src/schema/validation-error.ts';

const write = (schema: unknown, value: unknown): string => {
  const bytes = compileJsonSchema(JSON.stringify(schema)).writer(7)(value);
  assert.equal(bytes.subarray(0, 5).toString('hex'), '0000000007');
  return bytes.subarray(5).toString();
};

function refusal(schema: unknown, value: unknown): string {
  try {
    write(schema, value);
  } catch (error) {
    assert.ok(error instanceof ValidationError);
    return `${error.path}: ${error.reason}`;
  }
  return 'fits';
}

describe('JSON Schema', () => {
  it('writes the JSON as it is', () => {
    assert.equal(write(true, { a: 'Grüße 🥾', b: undefined }), '{"a":"Grüße 🥾"}');
  });

  it('writes a BigInt as its digits, and checks it as an integer', () => {
    const schema = { type: 'object', properties: { exact: { type: 'integer' } } };
    assert.equal(write(schema, { exact: 9007199254740993n }), '{"exact":9007199254740993}');
    assert.equal(
      refusal({ properties: { exact: { type: 'string' } } }, { exact: 1n }),
      'exact: must be string',
    );
  });

  it('names the path and the reason of what does not fit', () => {
    const schema = {
      required: ['id'],
      additionalProperties: false,
      properties: {
        id: { type: 'string', format: 'ipv4' },
        items: { items: { properties: { 'a/b': { enum: ['S', 'L'] } }, required: ['n'] } },
      },
    };
    const id = '127.0.0.1';
    const cases: [object, string][] = [
      [{}, 'id: is missing'],
      [{ id, items: [{ n: 1 }, {}] }, 'items[1].n: is missing'],
      [
        { id, items: [{ n: 1, 'a/b': 'M' }] },
        'items[0].a/b: must be equal to one of the allowed values: "S", "L"',
      ],
      [{ id, more: 1 }, ': must NOT have additional properties ("more")'],
      [{ id: 'x' }, 'id: must match format "ipv4"'],
      [{ id }, 'fits'],
    ];
    for (const [value, reason] of cases) assert.equal(refusal(schema, value), reason);
  });

  // The value was checked as JavaScript has it: a property that is not written counted, and a Date was an object.
  it('checks what is written, and not what JSON leaves out or changes', () => {
    class Point {
      readonly x = 1;
      get y(): number {
        return 2;
      }
    }
    const cases: [object, unknown, string][] = [
      [{ minProperties: 1 }, { a: undefined }, ': must NOT have fewer than 1 properties'],
      [{ minProperties: 1 }, { a: () => 1 }, ': must NOT have fewer than 1 properties'],
      [{ minProperties: 1 }, { [Symbol('a')]: 1, a: Symbol('b') }, ': must NOT have fewer than 1 properties'],
      [{ maxProperties: 0 }, { a: undefined }, 'fits'],
      [{ properties: { at: { type: 'object' } } }, { at: new Date(0) }, 'at: must be object'],
      [{ properties: { at: { type: 'string', format: 'date-time' } } }, { at: new Date(0) }, 'fits'],
      [{ properties: { at: { type: 'string' } } }, { at: new Date(NaN) }, 'at: must be string'],
      [{ items: { type: 'string' } }, ['a', undefined], '[1]: must be string'],
      [{ items: { type: ['string', 'null'] } }, ['a', undefined], 'fits'],
      [{ properties: { n: { not: { type: 'null' } } } }, { n: NaN }, 'n: must NOT be valid'],
      [{ required: ['y'] }, new Point(), 'y: is missing'],
      [{ properties: { o: { type: 'object' } } }, { o: { toJSON: () => 'text' } }, 'o: must be object'],
      [{ properties: { o: { type: 'object' } } }, { o: Object('text') as unknown }, 'o: must be object'],
      [
        { properties: { m: { minProperties: 1 } } },
        { m: new Map([['a', 1]]) },
        'm: must NOT have fewer than 1 properties',
      ],
    ];
    for (const [schema, value, reason] of cases) assert.equal(refusal(schema, value), reason);
  });

  it('does not take what every object inherits for a property', () => {
    assert.equal(refusal({ required: ['constructor'] }, {}), 'constructor: is missing');
    assert.equal(refusal({ properties: { valueOf: { type: 'string' } } }, {}), 'fits');
    assert.equal(
      refusal({ properties: { valueOf: { type: 'string' } } }, { valueOf: 1 }),
      'valueOf: must be string',
    );
  });

  it('goes by the draft that the schema names', () => {
    const pair = { prefixItems: [{ type: 'string' }] };
    const draft = (name: string) => ({ $schema: `https://json-schema.org/draft/${name}/schema`, ...pair });
    assert.equal(refusal(draft('2020-12'), [5]), '[0]: must be string');
    // Draft 7 and 2019-09 do not know the word.
    assert.equal(refusal(draft('2019-09'), [5]), 'fits');
    assert.equal(refusal({ $schema: 'http://json-schema.org/draft-07/schema#', ...pair }, [5]), 'fits');
    // A registry takes one that it does not know for draft 7.
    const own = { $schema: 'https://example.com/own-dialect', const: 1 };
    assert.deepEqual([refusal(own, 2), refusal(own, 1)], [': must be equal to constant', 'fits']);
  });

  // Draft 4 was refused, and with it the topic, though Confluent's producers write with it.
  it('knows drafts 4 and 6, by their own keywords', () => {
    const draft = (name: string, own: object) => ({
      $schema: `http://json-schema.org/draft-${name}/schema#`,
      ...own,
    });
    const over = draft('04', { minimum: 1, exclusiveMinimum: true, maximum: 5 });
    assert.deepEqual(
      [refusal(over, 1), refusal(over, 1.5), refusal(over, 5), refusal(over, 6)],
      [': must be > 1', 'fits', 'fits', ': must be <= 5'],
    );
    const own = { const: 5, contains: {}, propertyNames: { maxLength: 0 }, if: true, then: false };
    assert.deepEqual([refusal(draft('04', own), { a: 1 }), refusal(draft('04', own), [])], ['fits', 'fits']);
    const named = { id: 'https://example.com/a.json', properties: { a: { $ref: '#part' } } };
    const parts = { definitions: { part: { id: '#part', type: 'string' } } };
    assert.equal(refusal(draft('04', { ...named, ...parts }), { a: 5 }), 'a: must be string');
    assert.deepEqual(
      [
        refusal(draft('06', { const: 5, if: true, then: false }), 5),
        refusal(draft('06', { exclusiveMinimum: 5 }), 5),
      ],
      ['fits', ': must be > 5'],
    );
  });

  // Each of these stopped a topic that other producers wrote to, or refused values that they stored.
  it("is judged as by Confluent's validators", () => {
    const cases: [object, unknown, string][] = [
      // 19.99 / 0.01 is 1998.9999999999998.
      [{ multipleOf: 0.01 }, 19.99, 'fits'],
      [{ multipleOf: 0.01 }, 4.35, 'fits'],
      [{ multipleOf: 0.01 }, 123456789012.34, 'fits'],
      [{ multipleOf: 0.0001 }, 0.0075, 'fits'],
      [{ multipleOf: 0.01 }, 19.999, ': must be multiple of 0.01'],
      [{ multipleOf: 0.01 }, 1e-13, ': must be multiple of 0.01'],
      [{ multipleOf: 0.123456789 }, 1e308, ': must be multiple of 0.123456789'],
      [{ multipleOf: 1e-8 }, 12391239123, 'fits'],
      [{ multipleOf: 3 }, -9, 'fits'],
      [{ multipleOf: 3 }, 10, ': must be multiple of 3'],
      // A word of draft 4 that draft 7 does not know, and remarks of the wrong kind.
      [{ id: 'https://example.com/order.json', type: 'integer' }, 5, 'fits'],
      [{ properties: { a: { id: '#a', type: 'integer' } } }, { a: 'x' }, 'a: must be integer'],
      [{ examples: 'x', description: 5, deprecated: 'yes', type: 'integer' }, 5, 'fits'],
      // Beside a reference nothing counts up to draft 7.
      [
        {
          definitions: { a: { type: 'array' } },
          properties: { b: { $ref: '#/definitions/a', maxItems: 1, type: 'string' } },
        },
        { b: [1, 2] },
        'fits',
      ],
      [{ properties: { $ref: { type: 'integer' } } }, { $ref: 'x' }, '$ref: must be integer'],
      [
        { definitions: { a: { type: 'integer' } }, properties: { b: { $ref: '#/$defs/a' } } },
        { b: 'x' },
        'b: must be integer',
      ],
      // Formats that the draft does not name, and letters of any script in a URL.
      [{ format: 'uuid' }, 'none', 'fits'],
      [{ format: 'int32' }, 3e9, 'fits'],
      [{ format: 'uri-template' }, '{a.b}', 'fits'],
      [{ format: 'uri' }, 'https://example.com/größe?q=山', 'fits'],
      [{ format: 'uri' }, 'no uri', ': must match format "uri"'],
      [{ format: 'date' }, '2024-02-30', ': must match format "date"'],
      [{ $schema: 'https://json-schema.org/draft/2020-12/schema', format: 'date' }, 'none', 'fits'],
      [{ $schema: 'http://json-schema.org/draft-04/schema#', format: 'date' }, 'none', 'fits'],
      // Flags as Java writes them.
      [{ pattern: '(?i)^abc$' }, 'ABC', 'fits'],
      [{ pattern: '(?i)^abc$' }, 'abd', ': must match pattern "(?i)^abc$"'],
    ];
    for (const [schema, value, reason] of cases)
      assert.equal(refusal(schema, value), reason, JSON.stringify(schema));
  });

  it('refuses what is no schema', () => {
    for (const schema of [
      { type: 'text' },
      { required: 'a' },
      { pattern: '(' },
      { minimum: '5' },
      { allOf: {} },
      5,
    ])
      assert.throws(() => compileJsonSchema(JSON.stringify(schema)), Error, JSON.stringify(schema));
    const deep = '{"not":'.repeat(100_000) + '{}' + '}'.repeat(100_000);
    assert.throws(() => compileJsonSchema(deep), Error);
  });

  it('knows the schemas it refers to', () => {
    const references = [{ name: 'money.json', schema: '{"type":"integer"}' }];
    const schema = '{"properties":{"total":{"$ref":"money.json"}}}';
    const compiled = compileJsonSchema(schema, { references });
    assert.throws(() => compiled.writer(1)({ total: 'x' }), ValidationError);
    assert.throws(() => compileJsonSchema(schema), /money\.json/);
  });

  // ajv knows each draft in one spelling, and refused the others of a schema that it then could read.
  it('takes the name of a draft in any spelling, and references by the draft of the schema', () => {
    for (const name of [
      'https://json-schema.org/draft-07/schema#',
      'http://json-schema.org/draft-07/schema',
      'https://json-schema.org/draft/2019-09/schema#',
      'http://json-schema.org/draft/2020-12/schema',
    ])
      assert.equal(refusal({ $schema: name, type: 'string' }, 5), ': must be string');
    const draft07 = 'http://json-schema.org/draft-07/schema#';
    const draft2020 = 'https://json-schema.org/draft/2020-12/schema';
    for (const [own, other] of [
      [draft07, draft2020],
      [draft2020, draft07],
    ] as const) {
      const references = [{ name: 'a.json', schema: `{"$schema":"${other}","type":"integer"}` }];
      const compiled = compileJsonSchema(`{"$schema":"${own}","$ref":"a.json"}`, { references });
      assert.throws(() => compiled.writer(1)('x'), ValidationError);
    }
  });

  // As Confluent's libraries do: `$ref` is taken against the root's `$id`, and the names of references with it.
  it('knows the schemas it refers to from its own $id', () => {
    const references = [
      { name: 'money.json', schema: '{"$ref":"cents.json"}' },
      { name: 'cents.json', schema: '{"$id":"cents.json","type":"integer"}' },
      { name: 'https://other.example/c.json', schema: '{"type":"string"}' },
    ];
    const schema = JSON.stringify({
      $id: 'https://shop.example/schemas/order.json',
      properties: { total: { $ref: 'money.json' }, name: { $ref: 'https://other.example/c.json' } },
    });
    const write = compileJsonSchema(schema, { references }).writer(1);
    assert.throws(() => write({ total: 'x' }), ValidationError);
    assert.throws(() => write({ name: 5 }), ValidationError);
    assert.equal(write({ total: 5, name: 'x' }).subarray(5).toString(), '{"total":5,"name":"x"}');
  });

  // ajv reads patterns with the flag `u`, with which these are faults.
  it('takes patterns with needless escapes, and those that need the flag u', () => {
    const pattern = (text: string) => ({ type: 'string', pattern: text });
    assert.equal(refusal(pattern('^\\d{4}\\-\\d{2}$'), '2024-01'), 'fits');
    assert.equal(refusal(pattern('^\\w+\\@\\w+$'), 'a@b'), 'fits');
    assert.equal(refusal(pattern('^\\w+\\@\\w+$'), 'a'), ': must match pattern "^\\w+\\@\\w+$"');
    assert.equal(refusal(pattern('^\\p{Lu}$'), 'Ä'), 'fits');
    assert.equal(refusal(pattern('^.$'), '🥾'), 'fits');
    assert.throws(() => compileJsonSchema('{"pattern":"("}'), /Unterminated group/);
  });

  it('refuses what is no schema', () => {
    assert.throws(() => compileJsonSchema('{"type":"no such type"}'), /type/);
    assert.throws(() => compileJsonSchema('[]'), /neither an object nor true or false/);
  });

  it('tells its title', () => {
    assert.equal(compileJsonSchema('{"title":"Order"}').name, 'Order');
    assert.equal(compileJsonSchema('true').name, undefined);
  });

  it('refuses a value that holds itself', () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    assert.match(refusal(true, circle), /cannot be written as JSON: Converting circular structure/);
  });
});
