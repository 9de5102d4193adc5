import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileAvro } from '../../../../src/schema/avro/avro.ts';

const compiled = (type: unknown, byDefault: unknown) =>
  compileAvro(
    JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'a', type, default: byDefault }] }),
  );

/** What stands for an absent field. */
const absent = (type: unknown, byDefault: unknown): string =>
  compiled(type, byDefault).writer(7)({}).subarray(5).toString('hex');

// avsc takes defaults of the first branch only. Java since 1.12 and fastavro take any, and many schemas have such.
describe('a default in Avro', () => {
  it('is of the first branch of a union that it fits', () => {
    assert.equal(absent(['string', 'null'], null), '02');
    assert.equal(absent(['null', 'string'], 'x'), '02' + '0278');
    assert.equal(absent(['null', 'string'], null), '00');
    assert.equal(absent(['null', 'long', 'string'], '12'), '04' + '043132');
    assert.equal(absent(['null', 'bytes', 'string'], 'x'), '02' + '0278');
    assert.equal(absent(['int', 'double'], 0.5), '02' + '000000000000e03f');
  });

  it('is of any type, with the defaults of the records in it', () => {
    const inner = {
      type: 'record',
      name: 'I',
      fields: [
        { name: 'x', type: ['string', 'null'], default: null },
        { name: 'y', type: 'int', default: 5 },
        { name: 'z', type: 'int' },
      ],
    };
    assert.equal(absent(inner, { z: 1 }), '02' + '0a' + '02');
    assert.equal(absent({ type: 'array', items: 'int' }, [1]), '02' + '02' + '00');
    assert.equal(absent({ type: 'map', values: 'boolean' }, { k: true }), '02' + '026b' + '01' + '00');
    assert.equal(absent({ type: 'enum', name: 'E', symbols: ['A', 'B'] }, 'B'), '02');
    assert.equal(absent({ type: 'fixed', name: 'F', size: 2 }, '\u0001\u00ff'), '01ff');
  });

  it('may be of a record that holds itself', () => {
    assert.equal(absent(['null', 'R'], null), '00');
    assert.equal(absent({ type: 'array', items: 'R' }, []), '00');
    assert.throws(() => compiled('R', {}), /the default of its field "a" does not fit: it holds itself/);
  });

  it('makes the schema invalid where it is none', () => {
    assert.throws(() => compiled('string', null), {
      message: 'the default of its field "a" does not fit: must be a string, and is null',
    });
    assert.throws(() => compiled(['null', 'string'], 5), {
      message:
        'the default of its field "a" does not fit: must be of a branch of its union, and is a whole number',
    });
    const inner = { type: 'record', name: 'I', fields: [{ name: 'x', type: 'int' }] };
    assert.throws(() => compiled(inner, {}), {
      message: 'the default of its field "a" does not fit: x is missing, and must be an int',
    });
    assert.throws(() => compiled('long', '5'), /must be a long, and is a string/);
  });
});
