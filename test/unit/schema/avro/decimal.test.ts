import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { avroReader, compileAvro } from '../../../../src/schema/avro/avro.ts';
import { ValidationError } from '../../../../src/schema/validation-error.ts';

const money = { type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 };
const small = { type: 'fixed', name: 'Small', size: 3, logicalType: 'decimal', precision: 6, scale: 2 };

const hex = (schema: unknown, value: unknown): string =>
  compileAvro(JSON.stringify(schema)).writer(7)(value).subarray(5).toString('hex');

const back = (schema: unknown, bytes: string): unknown =>
  avroReader(JSON.stringify(schema), [])(Buffer.from(bytes, 'hex')).value;

function refusal(schema: unknown, value: unknown): string {
  try {
    hex(schema, value);
  } catch (error) {
    assert.ok(error instanceof ValidationError);
    return `${error.path}: ${error.reason}`;
  }
  return 'fits';
}

// "12.34" was written as its ASCII bytes, and every reader saw 2112952861: nothing failed anywhere.
describe('a decimal in Avro', () => {
  it('is written as its unscaled value, from text and from numbers, in as few bytes as hold it', () => {
    const cases: [unknown, string][] = [
      ['12.34', '0404d2'],
      [12.34, '0404d2'],
      ['-12.34', '04fb2e'],
      [12, '0404b0'],
      ['5', '0401f4'],
      [5n, '0401f4'],
      ['0', '0200'],
      [-0, '0200'],
      ['0.00', '0200'],
      ['1.27', '027f'],
      ['1.28', '040080'],
      ['-1.28', '0280'],
      ['-1.29', '04ff7f'],
      ['12.3400', '0404d2'],
      ['0012.34', '0404d2'],
      [1e-2, '0201'],
      ['1.5E+3', '060249f0'],
      ['99999999.99', '0a02540be3ff'],
      [Buffer.from('04d2', 'hex'), '0404d2'],
    ];
    for (const [value, bytes] of cases) assert.equal(hex(money, value), bytes, String(value));
  });

  it('fills a fixed up to its size', () => {
    assert.equal(hex(small, '12.34'), '0004d2');
    assert.equal(hex(small, -12.34), 'fffb2e');
    assert.equal(hex(small, '-9999.99'), 'f0bdc1');
  });

  it('refuses what does not fit, and rounds nothing', () => {
    const most = 'must be a decimal of at most 10 digits, 2 of them after the point';
    const cases: [unknown, string][] = [
      ['12.345', `${most}, and has 3 after it: round it at its source`],
      [0.1 + 0.2, `${most}, and has 17 after it: round it at its source`],
      [1e-7, `${most}, and has 7 after it: round it at its source`],
      ['100000000', `${most}, and is out of its range`],
      [1e300, `${most}, and is out of its range`],
      ['1e999999999', `${most}, and is out of its range`],
      ['12,34', 'must be a decimal, as number or as text, and is a string'],
      ['', 'must be a decimal, as number or as text, and is a string'],
      [NaN, 'must be a decimal, as number or as text, and is a number'],
      [null, 'must be a decimal, as number or as text, and is null'],
    ];
    for (const [value, reason] of cases) assert.equal(refusal(money, value), `: ${reason}`);
    const order = { type: 'record', name: 'O', fields: [{ name: 'total', type: money }] };
    assert.match(refusal(order, { total: '1.234' }), /^total: must be a decimal/);
  });

  it('is read back as text, which the writer takes', () => {
    assert.equal(back(money, '0404d2'), '12.34');
    assert.equal(back(money, '02ff'), '-0.01');
    assert.equal(back(money, '00'), '0.00');
    assert.equal(back(small, 'fffb2e'), '-12.34');
    assert.equal(back({ ...money, scale: 0 }, '0404d2'), '1234');
    const many = { ...money, precision: 30, scale: 0 };
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n) + 1n, max: 10n ** 30n - 1n }), (value) =>
        assert.equal(back(many, hex(many, value)), value.toString()),
      ),
    );
  });

  it('is chosen in a union for numbers, and for text where the union has no string', () => {
    assert.equal(hex(['null', money], 12.34), '020404d2');
    assert.equal(hex(['null', money], null), '00');
    assert.equal(hex(['null', 'string', money], '5'), '020235');
    assert.equal(hex(['null', 'string', money], 5), '04' + '0401f4');
  });

  it('has the bytes themselves as a default, as the specification has it', () => {
    const field = { name: 'total', type: money, default: '\u0004\u00d2' };
    assert.equal(hex({ type: 'record', name: 'O', fields: [field] }, {}), '0404d2');
  });

  it('is bytes, as for every reader, where its attributes are none', () => {
    for (const own of [{ precision: undefined }, { precision: 2, scale: 3 }, { precision: 0 }])
      assert.equal(hex({ ...money, ...own }, '5'), '0235');
    assert.equal(hex({ ...small, precision: 7 }, 'abc'), '616263');
    assert.equal(hex({ ...money, logicalType: 'big-decimal' }, '5'), '0235');
  });

  // A registry's schema with a precision of 300,000,000 stopped the event loop for as long as its powers of ten took.
  it('has at most 1,000 digits: a schema that wants more is refused, and names the field', () => {
    assert.equal(hex({ ...money, precision: 1_000, scale: 1_000 }, '0'), '0200');
    const huge = { ...money, precision: 1_001 };
    const most = 'a decimal has at most 1000 digits here, and its precision is 1001';
    const order = (type: unknown) => ({ type: 'record', name: 'Order', fields: [{ name: 'total', type }] });
    const cases: [schema: unknown, message: string][] = [
      [huge, most],
      [order(huge), `field "total" of "Order": ${most}`],
      [order(['null', huge]), `field "total" of "Order": ${most}`],
      [order({ type: 'array', items: huge }), most],
      [{ ...huge, type: 'fixed', name: 'Huge', size: 500 }, most],
    ];
    for (const [schema, message] of cases)
      assert.throws(() => compileAvro(JSON.stringify(schema)), { message });
    assert.equal(hex({ ...small, precision: 300_000_000 }, 'abc'), '616263');
  });
});
