import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { it } from 'node:test';
import { choosePort } from '../../../demo/port.ts';

it('a taken port is replaced, unless it was asked for', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;

  assert.deepEqual(await choosePort(port, false), {
    port: 0,
    note: `port ${port} is taken, so this is a free one; --port N names another`,
  });
  await assert.rejects(choosePort(port, true), {
    message: `Port ${port} is taken: free it, or name another with --port N (0: any free one).`,
  });
  other.close();
  await once(other, 'close');
  assert.deepEqual(await choosePort(port, true), { port });
});
