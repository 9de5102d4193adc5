import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Wanted, type RecordBytes } from '../../../../src/cli/find/wanted.ts';
import { decoderOf } from '../../../../src/cli/reading/decode.ts';

const decode = decoderOf({ readers: undefined, onUndecoded: () => undefined });

async function placeOf(wanted: Wanted, value: unknown, more: Partial<RecordBytes> = {}) {
  const bytes = Buffer.isBuffer(value) || value === null ? value : Buffer.from(JSON.stringify(value));
  const record: RecordBytes = { key: Buffer.from('k'), value: bytes, headers: [], ...more };
  return wanted.mayBe(record) ? wanted.placeIn(record, await decode(record)) : undefined;
}

describe('a record that is looked for', () => {
  const id = 'a1f0c2a9d4b7e8f3';
  const wanted = new Wanted(id, undefined);

  it('has the id as a whole somewhere; the one nearest to the top is told', async () => {
    assert.equal(await placeOf(wanted, { nested: [{ id }], id }), 'id');
    assert.equal(await placeOf(wanted, { data: { list: [1, { 'the id': id }] } }), 'data.list[1]["the id"]');
    assert.equal(await placeOf(wanted, id), 'value');
    assert.equal(await placeOf(wanted, { id: `${id}0`, text: `no ${id}` }), undefined);
    assert.equal(await placeOf(wanted, { [id]: 1 }), undefined);
    assert.equal(await placeOf(new Wanted('4711', undefined), { order: 4711 }), 'order');
    assert.equal(await placeOf(new Wanted('say "hi"\n', undefined), { id: 'say "hi"\n' }), 'id');
  });

  it('or in a header, or as its key', async () => {
    const headers = [['ce_id', Buffer.from(id)] as const, ['none', null] as const];
    assert.equal(await placeOf(wanted, {}, { headers }), 'header ce_id');
    assert.equal(await placeOf(wanted, null, { headers }), 'header ce_id');
    assert.equal(await placeOf(wanted, {}, { key: Buffer.from(id) }), 'key');
    assert.equal(await placeOf(wanted, {}, { key: null }), undefined);
  });

  it('counts by its bytes where nobody can decode them', async () => {
    assert.equal(await placeOf(wanted, Buffer.from(`\0\0\0\0\x07..${id}`)), 'value');
    assert.equal(await placeOf(wanted, Buffer.from(`id=${id}`)), 'value');
    assert.equal(await placeOf(wanted, Buffer.from('{ no json')), undefined);
  });

  it('has the key, where one is given', async () => {
    assert.equal(await placeOf(new Wanted(id, 'k'), { id }), 'id');
    assert.equal(await placeOf(new Wanted(id, 'other'), { id }), undefined);
    assert.equal(await placeOf(new Wanted(undefined, 'k'), null), 'key');
    assert.equal(await placeOf(new Wanted(undefined, 'k'), {}, { key: null }), undefined);
  });

  /** Values are what visitors send: the way down must need no stack, and the way up no copy for each step. */
  it('is found below a hundred thousand lists', async () => {
    const deep = Buffer.from(`${'['.repeat(100_000)}"${id}"${']'.repeat(100_000)}`);
    assert.match((await placeOf(wanted, deep)) ?? '', /^(\[0\]){100000}$/);
  });
});
