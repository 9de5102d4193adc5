import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readOptions } from '../../../demo/options.ts';

describe('options of npm start', () => {
  it('are read', () => {
    assert.deepEqual(readOptions([]), { once: false, help: false, port: 8080, portGiven: false, open: true });
    assert.deepEqual(readOptions(['--once', '--port', '0']), {
      once: true,
      help: false,
      port: 0,
      portGiven: true,
      open: true,
    });
    assert.deepEqual(readOptions(['--port=65535', '--help', '--no-open']), {
      once: false,
      help: true,
      port: 65535,
      portGiven: true,
      open: false,
    });
  });

  const wrong: [args: string[], message: string][] = [
    [['--twice'], "Unknown option '--twice'"],
    [['once'], "Unexpected argument 'once'"],
    [['--once=yes'], "Option '--once' does not take an argument"],
    [['--port'], "Option '--port <value>' argument missing"],
    [['--port', 'http'], '--port takes a whole number from 0 to 65535, not "http"'],
    [['--port', '65536'], '--port takes a whole number from 0 to 65535, not "65536"'],
    [['--port=-1'], '--port takes a whole number from 0 to 65535, not "-1"'],
    [['--port='], '--port takes a whole number from 0 to 65535, not ""'],
  ];
  for (const [args, message] of wrong) {
    it(`are refused: ${args.join(' ')}`, () => {
      assert.throws(() => readOptions(args), { message });
    });
  }
});
