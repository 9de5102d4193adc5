import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import avsc from 'avsc';
import fc from 'fast-check';
import { compileAvro } from '../../../src/schema/avro/avro.ts';
import { ValidationError } from '../../../src/schema/validation-error.ts';

const write = (schema: unknown, value: unknown): Buffer =>
  compileAvro(JSON.stringify(schema)).writer(7)(value);

/** What avsc reads of it, unions wrapped so that the branch shows. */
function read(schema: unknown, value: unknown): unknown {
  const bytes = write(schema, value);
  assert.equal(bytes.subarray(0, 5).toString('hex'), '0000000007');
  const type = avsc.Type.forSchema(schema as avsc.Schema, { wrapUnions: true });
  return JSON.parse(JSON.stringify(type.fromBuffer(bytes.subarray(5))));
}

function refusal(schema: unknown, value: unknown): string {
  try {
    write(schema, value);
  } catch (error) {
    assert.ok(error instanceof ValidationError);
    return `${error.path}: ${error.reason}`;
  }
  return 'fits';
}

const record = (name: string, fields: Record<string, unknown>) => ({
  type: 'record',
  name,
  fields: Object.entries(fields).map(([field, type]) => ({ name: field, type })),
});

describe('Avro', () => {
  it('writes integers of 64 bits exactly, from numbers, BigInt and text', () => {
    const bytes = (value: unknown) => write('long', value).subarray(5).toString('hex');
    assert.equal(bytes(9007199254740993n), '82808080808080' + '20');
    assert.equal(bytes('9007199254740993'), '82808080808080' + '20');
    assert.equal(bytes(-(2n ** 63n)), 'ffffffffffffffffff01');
    assert.equal(bytes(2n ** 63n - 1n), 'feffffffffffffffff01');
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const type = avsc.Type.forSchema('long');
        if (Math.abs(value) < 2 ** 52) assert.equal(bytes(value), type.toBuffer(value).toString('hex'));
        assert.equal(bytes(value), bytes(BigInt(value)));
      }),
    );
  });

  it('writes what avsc writes, of any text and any number', () => {
    const schema = record('R', {
      text: 'string',
      real: 'double',
      small: 'int',
      list: { type: 'array', items: 'string' },
    });
    const type = avsc.Type.forSchema(schema as avsc.Schema);
    const value = fc.record({
      text: fc.string({ unit: 'binary', maxLength: 80 }),
      real: fc.double(),
      small: fc.integer(),
      list: fc.array(fc.string({ unit: 'grapheme' })),
    });
    fc.assert(
      fc.property(value, (one) => assert.deepEqual(write(schema, one).subarray(5), type.toBuffer(one))),
    );
  });

  it('chooses the branch of a union by the value', () => {
    const scalars = ['null', 'boolean', 'long', 'double', 'string', { type: 'array', items: 'int' }];
    const cases: [unknown, unknown][] = [
      [null, null],
      [undefined, null],
      [true, { boolean: true }],
      [5, { long: 5 }],
      [5.5, { double: 5.5 }],
      ['5', { string: '5' }],
      [[1], { array: [1] }],
    ];
    for (const [value, branch] of cases) assert.deepEqual(read(scalars, value), branch);
    assert.deepEqual(read(['null', 'long'], '12'), { long: 12 });
    assert.deepEqual(read(['string', 'long'], '12'), { string: '12' });
    assert.deepEqual(read(['bytes', 'string'], 'a'), { string: 'a' });
    assert.deepEqual(read(['float', 'double'], 0.1), { double: 0.1 });
    assert.deepEqual(read(['float', 'double'], 0.5), { float: 0.5 });
  });

  it('takes the record that knows most of an object', () => {
    // The first fits as well, and would drop "button".
    const union = [record('View', { page: 'string' }), record('Click', { page: 'string', button: 'string' })];
    assert.deepEqual(read(union, { page: '/', button: 'buy' }), { Click: { page: '/', button: 'buy' } });
    assert.deepEqual(read(union, { page: '/' }), { View: { page: '/' } });
    assert.equal(refusal(union, { page: '/', button: 5 }), 'button: must be a string, and is a whole number');
    assert.equal(refusal(union, { button: 'buy' }), 'page: is missing, and must be a string');
  });

  // Each branch that was tried tried all of those within it: one event of 20 levels held the process for 29 seconds.
  it('looks at a value once or twice at each level, however many records fit it equally', () => {
    const both = record('B', { next: ['null', 'A', 'B'], z: 'int' });
    const schema = record('R', {
      next: ['null', record('A', { next: ['null', 'A', both], z: 'string' }), 'B'],
    });
    const readsOf = (leaf: unknown) => {
      let reads = 0;
      const level = (next: unknown, z: unknown) =>
        Object.defineProperty({ next }, 'z', { enumerable: true, get: () => (reads++, z) });
      let value: unknown = level(null, leaf);
      for (let depth = 1; depth < 14; depth++) value = level(value, 1);
      return { told: refusal(schema, { next: value }), reads };
    };
    const valid = readsOf(1);
    assert.equal(valid.told, 'fits');
    assert.ok(valid.reads < 1_000, `${valid.reads} reads`);
    const invalid = readsOf([]);
    assert.match(invalid.told, /^next(\.next)+\.z: must be a string, and is a list$/);
    assert.ok(invalid.reads < 1_000, `${invalid.reads} reads`);
  });

  // The same object in two places: what did not fit is told by its own path.
  it('tells the path of each place of an object that stands in several', () => {
    const either = ['null', record('A', { z: 'string' }), record('B', { z: 'string' })];
    const schema = record('R', {
      first: [record('X', { a: either, x: 'int' }), record('Y', { a: ['null', 'A', 'B'], x: 'string' })],
      second: ['null', 'A', 'B'],
    });
    const shared = { z: 'fits' };
    const value = { first: { a: shared, x: 'text' }, second: shared };
    assert.deepEqual(read(schema, value), {
      first: { Y: { a: { A: shared }, x: 'text' } },
      second: { A: shared },
    });
    const wrong = { z: 1 };
    const list = {
      type: 'array',
      items: ['null', 'A', 'B', record('C', { list: { type: 'array', items: 'A' } })],
    };
    assert.equal(
      refusal(record('L', { either, list }), { either: null, list: [{ list: [] }, wrong] }),
      'list[1].z: must be a string, and is a whole number',
    );
  });

  it('fills in defaults, and leaves out what the schema does not know', () => {
    const schema = {
      type: 'record',
      name: 'R',
      fields: [
        { name: 'a', type: 'string', default: 'none' },
        { name: 'b', type: ['null', 'int'], default: null },
        { name: 'c', type: ['null', 'int'] },
      ],
    };
    assert.deepEqual(read(schema, { other: 1 }), { a: 'none', b: null, c: null });
    assert.deepEqual(read(schema, { a: 'x', b: 5 }), { a: 'x', b: { int: 5 }, c: null });
  });

  // `value['constructor']` is a function for every object, and so the field was refused although it was absent.
  it('does not take what every object inherits for a field', () => {
    for (const name of ['constructor', 'valueOf', 'toString', 'hasOwnProperty']) {
      const optional = { name, type: ['null', 'string'], default: null };
      const schema = { type: 'record', name: 'R', fields: [optional] };
      assert.deepEqual(read(schema, {}), { [name]: null });
      assert.deepEqual(read(schema, { [name]: 'x' }), { [name]: { string: 'x' } });
      assert.equal(
        refusal(record('R', { [name]: 'string' }), {}),
        `${name}: is missing, and must be a string`,
      );
    }
    const union = [
      record('A', { constructor: ['null', 'int'], a: ['null', 'int'] }),
      record('B', { b: 'int' }),
    ];
    assert.deepEqual(read(union, { b: 1 }), { B: { b: 1 } });
  });

  it('writes records that hold themselves, maps, enums, fixed and bytes', () => {
    const schema = record('Node', {
      name: { type: 'enum', name: 'Name', symbols: ['A', 'B'] },
      tags: { type: 'map', values: 'boolean' },
      hash: { type: 'fixed', name: 'Hash', size: 2 },
      raw: 'bytes',
      children: { type: 'array', items: 'Node' },
    });
    const leaf = { name: 'B', tags: {}, hash: 'ab', raw: Buffer.of(255), children: [] };
    const json = (text: string) => ({ type: 'Buffer', data: [...Buffer.from(text, 'latin1')] });
    assert.deepEqual(
      read(schema, { ...leaf, name: 'A', tags: { x: true, y: undefined }, children: [leaf] }),
      {
        name: 'A',
        tags: { x: true },
        hash: json('ab'),
        raw: json('\xff'),
        children: [{ name: 'B', tags: {}, hash: json('ab'), raw: json('\xff'), children: [] }],
      },
    );
  });

  it('names the path and the reason of what does not fit, and never the value', () => {
    const item = record('Item', { price: 'int', size: { type: 'enum', name: 'Size', symbols: ['S', 'L'] } });
    const schema = record('Order', {
      items: { type: 'array', items: item },
      tags: { type: 'map', values: 'string' },
    });
    const good = { items: [{ price: 1, size: 'S' }], tags: {} };
    const cases: [object, string][] = [
      [
        { ...good, items: [good.items[0], { price: 's3cret', size: 'S' }] },
        'items[1].price: must be an int, and is a string',
      ],
      [
        { ...good, items: [{ price: 2 ** 31, size: 'S' }] },
        'items[0].price: must be an int, and is out of its range',
      ],
      [{ ...good, items: [{ price: 1.5, size: 'S' }] }, 'items[0].price: must be an int, and is a number'],
      [{ ...good, items: [{ price: 1, size: 'M' }] }, 'items[0].size: must be one of S, L'],
      [{ ...good, tags: { a: null } }, 'tags.a: must be a string, and is null'],
      [{ tags: {} }, 'items: is missing, and must be a list'],
      [[], ': must be an object, and is a list'],
    ];
    for (const [value, text] of cases) assert.equal(refusal(schema, value), text);
    assert.equal(
      refusal('long', 2 ** 53),
      ': must be a long, and is a number beyond 2^53, which is not exact: give it as text or BigInt',
    );
    assert.equal(refusal('long', 2n ** 63n), ': must be a long, and is out of its range');
    // It was written as infinity.
    assert.equal(refusal('float', -1e300), ': must be a float, and is out of its range');
    assert.equal(refusal('float', Infinity), 'fits');
    assert.equal(
      refusal(['null', 'string', 'int'], {}),
      ': must be one of null, string, int, and is an object',
    );
  });

  it('is not led into an endless loop by a value that holds itself', () => {
    const schema = record('Node', { next: ['null', 'Node'] });
    const circle: { next?: unknown } = {};
    circle.next = circle;
    assert.match(refusal(schema, circle), /is nested too deeply, or holds itself$/);
    assert.equal(refusal(schema, { next: null }), 'fits');
  });

  it('knows the types of the schemas it refers to', () => {
    const references = [{ name: 'Money', schema: JSON.stringify(record('shop.Money', { cents: 'long' })) }];
    const schema = JSON.stringify(record('Order', { total: 'shop.Money' }));
    const compiled = compileAvro(schema, { references });
    assert.equal(
      compiled
        .writer(1)({ total: { cents: 5 } })
        .toString('hex'),
      '0000000001' + '0a',
    );
    assert.throws(() => compileAvro(schema), /shop\.Money/);
  });

  it('tells its full name', () => {
    assert.equal(compileAvro(JSON.stringify({ ...record('A', {}), namespace: 'b.c' })).name, 'b.c.A');
    assert.equal(compileAvro('"string"').name, undefined);
  });
});
